"""What every page has: a body, and its keys along the bottom edge."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.keybar import KeyBar


class Page(QWidget):
    """One screen. Its keys work while it is shown, wherever the focus is, and each can be touched as well.

    first: what has the focus when the page comes to the front.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first: QWidget = self
        self.setAccessibleName(title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        self.body.setSpacing(2 * STEP_PX)
        outer.addLayout(self.body, 1)
        self.keys = KeyBar()
        outer.addWidget(self.keys)

    def add_key(self, text: str, key: Qt.Key | str, slot: Callable[[], object]) -> QAction:
        """An action with a key; show it with `self.keys.show_actions`."""
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setAutoRepeat(False)
        action.triggered.connect(lambda _checked: slot())
        self.addAction(action)
        return action

    def enter(self) -> None:
        """Called each time the page comes to the front."""
