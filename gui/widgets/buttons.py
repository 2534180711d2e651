"""Buttons that obey Return as well as Space, big enough for a glove unless they stand on an engineer's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

Rank = Literal["plain", "first", "rail", "key"]


class Button(QPushButton):
    """A button with a word on it, which is also its accessible name."""

    def __init__(self, text: str, rank: Rank = "plain", dense: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("rank", rank)
        self.setProperty("dense", dense)
        self.setAccessibleName(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)

    def relabel(self, text: str) -> None:
        """Change the word, and the name that a screen reader says with it."""
        self.setText(text)
        self.setAccessibleName(text)


def button(text: str, pressed: Callable[[], object], rank: Rank = "plain", dense: bool = False) -> Button:
    """A button that calls `pressed` without arguments."""
    made = Button(text, rank, dense)
    made.clicked.connect(lambda _checked: pressed())
    return made
