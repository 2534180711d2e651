"""The one preprocessing: how a region of a picture becomes the pixels a model sees, on the line and in training."""

from __future__ import annotations

import numpy as np

from inspector.domain import Box, Pixels, View
from inspector.opencv import cv2


def make_view(pixels: Pixels, box: Box, height: int, width: int) -> View:
    """Cut `box` out of a picture and bring it to height x width RGB.

    pixels: (h, w) grey or (h, w, 3) RGB, uint8. What of the box lies outside the picture is filled with the nearest
    border pixels. Shrinking averages (INTER_AREA, so that a thin scratch is dimmed but never skipped), enlarging
    interpolates; a long, low box does the one across and the other down.
    """
    region = _cut(pixels, box)
    shrunk = cv2.resize(region, (min(box.width, width), min(box.height, height)), interpolation=cv2.INTER_AREA)
    resized = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    colour = cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB) if resized.ndim == 2 else resized
    across = box.width / width
    down = box.height / height
    to_frame = (across, 0.0, box.x + across / 2 - 0.5, 0.0, down, box.y + down / 2 - 0.5)
    return View(pixels=np.asarray(colour, dtype=np.uint8), box=box, to_frame=to_frame)


def _cut(pixels: Pixels, box: Box) -> Pixels:
    height, width = pixels.shape[:2]
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(width, box.x + box.width), min(height, box.y + box.height)
    inside = pixels[top:bottom, left:right]
    if inside.shape[:2] == (box.height, box.width):
        return inside
    margins = (top - box.y, box.y + box.height - bottom, left - box.x, box.x + box.width - right)
    return np.asarray(cv2.copyMakeBorder(inside, *margins, cv2.BORDER_REPLICATE), dtype=np.uint8)
