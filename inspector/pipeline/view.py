"""The one preprocessing: how a region of a picture becomes the pixels a model sees, on the line and in training."""

from __future__ import annotations

import numpy as np

from inspector.domain import Affine, Box, Pixels, TurnedBox, View
from inspector.opencv import cv2


def make_view(pixels: Pixels, box: Box, height: int, width: int) -> View:
    """Cut `box` out of a picture, upright, and bring it to height x width RGB.

    pixels: (h, w) grey or (h, w, 3) RGB, uint8. What of the box lies outside the picture is filled with the nearest
    border pixels. Shrinking averages (INTER_AREA, so that a thin scratch is dimmed but never skipped), enlarging
    interpolates; a long, low box does the one across and the other down.
    """
    region = _cut(pixels, box)
    shrunk = cv2.resize(region, (min(box.width, width), min(box.height, height)), interpolation=cv2.INTER_AREA)
    resized = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    colour = cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB) if resized.ndim == 2 else resized
    return View(pixels=np.asarray(colour, dtype=np.uint8), box=box, to_frame=_to_frame(box, height, width))


def _to_frame(box: Box, height: int, width: int) -> Affine:
    """From the middles of a View's pixels to the middles of the Frame's."""
    xx, xy, x0, yx, yy, y0 = box.to_frame
    across, down = box.width / width, box.height / height
    xx, xy, yx, yy = xx * across, xy * down, yx * across, yy * down
    return Affine(xx, xy, x0 + (xx + xy) / 2 - 0.5, yx, yy, y0 + (yx + yy) / 2 - 0.5)


def _cut(pixels: Pixels, box: Box) -> Pixels:
    if isinstance(box, TurnedBox):
        return _upright(pixels, box)
    height, width = pixels.shape[:2]
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(width, box.x + box.width), min(height, box.y + box.height)
    inside = pixels[top:bottom, left:right]
    if inside.shape[:2] == (box.height, box.width):
        return inside
    margins = (top - box.y, box.y + box.height - bottom, left - box.x, box.x + box.width - right)
    return np.asarray(cv2.copyMakeBorder(inside, *margins, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _upright(pixels: Pixels, box: TurnedBox) -> Pixels:
    """Turned back at full size first: between its pixels the picture is interpolated once, and shrunk as any other.

    What of it lies outside the picture, which happens in training alone, is mirrored at the border.
    """
    upright = cv2.warpAffine(
        pixels,
        np.array(_to_frame(box, box.height, box.width)).reshape(2, 3),
        (box.width, box.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(upright, dtype=np.uint8)
