"""What the parts of a line are called where nothing reads a serial number from them."""

from __future__ import annotations

from gui.session.running import Run
from inspector import demo
from inspector.commission import numbered_on
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


def run_of(
    workspace: Workspace, recipe: Recipe, *, as_demo: bool = False, lot: str = "", parts: int | None = None
) -> Run:
    """The demonstration line knows its parts; any other line's are numbered within the lot, on from those seen."""
    if as_demo:
        return Run(lambda: demo.name_parts(workspace), parts)
    return Run(lambda: numbered_on(workspace, recipe, lot), parts)
