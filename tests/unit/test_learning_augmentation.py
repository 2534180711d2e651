"""What a network is shown: changed as far as was said and no further, and the same for the same draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.domain import Pixels
from inspector.errors import TrainingError
from inspector.learning.augmentation import DEFAULT, Augmentation, augment, augment_mask, parse, parse_words, sheet

STILL = Augmentation(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, False)


def view(level: int = 120, seed: int = 0) -> Pixels:
    grey = np.clip(level + np.random.default_rng(seed).normal(0, 12, (40, 56)), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def changed(how: Augmentation, seed: int = 0, pixels: Pixels | None = None) -> Pixels:
    return augment(view() if pixels is None else pixels, how, np.random.default_rng(seed))


def test_no_change_allowed_is_no_change() -> None:
    np.testing.assert_array_equal(changed(STILL), view())


def test_the_same_draw_gives_the_same_picture_and_another_another() -> None:
    np.testing.assert_array_equal(changed(DEFAULT, 7), changed(DEFAULT, 7))
    assert (changed(DEFAULT, 7) != changed(DEFAULT, 8)).any()


def test_the_view_itself_is_left_as_it_is() -> None:
    pixels = view()
    pixels.flags.writeable = False
    changed(DEFAULT, 3, pixels)
    np.testing.assert_array_equal(pixels, view())


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_view_is_still_a_view_and_a_grey_one_stays_grey(seed: int, level: int) -> None:
    after = changed(DEFAULT, seed, view(level))
    assert after.shape == (40, 56, 3) and after.dtype == np.uint8
    np.testing.assert_array_equal(after[..., 0], after[..., 2])


@pytest.mark.parametrize(
    ("how", "lowest", "highest"),
    [
        (Augmentation(0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, False), np.exp(-0.5), np.exp(0.5)),
        (Augmentation(0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, False), 1 - 0.1 * 255 / 100, 1 + 0.1 * 255 / 100),
    ],
)
def test_light_changes_as_far_as_was_said(how: Augmentation, lowest: float, highest: float) -> None:
    flat = np.full((8, 8, 3), 100, np.uint8)
    ratios = [changed(how, seed, flat).mean() / 100 for seed in range(200)]
    assert lowest - 0.01 <= min(ratios) < 1 - 0.7 * (1 - lowest)
    assert 1 + 0.7 * (highest - 1) < max(ratios) <= highest + 0.01


def test_gamma_leaves_black_and_white_where_they_are() -> None:
    how = Augmentation(0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, False)
    ends = np.zeros((8, 8, 3), np.uint8)
    ends[4:] = 255
    for seed in range(20):
        after = changed(how, seed, ends)
        assert after[0, 0, 0] <= 8 and after[-1, -1, 0] == 255


def test_a_mirror_is_seen_only_where_it_may_be() -> None:
    half = np.zeros((40, 56, 3), np.uint8)
    half[:20, :28] = 200
    corners = {
        mirror: {
            tuple(
                int(c)
                for c in changed(Augmentation(0, 0, 0, 0, 0, 0, 0, mirror), seed, half)[
                    [2, 2, -3, -3], [2, -3, 2, -3], 0
                ]
            )
            for seed in range(40)
        }
        for mirror in (False, True)
    }
    assert corners[False] == {(200, 0, 0, 0)}
    assert len(corners[True]) == 4


def test_a_crop_keeps_at_least_what_was_said() -> None:
    ramp = np.repeat(np.arange(200, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2).repeat(50, axis=0)
    how = Augmentation(0, 0, 0, 0, 0, 0.3, 0, False)
    spans = [int(np.ptp(changed(how, seed, ramp)[25, :, 0].astype(int))) for seed in range(100)]
    assert 0.68 * 199 <= min(spans) < 0.8 * 199 and max(spans) > 0.95 * 199


def test_what_is_typed_changes_only_what_it_names() -> None:
    assert parse_words("") == DEFAULT
    typed = parse_words(" gain=0.2, mirror=no ")
    assert (typed.gain, typed.mirror, typed.gamma) == (0.2, False, DEFAULT.gamma)
    assert parse(typed.to_json()) == typed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("brightness=1", "expected one of blur_px, crop"),
        ("gain=bright", "expected words like gain=0.2"),
        ("gain", "expected words like gain=0.2"),
        ("gain=9", "gain: expected a number from 0 to 2, received 9.0"),
        ("gain=-1", "from 0 to 2, received -1.0"),
        ("gain=nan", "from 0 to 2, received nan"),
        ("mirror=1", "mirror: expected yes or no, received 1.0"),
        ("gain=yes", "gain: expected a number from 0 to 2, received True"),
    ],
)
def test_a_wrong_word_is_said_plainly(words: str, expected: str) -> None:
    with pytest.raises(TrainingError, match=expected):
        parse_words(words)


def test_a_sheet_shows_each_view_as_it_is_and_then_changed() -> None:
    drawn = sheet([view(80), view(160)], DEFAULT, columns=5)
    assert drawn.shape == (2 * 44, 5 * 60, 3)
    np.testing.assert_array_equal(drawn[2:42, 2:58], view(80))
    np.testing.assert_array_equal(drawn, sheet([view(80), view(160)], DEFAULT, columns=5))


@pytest.mark.parametrize("seed", range(5))
def test_a_mask_moves_as_its_view_does(seed: int) -> None:
    mask = np.zeros((64, 80), np.uint8)
    mask[10:30, 50:70] = 255
    how = Augmentation(gamma=0.0, gain=0.0, offset=0.0, noise=0.0, blur_px=0.0, crop=0.4, turn_deg=90.0)
    view = augment(np.repeat(mask[..., np.newaxis], 3, axis=2), how, np.random.default_rng(seed))
    moved = augment_mask(mask, how, np.random.default_rng(seed))
    np.testing.assert_array_equal(moved, view[..., 0])
    assert (moved != mask).any()
