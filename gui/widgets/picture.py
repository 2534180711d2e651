"""A picture, fitted or zoomed, with the heat map over it and the defect's region outlined."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from gui.look.images import HeatMap
from gui.look.theme import colours, sized
from gui.look.tokens import CORNER_PX, READ_PX, STEP_PX

_MOST_ZOOM = 16.0
_WHEEL_STEP = 1.2
_PAN_PX = 64


class PictureView(QWidget):
    """Shows one image; wheel, pinch or + and - zoom, drag or arrows pan, 0 or a double click fits again."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setAccessibleDescription(self.tr("plus and minus zoom, arrows pan, 0 fits"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self._image = QImage()
        self._heat: HeatMap | None = None
        self._heat_shown = True
        self._notice = ""
        self._zoom = 1.0
        self._pan = QPointF()
        self._dragged_from: QPointF | None = None
        self._ringed = False

    def show_image(self, image: QImage, heat: HeatMap | None = None) -> None:
        """Show `image` (null: the notice alone) and `heat`, whose box is in the image's pixels; the zoom stays."""
        if image.size() != self._image.size():
            self.fit()
        self._image = image
        self._heat = heat
        self.update()

    def show_heat(self, heat: HeatMap | None) -> None:
        """Put another heat map over the same image."""
        self._heat = heat
        self.update()

    def show_notice(self, text: str) -> None:
        """Words in place of a picture, and over one as a caption; "" for none."""
        self._notice = text
        self.update()

    @property
    def image(self) -> QImage:
        return self._image

    @property
    def heat(self) -> HeatMap | None:
        """The heat map that is drawn now; None where there is none or it is switched off."""
        return self._heat if self._heat_shown else None

    @property
    def zoom(self) -> float:
        return self._zoom

    @property
    def heat_shown(self) -> bool:
        """Whether heat maps are drawn where there are any."""
        return self._heat_shown

    def set_heat_shown(self, shown: bool) -> None:
        self._heat_shown = shown
        self.update()

    def fit(self) -> None:
        self._zoom = 1.0
        self._pan = QPointF()
        self.update()

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Zoom about a point of the widget, which stays over the same spot of the part."""
        point = about if about is not None else QPointF(self.rect().center())
        before, _ = self.to_widget().inverted()
        spot = before.map(point)
        self._zoom = min(_MOST_ZOOM, max(1.0, self._zoom * factor))
        self._pan += point - self.to_widget().map(spot)
        self._keep_inside()

    def to_widget(self) -> QTransform:
        """Takes a point of the image to the widget."""
        size = self._image.size() if not self._image.isNull() else QSize(1, 1)
        scale = self._zoom * min(self.width() / size.width(), self.height() / size.height())
        corner = QPointF(self.width() - size.width() * scale, self.height() - size.height() * scale) / 2 + self._pan
        return QTransform(scale, 0, 0, scale, corner.x(), corner.y())

    def spot(self, position: QPointF) -> QPointF:
        """Where in the image a point of the widget lies, kept inside it."""
        back, _ = self.to_widget().inverted()
        spot = back.map(position)
        return QPointF(
            min(max(0.0, spot.x()), float(self._image.width())), min(max(0.0, spot.y()), float(self._image.height()))
        )

    def _keep_inside(self) -> None:
        """No panning past the picture's edge into nothing."""
        size = self._image.size()
        scale = self.to_widget().m11()
        across = max(0.0, (size.width() * scale - self.width()) / 2)
        down = max(0.0, (size.height() * scale - self.height()) / 2)
        self._pan = QPointF(
            min(across, max(-across, self._pan.x())),
            min(down, max(-down, self._pan.y())),
        )
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """A ring for whoever came by keyboard; to the others it would only be a frame that comes and goes."""
        self._ringed = event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ringed = False
        super().focusOutEvent(event)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoom_by(_WHEEL_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Gesture and isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_by(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint())))
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragged_from is not None:
            self._pan += event.position() - self._dragged_from
            self._dragged_from = event.position()
            self._keep_inside()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        moves = {
            Qt.Key.Key_Left: QPointF(_PAN_PX, 0),
            Qt.Key.Key_Right: QPointF(-_PAN_PX, 0),
            Qt.Key.Key_Up: QPointF(0, _PAN_PX),
            Qt.Key.Key_Down: QPointF(0, -_PAN_PX),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self._pan += moves[key]
            self._keep_inside()
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.zoom_by(_WHEEL_STEP)
        elif key is Qt.Key.Key_Minus:
            self.zoom_by(1 / _WHEEL_STEP)
        elif key is Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        palette = colours()
        painter.fillRect(self.rect(), QColor(palette.surface))
        if not self._image.isNull():
            painter.setTransform(self.to_widget())
            painter.drawImage(0, 0, self._image)
            self.paint_over(painter)
            painter.resetTransform()
        self._paint_notice(painter)
        if self._ringed:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(palette.accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), CORNER_PX, CORNER_PX)

    def paint_over(self, painter: QPainter) -> None:
        """Paint what lies over the image; the painter works in the image's pixels."""
        heat = self.heat
        if heat is None:
            return
        box, place = heat.box, heat.box.to_frame
        painter.save()
        painter.setTransform(QTransform(place.xx, place.yx, place.xy, place.yy, place.x0, place.y0), combine=True)
        painter.drawImage(QRectF(0, 0, box.width, box.height), heat.image)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for outline in heat.outlines:
            region = QPolygonF([QPointF(x, y) for x, y in outline])
            for colour, width in (("#000000", 4.0), ("#FFFFFF", 2.0)):  # shows on any metal
                pen = QPen(QColor(colour), width)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.drawPolygon(region)

    def _paint_notice(self, painter: QPainter) -> None:
        if not self._notice:
            return
        palette = colours()
        painter.setFont(sized(READ_PX))
        if self._image.isNull():
            painter.setPen(QColor(palette.quiet))
            wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), wrapped, self._notice)
            return
        band = QRectF(0, self.height() - READ_PX - 3 * STEP_PX, self.width(), READ_PX + 3 * STEP_PX)
        painter.fillRect(band, QColor(palette.raised))
        painter.setPen(QColor(palette.text))
        painter.drawText(band, Qt.AlignmentFlag.AlignCenter, self._notice)
