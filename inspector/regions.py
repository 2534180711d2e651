"""Where a person may mark a defect, how that is written down, and as which mask it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from inspector.domain import Box, Pixels, Region, Stroke
from inspector.errors import DatasetError

_FARTHEST = 100_000  # pixels, as for a recipe's region
_MARKED = 255


def check(regions: Iterable[Region], size: tuple[int, int] | None = None) -> None:
    """Refuse what marks nothing. size: height and width of the Frame, where they are known. Raises DatasetError."""
    for region in regions:
        problem = _problem(region, size)
        if problem:
            raise DatasetError(f"{told(region)}: {problem}; mark the defect anew")


def told(region: Region) -> str:
    """A region in words."""
    if isinstance(region, Box):
        return f"box {region.x},{region.y},{region.width},{region.height}"
    return f"stroke of {len(region.points)} points, {region.width} pixels wide"


def _problem(region: Region, size: tuple[int, int] | None) -> str:
    if not all(_is_whole(number) for number in _numbers(region)):
        return f"expected whole numbers from 0 to {_FARTHEST}, in pixels"
    across, down, extent = _reach(region)
    if extent < 1 or not across:
        return "it marks no pixel: expected a width and a height of at least 1, a stroke with at least one point"
    if size is not None and (max(across) >= size[1] or max(down) >= size[0]):
        return f"it reaches outside the picture, which is {size[1]} x {size[0]} pixels"
    return ""


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= _FARTHEST


def _numbers(region: Region) -> tuple[object, ...]:
    if isinstance(region, Box):
        return (region.x, region.y, region.width, region.height)
    return (region.width, *(number for point in region.points for number in point))


def _reach(region: Region) -> tuple[list[int], list[int], int]:
    """Columns and rows that have to lie in the picture, and the smallest side; a brush may reach over the edge."""
    if isinstance(region, Box):
        across, down = [region.x, region.x + region.width - 1], [region.y, region.y + region.height - 1]
        return across, down, min(region.width, region.height)
    return [x for x, _ in region.points], [y for _, y in region.points], region.width


def to_json(region: Region) -> Any:
    """A box as [x, y, width, height], a stroke as {"points": [[x, y], ...], "width": pixels}."""
    if isinstance(region, Box):
        return [region.x, region.y, region.width, region.height]
    return {"points": [list(point) for point in region.points], "width": region.width}


def from_json(value: Any) -> Region:
    """Raises ValueError and TypeError for what `to_json` does not write."""
    if isinstance(value, list):
        x, y, width, height = map(_whole, value)
        return Box(x, y, width, height)
    if not isinstance(value, dict) or value.keys() != {"points", "width"}:
        raise ValueError(f"expected a box or a stroke, received {value!r}")
    return Stroke(tuple((_whole(x), _whole(y)) for x, y in value["points"]), _whole(value["width"]))


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"expected a whole number of pixels, received {number!r}")
    return number


def mask(regions: Iterable[Region], height: int, width: int) -> Pixels:
    """(height, width) uint8, 255 inside the regions and 0 outside; what reaches over an edge is cut off.

    Reckoned on whole pixels and not by a drawing library, whose next version may round otherwise: the same regions give
    the same mask, and so the same snapshot, on every PC.
    """
    drawn = np.zeros((height, width), np.uint8)
    for region in regions:
        if isinstance(region, Box):
            rows = slice(max(0, region.y), max(0, region.y + region.height))
            drawn[rows, max(0, region.x) : max(0, region.x + region.width)] = _MARKED
        else:
            _brush(drawn, region)
    return drawn


def _brush(drawn: Pixels, stroke: Stroke) -> None:
    for start, end in pairwise((*stroke.points[:1], *stroke.points)):
        _sweep(drawn, start, end, stroke.width)


def _sweep(drawn: Pixels, start: tuple[int, int], end: tuple[int, int], width: int) -> None:
    """Mark every pixel whose centre lies within half the width of the line between two others' centres."""
    reach = width // 2
    left, right = max(0, min(start[0], end[0]) - reach), min(drawn.shape[1], max(start[0], end[0]) + reach + 1)
    top, bottom = max(0, min(start[1], end[1]) - reach), min(drawn.shape[0], max(start[1], end[1]) + reach + 1)
    y, x = np.ogrid[float(top) : float(bottom), float(left) : float(right)]  # no product of them runs over
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length = dx * dx + dy * dy  # squared, as all that follows
    along = (x - start[0]) * dx + (y - start[1]) * dy
    aside = (x - start[0]) * dy - (y - start[1]) * dx
    beside = (along >= 0) & (along <= length) & (4 * aside * aside <= width * width * length) & (length > 0)
    ends = ((x - px) ** 2 + (y - py) ** 2 for px, py in (start, end))
    within = beside | np.logical_or(*(4 * end <= width * width for end in ends))
    drawn[top:bottom, left:right][within] = _MARKED
