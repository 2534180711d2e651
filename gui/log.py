"""The log on the screen: the newest lines of what the program wrote, one click behind the fault bar."""

from __future__ import annotations

import logging
from collections import deque

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX

LINES = 1000


class LogTail(logging.Handler):
    """Keeps the newest lines, written by any thread."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self.lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class LogView(QWidget):
    """A window of its own with the newest lines at the moment when it is opened."""

    def __init__(self, tail: LogTail) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self._tail = tail
        self.setWindowTitle(self.tr("Log"))
        self.resize(960, 480)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("The newest lines of the log"))
        column = QVBoxLayout(self)
        column.setContentsMargins(STEP_PX, STEP_PX, STEP_PX, STEP_PX)
        column.addWidget(self.text)

    def showEvent(self, _event: QShowEvent) -> None:  # noqa: N802
        self.text.setPlainText("\n".join(self._tail.lines) or self.tr("Nothing was logged yet."))
        self.text.moveCursor(self.text.textCursor().MoveOperation.End)
