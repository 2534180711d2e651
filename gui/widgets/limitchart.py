"""The charts of the operating point: scores under two limits that can be dragged, and what one limit trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from gui.look.theme import colours
from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.widgets.charts import Chart
from inspector.domain import Decision
from inspector.recipe import Limits

_BINS = 48
_TINT = 36  # of 255: the zones must not drown the bars
_ROOM = 0.04  # of the range, left free on either side
_NEAR = 20.0  # percent: the corner in which limits are told apart
_ZONES = (Decision.OK, Decision.RECHECK, Decision.NG)


@dataclass(frozen=True, slots=True)
class SideScores:
    """Scores of good and of defective parts; larger is worse."""

    good: tuple[float, ...] = ()
    defective: tuple[float, ...] = ()


class ShareAxis(pg.AxisItem):  # type: ignore[misc]
    """Percent in both directions: what hangs below the line is as many parts as what stands on it."""

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:  # noqa: N802
        return [f"{abs(value):g}" for value in values]


class LimitChart(Chart):
    """Good parts stand on the line, filled; defective ones hang below it, hatched; each side in percent of its parts.

    Circles and crosses are single parts to prove the limits on. Emits `dragged` (Limits) while a limit is dragged.
    """

    dragged = Signal(object)

    def __init__(self, title: str, nothing: str, parent: QWidget | None = None) -> None:
        self._bars, self._marks = SideScores(), SideScores()
        self._limits = Limits()
        self._held = ""
        self._zones: dict[Decision, Any] = {}
        self._names: dict[Decision, Any] = {}
        self._lines: dict[str, Any] = {}
        self._top = 100.0
        super().__init__(title, nothing, parent)
        self._words = Words(self)
        self.plot.setAxisItems({"left": ShareAxis("left")})
        self.plot.getViewBox().sigResized.connect(lambda _box: self._place())
        self._dress()

    def show_parts(self, bars: SideScores, marks: SideScores) -> None:
        self._bars, self._marks = bars, marks
        self.draw()

    def show_limits(self, limits: Limits) -> None:
        """Move both limits; the chart is widened where they would lie outside it."""
        self._limits = limits
        low, high = self.plot.getViewBox().viewRange()[0]
        if self._lines and low <= limits.recheck and limits.reject <= high:
            self._place()
        else:
            self.draw()

    def hold(self, name: str) -> None:
        """Show which limit the keyboard moves: "recheck", "reject" or none."""
        self._held = name
        self._dress_lines()

    def release(self) -> None:
        self._lines = {}  # the focus may still leave a field when the lines are gone
        super().release()

    def has_values(self) -> bool:
        return any((self._bars.good, self._bars.defective, self._marks.good, self._marks.defective))

    def draw(self) -> None:
        super().draw()
        self._zones, self._names, self._lines = {}, {}, {}
        if not self.has_values():
            return
        every = [*self._bars.good, *self._bars.defective, *self._marks.good, *self._marks.defective]
        ends = [*every, self._limits.recheck, self._limits.reject]
        room = _ROOM * (max(ends) - min(ends)) + 0.5
        self.plot.setXRange(min(ends) - room, max(ends) + room, padding=0)
        edges = np.linspace(min(every) - 0.5, max(every) + 0.5, _BINS + 1)
        shown = self._bars if self._bars.good or self._bars.defective else self._marks
        heights = [_shares(shown.good, edges), -_shares(shown.defective, edges)]
        self._top = 1.35 * max(1.0, *(float(np.abs(side).max()) for side in heights))
        self.plot.setYRange(-self._top, self._top, padding=0)
        self.plot.setLabel("left", self.tr("% of the parts"), color=colours().quiet)
        self.plot.setLabel("bottom", self.tr("score, larger is worse"), color=colours().quiet)
        self._add_zones()
        self._add_bars(edges, heights)
        self._add_marks()
        self._add_lines()
        self._place()

    def _add_zones(self) -> None:
        palette = colours()
        for zone in _ZONES:
            tint = QColor(palette.of(zone))
            tint.setAlpha(_TINT)
            self._zones[zone] = pg.LinearRegionItem(movable=False, brush=tint, pen=pg.mkPen(None))
            self._names[zone] = pg.TextItem(self._words.decision(zone), color=palette.text, anchor=(0.5, 0))
            for item in (self._zones[zone], self._names[zone]):
                self.plot.addItem(item, ignoreBounds=True)

    def _add_bars(self, edges: Any, heights: Sequence[Any]) -> None:
        palette = colours()
        looks = (
            (QColor(palette.ok), Qt.BrushStyle.SolidPattern),
            (QColor(palette.ng), Qt.BrushStyle.BDiagPattern),
        )
        for side, (colour, pattern) in zip(heights, looks, strict=True):
            there = side != 0
            self.plot.addItem(
                pg.BarGraphItem(
                    x0=edges[:-1][there],
                    width=float(edges[1] - edges[0]),
                    height=side[there],
                    brush=QBrush(colour, pattern),
                    pen=pg.mkPen(colour),
                )
            )
        self.plot.addItem(pg.InfiniteLine(0, angle=0, pen=pg.mkPen(palette.edge)))

    def _add_marks(self) -> None:
        palette = colours()
        if self._marks is self._bars:
            return
        for scores, symbol, colour, sign in (
            (self._marks.good, "o", palette.ok, 1),
            (self._marks.defective, "x", palette.ng, -1),
        ):
            points = pg.ScatterPlotItem(
                x=list(scores),
                y=[sign * 0.06 * self._top] * len(scores),
                symbol=symbol,
                size=10,
                pen=pg.mkPen(palette.text),
                brush=QColor(colour),
            )
            self.plot.addItem(points)

    def _add_lines(self) -> None:
        for name in ("recheck", "reject"):
            line = pg.InfiniteLine(angle=90, movable=True)
            line.sigDragged.connect(lambda moved, name=name: self._drag(name, float(moved.value())))
            self.plot.addItem(line, ignoreBounds=True)
            self._lines[name] = line
        self._dress_lines()

    def _dress_lines(self) -> None:
        palette = colours()
        styles = {"recheck": Qt.PenStyle.DashLine, "reject": Qt.PenStyle.SolidLine}
        for name, line in self._lines.items():
            held = name == self._held
            line.setPen(pg.mkPen(palette.accent if held else palette.text, width=4 if held else 2, style=styles[name]))
            line.setHoverPen(pg.mkPen(palette.accent, width=4, style=styles[name]))

    def _drag(self, name: str, value: float) -> None:
        """Neither limit passes the other."""
        other = self._limits.reject if name == "recheck" else self._limits.recheck
        pair = (min(value, other), other) if name == "recheck" else (other, max(value, other))
        self._limits = Limits(*pair)
        self._place()
        self.dragged.emit(self._limits)

    def _place(self) -> None:
        if not self._lines:
            return
        low, high = self.plot.getViewBox().viewRange()[0]
        recheck, reject = self._limits.recheck, self._limits.reject
        for name, value in (("recheck", recheck), ("reject", reject)):
            self._lines[name].setValue(value)
        ends = (low, recheck, reject, high)
        for zone, left, right in zip(_ZONES, ends, ends[1:], strict=False):
            self._zones[zone].setRegion((left, right))
            name = self._names[zone]
            name.setPos((left + right) / 2, self._top)
            pixel = self.plot.getViewBox().viewPixelSize()[0] or 1.0
            name.setVisible((right - left) / pixel > name.textItem.boundingRect().width() + STEP_PX)


def _shares(scores: Sequence[float], edges: Any) -> Any:
    """Percent of the scores in each bin."""
    return 100 * np.histogram(scores, edges)[0] / max(1, len(scores))


class TradeChart(Chart):
    """What one limit costs in good parts and misses in defective ones; the two in use are a circle and a square."""

    def __init__(self, title: str, nothing: str, parent: QWidget | None = None) -> None:
        self._curve: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        self._points: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        super().__init__(title, nothing, parent)

    def show_curve(self, across: Sequence[float], up: Sequence[float]) -> None:
        """Shares of parts, 0 to 1: good ones stopped, defective ones missed."""
        self._curve = tuple(across), tuple(up)
        self.draw()

    def show_points(self, across: Sequence[float], up: Sequence[float]) -> None:
        """Where the recheck limit and the reject limit lie on the curve."""
        self._points = tuple(across), tuple(up)
        self.draw()

    def has_values(self) -> bool:
        return bool(self._curve[0])

    def draw(self) -> None:
        super().draw()
        if not self.has_values():
            return
        palette = colours()
        self.plot.setLabel("bottom", self.tr("good parts stopped, %"), color=palette.quiet)
        self.plot.setLabel("left", self.tr("defective parts missed, %"), color=palette.quiet)
        across, up = ([100 * share for share in shares] for shares in self._curve)
        self.plot.plot(across, up, pen=pg.mkPen(palette.quiet, width=2))
        at, height = ([100 * share for share in shares] for shares in self._points)
        for spread, values in ((self.plot.setXRange, at), (self.plot.setYRange, height)):
            most = min(100.0, max([_NEAR, *(1.25 * value for value in values)]))
            spread(-0.04 * most, 1.04 * most, padding=0)
        kinds = (("o", palette.recheck), ("s", palette.ng))
        for x, y, (symbol, colour) in zip(at, height, kinds, strict=False):
            self.plot.plot(
                [x], [y], pen=None, symbol=symbol, symbolSize=13, symbolBrush=QColor(colour), symbolPen=palette.text
            )
