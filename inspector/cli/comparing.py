"""`inspector compare`: which backbone to start from, measured on the user's own parts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from inspector.cli.screen import answer, progress_bar
from inspector.errors import TrainingError
from inspector.learning import comparison
from inspector.learning import snapshot as snapshots
from inspector.learning.comparison import Compared
from inspector.store.workspace import Workspace
from inspector.studies import backbones


def compare(chosen: argparse.Namespace) -> None:
    names = _names(chosen.backbones)
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        snapshot = snapshots.take(workspace, recipe.name)
        with progress_bar() as advance:
            found = comparison.start(workspace, recipe, snapshot, names, chosen.seed).watched(advance)
    picture = backbones.draw(found)
    table = {**found.table, "file": str(found.file), "picture": str(picture) if picture else None}
    answer(chosen.json, table, lambda: _lines(found, picture))


def _names(words: str | None) -> list[str]:
    if words is None:
        return []
    names = [name.strip() for name in words.split(",")]
    if not all(names):
        raise TrainingError(f"--backbones: expected names with commas between them, received {words!r}")
    return list(dict.fromkeys(names))


def _lines(found: Compared, picture: Path | None) -> Iterator[str]:
    yield from backbones.answer_of(found, picture).lines()
    if picture:
        yield f"accuracy against time: {picture}"
