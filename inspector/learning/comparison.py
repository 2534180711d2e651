"""Which backbones are compared on a recipe's parts, and what of the comparison is kept: one table for each recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from inspector.domain import Snapshot
from inspector.errors import TrainingError
from inspector.learning import runs
from inspector.learning.runs import Run, Task
from inspector.recipe import Recipe
from inspector.store.disk import write_whole
from inspector.store.workspace import Workspace

COMPARISON = Task("comparison", "compare")
RESULT = "comparison.json"
_FOLDER = "comparisons"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found: the table of docs/reference.md, and the file it is kept in.

    ranked: a row for each backbone that was measured, the best AUROC first. not_ranked: the others, each with the
    reason and, where its weights are missing, what to put where.
    """

    file: Path
    table: Mapping[str, Any]

    @property
    def ranked(self) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = self.table["ranked"]
        return rows

    @property
    def not_ranked(self) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = self.table["not_ranked"]
        return rows

    def sentence(self) -> str:
        """What to make of it, in plain words."""
        suggested = next((row for row in self.ranked if row["backbone"] == self.table["suggested"]), None)
        if suggested is None:
            return "no backbone could be measured on these parts"
        name, best = suggested["backbone"], self.ranked[0]
        parts = sum(suggested["parts"].values())
        why = f"none is better: AUROC {_interval(suggested['auroc'])} on {parts} parts"
        if best is not suggested:
            why = (
                f"it takes {suggested['invoke_ms']:.1f} ms and {best['backbone']} {best['invoke_ms']:.1f}, and "
                f"{parts} parts cannot tell whether that is better (AUROC {_interval(suggested['auroc'])} against "
                f"{_interval(best['auroc'])})"
            )
        return f"start from {name}: {why}"


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f}, {figure['low']:.3f} to {figure['high']:.3f}"


_NO_TABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
ComparisonRun: TypeAlias = Run[Compared]


def start(
    workspace: Workspace,
    recipe: Recipe,
    snapshot: Snapshot,
    backbones: Sequence[str] = (),
    seed: int = 0,
    command: Sequence[str] | None = None,
) -> ComparisonRun:
    """Start the process and return at once. What it builds is kept, and a training on the same backbone reuses it.

    backbones: by name, fetched where there is a network; none for every one whose weights are here. command: stands in
    for the program that is installed. Raises TrainingError where training is not installed here, StoreError where the
    job cannot be written.
    """
    wishes = {"backbones": list(backbones), "seed": seed}
    return runs.start(
        workspace, COMPARISON, recipe, snapshot, wishes, lambda output: _keep(workspace, snapshot, output), command
    )


def file_of(workspace: Workspace, recipe_name: str) -> Path:
    """Where the last comparison for a recipe is kept: in the cache, since it can be made again."""
    return workspace.cache / _FOLDER / f"{recipe_name}.json"


def last(workspace: Workspace, recipe_name: str) -> Compared | None:
    """The last comparison for a recipe; None where there is none, or its file is damaged."""
    file = file_of(workspace, recipe_name)
    try:
        return _understood(file, file.read_text(encoding="utf-8"))
    except _NO_TABLE:
        return None


def _keep(workspace: Workspace, snapshot: Snapshot, output: Path) -> Compared:
    file = file_of(workspace, snapshot.recipe)
    try:
        content = (output / RESULT).read_text(encoding="utf-8")
        found = _understood(file, content)
    except _NO_TABLE as error:
        raise TrainingError(f"the comparison process left no table ({error!r}); nothing was changed") from error
    if (found.table["recipe"], found.table["snapshot"]) != (snapshot.recipe, snapshot.id):
        raise TrainingError(
            f"the comparison process looked at recipe {found.table['recipe']}, snapshot {found.table['snapshot'][:12]};"
            f" expected {snapshot.recipe}, {snapshot.id[:12]}; its program does not fit this one"
        )
    write_whole(file, content.encode())
    return found


def _understood(file: Path, content: str) -> Compared:
    """Raises one of _NO_TABLE where it is not the table of a comparison."""
    table = json.loads(content)
    rows = [*table["ranked"], *table["not_ranked"]]
    if not all(isinstance(row["backbone"], str) for row in rows):
        raise TypeError("a row without a backbone")
    _ = table["recipe"], table["snapshot"], table["suggested"]
    found = Compared(file, table)
    found.sentence()  # what cannot be told is none
    return found
