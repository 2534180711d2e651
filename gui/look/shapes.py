"""The shape of each verdict: circle with tick, octagon with cross, triangle with question mark, square with lamp."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from gui.look.tokens import Palette, ink_on
from inspector.domain import Decision


def paint_verdict(painter: QPainter, place: QRectF, decision: Decision, palette: Palette) -> None:
    """Paint the shape of `decision` into the largest square inside `place`, ringed so that it shows on any plane."""
    side = min(place.width(), place.height())
    square = QRectF(0, 0, side, side)
    square.moveCenter(place.center())
    square.adjust(side * 0.04, side * 0.04, -side * 0.04, -side * 0.04)
    colour = palette.of(decision)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(palette.text), max(1.0, side * 0.035)))
    painter.setBrush(QColor(colour))
    painter.drawPath(_outline(decision, square))
    pen = QPen(QColor(ink_on(colour)), max(1.5, side * 0.085))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_glyph(decision, square))
    painter.restore()


def _outline(decision: Decision, square: QRectF) -> QPainterPath:
    path = QPainterPath()
    if decision is Decision.OK:
        path.addEllipse(square)
    elif decision is Decision.NG:
        # The octagon stands on a flat side, like the road sign that everybody stops at.
        radius = square.width() / 2 / math.cos(math.pi / 8)
        turns = [math.pi / 8 + corner * math.pi / 4 for corner in range(8)]
        corners = [square.center() + QPointF(math.cos(turn), math.sin(turn)) * radius for turn in turns]
        path.addPolygon(QPolygonF([*corners, corners[0]]))
    elif decision is Decision.RECHECK:
        corners = [_at(square, 0.5, 0.02), _at(square, 1.04, 0.96), _at(square, -0.04, 0.96)]
        path.addPolygon(QPolygonF([*corners, corners[0]]))
    else:
        inset = square.width() * 0.03
        corner = square.width() * 0.08
        path.addRoundedRect(square.adjusted(inset, inset, -inset, -inset), corner, corner)
    return path


def _glyph(decision: Decision, square: QRectF) -> QPainterPath:
    if decision is Decision.OK:
        return _lines(square, [(0.28, 0.54), (0.44, 0.69), (0.73, 0.34)])
    if decision is Decision.NG:
        path = _lines(square, [(0.31, 0.31), (0.69, 0.69)])
        path.addPath(_lines(square, [(0.69, 0.31), (0.31, 0.69)]))
        return path
    return _question(square) if decision is Decision.RECHECK else _lamp(square)


def _question(square: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.moveTo(_at(square, 0.40, 0.46))
    path.cubicTo(_at(square, 0.40, 0.32), _at(square, 0.62, 0.32), _at(square, 0.61, 0.46))
    path.cubicTo(_at(square, 0.60, 0.56), _at(square, 0.50, 0.56), _at(square, 0.50, 0.68))
    path.addPath(_lines(square, [(0.5, 0.83), (0.5, 0.831)]))
    return path


def _lamp(square: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(_at(square, 0.5, 0.42), square.width() * 0.18, square.width() * 0.18)
    path.addPath(_lines(square, [(0.41, 0.70), (0.59, 0.70)]))
    path.addPath(_lines(square, [(0.44, 0.81), (0.56, 0.81)]))
    return path


def _lines(square: QRectF, points: list[tuple[float, float]]) -> QPainterPath:
    path = QPainterPath(_at(square, *points[0]))
    for point in points[1:]:
        path.lineTo(_at(square, *point))
    return path


def _at(square: QRectF, across: float, down: float) -> QPointF:
    return QPointF(square.left() + square.width() * across, square.top() + square.height() * down)
