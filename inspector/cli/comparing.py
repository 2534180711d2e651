"""`inspector compare`: which backbone to start from, measured on the user's own parts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inspector.cli.screen import answer, progress_bar
from inspector.errors import TrainingError
from inspector.learning import comparison
from inspector.learning import snapshot as snapshots
from inspector.learning.comparison import Compared
from inspector.reports.tradeoff import tradeoff
from inspector.store.disk import write_whole
from inspector.store.workspace import Workspace


def compare(chosen: argparse.Namespace) -> None:
    names = _names(chosen.backbones)
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        snapshot = snapshots.take(workspace, recipe.name)
        with progress_bar() as advance:
            found = comparison.start(workspace, recipe, snapshot, names, chosen.seed).watched(advance)
    picture = _draw(found)
    answer(chosen.json, {**found.table, "file": str(found.file), "picture": picture}, lambda: _lines(found, picture))


def _names(words: str | None) -> list[str]:
    if words is None:
        return []
    names = [name.strip() for name in words.split(",")]
    if not all(names):
        raise TrainingError(f"--backbones: expected names with commas between them, received {words!r}")
    return list(dict.fromkeys(names))


def _draw(found: Compared) -> str | None:
    """The path of the picture beside the table; None where no backbone could be measured."""
    if not found.ranked:
        return None
    file: Path = found.file.with_suffix(".svg")
    write_whole(file, tradeoff(found.ranked, found.table["suggested"]).encode())
    return str(file)


def _lines(found: Compared, picture: str | None) -> Iterator[str]:
    if found.ranked:
        heads = f"{'backbone':<20} {'AUROC':<22} {'macro-F1':<22} {'escapes at 5 % overkill':<24} {'LogME':>7}"
        yield f"{heads}  on this PC"
    for row in found.ranked:
        escapes = row["escape_at_5_percent_overkill"]
        missed = f"{escapes['value']:.1%} ({escapes['low']:.1%} to {escapes['high']:.1%})"
        cost = f"{row['invoke_ms']:.2f} ms, {row['size_bytes'] / 1e6:.1f} MB, {row['macs'] / 1e6:.0f} million MACs"
        figures = f"{_figure(row['auroc']):<22} {_figure(row['macro_f1']):<22} {missed:<24} {row['logme']:>7.3f}"
        yield f"{row['backbone']:<20} {figures}  {cost}"
    for row in found.not_ranked:
        yield f"{row['backbone']:<20} not compared: {row['reason']}"
    if found.ranked:
        first = found.ranked[0]
        parts = ", ".join(f"{count} {name}" for name, count in first["parts"].items())
        yield f"intervals of 95 % over parts that were held out: {parts}"
    yield found.sentence()
    if picture:
        yield f"accuracy against time: {picture}"


def _figure(figure: Mapping[str, Any]) -> str:
    if figure["low"] is None:
        return f"{figure['value']:.3f} (no interval)"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
