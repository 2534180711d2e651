"""What the parts of a line are called where nothing reads a serial number from them."""

from __future__ import annotations

from collections.abc import Callable

from gui.session.running import Run
from inspector import demo
from inspector.domain import Part
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


def run_of(
    workspace: Workspace, recipe: Recipe, *, as_demo: bool = False, lot: str = "", parts: int | None = None
) -> Run:
    """The demonstration line knows its parts; any other line's are numbered within the lot, on from those seen."""
    if as_demo:
        return Run(lambda: demo.name_parts(workspace), parts)
    return Run(lambda: _numbers(workspace, recipe, lot), parts)


def _numbers(workspace: Workspace, recipe: Recipe, lot: str) -> Callable[[int], Part]:
    seen = sum(workspace.ledger.counts(recipe.name).values())
    return lambda number: Part(serial=f"{seen + number:08d}", lot=lot, part_number=recipe.part_number)
