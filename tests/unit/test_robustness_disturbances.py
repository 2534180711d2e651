"""Each disturbance does to a picture what its name says, by exactly as much, and always the same."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.domain import Pixels
from inspector.learning.robustness import AXES, Axis, Scene
from inspector.opencv import cv2
from inspector.pipeline.fitness import measure
from tests.unit.learning_rooms import picture

SCENE = Scene((15.5, 11.5), 7)
AXIS = {axis.name: axis for axis in AXES}
SIDES = [(axis, side) for axis in AXES for side in (axis.below, axis.above) if side]


def disturbed(name: str, pixels: Pixels, value: float) -> Pixels:
    return AXIS[name].disturb(pixels, value, SCENE)


def coloured(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(40, 200, (48, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
def test_a_picture_stays_a_picture_and_repeats_itself(axis: Axis, colour: bool) -> None:
    pixels = coloured(1) if colour else picture(1)
    before = pixels.copy()
    for side in (axis.below, axis.above):
        for count in side:
            first = axis.disturb(pixels, axis.value(count), SCENE)
            assert first.shape == pixels.shape and first.dtype == np.uint8
            np.testing.assert_array_equal(first, axis.disturb(pixels, axis.value(count), SCENE))
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize(("axis", "side"), SIDES, ids=lambda one: getattr(one, "name", ""))
def test_further_out_changes_more(axis: Axis, side: tuple[int, ...]) -> None:
    assert [abs(count) for count in side] == sorted({abs(count) for count in side})
    noise = np.random.default_rng(2).integers(0, 256, (12, 16), dtype=np.uint8)
    pixels = np.asarray(cv2.resize(noise, (128, 96), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    near, far = (
        np.abs(axis.disturb(pixels, axis.value(count), SCENE).astype(int) - pixels).mean()
        for count in (side[0], side[-1])
    )
    assert 0 < near < far


def test_light_is_a_gain_that_saturates() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(disturbed("light", levels, -50), np.rint(levels / 2))
    assert disturbed("light", levels, 100).max() == 255 and disturbed("light", levels, 100)[0, 10] == 20


def test_offset_adds_and_cuts_off() -> None:
    levels = np.array([[0, 10, 250]], dtype=np.uint8)
    assert disturbed("offset", levels, 8).tolist() == [[8, 18, 255]]
    assert disturbed("offset", levels, -8).tolist() == [[0, 2, 242]]


def test_gamma_bends_the_middle_and_keeps_the_ends() -> None:
    levels = np.array([[0, 128, 255]], dtype=np.uint8)
    assert disturbed("gamma", levels, 2.0).tolist() == [[0, round(128**2 / 255), 255]]


def test_blur_looks_like_a_lens_out_of_focus_and_not_like_other_light() -> None:
    pixels = picture(3)
    before, after = measure(pixels), measure(disturbed("blur", pixels, 1.5))
    assert after.focus < 0.3 * before.focus
    assert after.brightness == pytest.approx(before.brightness, abs=1.5)


def test_motion_smears_one_point_along_its_way_only() -> None:
    point = np.zeros((21, 21), dtype=np.uint8)
    point[10, 10] = 250
    across, down = disturbed("motion_across", point, 4), disturbed("motion_down", point, 4)
    assert across[10].astype(bool).sum() == 5 and across.astype(bool).any(axis=1).sum() == 1
    np.testing.assert_array_equal(across.T, down)


@pytest.mark.parametrize("px", [-6, 3])
def test_a_shift_moves_every_pixel_and_repeats_the_border(px: int) -> None:
    pixels = picture(4)
    across = disturbed("shift_across", pixels, px)
    expected = np.roll(pixels, px, axis=1)
    border = pixels[:, :1] if px > 0 else pixels[:, -1:]
    expected[:, : px if px > 0 else None][:, px if px < 0 else 0 :] = border
    np.testing.assert_array_equal(across, expected)
    np.testing.assert_array_equal(disturbed("shift_down", pixels.T.copy(), px), across.T)


def test_a_part_turns_about_its_own_centre() -> None:
    pixels = np.zeros((41, 41), dtype=np.uint8)
    pixels[20, 26] = 255
    turned = AXIS["rotation"].disturb(pixels, 90, Scene((20.0, 20.0), 0))
    assert np.argwhere(turned).tolist() == [[14, 20]]


def test_noise_has_the_strength_that_is_asked_for_and_one_pattern_for_each_picture() -> None:
    flat = np.full((100, 100), 128, dtype=np.uint8)
    weak, strong = (disturbed("noise", flat, sigma).astype(float) - 128 for sigma in (5, 20))
    assert weak.std() == pytest.approx(5, rel=0.05) and strong.std() == pytest.approx(20, rel=0.05)
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99
    other = AXIS["noise"].disturb(flat, 5, Scene((0, 0), 8)).astype(float) - 128
    assert abs(np.corrcoef(weak.ravel(), other.ravel())[0, 1]) < 0.05


def test_jpeg_keeps_the_order_of_the_colours() -> None:
    red = np.zeros((32, 32, 3), dtype=np.uint8)
    red[:, :, 0] = 200
    again = disturbed("jpeg", red, 90)
    assert again[:, :, 0].mean() == pytest.approx(200, abs=3) and again[:, :, 2].mean() < 5


def test_a_value_is_said_with_its_sign_where_there_are_two_directions() -> None:
    assert [AXIS["light"].shown(value) for value in (-20.0, 0.0, 25.0)] == ["-20", "0", "+25"]
    assert AXIS["gamma"].shown(AXIS["gamma"].value(-4)) == "0.8"
    assert AXIS["jpeg"].value(-14) == 30
