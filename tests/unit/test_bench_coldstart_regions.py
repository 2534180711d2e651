"""Maps made by hand, whose overlap with marked regions can be counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.bench.learning.coldstart.eight_bits import correlation
from inspector.bench.learning.coldstart.regions import laid_over, pixel_auroc, pro
from inspector.domain import Floats, Pixels
from inspector.metrics import auroc


def floats(*rows: list[float]) -> Floats:
    return np.array(rows, dtype=np.float32)


def mask(*rows: list[int]) -> Pixels:
    return np.array(rows, dtype=np.uint8) * 255


# Ten good pixels of heat 0 to 9, and two regions: one of a single pixel, one of two across a corner.
HEAT = floats([9.5, 0, 1, 2, 7.5], [3, 4, 5, -1, 6], [7, 8, 9, 10, 11])
MARKED = mask([1, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0])


def test_each_region_counts_alike_whatever_its_size() -> None:
    """Of 12 good pixels 2 are hotter than 9.5, 4 than 7.5, all than -1.

    One region is found from 2/12 on; of the other one half from 4/12 on, the other half at the very end.
    """
    first, half, last = 1 - 2 / 12, 1 - 4 / 12, 0.0
    assert pro([HEAT], [MARKED], most_false=1.0) == pytest.approx((first + (half + last) / 2) / 2)
    assert pixel_auroc([HEAT], [MARKED]) == pytest.approx((first + half + last) / 3)


def test_only_thresholds_up_to_the_bound_count() -> None:
    """Up to 0.3 only the first region is found, on 0.3 - 2/12 of the way."""
    assert pro([HEAT], [MARKED]) == pytest.approx((0.3 - 2 / 12) / 0.3 / 2)


@pytest.mark.parametrize("most_false", [0.05, 0.3, 1.0])
def test_a_map_that_is_hottest_where_it_should_be_finds_all(most_false: float) -> None:
    assert pro([(MARKED > 0).astype(np.float32)], [MARKED], most_false) == pytest.approx(1.0)
    assert pixel_auroc([(MARKED > 0).astype(np.float32)], [MARKED]) == pytest.approx(1.0)


def test_a_map_that_is_hottest_elsewhere_finds_nothing() -> None:
    assert pro([(MARKED == 0).astype(np.float32)], [MARKED]) == pytest.approx(0.0)


def test_a_map_that_says_nothing_climbs_with_chance() -> None:
    """One step for all pixels: the straight line to (1, 1), of which the area up to 0.3 is 0.045."""
    even = np.zeros_like(HEAT)
    assert pro([even], [MARKED]) == pytest.approx(0.15)
    assert pixel_auroc([even], [MARKED]) == pytest.approx(0.5)


def test_good_pictures_are_the_other_side() -> None:
    """A good picture hotter than any defect costs as many of the false positives as it has pixels."""
    clean, hot = np.zeros((2, 5), np.float32), np.full((2, 5), 20.0, np.float32)
    empty = np.zeros((2, 5), np.uint8)
    defect, marked = floats([1, 0, 0, 0, 0], [0, 0, 0, 0, 0]), mask([1, 0, 0, 0, 0], [0, 0, 0, 0, 0])
    assert pixel_auroc([defect, clean], [marked, empty]) == pytest.approx(1.0)
    assert pixel_auroc([defect, hot], [marked, empty]) == pytest.approx(9 / 19)
    assert pro([defect, hot], [marked, empty]) == pytest.approx(0.0), "10 of 19 good pixels are more than 30 %"


def test_regions_of_two_pictures_are_not_one() -> None:
    """In one picture the defect is found, in the other not; the larger one does not outvote the smaller."""
    marked = mask([1, 1, 1, 0], [0, 0, 0, 0]), mask([1, 0, 0, 0], [0, 0, 0, 0])
    heats = [np.full((2, 4), -1.0, np.float32), np.zeros((2, 4), np.float32)]
    heats[0][marked[0] == 0] = 0
    heats[1][0, 0] = 1
    assert pro(heats, marked) == pytest.approx(0.5)
    assert pixel_auroc(heats, marked) == pytest.approx(1 / 4)


def test_what_touches_at_a_corner_is_one_region_and_what_does_not_is_two() -> None:
    """The one region is half found; of the two the one is, whose size is a third."""
    heat = floats([5, 0, 0, 0], [0, -1, 0, 0])
    assert pro([heat], [mask([1, 0, 0, 0], [0, 1, 0, 0])]) == pytest.approx(1 / 2)
    apart = floats([5, 0, 0, 0], [0, 0, -1, -1])
    assert pro([apart], [mask([1, 0, 0, 0], [0, 0, 1, 1])]) == pytest.approx(1 / 2)
    assert pixel_auroc([apart], [mask([1, 0, 0, 0], [0, 0, 1, 1])]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("level", [1, 7, 255])
def test_every_level_but_black_marks(level: int) -> None:
    """Masks are saved as 0 and 1 by some programs and as 0 and 255 by others."""
    drawn = (MARKED > 0).astype(np.uint8) * np.uint8(level)
    assert pro([HEAT], [drawn]) == pro([HEAT], [MARKED])


def test_where_nothing_or_everything_is_marked_there_is_no_figure() -> None:
    for marked in (np.zeros_like(MARKED), np.ones_like(MARKED)):
        assert math.isnan(pro([HEAT], [marked])) and math.isnan(pixel_auroc([HEAT], [marked]))
    assert math.isnan(pro([], []))


def test_a_map_without_its_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pro([HEAT, HEAT], [MARKED])


@given(st.integers(0, 10_000), st.integers(2, 6))
def test_over_pixels_it_is_the_auroc_of_everything_else_here(seed: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    heat, marked = random.integers(0, levels, (6, 7)).astype(np.float32), random.random((6, 7)) < 0.3
    marked[0, :2] = True, False
    expected = auroc(marked.ravel().tolist(), heat.ravel().tolist())
    assert pixel_auroc([heat], [marked.astype(np.uint8)]) == pytest.approx(expected)
    assert 0 <= pro([heat], [marked.astype(np.uint8)]) <= 1 + 1e-9


def test_a_heat_map_is_laid_over_its_picture_place_by_place() -> None:
    over = laid_over(floats([1, 0], [0, 0]), 60, 80)
    assert over.shape == (60, 80) and over.dtype == np.float32
    assert (over[:15, :20] == 1).all() and (over[45:, 60:] == 0).all()
    assert over[30, 0] == pytest.approx(0.5, abs=0.02)


def test_maps_that_differ_by_a_scale_are_alike() -> None:
    heat = np.random.default_rng(0).random((4, 5)).astype(np.float32)
    assert correlation(heat, 3 * heat + 2) == pytest.approx(1.0)
    assert correlation(heat, -heat) == pytest.approx(-1.0)
    assert math.isnan(correlation(heat, np.ones_like(heat)))
