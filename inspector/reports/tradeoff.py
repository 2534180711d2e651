"""The picture of what accuracy costs: each backbone's AUROC over the time it takes, as a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from inspector.reports.markup import Markup, element, join
from inspector.reports.plots import BLUE, INK, Axis, Canvas, Style, plot

_WHISKER = Style(BLUE, width=1.6)
_ROOM = 1.35  # to the right of the slowest, for its name
_GAP_PX = 16.0  # between the lines of two names
_SUGGESTED, _OTHER = "diamond", "circle"

Rows: TypeAlias = Sequence[Mapping[str, Any]]


def tradeoff(rows: Rows, suggested: str | None) -> str:
    """An SVG file: a mark for each row's AUROC (with its interval) and milliseconds, named; the suggested one filled.

    rows: as in a comparison's table, at least one: backbone, auroc {value, low, high}, invoke_ms.
    """
    slowest = max(row["invoke_ms"] for row in rows)
    lowest = min(row["auroc"]["low"] for row in rows)
    canvas = Canvas(
        Axis("time of one invoke on this PC [ms]", 0.0, _ROOM * slowest),
        Axis("AUROC, parts held out", lowest - 0.1 * (1.0 - lowest) - 1e-3, 1.0),
    )
    whiskers = [_whisker(canvas, row) for row in rows]
    dots = [
        canvas.dot(row["invoke_ms"], row["auroc"]["value"], _SUGGESTED if row["backbone"] == suggested else _OTHER)
        for row in rows
    ]
    key = [("95 % interval over parts", _WHISKER)]
    drawn = plot("Accuracy against time", _told(rows), canvas, [*whiskers, *dots, _names(canvas, rows)], key)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _whisker(canvas: Canvas, row: Mapping[str, Any]) -> Markup:
    area = row["auroc"]
    return canvas.line([(row["invoke_ms"], area["low"]), (row["invoke_ms"], area["high"])], _WHISKER)


def _names(canvas: Canvas, rows: Rows) -> Markup:
    """Each name to the right of its mark, pushed down where it would lie on another."""
    words = []
    above = 0.0
    for row in sorted(rows, key=lambda row: -row["auroc"]["value"]):
        left, middle = canvas.across(row["invoke_ms"]) + 11, canvas.down(row["auroc"]["value"]) + 4.5
        above = max(middle, above + _GAP_PX)
        words.append(element("text", row["backbone"], x=round(left, 2), y=round(above, 2), fill=INK))
    return join(words)


def _told(rows: Rows) -> str:
    return "; ".join(
        f"{row['backbone']}: AUROC {row['auroc']['value']:.3f} ({row['auroc']['low']:.3f} to "
        f"{row['auroc']['high']:.3f}) at {row['invoke_ms']:.1f} ms"
        for row in rows
    )
