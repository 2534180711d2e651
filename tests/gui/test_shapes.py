"""The four shapes: a verdict is told from another without its colour."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from gui.look.shapes import paint_verdict
from gui.look.tokens import DARK
from inspector.domain import Decision

GREY = dataclasses.replace(DARK, ok="#808080", ng="#808080", recheck="#808080", unfit="#808080")
SIDE = 48


def painted(decision: Decision, width: int = SIDE, height: int = SIDE) -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_verdict(painter, QRectF(0, 0, width, height), decision, GREY)
    painter.end()
    return image


def silhouette(image: QImage) -> set[tuple[int, int]]:
    return {(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).alpha() > 128}


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(Decision, 2)))
def test_outlines_differ_without_colour(first: Decision, second: Decision) -> None:
    one, other = silhouette(painted(first)), silhouette(painted(second))
    assert len(one ^ other) > 0.04 * SIDE * SIDE


@pytest.mark.parametrize("decision", Decision)
def test_a_shape_stays_a_square_in_a_wide_place(decision: Decision) -> None:
    across = {x for x, _ in silhouette(painted(decision, 4 * SIDE, SIDE))}
    assert max(across) - min(across) <= SIDE * 1.1


@pytest.mark.parametrize("decision", Decision)
def test_the_painter_is_given_back_as_it_was(decision: Decision, qapp: object) -> None:
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    pen = painter.pen()
    paint_verdict(painter, QRectF(0, 0, SIDE, SIDE), decision, DARK)
    assert painter.pen() == pen
    painter.end()
