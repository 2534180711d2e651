"""The last rejects: up to eight thumbnails with shape, class and time, opened by touch or by number key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from gui.look.shapes import paint_verdict
from gui.look.theme import colours, sized
from gui.look.tokens import CORNER_PX, NOTE_PX, STEP_PX
from gui.look.words import Words
from inspector.domain import Verdict

PLACES = 8
_HEIGHT_PX = 120


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """What one place of the strip shows; `key` is the inspection's id."""

    key: str
    image: QImage
    verdict: Verdict
    time: str
    serial: str


class ThumbnailButton(QAbstractButton):
    """One place; empty until a Thumbnail is put there."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._words = Words(self)
        self._thumbnail: Thumbnail | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.put(None)

    @property
    def thumbnail(self) -> Thumbnail | None:
        return self._thumbnail

    def put(self, thumbnail: Thumbnail | None) -> None:
        self._thumbnail = thumbnail
        self.setEnabled(thumbnail is not None)
        if thumbnail is None:
            self.setAccessibleName(self.tr("Reject {0}: none yet").format(self._number))
        else:
            word = self._words.decision(thumbnail.verdict.decision)
            cause = self._words.cause(thumbnail.verdict)
            self.setAccessibleName(
                self.tr("Reject {0}: {1}, {2}, part {3}, {4}").format(
                    self._number, word, cause, thumbnail.serial, thumbnail.time
                )
            )
            self.setToolTip(self.tr("part {0}").format(thumbnail.serial))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(_HEIGHT_PX, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(64, _HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        palette = colours()
        painter.setPen(QPen(QColor(palette.accent if self.hasFocus() else palette.surface), 2))
        painter.setBrush(QColor(palette.surface))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), CORNER_PX, CORNER_PX)
        painter.setFont(sized(NOTE_PX))
        if self._thumbnail is None:
            painter.setPen(QColor(palette.edge))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._number))
        else:
            self._paint_thumbnail(painter, self._thumbnail)

    def _paint_thumbnail(self, painter: QPainter, thumbnail: Thumbnail) -> None:
        palette = colours()
        line = NOTE_PX + STEP_PX // 2
        room = QRectF(self.rect()).adjusted(4, 4, -4, -STEP_PX - 2 * line)
        size = thumbnail.image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        picture = QRectF(0, 0, size.width(), size.height())
        picture.moveCenter(room.center())
        if not thumbnail.image.isNull():
            painter.drawImage(picture, thumbnail.image)
        text = QRectF(room.left(), room.bottom() + 2, room.width(), line)
        painter.setPen(QColor(palette.text))
        cause = self._words.cause(thumbnail.verdict)
        shown = painter.fontMetrics().elidedText(cause, Qt.TextElideMode.ElideRight, int(text.width()))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)
        shape = QRectF(room.left(), text.bottom(), line, line)
        paint_verdict(painter, shape, thumbnail.verdict.decision, palette)
        time = QRectF(shape.right() + 4, shape.top(), room.right() - shape.right() - 4, line)
        painter.setPen(QColor(palette.quiet))
        painter.drawText(time, Qt.AlignmentFlag.AlignVCenter, thumbnail.time)
        self._paint_number(painter, QRectF(room.left(), room.top(), line + 4, line + 4))

    def _paint_number(self, painter: QPainter, cap: QRectF) -> None:
        palette = colours()
        painter.setPen(QPen(QColor(palette.edge), 1))
        painter.setBrush(QColor(palette.raised))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setPen(QColor(palette.text))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, str(self._number))


class RejectStrip(QWidget):
    """Emits `opened` with the inspection's id of the thumbnail that was touched."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        self._places = [ThumbnailButton(number + 1) for number in range(PLACES)]
        for index, place in enumerate(self._places):
            row.addWidget(place)
            place.clicked.connect(lambda _checked=False, index=index: self.open(index))

    def show_thumbnails(self, newest_first: Sequence[Thumbnail]) -> None:
        for index, place in enumerate(self._places):
            place.put(newest_first[index] if index < len(newest_first) else None)

    def open(self, index: int) -> None:
        """As if the thumbnail at `index` (from 0) had been touched."""
        thumbnail = self._places[index].thumbnail
        if thumbnail is not None:
            self.opened.emit(thumbnail.key)
