"""The classes a part can be given, each a key that can be touched: good, the defects by number."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.keybar import KeyButton

_COLUMNS = 2


class ClassPad(QWidget):
    """Shows the actions it is given in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(STEP_PX)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self._buttons: list[KeyButton] = []

    def show_actions(self, actions: list[QAction]) -> None:
        """Replace what is shown; the same actions keep their buttons, and the focus with them."""
        if actions == [shown.action for shown in self._buttons]:
            return
        for shown in self._buttons:
            self._grid.removeWidget(shown)
            shown.deleteLater()
        self._buttons = [KeyButton(action, framed=True) for action in actions]
        for place, shown in enumerate(self._buttons):
            shown.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._grid.addWidget(shown, place // _COLUMNS, place % _COLUMNS)
