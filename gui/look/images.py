"""Pictures for Qt: pixels and heat maps as images that own their memory, and the outline of what a model saw."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtGui import QImage

from inspector.domain import Box, Floats, Pixels
from inspector.opencv import cv2

Outline = tuple[tuple[float, float], ...]

_GRID_PX = 256
_OPACITY = 0.65
_OUTLINED = 0.65


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Where a model saw the defect: an image over `box` (pixels of the Frame) and outlines in Frame coordinates."""

    image: QImage
    box: Box
    outlines: tuple[Outline, ...] = field(default=())


def to_image(pixels: Pixels) -> QImage:
    """(height, width) grey or (height, width, 3) RGB, uint8, as an image; empty pixels give a null image.

    The image is a copy: a QImage over a numpy buffer outlives it and shows whatever is written there next.
    """
    if pixels.size == 0:
        return QImage()
    owned = np.ascontiguousarray(pixels)
    height, width = owned.shape[:2]
    grey = owned.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    return QImage(owned.data, width, height, owned.strides[0], kind).copy()


def heat_map(heat: Floats, box: Box, limit: float) -> HeatMap:
    """The map of one View's heat, (rows, columns) in units of a logit.

    What leans to good stays clear; full colour is the reject limit or the hottest place, whichever is more, so that a
    cold map never glows. Outlined is what comes near to full colour.
    """
    hottest = max(float(heat.max(initial=0.0)), 0.0)
    full = max(hottest, limit, 1e-6)
    grid = cv2.resize(heat, (_GRID_PX, _GRID_PX), interpolation=cv2.INTER_CUBIC)
    share = np.clip(np.asarray(grid, dtype=np.float32), 0.0, hottest) / np.float32(
        full
    )  # no heat that was not measured
    return HeatMap(_coloured(share), box, _outlines(share, box))


def _coloured(share: Floats) -> QImage:
    # The upper part of the inferno map keeps its order in grey and for colour-blind eyes (Smith and van der Walt).
    levels = (70 + share * 175).astype(np.uint8)
    blue, green, red = np.moveaxis(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), 2, 0)
    opacity = (np.clip((share - 0.15) / 0.6, 0.0, 1.0) * 255 * _OPACITY).astype(np.uint8)
    pixels = np.ascontiguousarray(np.stack((red, green, blue, opacity), axis=2))
    return QImage(pixels.data, _GRID_PX, _GRID_PX, 4 * _GRID_PX, QImage.Format.Format_RGBA8888).copy()


def _outlines(share: Floats, box: Box) -> tuple[Outline, ...]:
    seen = (share >= _OUTLINED).astype(np.uint8)
    contours, _ = cv2.findContours(seen, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    across, down = box.width / _GRID_PX, box.height / _GRID_PX
    return tuple(
        tuple(box.to_frame.at(float(x) * across, float(y) * down) for x, y in contour[:, 0, :])
        for contour in contours
        if len(contour) >= 3
    )
