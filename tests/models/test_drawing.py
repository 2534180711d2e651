"""Synthetic defects: each time another one, on part of the picture, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.domain import Pixels
from models.novelty.drawing import drawn
from tests.models.plates import plate


def view(seed: int, colour: bool = False) -> Pixels:
    pixels = np.repeat(plate("good", seed)[..., np.newaxis], 3, axis=2)
    return np.asarray(pixels * np.array([1.0, 0.8, 0.6]), dtype=np.uint8) if colour else pixels


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
def test_each_changes_some_of_the_picture_and_leaves_most_of_it(colour: bool) -> None:
    pixels = view(1, colour)
    changed = [
        (drawn(pixels, view(2, colour), np.random.default_rng(seed)) != pixels).any(axis=2) for seed in range(80)
    ]
    shares = np.array([one.mean() for one in changed])
    assert (shares > 0).mean() > 0.95, "hardly any falls beside the picture"
    assert np.median(shares) < 0.2
    assert shares.max() < 0.7


def test_the_same_seed_draws_the_same_and_another_something_else() -> None:
    one, same, other = (drawn(view(1), view(2), np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_picture_itself_is_not_touched() -> None:
    pixels, other = view(1), view(2)
    for seed in range(12):
        drawn(pixels, other, np.random.default_rng(seed))
    assert np.array_equal(pixels, view(1))
    assert np.array_equal(other, view(2))


def test_on_a_grey_picture_it_is_grey() -> None:
    for seed in range(30):
        found = drawn(view(1), view(2), np.random.default_rng(seed))
        assert found.dtype == np.uint8
        assert (found == found[..., :1]).all()


@pytest.mark.parametrize("shape", [(40, 40), (64, 33), (33, 64), (320, 320)])
def test_pictures_of_any_size_take_all_kinds(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 128, np.uint8)
    found = [drawn(pixels, pixels, np.random.default_rng(seed)) for seed in range(40)]
    assert {one.shape for one in found} == {pixels.shape}
    assert any((one > 128).any() for one in found)
    assert any((one < 128).any() for one in found)


def test_an_even_part_shows_them_as_well() -> None:
    pixels = np.full((96, 96, 3), 100, np.uint8)
    differences = [
        np.abs(drawn(pixels, pixels, np.random.default_rng(seed)).astype(int) - 100).max() for seed in range(40)
    ]
    assert np.median(differences) >= 5


def test_some_stand_in_for_another_finish_over_a_large_region() -> None:
    """Averages over a part are moved by these, and by nothing else that is drawn."""
    pixels = np.full((96, 96, 3), 100, np.uint8)
    changed = [(drawn(pixels, pixels, np.random.default_rng(seed)) != pixels).any(axis=2) for seed in range(60)]
    large = sum(one.mean() > 0.25 for one in changed)
    assert 3 <= large <= 20
