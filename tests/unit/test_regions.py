"""Marks of a defect: what is refused, what is written, and the mask that is drawn of them."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.domain import Box, Region, Stroke
from inspector.errors import DatasetError
from inspector.regions import check, from_json, mask, to_json, told

SIZE = (40, 60)  # height, width
places = st.integers(0, 70)
sizes = st.integers(1, 30)
marks = st.one_of(
    st.builds(Box, places, places, sizes, sizes),
    st.builds(Stroke, st.lists(st.tuples(places, places), min_size=1, max_size=5).map(tuple), sizes),
)
few = settings(max_examples=60, deadline=None)


def inside(region: Region, x: int, y: int) -> bool:
    """Whether a pixel is marked, said the slow way."""
    if isinstance(region, Box):
        return region.x <= x < region.x + region.width and region.y <= y < region.y + region.height
    lines = list(pairwise(region.points)) or [(region.points[0], region.points[0])]
    return any(distance(x, y, *line) <= region.width / 2 + 1e-9 for line in lines)


def distance(x: int, y: int, start: tuple[int, int], end: tuple[int, int]) -> float:
    (ax, ay), (bx, by) = start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))


@few
@given(st.lists(marks, max_size=3))
def test_a_mask_marks_every_pixel_of_its_regions_and_no_other(regions: list[Region]) -> None:
    drawn = mask(regions, *SIZE)
    expected = [[any(inside(one, x, y) for one in regions) for x in range(SIZE[1])] for y in range(SIZE[0])]
    assert drawn.shape == SIZE
    np.testing.assert_array_equal(drawn, np.where(expected, np.uint8(255), np.uint8(0)), strict=True)


def test_a_box_is_filled_and_ends_where_it_says() -> None:
    drawn = mask([Box(3, 2, 4, 5)], 20, 20)
    assert drawn[2:7, 3:7].min() == 255
    assert np.count_nonzero(drawn) == 4 * 5


@pytest.mark.parametrize(("width", "pixels"), [(1, 1), (2, 5), (3, 9), (4, 13)])
def test_a_dab_is_a_round_of_its_width(width: int, pixels: int) -> None:
    assert np.count_nonzero(mask([Stroke(((10, 10),), width)], 20, 20)) == pixels


@pytest.mark.parametrize("end", [(30, 12), (18, 39), (0, 0), (35, 35)])
def test_the_thinnest_stroke_has_no_gap(end: tuple[int, int]) -> None:
    drawn = mask([Stroke(((10, 10), end), 1)], *SIZE)
    rows, columns = np.nonzero(drawn)
    assert set(range(min(10, end[0]), max(10, end[0]) + 1)) == set(columns.tolist())
    assert set(range(min(10, end[1]), max(10, end[1]) + 1)) == set(rows.tolist())


@pytest.mark.parametrize(
    "region",
    [Box(70, 5, 4, 4), Box(5, 50, 4, 4), Stroke(((90, 90),), 3), Stroke(((-20, -9), (-5, -5)), 4), Stroke((), 3)],
)
def test_what_lies_beside_the_picture_marks_nothing_in_it(region: Region) -> None:
    assert not mask([region], *SIZE).any()


def test_what_reaches_over_an_edge_is_cut_off_there() -> None:
    drawn = mask([Box(55, 35, 50, 50), Box(-2, -2, 4, 4), Stroke(((59, 0),), 5)], *SIZE)
    assert np.count_nonzero(drawn) == 25 + 4 + 8
    far = mask([Stroke(((0, 5), (100_000, 5)), 3)], *SIZE)
    assert np.count_nonzero(far) == 3 * 60


@few
@given(st.lists(marks, max_size=3))
def test_any_region_is_read_as_it_was_written(regions: list[Region]) -> None:
    written = json.dumps([to_json(region) for region in regions])
    assert [from_json(value) for value in json.loads(written)] == regions


def test_a_box_is_written_as_it_always_was() -> None:
    assert to_json(Box(1, 2, 3, 4)) == [1, 2, 3, 4]
    assert from_json([1, 2, 3, 4]) == Box(1, 2, 3, 4)
    assert to_json(Stroke(((1, 2), (3, 4)), 5)) == {"points": [[1, 2], [3, 4]], "width": 5}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "1,2,3,4",
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [1.5, 2, 3, 4],
        [True, 2, 3, 4],
        {"points": [[1, 2]]},
        {"points": [[1, 2]], "width": 3, "depth": 4},
        {"points": [[1, math.nan]], "width": 3},
        {"points": [[1]], "width": 3},
        {"points": 7, "width": 3},
    ],
)
def test_what_is_no_region_is_not_read_as_one(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        from_json(value)


@pytest.mark.parametrize(
    "region",
    [Box(0, 0, 60, 40), Box(59, 39, 1, 1), Stroke(((0, 0), (59, 39)), 20), Stroke(((5, 5),), 1)],
    ids=told,
)
def test_what_lies_in_the_picture_is_taken(region: Region) -> None:
    check([region], SIZE)
    check([region])


@pytest.mark.parametrize(
    "region", [Box(0, 0, 61, 40), Box(60, 0, 1, 1), Box(0, 39, 5, 2), Stroke(((5, 5), (60, 5)), 3)], ids=told
)
def test_what_reaches_outside_the_picture_is_refused_where_its_size_is_known(region: Region) -> None:
    check([region])
    with pytest.raises(DatasetError) as caught:
        check([Box(1, 1, 2, 2), region], SIZE)
    assert str(caught.value) == (
        f"{told(region)}: it reaches outside the picture, which is 60 x 40 pixels; mark the defect anew"
    )


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (Box(5, 5, 0, 4), "box 5,5,0,4: it marks no pixel"),
        (Box(5, 5, 4, 0), "it marks no pixel"),
        (Stroke((), 4), "stroke of 0 points, 4 pixels wide: it marks no pixel"),
        (Stroke(((5, 5),), 0), "it marks no pixel"),
        (Box(-1, 5, 4, 4), "expected whole numbers from 0 to 100000, in pixels"),
        (Box(5, 5, -4, 4), "expected whole numbers"),
        (Box(5, 5, 4, 100_001), "expected whole numbers"),
        (Box(math.nan, 5, 4, 4), "box nan,5,4,4: expected whole numbers"),  # type: ignore[arg-type]
        (Box(5, 5, math.inf, 4), "expected whole numbers"),  # type: ignore[arg-type]
        (Box(5, 5, 2.5, 4), "expected whole numbers"),  # type: ignore[arg-type]
        (Stroke(((5, math.nan),), 4), "expected whole numbers"),  # type: ignore[arg-type]
        (Stroke(((5, -1),), 4), "expected whole numbers"),
        (Stroke(((5, 5),), math.inf), "expected whole numbers"),  # type: ignore[arg-type]
    ],
)
@pytest.mark.parametrize("size", [None, SIZE])
def test_nonsense_is_refused_in_plain_words(region: Region, words: str, size: tuple[int, int] | None) -> None:
    with pytest.raises(DatasetError, match=words):
        check([region], size)
