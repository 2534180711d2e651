"""The picture of what accuracy costs: each backbone's AUROC over the time it takes, as a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from inspector.reports.markup import Markup, element, join
from inspector.reports.plots import BLUE, INK, Axis, Canvas, Style, plot, standalone

_WHISKER = Style(BLUE, width=1.6)
_FILLED = Style(INK, fill=INK)
_ROOM = 1.6  # to the right of the slowest, for the names
_COLUMN = 1.1  # where they begin
_GAP_PX = 17.0  # between the lines of two names
_BASE_PX = 4.5  # from the middle of a line of letters to its base
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
    key = [("95 % interval over parts", _WHISKER), ("suggested", _FILLED)]
    drawn = plot("Accuracy against time", _told(rows), canvas, [*whiskers, _names(canvas, rows), *dots], key)
    return standalone(drawn)


def _whisker(canvas: Canvas, row: Mapping[str, Any]) -> Markup:
    area = row["auroc"]
    return canvas.line([(row["invoke_ms"], area["low"]), (row["invoke_ms"], area["high"])], _WHISKER)


def _names(canvas: Canvas, rows: Rows) -> Markup:
    """The names in a column on the right, the best on top, each with a line to its mark."""
    ordered = sorted(rows, key=lambda row: -row["auroc"]["value"])
    marks = [(canvas.across(row["invoke_ms"]), canvas.down(row["auroc"]["value"])) for row in ordered]
    left = canvas.across(_COLUMN * max(row["invoke_ms"] for row in rows))
    drawn = []
    for row, (x, y), line in zip(ordered, marks, _apart([y for _, y in marks], canvas.down(canvas.y.low)), strict=True):
        drawn.append(
            element("line", x1=x, y1=y, x2=left, y2=line, stroke=INK, stroke_width=0.8, stroke_dasharray="1 3")
        )
        drawn.append(element("text", row["backbone"], x=left + 4, y=round(line + _BASE_PX, 2), fill=INK))
    return join(drawn)


def _apart(places: Sequence[float], lowest: float) -> list[float]:
    """The same rising places, moved down where they are too close, and back up where they would leave the paper."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + _GAP_PX) if moved else place)
    room = lowest
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], room)
        room = moved[index] - _GAP_PX
    return [round(place, 2) for place in moved]


def _told(rows: Rows) -> str:
    return "; ".join(
        f"{row['backbone']}: AUROC {row['auroc']['value']:.3f} ({row['auroc']['low']:.3f} to "
        f"{row['auroc']['high']:.3f}) at {row['invoke_ms']:.1f} ms"
        for row in rows
    )
