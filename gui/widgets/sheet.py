"""A window of its own for one large picture of many: zoomed and moved like any other, with words under it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.picture import PictureView
from gui.widgets.texts import note_label


class SheetWindow(QWidget):
    """Shows an image; Escape closes it."""

    def __init__(self, title: str, words: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(title)
        self.resize(1040, 720)
        self.picture = PictureView(title)
        self.rows = note_label(wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        column.setSpacing(STEP_PX)
        column.addWidget(self.picture, 1)
        column.addWidget(self.rows)
        column.addWidget(note_label(words, "quiet", wraps=True))
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    def show_sheet(self, image: QImage, rows: str) -> None:
        """rows: what its rows are, from the top."""
        self.picture.show_image(image)
        self.rows.setText(rows)
        self.show()
        self.raise_()
