"""The station's state in a word, with a mark whose shape says it too."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look.theme import colours, sized
from gui.look.tokens import READ_PX, STEP_PX, TOUCH_PX
from inspector.station import StationState

_MARK_PX = 16


class StateLabel(QWidget):
    """Shows a StationState: a triangle runs, two bars pause, a square stands, a cross is a fault."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = StationState.STOPPED
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_state(StationState.STOPPED)

    def show_state(self, state: StationState) -> None:
        self._state = state
        self.setAccessibleName(self.tr("Station: {0}").format(self._word()))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(3 * STEP_PX + _MARK_PX + 88, TOUCH_PX)

    def _word(self) -> str:
        words = {
            StationState.STOPPED: self.tr("Stopped"),
            StationState.STARTING: self.tr("Starting"),
            StationState.RUNNING: self.tr("Running"),
            StationState.PAUSED: self.tr("Paused"),
            StationState.FAULTED: self.tr("Fault"),
        }
        return words[self._state]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = colours()
        mark = QRectF(2 * STEP_PX, (self.height() - _MARK_PX) / 2, _MARK_PX, _MARK_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.text))
        self._paint_mark(painter, mark)
        painter.setPen(QColor(palette.text))
        painter.setFont(sized(READ_PX))
        room = QRectF(mark.right() + STEP_PX, 0, self.width() - mark.right() - STEP_PX, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._word())

    def _paint_mark(self, painter: QPainter, mark: QRectF) -> None:
        palette = colours()
        if self._state in {StationState.RUNNING, StationState.STARTING}:
            painter.setBrush(QColor(palette.ok))
            tip = QPointF(mark.right(), mark.center().y())
            painter.drawPolygon(QPolygonF([mark.topLeft(), tip, mark.bottomLeft()]))
        elif self._state is StationState.PAUSED:
            painter.drawRect(QRectF(mark.left(), mark.top(), 5, _MARK_PX))
            painter.drawRect(QRectF(mark.right() - 5, mark.top(), 5, _MARK_PX))
        elif self._state is StationState.FAULTED:
            painter.setBrush(QColor(palette.ng))
            painter.translate(mark.center())
            for turn in (45, 90):
                painter.rotate(turn)
                painter.drawRect(QRectF(-10, -2.5, 20, 5))
            painter.resetTransform()
        else:
            painter.drawRect(mark)
