"""The chart that every plot is, and the yield by hour as a p-chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from gui.look.theme import colours, sized
from gui.look.tokens import NOTE_PX, STEP_PX
from gui.widgets.texts import ElidedLabel, note_label, plane
from gui.yields import HourCount, control_limits, out_of_control


class Chart(QWidget):
    """A titled plot in the theme's colours; touch and mouse do not move it."""

    def __init__(self, title: str, nothing: str, parent: QWidget | None = None) -> None:
        self._alive = False
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame = plane()
        outer.addWidget(frame)
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(STEP_PX, STEP_PX, STEP_PX, STEP_PX)
        self._title = ElidedLabel("", "note", "quiet")
        inside.addWidget(self._title)
        self._nothing = note_label(nothing, "quiet", wraps=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.plot: Any = pg.PlotWidget(background=None)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setMinimumHeight(64)
        self.name(title)
        inside.addWidget(self.plot, 1)
        inside.addWidget(self._nothing, 1)
        self._alive = True
        self._dress()
        self.draw()

    def name(self, title: str) -> None:
        """Say above the plot, and to those who listen, what it shows."""
        self._title.setText(title)
        self.plot.setAccessibleName(title)
        self.setAccessibleName(title)

    def release(self) -> None:
        """Take the plot apart in pyqtgraph's own order; left to Qt's, its scene deletes items twice."""
        if self._alive:
            self._alive = False
            # A mouse that rests on the plot would leave it half way through, when its buttons are gone already.
            QApplication.sendEvent(self.plot, QEvent(QEvent.Type.Leave))
            self.plot.close()
            self.plot.deleteLater()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() is QEvent.Type.PaletteChange and self._alive:
            self._dress()
            self.draw()
        super().changeEvent(event)

    def _dress(self) -> None:
        palette = colours()
        self.plot.setBackground(palette.surface)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(palette.edge))
            axis.setTextPen(pg.mkPen(palette.quiet))
            axis.setTickFont(sized(NOTE_PX))

    def draw(self) -> None:
        """Draw the values again, in the colours in use; without any, words stand in their place."""
        self.plot.clear()
        self.plot.setVisible(self.has_values())
        self._nothing.setVisible(not self.has_values())

    def has_values(self) -> bool:
        """Whether there is anything to draw."""
        return False


class YieldChart(Chart):
    """Yield by hour with its control limits; an hour outside them is a diamond, not only another colour."""

    def __init__(self, title: str, nothing: str, parent: QWidget | None = None) -> None:
        self._hours: tuple[HourCount, ...] = ()
        super().__init__(title, nothing, parent)

    def show_hours(self, hours: Sequence[HourCount]) -> None:
        """Hours in order of time; those in which nothing was judged are left out."""
        self._hours = tuple(hour for hour in hours if hour.judged)
        self.draw()

    def has_values(self) -> bool:
        return bool(self._hours)

    def draw(self) -> None:
        super().draw()
        if not self._hours:
            return
        palette = colours()
        places = list(range(len(self._hours)))
        shares = [100 * hour.share for hour in self._hours]
        limits = control_limits(self._hours)
        for ends in zip(*limits, strict=True):
            steps = [100 * end for end in ends]
            self.plot.plot(
                [place - 0.5 for place in [*places, len(places)]],
                steps,
                stepMode="center",
                pen=pg.mkPen(palette.quiet, style=Qt.PenStyle.DashLine),
            )
        outside = out_of_control(self._hours)
        self.plot.plot(
            places,
            shares,
            pen=pg.mkPen(palette.accent, width=2),
            symbolPen=pg.mkPen(palette.text),
            symbol=["d" if hour in outside else "o" for hour in self._hours],
            symbolSize=[16 if hour in outside else 9 for hour in self._hours],
            symbolBrush=[pg.mkBrush(palette.ng if hour in outside else palette.accent) for hour in self._hours],
        )
        self._scale(places, [100 * low for low, _ in limits] + shares)

    def _scale(self, places: list[int], lowest: list[float]) -> None:
        every = max(1, len(places) // 6)
        names = [(place, f"{self._hours[place].hour.astimezone():%H}") for place in places[::every]]
        self.plot.getAxis("bottom").setTicks([names])
        self.plot.setXRange(-0.5, max(len(places) - 0.5, 5.5), padding=0)
        self.plot.setYRange(max(0.0, min(lowest) - 2), 100.5, padding=0)
