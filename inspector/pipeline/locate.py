"""Where in a Frame the part is: the recipe's ROI, moved along with a fiducial where the recipe has one."""

from __future__ import annotations

import numpy as np

from inspector.domain import Box, Pixels
from inspector.opencv import cv2
from inspector.recipe import LocateMode, Recipe

_COARSE_SIDE_PX = 24


def locate(pixels: Pixels, recipe: Recipe, template: Pixels | None) -> Box | None:
    """The box to judge, in pixels of the Frame; None where the part is not where it may be.

    template: the fiducial's picture, needed when the recipe locates by template. The match is the normalised
    cross-correlation (Lewis, 1995) within search_px of where the fiducial was taught: first on a shrunk copy, then
    at full resolution around its best place.
    """
    height, width = pixels.shape[:2]
    roi = recipe.roi or Box(0, 0, width, height)
    if not _inside(roi, height, width):
        return None
    if recipe.locate.mode is LocateMode.FIXED:
        return roi
    taught = recipe.locate.template_box
    if template is None or taught is None:
        return None
    shift = _shift(_grey(pixels), _grey(template), taught, recipe.locate.search_px, recipe.locate.min_match)
    if shift is None:
        return None
    moved = Box(roi.x + shift[0], roi.y + shift[1], roi.width, roi.height)
    return moved if _inside(moved, height, width) else None  # what the camera did not see cannot be good


def _inside(box: Box, height: int, width: int) -> bool:
    return box.x >= 0 and box.y >= 0 and box.x + box.width <= width and box.y + box.height <= height


def _grey(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _shift(grey: Pixels, template: Pixels, taught: Box, reach: int, min_match: float) -> tuple[int, int] | None:
    """How far (dx, dy) the fiducial stands from its taught place."""
    factor = max(1, min(template.shape[:2]) // _COARSE_SIDE_PX)
    found = _best(grey, template, (taught.x, taught.y), reach, factor)
    if found is not None and factor > 1:
        found = _best(grey, template, found[0], 2 * factor, 1)
    if found is None or found[1] < min_match:
        return None
    (x, y), _ = found
    return x - taught.x, y - taught.y


def _best(
    grey: Pixels, template: Pixels, start: tuple[int, int], reach: int, factor: int
) -> tuple[tuple[int, int], float] | None:
    """The top-left corner of the best match within `reach` of `start`, and its correlation (-1 to 1)."""
    rows, columns = template.shape[:2]
    if template.min() == template.max():
        return None  # a plain surface matches everywhere
    left, top = max(0, start[0] - reach), max(0, start[1] - reach)
    window = grey[top : start[1] + rows + reach, left : start[0] + columns + reach]
    if window.shape[0] < rows or window.shape[1] < columns:
        return None
    scale = 1.0 / factor
    small = cv2.resize(window, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mark = cv2.resize(template, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, score, _, place = cv2.minMaxLoc(cv2.matchTemplate(small, mark, cv2.TM_CCOEFF_NORMED))
    return (left + place[0] * factor, top + place[1] * factor), float(score)
