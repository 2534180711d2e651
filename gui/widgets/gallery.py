"""The parts on which two models decide differently: picture, truth, the verdict before and after."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from gui.look.shapes import paint_verdict
from gui.look.theme import colours, sized
from gui.look.tokens import CORNER_PX, NOTE_PX, STEP_PX
from gui.look.words import Words
from inspector.learning.gate import Changed

_WIDTH_PX = 176
_PICTURE_PX = 112
_SHAPE_PX = 24


class ChangedPart(QWidget):
    """One part; a new escape says so in words."""

    def __init__(self, changed: Changed, image: QImage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._changed = changed
        self._image = image
        self._words = Words(self)
        self.setFixedSize(QSize(_WIDTH_PX, _PICTURE_PX + 2 * _SHAPE_PX + 5 * STEP_PX))
        self.setAccessibleName(
            self.tr("Part {0}, {1}: {2} becomes {3}").format(
                changed.part,
                self._words.defect_class(changed.defect_class),
                self._words.decision(changed.before),
                self._words.decision(changed.after),
            )
        )
        self.setToolTip(self.accessibleName())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        palette = colours()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.surface))
        painter.drawRoundedRect(self.rect(), CORNER_PX, CORNER_PX)
        room = QRectF(STEP_PX, STEP_PX, self.width() - 2 * STEP_PX, _PICTURE_PX)
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        picture = QRectF(0, 0, size.width(), size.height())
        picture.moveCenter(room.center())
        painter.drawImage(picture, self._image)
        self._paint_change(painter, room)

    def _paint_change(self, painter: QPainter, room: QRectF) -> None:
        palette, changed = colours(), self._changed
        top = room.bottom() + STEP_PX
        paint_verdict(painter, QRectF(room.left(), top, _SHAPE_PX, _SHAPE_PX), changed.before, palette)
        after = QRectF(room.left() + 2 * _SHAPE_PX + STEP_PX, top, _SHAPE_PX, _SHAPE_PX)
        paint_verdict(painter, after, changed.after, palette)
        painter.setFont(sized(NOTE_PX))
        painter.setPen(QColor(palette.text))
        between = QRectF(room.left() + _SHAPE_PX, top, _SHAPE_PX + STEP_PX, _SHAPE_PX)
        painter.drawText(between, Qt.AlignmentFlag.AlignCenter, "→")
        truth = self._words.defect_class(changed.defect_class)
        words = self.tr("{0}: new escape").format(truth) if changed.new_escape else self.tr("is {0}").format(truth)
        below = QRectF(room.left(), top + _SHAPE_PX + STEP_PX / 2, room.width(), _SHAPE_PX)
        painter.setFont(sized(NOTE_PX, bold=changed.new_escape))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, shown)


class ChangedGallery(QScrollArea):
    """Shows changed parts side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Parts on which the two models decide differently"))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_PICTURE_PX + 2 * _SHAPE_PX + 7 * STEP_PX)
        self.show_parts(())

    def show_parts(self, parts: Sequence[tuple[Changed, QImage]]) -> None:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        for changed, image in parts:
            row.addWidget(ChangedPart(changed, image))
        row.addStretch(1)
        self.setWidget(inside)
        self.setVisible(bool(parts))
