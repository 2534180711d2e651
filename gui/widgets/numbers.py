"""Fields that the style sheet alone does not make readable: a number with room before it, a choice with its arrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QWidget

from gui.look.theme import colours
from gui.look.tokens import STEP_PX

_ARROW_PX = 5


class NumberField(QDoubleSpinBox):
    """A number from low to high with two decimals; it changes when it is finished, or by the arrow keys."""

    def __init__(self, name: str, low: float, high: float, step: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setDecimals(2)
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(STEP_PX, 0, STEP_PX, 0)

    def show_value(self, value: float) -> None:
        """Show a value that nobody typed."""
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)


class Choice(QComboBox):
    """One of several words."""

    def __init__(self, name: str, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.addItems(list(words))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours().text))
        painter.setBrush(QColor(colours().text))
        x, y = self.width() - 2 * STEP_PX, self.height() / 2
        corners = (QPointF(x - _ARROW_PX, y - 2), QPointF(x + _ARROW_PX, y - 2), QPointF(x, y + _ARROW_PX - 2))
        painter.drawPolygon(QPolygonF(corners))
