"""The picture of the simulation: what passes after each round, in both ways of labelling."""

from __future__ import annotations

import math
from collections.abc import Sequence

from inspector.bench.learning.operator.line import Mix
from inspector.bench.learning.operator.simulation import OVERKILL, Row
from inspector.reports.markup import Markup
from inspector.reports.plots import BLUE, VERMILLION, Axis, Canvas, Style, plot, standalone

_REVIEW = Style(BLUE)
_RANDOM = Style(VERMILLION, "7 4")
_TENTH = 10.0


def drawn(mix: Mix, review: Sequence[Row], random: Sequence[Row]) -> str:
    """An SVG file: escapes over labels, each with its exact 95 % interval, and where the later class appears."""
    highest = max(100 * row.escapes.high for row in (*review, *random))
    canvas = Canvas(
        Axis("labels given on the line", -0.03 * review[-1].labels, 1.03 * review[-1].labels, counts=True),
        Axis(f"escapes at {OVERKILL:.0%} overkill [%]", 0.0, _TENTH * math.ceil(highest / _TENTH)),
    )
    begins = next(row.labels for row in review if row.round == mix.later_from - 1)
    marks = [canvas.upright(begins, f"{mix.later} begins", 0, "2 4", leftwards=False)]
    for rows, style in ((review, _REVIEW), (random, _RANDOM)):
        marks += [_whisker(canvas, row, style) for row in rows]
        marks.append(canvas.line([(row.labels, 100 * row.escapes.value) for row in rows], style))
    key = [("misfires and review queue", _REVIEW), ("at random", _RANDOM)]
    return standalone(plot("Escapes over labels", _told(review, random), canvas, marks, key))


def _whisker(canvas: Canvas, row: Row, style: Style) -> Markup:
    thin = Style(style.stroke, width=1.0)
    return canvas.line([(row.labels, 100 * row.escapes.low), (row.labels, 100 * row.escapes.high)], thin)


def _told(review: Sequence[Row], random: Sequence[Row]) -> str:
    pairs = zip(review, random, strict=True)
    return "; ".join(
        f"after {ours.labels} labels {ours.escapes.value:.1%} by misfires and review, "
        f"{theirs.escapes.value:.1%} at random"
        for ours, theirs in pairs
    )
