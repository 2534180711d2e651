"""Text at one of the sizes, and text that says less rather than being cut off."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX

Tone = Literal["plain", "quiet", "strong"]


def read_label(text: str = "", tone: Tone = "plain") -> QLabel:
    """Text for the operator (20 px)."""
    return _label(text, "read", tone)


def note_label(text: str = "", tone: Tone = "plain", wraps: bool = False) -> QLabel:
    """Text for the engineer (14 px)."""
    label = _label(text, "note", tone)
    label.setWordWrap(wraps)
    return label


def _label(text: str, size: str, tone: Tone) -> QLabel:
    label = QLabel(text)
    label.setProperty("scale", size)
    label.setProperty("tone", tone)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def plane(kind: str = "surface") -> QFrame:
    """A flat area that belongs together."""
    frame = QFrame()
    frame.setProperty("plane", kind)
    return frame


def column_plane() -> tuple[QFrame, QVBoxLayout]:
    """A plane, and the column in which its content stands."""
    frame = plane()
    column = QVBoxLayout(frame)
    column.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
    column.setSpacing(STEP_PX)
    return frame, column


class ElidedLabel(QLabel):
    """One line whose middle is left out where there is no room; the whole text is its tool tip.

    For names that people choose (serials, lots, recipes): they have no longest one.
    """

    def __init__(self, text: str = "", size: str = "read", tone: Tone = "plain", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("scale", size)
        self.setProperty("tone", tone)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        self.setToolTip(self.text() if shown != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)
