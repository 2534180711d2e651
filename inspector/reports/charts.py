"""The plots of a report: which curve, which axes, which marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from inspector.recipe import Limits
from inspector.reports.curves import Histogram, Point
from inspector.reports.figures import Figures
from inspector.reports.markup import Markup
from inspector.reports.plots import BLUE, INK, PALE, VERMILLION, Axis, Canvas, Style, plot

_GOLDEN = Style(BLUE)
_VALIDATION = Style(VERMILLION, "7 4")
_CHANCE = Style(INK, "1 4", width=1.2)
_GOOD = Style(BLUE, fill=PALE, width=1.6)
_DEFECTIVE = Style(VERMILLION, fill=VERMILLION, width=1.0)
_RECHECK_DASH, _REJECT_DASH = "6 4", ""
_PERCENT = (-2.0, 102.0)  # room for marks that lie on an end

Sets: TypeAlias = Sequence[tuple[str, Figures]]
_Points: TypeAlias = Callable[[Figures], Sequence[Point]]
_Place: TypeAlias = Callable[[Figures, float], Point | None]


def roc_plot(sets: Sets, limits: Limits) -> Markup | None:
    """Defective parts caught over good parts stopped; None where no set has both kinds."""
    canvas = Canvas(
        Axis("good parts at or above a limit [%]", *_PERCENT), Axis("defective parts at or above it [%]", *_PERCENT)
    )
    chance = canvas.line([(0.0, 0.0), (100.0, 100.0)], _CHANCE)
    lines = _lines(canvas, sets, lambda figures: figures.roc, Canvas.line)
    if not lines:
        return None
    marks = [chance, *lines, *_points(canvas, sets, limits, _on_roc)]
    told = _told(sets, "AUROC", lambda figures: figures.auroc)
    return plot("Receiver operating characteristic", told, canvas, marks, [*_key(sets), ("chance", _CHANCE)])


def precision_plot(sets: Sets, limits: Limits) -> Markup | None:
    """How many of the stopped parts are defective, over how many defective ones are stopped; None without any."""
    canvas = Canvas(
        Axis("recall: defective parts at or above a limit [%]", *_PERCENT),
        Axis("precision: defective among them [%]", *_PERCENT),
    )
    lines = _lines(canvas, sets, _from_zero, Canvas.steps)
    if not lines:
        return None
    told = _told(sets, "average precision", lambda figures: figures.average_precision)
    marks = [*lines, *_points(canvas, sets, limits, _on_precision)]
    return plot("Precision over recall", told, canvas, marks, _key(sets))


def histogram_plot(name: str, drawn: Histogram, limits: Limits) -> Markup:
    """Good and defective parts side by side in each bin of the score, with both limits."""
    highest = max((*drawn.good, *drawn.defective))
    edges = drawn.edges
    canvas = Canvas(
        Axis("defect score [log-odds; larger is worse]", edges[0], edges[-1]),
        Axis("parts", 0.0, 1.25 * highest, counts=True),
    )
    bars = []
    for left, right, good, defective in zip(edges, edges[1:], drawn.good, drawn.defective, strict=False):
        middle, gap = (left + right) / 2, (right - left) * 0.06
        bars += [canvas.bar(left + gap, middle, good, _GOOD)] if good else []
        bars += [canvas.bar(middle, right - gap, defective, _DEFECTIVE)] if defective else []
    lines = [
        canvas.upright(limits.recheck, f"recheck {limits.recheck:.4g}", 0, _RECHECK_DASH, leftwards=True),
        canvas.upright(limits.reject, f"reject {limits.reject:.4g}", 1, _REJECT_DASH, leftwards=False),
    ]
    told = (
        f"{sum(drawn.good)} good and {sum(drawn.defective)} defective parts by their worst picture's score, with the "
        f"recheck limit at {limits.recheck:g} and the reject limit at {limits.reject:g}"
    )
    key = [("good parts", _GOOD), ("defective parts", _DEFECTIVE)]
    return plot(f"Scores of the {name} parts", told, canvas, [*bars, *lines], key)


def _styled(sets: Sets) -> list[tuple[Style, Figures]]:
    return list(zip((_GOLDEN, _VALIDATION), (figures for _, figures in sets), strict=False))


def _key(sets: Sets) -> list[tuple[str, Style]]:
    return [(f"{name} parts", style) for (name, _), (style, _) in zip(sets, _styled(sets), strict=True)]


def _lines(
    canvas: Canvas, sets: Sets, points: _Points, draw: Callable[[Canvas, Sequence[Point], Style], Markup]
) -> list[Markup]:
    return [
        draw(canvas, [(100 * x, 100 * y) for x, y in points(figures)], style)
        for style, figures in _styled(sets)
        if points(figures)
    ]


def _from_zero(figures: Figures) -> Sequence[Point]:
    """From recall 0 on, and only where recall is gained: what the average precision sums."""
    found = figures.precision_recall
    gained = [after for before, after in pairwise([(0.0, 0.0), *found]) if after[0] > before[0]]
    return [(0.0, gained[0][1]), *gained] if gained else []


def _points(canvas: Canvas, sets: Sets, limits: Limits, place: _Place) -> list[Markup]:
    """Where the two limits stand on each curve."""
    both = ((limits.recheck, "diamond"), (limits.reject, "circle"))
    found = [(place(figures, limit), shape) for _, figures in sets for limit, shape in both]
    return [canvas.dot(100 * point[0], 100 * point[1], shape) for point, shape in found if point]


def _stopped(figures: Figures, limit: float) -> tuple[int, int]:
    """Defective and good parts at or above a limit."""
    scored = [part for part in figures.parts if part.score is not None and part.score >= limit]
    return sum(part.defective for part in scored), sum(not part.defective for part in scored)


def _scored(figures: Figures) -> tuple[int, int]:
    return _stopped(figures, float("-inf"))


def _on_roc(figures: Figures, limit: float) -> Point | None:
    (bad, good), (all_bad, all_good) = _stopped(figures, limit), _scored(figures)
    return (good / all_good, bad / all_bad) if all_bad and all_good else None


def _on_precision(figures: Figures, limit: float) -> Point | None:
    (bad, good), (all_bad, _) = _stopped(figures, limit), _scored(figures)
    return (bad / all_bad, bad / (bad + good)) if all_bad and bad + good else None


def _told(sets: Sets, figure: str, of: Callable[[Figures], float]) -> str:
    each = [f"{figure} {of(figures):.3f} over {len(figures.parts)} {name} parts" for name, figures in sets]
    return f"{'; '.join(each)}. Diamonds stand at the recheck limit, circles at the reject limit"
