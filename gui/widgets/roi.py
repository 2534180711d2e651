"""A picture on which a region is drawn with the mouse, and the same region as numbers for the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QSpinBox, QWidget

from gui.look.theme import colours
from gui.look.tokens import STEP_PX
from gui.widgets.picture import PictureView
from gui.widgets.texts import note_label
from inspector.domain import Box

_SMALLEST_PX = 8


class RegionView(PictureView):
    """Emits `region_drawn` (Box, in the image's pixels) when the mouse is let go; the wheel still zooms."""

    region_drawn = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._region: Box | None = None
        self._from: QPointF | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_region(self, region: Box | None) -> None:
        """None: the whole picture."""
        self._region = region
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self.image.isNull():
            self._from = self.spot(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._from is not None:
            self.show_region(_between(self._from, self.spot(event.position())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._from is None:
            return
        drawn = _between(self._from, self.spot(event.position()))
        self._from = None
        if min(drawn.width, drawn.height) >= _SMALLEST_PX:  # less is a slip of the hand
            self.show_region(drawn)
            self.region_drawn.emit(drawn)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        if self._region is None:
            return
        box = self._region
        rectangle = QRectF(box.x, box.y, box.width, box.height)
        for colour, width in (("#000000", 5.0), (colours().accent, 3.0)):
            pen = QPen(QColor(colour), width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRect(rectangle)


def _between(first: QPointF, second: QPointF) -> Box:
    area = QRectF(first, second).normalized()
    left, top = round(area.left()), round(area.top())
    return Box(left, top, round(area.right()) - left, round(area.bottom()) - top)


class RegionFields(QWidget):
    """Left, top, width and height of a region; emits `region_typed` (Box)."""

    region_typed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(STEP_PX)
        names = (self.tr("Left"), self.tr("Top"), self.tr("Width"), self.tr("Height"))
        self._fields = [self._field(grid, place, name) for place, name in enumerate(names)]
        self.show_region(Box(0, 0, _SMALLEST_PX, _SMALLEST_PX))

    def _field(self, grid: QGridLayout, place: int, name: str) -> QSpinBox:
        field = QSpinBox()
        field.setRange(_SMALLEST_PX if place >= 2 else 0, 100_000)
        field.setSuffix(" px")
        field.setKeyboardTracking(False)
        field.setAccessibleName(self.tr("Region: {0}, pixels").format(name))
        field.valueChanged.connect(lambda _value: self.region_typed.emit(self.region))
        row, column = divmod(place, 2)
        grid.addWidget(note_label(name, "quiet"), row, 2 * column)
        grid.addWidget(field, row, 2 * column + 1)
        grid.setColumnStretch(2 * column + 1, 1)
        return field

    @property
    def region(self) -> Box:
        left, top, width, height = (field.value() for field in self._fields)
        return Box(left, top, width, height)

    def show_region(self, region: Box) -> None:
        values = (region.x, region.y, region.width, region.height)
        for field, value in zip(self._fields, values, strict=True):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
