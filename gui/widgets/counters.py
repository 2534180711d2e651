"""The counters beside the live picture: parts per verdict, yield with its exact interval, cycle time, late answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.look.shapes import paint_verdict
from gui.look.theme import colours
from gui.look.tokens import READ_PX, STEP_PX
from gui.look.words import Words
from gui.widgets.texts import plane, read_label
from inspector.domain import Decision
from inspector.metrics import clopper_pearson


@dataclass(frozen=True, slots=True)
class Counts:
    """What the counters show. cycle_ms: of the newest part, None before the first."""

    decisions: Mapping[Decision, int] = field(default_factory=dict)
    cycle_ms: float | None = None
    late: int = 0

    @property
    def judged(self) -> int:
        """Parts that a verdict was given on; UNFIT speaks of the station and takes no part in the yield."""
        return sum(count for decision, count in self.decisions.items() if decision is not Decision.UNFIT)


class VerdictShape(QWidget):
    """One verdict's shape, as large as a line of text."""

    def __init__(self, decision: Decision, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decision = decision
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(READ_PX + STEP_PX, READ_PX + STEP_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        paint_verdict(QPainter(self), QRectF(self.rect()), self._decision, colours())


class CountersPanel(QWidget):
    """Shows Counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = Words(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame = plane()
        outer.addWidget(frame)
        self._grid = QGridLayout(frame)
        self._grid.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        self._grid.setHorizontalSpacing(STEP_PX)
        self._grid.setColumnMinimumWidth(3, 3 * STEP_PX)
        self._grid.setVerticalSpacing(STEP_PX // 2)
        self._numbers = {decision: self._counter(place, decision) for place, decision in enumerate(Decision)}
        self._yield = self._line(2, self.tr("Yield"))
        self._interval = self._line(3, self.tr("95 % interval"))
        self._cycle = self._line(4, self.tr("Cycle"))
        self._late = self._line(5, self.tr("Late"))
        for column in (2, 6):
            self._grid.setColumnStretch(column, 1)
        self.show_counts(Counts())

    def _counter(self, place: int, decision: Decision) -> QLabel:
        row, column = divmod(place, 2)
        number = read_label(tone="strong")
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(VerdictShape(decision), row, 4 * column)
        self._grid.addWidget(read_label(self._words.decision(decision), "quiet"), row, 4 * column + 1)
        self._grid.addWidget(number, row, 4 * column + 2)
        return number

    def _line(self, row: int, name: str) -> QLabel:
        value = read_label()
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(read_label(name, "quiet"), row, 0, 1, 3)
        self._grid.addWidget(value, row, 3, 1, 4)
        return value

    def show_counts(self, counts: Counts) -> None:
        for decision, number in self._numbers.items():
            number.setText(f"{counts.decisions.get(decision, 0):,}")
        share = clopper_pearson(counts.decisions.get(Decision.OK, 0), counts.judged)
        self._yield.setText(self._words.percent(share.value) if share.n else "–")
        self._interval.setText(self._words.interval(share.low, share.high) if share.n else "–")
        self._cycle.setText(self.tr("{0} ms").format(f"{counts.cycle_ms:.0f}") if counts.cycle_ms is not None else "–")
        self._late.setText(f"{counts.late:,}")

    def text(self) -> str:
        """Everything that is shown, for a reader who listens."""
        return ", ".join(label.text() for label in self.findChildren(QLabel))
