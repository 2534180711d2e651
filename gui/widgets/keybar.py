"""The keys of a page along its bottom edge; each one can be touched as well."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFont, QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.look.theme import colours, sized
from gui.look.tokens import CORNER_PX, NOTE_PX, READ_PX, STEP_PX, TOUCH_PX
from gui.widgets.buttons import Button
from gui.widgets.texts import plane

_CAP_PX = 32
_SIDE_PX = 4


class KeyButton(Button):
    """One action: its key as a cap, filled while it is switched on, then its word.

    framed: on a plane of its own and in the operator's size.
    """

    def __init__(self, action: QAction, framed: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(action.text(), "key", parent=parent)
        self._action = action
        self._framed = framed
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda _checked: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    @property
    def action(self) -> QAction:
        return self._action

    def _follow(self) -> None:
        self.relabel(self._action.text())
        self.setEnabled(self._action.isEnabled())
        self.setCheckable(self._action.isCheckable())
        self.setChecked(self._action.isChecked())
        self.updateGeometry()

    def _key(self) -> str:
        return self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def _word_font(self) -> QFont:
        return sized(READ_PX if self._framed else NOTE_PX)

    def _cap_width(self) -> int:
        return max(_CAP_PX, QFontMetrics(sized(NOTE_PX)).horizontalAdvance(self._key()) + 2 * STEP_PX)

    def sizeHint(self) -> QSize:  # noqa: N802
        word = QFontMetrics(self._word_font()).horizontalAdvance(self.text())
        return QSize(self._cap_width() + word + 2 * STEP_PX + 2 * _SIDE_PX, TOUCH_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = colours()
        ink = QColor(palette.text if self.isEnabled() else palette.edge)
        painter.setFont(sized(NOTE_PX))
        if self._framed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.surface))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), CORNER_PX, CORNER_PX)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(QColor(palette.accent if self.hasFocus() else palette.edge), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), CORNER_PX, CORNER_PX)
        cap = QRectF(_SIDE_PX + 4, (self.height() - _CAP_PX) / 2, self._cap_width() - 4, _CAP_PX)
        chosen = self.isChecked() and self.isEnabled()
        painter.setPen(QPen(QColor(palette.edge), 1))
        painter.setBrush(QColor(palette.accent if chosen else palette.raised))
        painter.drawRoundedRect(cap, CORNER_PX, CORNER_PX)
        painter.setPen(QColor(palette.on_accent) if chosen else ink)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, self._key())
        painter.setPen(ink)
        painter.setFont(self._word_font())
        rest = QRectF(cap.right() + STEP_PX, 0, self.width() - cap.right() - STEP_PX, self.height())
        word = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(rest.width()))
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, word)


class KeyBar(QWidget):
    """Shows the actions it is given, in order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame = plane("keys")
        outer.addWidget(frame)
        self._row = QHBoxLayout(frame)
        self._row.setContentsMargins(STEP_PX, 4, STEP_PX, 4)
        self._row.setSpacing(STEP_PX)
        self._row.addStretch(1)
        self._buttons: list[KeyButton] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_actions(self, actions: list[QAction]) -> None:
        """Replace what is shown; the same actions keep their buttons, and the focus with them."""
        if actions == [shown.action for shown in self._buttons]:
            return
        for shown in self._buttons:
            self._row.removeWidget(shown)
            shown.hide()
            shown.deleteLater()
        self._buttons = [KeyButton(action) for action in actions]
        for index, shown in enumerate(self._buttons):
            self._row.insertWidget(index, shown)
