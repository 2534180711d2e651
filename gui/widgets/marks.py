"""A picture on which a person marks where a defect is, with a box or with a brush."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gui.look.tokens import DARK
from gui.widgets.picture import PictureView
from inspector.domain import Box, Region, Stroke
from inspector.opencv import cv2
from inspector.pictures import MAX_PIXELS
from inspector.regions import mask

BRUSH_PX = 24  # on the screen, whatever the zoom: whoever wants a finer one looks closer
_INK = DARK.accent  # in either theme: the grey of a part is the same in both
_FINE = 4
_SMALL = 60_000  # pixels
_SLIP_PX = 4  # on the screen
_FILL = 40  # of 255: the defect is still seen under it
_SOLID, _ENDS, _JOINTS = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin


class Tool(StrEnum):
    """What a hand draws with."""

    BOX = "box"
    BRUSH = "brush"


class MarkView(PictureView):
    """Emits `marked` (tuple of Region, in the image's pixels) when a hand has changed the marks.

    Without a tool, and with any other button of the mouse, dragging pans as ever.
    """

    marked = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._tool: Tool | None = None
        self._marks: tuple[Region, ...] = ()
        self._earlier: list[tuple[Region, ...]] = []
        self._drawn: list[QPointF] = []

    @property
    def tool(self) -> Tool | None:
        return self._tool

    def take_tool(self, tool: Tool | None) -> None:
        """None: put it away."""
        self._tool = tool
        self._let_go()
        if tool is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    @property
    def marks(self) -> tuple[Region, ...]:
        return self._marks

    def show_marks(self, marks: Sequence[Region]) -> None:
        """Show these instead; there is nothing to undo in them."""
        self._marks = tuple(marks)
        self._earlier = []
        self._let_go()

    def undo_mark(self) -> bool:
        """Go back before the last change by hand; False where there was none."""
        if not self._earlier:
            return False
        self._marks = self._earlier.pop()
        self._tell()
        return True

    def clear_marks(self) -> None:
        if self._marks:
            self._change(())

    def _change(self, marks: tuple[Region, ...]) -> None:
        self._earlier.append(self._marks)
        self._marks = marks
        self._tell()

    def _tell(self) -> None:
        self._let_go()
        self.marked.emit(self._marks)

    def _let_go(self) -> None:
        self._drawn = []
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Gesture:
            self._let_go()  # two fingers zoom, and what the first of them began is no mark
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._tool is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif not self.image.isNull() and (self._tool is Tool.BOX or self._is_on_image(event.position())):
            self._drawn = [self.spot(event.position())]
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self._drawn:
            super().mouseMoveEvent(event)
            return
        spot = self.spot(event.position())
        if _apart(self._drawn[-1], spot) >= self._brush() / 4:
            self._drawn.append(spot)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self._drawn:
            super().mouseReleaseEvent(event)
            return
        self._drawn.append(self.spot(event.position()))
        mark = self._mark()
        self._let_go()
        if mark is not None:
            self._change((*self._marks, mark))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._tool is None:
            super().mouseDoubleClickEvent(event)
        else:
            self.mousePressEvent(event)  # two dabs in a row

    def _is_on_image(self, position: QPointF) -> bool:
        back, _ = self.to_widget().inverted()
        return QRectF(self.image.rect()).contains(back.map(position))

    def _brush(self) -> int:
        """How wide the brush is, in the image's pixels."""
        return max(1, round(BRUSH_PX / self.to_widget().m11()))

    def _mark(self) -> Region | None:
        """What was drawn so far; None for a slip of the hand."""
        if self._tool is Tool.BRUSH:
            pixels = [self._pixel(spot) for spot in self._drawn]
            kept = [pixel for place, pixel in enumerate(pixels) if pixel != pixels[place - 1] or place == 0]
            return Stroke(tuple(kept), self._brush())
        area = QRectF(self._drawn[0], self._drawn[-1]).normalized()
        if min(area.width(), area.height()) * self.to_widget().m11() < _SLIP_PX:
            return None
        left, top = self._pixel(area.topLeft())
        return Box(left, top, max(1, math.ceil(area.right()) - left), max(1, math.ceil(area.bottom()) - top))

    def _pixel(self, spot: QPointF) -> tuple[int, int]:
        """The pixel of the image under a spot, the last one at its far edges."""
        return min(int(spot.x()), self.image.width() - 1), min(int(spot.y()), self.image.height() - 1)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        for mark in self._marks:
            _paint(painter, _outline(mark))
        if self._drawn:
            self._paint_drawn(painter)

    def _paint_drawn(self, painter: QPainter) -> None:
        if self._tool is Tool.BOX:
            _paint(painter, _boxed(QRectF(self._drawn[0], self._drawn[-1]).normalized()))
            return
        painter.setPen(QPen(_veil(3 * _FILL), self._brush(), _SOLID, _ENDS, _JOINTS))
        painter.drawPolyline([*self._drawn, self._drawn[-1] + QPointF(0.01, 0)])


def _apart(first: QPointF, second: QPointF) -> float:
    return math.hypot(first.x() - second.x(), first.y() - second.y())


def _boxed(area: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRect(area)
    return path


@lru_cache(maxsize=256)
def _outline(mark: Region) -> QPainterPath:
    """The edge of a mark in the image's coordinates, a stroke's drawn as its mask will be, but finer, to look round."""
    if isinstance(mark, Box):
        return _boxed(QRectF(mark.x, mark.y, mark.width, mark.height))
    room = mark.width // 2 + 2
    columns, rows = zip(*mark.points, strict=True)
    left, top = min(columns) - room, min(rows) - room
    across, down = max(columns) + room - left, max(rows) + room - top
    if across * down > MAX_PIXELS:  # of no picture that there can be
        return QPainterPath()
    fine = _FINE if across * down < _SMALL else 2  # even, so that a pixel's middle falls on one
    points = tuple((fine * (x - left) + fine // 2, fine * (y - top) + fine // 2) for x, y in mark.points)
    drawn = mask([Stroke(points, fine * mark.width)], fine * down, fine * across)
    path = QPainterPath()
    for edge in cv2.findContours(drawn, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)[0]:
        path.addPolygon(QPolygonF([QPointF(left + int(x) / fine, top + int(y) / fine) for x, y in edge[:, 0, :]]))
        path.closeSubpath()
    return path


def _paint(painter: QPainter, outline: QPainterPath) -> None:
    painter.setBrush(_veil(_FILL))
    for colour, width in (("#000000", 5.0), (_INK, 3.0)):  # shows on any metal
        pen = QPen(QColor(colour), width, _SOLID, _ENDS, _JOINTS)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPath(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _veil(opacity: int) -> QColor:
    ink = QColor(_INK)
    ink.setAlpha(opacity)
    return ink
