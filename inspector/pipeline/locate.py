"""Where in a Frame the part is: the recipe's ROI, moved and turned along with a fiducial where the recipe has one."""

from __future__ import annotations

import numpy as np

from inspector.domain import Box, Pixels, TurnedBox
from inspector.opencv import cv2
from inspector.pipeline.pose import turned
from inspector.recipe import LocateMode, LocateSettings, Recipe

_COARSE_SIDE_PX = 24
_RIM_PX = 1.0  # the middle of a turned box is known to half a pixel each way


def locate(pixels: Pixels, recipe: Recipe, template: Pixels | None) -> Box | None:
    """The box to judge, in pixels of the Frame; None where the part is not where it may be.

    template: the fiducial's picture, needed when the recipe locates by template. The match is the normalised
    cross-correlation (Lewis, 1995) within search_px of where the fiducial was taught: first on a shrunk copy, then
    at full resolution around its best place. Where the recipe lets parts turn, see pose.turned.
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
    seek = turned if recipe.locate.turn_deg else _moved
    found = seek(_grey(pixels), _grey(template), roi, taught, recipe.locate)
    return found if found and _inside(found, height, width) else None  # what the camera did not see cannot be good


def _inside(box: Box, height: int, width: int) -> bool:
    rim = _RIM_PX if isinstance(box, TurnedBox) else 0.0
    corners = [box.to_frame.at(x, y) for x in (0, box.width) for y in (0, box.height)]
    return all(-rim <= x <= width + rim and -rim <= y <= height + rim for x, y in corners)


def _grey(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _moved(grey: Pixels, template: Pixels, roi: Box, taught: Box, settings: LocateSettings) -> Box | None:
    """The region as far from its place as the fiducial stands from its own."""
    factor = max(1, min(template.shape[:2]) // _COARSE_SIDE_PX)
    found = _best(grey, template, (taught.x, taught.y), settings.search_px, factor)
    if found is not None and factor > 1:
        found = _best(grey, template, found[0], 2 * factor, 1)
    if found is None or found[1] < settings.min_match:
        return None
    (x, y), _ = found
    return Box(roi.x + x - taught.x, roi.y + y - taught.y, roi.width, roi.height)


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
