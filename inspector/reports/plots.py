"""Plots as inline SVG that can be read in black and white: axes with units, and marks that differ in more than colour.

Colours: M. Okabe and K. Ito, "Color Universal Design" (2008); each goes with a dash, a fill or a shape of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from inspector.reports.curves import Point
from inspector.reports.markup import Markup, element, join

BLUE, VERMILLION, INK, FAINT = "#0072B2", "#D55E00", "#222222", "#D9D9D9"
PALE = "#DCEAF5"

_WIDTH, _HEIGHT = 480, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 14, 52
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LETTER_PX = 7.2


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a plot. title: with its unit. low < high: the ends, in the unit of the points.

    counts: whether there is nothing between whole numbers.
    """

    title: str
    low: float
    high: float
    counts: bool = False

    def ticks(self, about: int = 6) -> list[float]:
        """Round numbers between the ends."""
        raw = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * each for each in _STEPS if power * each >= raw * (1 - 1e-9))
        step = math.ceil(step) if self.counts else step
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Style:
    """How a mark looks. dash: SVG's stroke-dasharray, "" for a solid line; fill: "none" for a line."""

    stroke: str
    dash: str = ""
    fill: str = "none"
    width: float = 2.2


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where a plot's numbers lie on the paper."""

    x: Axis
    y: Axis

    def across(self, value: float) -> float:
        share = (value - self.x.low) / (self.x.high - self.x.low)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 2)

    def down(self, value: float) -> float:
        share = (value - self.y.low) / (self.y.high - self.y.low)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 2)

    def line(self, points: Sequence[Point], style: Style) -> Markup:
        """Straight from point to point."""
        path = " ".join(f"{self.across(x)},{self.down(y)}" for x, y in points)
        return element("polyline", points=path, **_looks(style))

    def steps(self, points: Sequence[Point], style: Style) -> Markup:
        """Each point's height holds back to the point before it, as the sum of an average precision takes it."""
        corners = [(x, y) for (x, _), (_, y) in pairwise(points)]
        between = [point for corner, end in zip(corners, points[1:], strict=True) for point in (corner, end)]
        return self.line([*points[:1], *between], style)

    def bar(self, left: float, right: float, top: float, style: Style) -> Markup:
        x, y = self.across(left), self.down(top)
        size = {"width": round(self.across(right) - x, 2), "height": round(self.down(self.y.low) - y, 2)}
        return element("rect", x=x, y=y, **size, **_looks(style))

    def upright(self, x: float, words: str, row: int, dash: str, *, leftwards: bool) -> Markup:
        """A line over the whole height with words beside it; at the edge, with an arrow, where x lies outside.

        leftwards: on which side the words stand, as long as there is room.
        """
        inside = min(max(x, self.x.low), self.x.high)
        room = _LETTER_PX * (len(words) + 1)
        ends = (self.across(inside) - room > _LEFT, self.across(inside) + room < _WIDTH)
        leftwards = ends[0] if leftwards or not ends[1] else False
        arrow = "\u2190 " if x < inside else ""
        behind = " \u2192" if x > inside else ""
        line = self.line([(inside, self.y.low), (inside, self.y.high)], Style(INK, dash, width=1.6))
        left, top = self.across(inside) + (-4 - room if leftwards else 4), _TOP + 2 + 17 * row
        paper = element("rect", x=round(left, 2), y=top, width=round(room, 2), height=15, fill="#FFFFFF")
        words = f"{arrow}{words}{behind}"
        middle = {"x": round(left + room / 2, 2), "y": top + 12, "text_anchor": "middle"}
        return join([line, paper, _words(words, **middle)])

    def dot(self, x: float, y: float, shape: str) -> Markup:
        """An operating point: a "circle", or a "diamond"."""
        centre_x, centre_y = self.across(x), self.down(y)
        if shape == "circle":
            return element("circle", cx=centre_x, cy=centre_y, r=6, fill="#FFFFFF", stroke=INK, stroke_width=2)
        corners = ((0, -8), (8, 0), (0, 8), (-8, 0))
        path = " ".join(f"{centre_x + dx},{centre_y + dy}" for dx, dy in corners)
        return element("polygon", points=path, fill=INK, stroke=INK)


def plot(title: str, told: str, canvas: Canvas, marks: Sequence[Markup], key: Sequence[tuple[str, Style]]) -> Markup:
    """The whole picture. told: what it shows, for who cannot see it. key: the legend below, name and look."""
    rows = (len(key) + 1) // 2
    height = _HEIGHT + 20 * rows
    drawn = [_grid(canvas), *marks, _frame(canvas), _legend(key)]
    looks = {"font_family": "Helvetica, Arial, sans-serif", "font_size": 13, "fill": INK}
    return element(
        "svg",
        element("title", title),
        element("desc", told),
        *drawn,
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        aria_label=f"{title}. {told}",
        **looks,
    )


def standalone(drawn: Markup) -> str:
    """A plot as an SVG file of its own."""
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _looks(style: Style) -> dict[str, object]:
    return {
        "fill": style.fill,
        "stroke": style.stroke,
        "stroke_width": style.width,
        "stroke_dasharray": style.dash or None,
        "stroke_linejoin": "round",
    }


def _words(words: str, **where: object) -> Markup:
    return element("text", words, **where)


def _grid(canvas: Canvas) -> Markup:
    """Ticks with their numbers, and a faint line for each."""
    thin = Style(FAINT, width=1)
    bottom, left = _HEIGHT - _BOTTOM, _LEFT
    x, y = canvas.x, canvas.y
    lines = [canvas.line([(tick, y.low), (tick, y.high)], thin) for tick in x.ticks()]
    lines += [canvas.line([(x.low, tick), (x.high, tick)], thin) for tick in y.ticks()]
    numbers = [_words(f"{t:g}", x=canvas.across(t), y=bottom + 18, text_anchor="middle") for t in _rounded(x.ticks())]
    numbers += [_words(f"{t:g}", x=left - 7, y=canvas.down(t) + 4.5, text_anchor="end") for t in _rounded(y.ticks())]
    return join([*lines, *numbers])


def _rounded(ticks: Sequence[float]) -> list[float]:
    """0.30000000000000004 is 0.3, and no zero is negative."""
    return [round(tick, 10) + 0.0 for tick in ticks]


def _frame(canvas: Canvas) -> Markup:
    middle_x, middle_y = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
    border = Style(INK, width=1)
    x, y = canvas.x, canvas.y
    return join(
        [
            canvas.line([(x.low, y.high), (x.low, y.low), (x.high, y.low)], border),
            _words(x.title, x=middle_x, y=_HEIGHT - 12, text_anchor="middle"),
            _words(y.title, x=16, y=middle_y, text_anchor="middle", transform=f"rotate(-90 16 {middle_y})"),
        ]
    )


def _legend(key: Sequence[tuple[str, Style]]) -> Markup:
    drawn = []
    for place, (words, style) in enumerate(key):
        left, middle = _LEFT + 205 * (place % 2), _HEIGHT + 10 + 20 * (place // 2)
        if style.fill == "none":
            drawn.append(element("line", x1=left, y1=middle, x2=left + 28, y2=middle, **_looks(style)))
        else:
            drawn.append(element("rect", x=left + 4, y=middle - 7, width=20, height=14, **_looks(style)))
        drawn.append(_words(words, x=left + 35, y=middle + 4.5))
    return join(drawn)
