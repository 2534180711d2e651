"""Which pretrained network to start from, measured on the recipe's own parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from inspector.learning import comparison
from inspector.learning import snapshot as snapshots
from inspector.learning.comparison import Compared
from inspector.recipe import Recipe
from inspector.reports.tradeoff import tradeoff
from inspector.store.disk import write_whole
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Table
from inspector.studies.study import Advance, InProcess, Study

_HEADS = ("backbone", "AUROC", "macro-F1", "escapes at 5 % overkill", "LogME", "time", "size", "million MACs")


def study(workspace: Workspace, recipe: Recipe, command: Sequence[str] | None = None) -> Study:
    """Every backbone whose weights are here. command: stands in for the program that is installed."""

    def start(advance: Advance) -> comparison.ComparisonRun:
        snapshot = snapshots.take(workspace, recipe.name, on_progress=advance)
        return comparison.start(workspace, recipe, snapshot, command=command)

    return InProcess(start, lambda found: answer_of(found, draw(found)))


def draw(found: Compared) -> Path | None:
    """The picture of accuracy against time beside the table; None where no backbone could be measured."""
    if not found.ranked:
        return None
    file = found.file.with_suffix(".svg")
    write_whole(file, tradeoff(found.ranked, found.table["suggested"]).encode())
    return file


def answer_of(found: Compared, picture: Path | None) -> Answer:
    rows = tuple(_row(row) for row in found.ranked)
    absent = tuple((row["backbone"], row["reason"]) for row in found.not_ranked)
    tables = (Table(_HEADS, rows), Table(("backbone", "why"), absent, "Not compared"))
    return Answer(tuple(_sentences(found)), tables, file=picture)


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    escapes = row["escape_at_5_percent_overkill"]
    return (
        row["backbone"],
        _figure(row["auroc"]),
        _figure(row["macro_f1"]),
        f"{escapes['value']:.1%} ({escapes['low']:.1%} to {escapes['high']:.1%})",
        f"{row['logme']:.3f}",
        f"{row['invoke_ms']:.2f} ms",
        f"{row['size_bytes'] / 1e6:.1f} MB",
        f"{row['macs'] / 1e6:.0f}",
    )


def _figure(figure: Mapping[str, Any]) -> str:
    if figure["low"] is None:
        return f"{figure['value']:.3f} (no interval)"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _sentences(found: Compared) -> Iterator[str]:
    yield found.sentence()
    if found.ranked:
        parts = ", ".join(f"{count} {name}" for name, count in found.ranked[0]["parts"].items())
        yield f"intervals of 95 % over parts that were held out: {parts}"
