"""Pictures side by side, each with what it shows under it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.texts import note_label

_WIDTH_PX, _PICTURE_PX, _WORDS_PX = 176, 128, 72


class PictureRow(QScrollArea):
    """Shows them in their order; nothing where there are none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName(name)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_PICTURE_PX + _WORDS_PX + 4 * STEP_PX)
        self.show_pictures(())

    def show_pictures(self, pictures: Sequence[tuple[QImage, str]]) -> None:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP_PX)
        for image, words in pictures:
            row.addWidget(_picture(image, words))
        row.addStretch(1)
        self.setWidget(inside)
        self.setVisible(bool(pictures))


def _picture(image: QImage, words: str) -> QWidget:
    whole = QWidget()
    whole.setFixedWidth(_WIDTH_PX)
    whole.setAccessibleName(words)
    whole.setToolTip(words)
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(STEP_PX)
    shown = QLabel()
    shown.setFixedHeight(_PICTURE_PX)
    room = (_WIDTH_PX, _PICTURE_PX)
    kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    shown.setPixmap(QPixmap.fromImage(image).scaled(*room, kept, smooth))
    said = note_label(words, wraps=True)
    said.setAlignment(Qt.AlignmentFlag.AlignTop)
    column.addWidget(shown)
    column.addWidget(said, 1)
    return whole
