"""Where a defect is: what is known of each place, by numbers that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.domain import Floats
from models.head import fitting
from models.novelty.heat import (
    DIRECTIONS,
    Heat,
    Scale,
    column_directions,
    covers,
    damage_head,
    hypercolumns,
    joined,
    marks_on,
)
from models.novelty.novelty import Projection, strangest


def noise(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def levels() -> list[Floats]:
    return [noise(8, 8, 3), noise(4, 4, 600, seed=1), noise(2, 2, 5, seed=2)]


def test_projected_level_by_level_it_is_what_all_levels_side_by_side_give() -> None:
    projection = Projection(noise(608, 7, seed=3), noise(7, seed=4))
    assert joined(levels()).shape == (64, 608)
    assert np.allclose(hypercolumns(levels(), projection), projection.of(joined(levels())), atol=1e-3)
    one = Projection(projection.weights[:, :1], projection.bias[:1])
    assert np.allclose(hypercolumns(levels(), one)[:, 0], hypercolumns(levels(), projection)[:, 0], atol=1e-3)


def test_the_finest_level_stays_as_it_is_and_the_coarser_ones_keep_their_means() -> None:
    found, maps = joined(levels()), levels()
    assert np.array_equal(found[:, :3], maps[0].reshape(-1, 3))
    assert np.allclose(found[:, 603:].mean(axis=0), maps[2].mean(axis=(0, 1)), atol=1e-5)


def test_the_directions_are_those_of_most_variance() -> None:
    rows = noise(500, 200)
    rows[:, 1] = rows[:, 0]
    found = column_directions(rows, 0)
    assert found.weights.shape == (200, DIRECTIONS)
    assert found.of(rows).mean(axis=0) == pytest.approx(0, abs=1e-4)
    assert set(np.abs(found.weights[:, 0]).argsort()[-2:].tolist()) == {0, 1}
    assert column_directions(rows[:30], 0).count == 30, "no more than there are rows"


def test_a_mark_covers_the_places_that_it_lies_on_by_their_share() -> None:
    mask = np.zeros((40, 80), np.uint8)
    mask[:10, :20] = 255
    mask[10:15, :20] = 255
    marks = marks_on(mask, 4, 4).reshape(4, 4)
    assert marks[0].tolist() == [1, 0, 0, 0]
    assert marks[1].tolist() == [0.5, 0, 0, 0]
    assert not marks[2:].any()


@pytest.mark.parametrize(
    ("marks", "covered"),
    [([0.0, 0.0], []), ([0.2, 0.9], [0, 1]), ([0.1, 0.9], [1]), ([0.02, 0.05], [1]), ([0.0, 0.001], [1])],
)
def test_a_mark_smaller_than_a_place_still_covers_one(marks: list[float], covered: list[int]) -> None:
    assert np.flatnonzero(covers(np.array(marks, np.float32))).tolist() == covered


def test_damage_is_told_from_places_that_only_vary() -> None:
    untouched, drawn = noise(400, 6), noise(100, 6, seed=1)
    drawn[:, 2] += 4
    with fitting():
        head = damage_head(untouched, drawn, untouched[:0])
    said = head.logits(np.concatenate([untouched, drawn]))[:, 0]
    assert head.weights.shape == (1, 6)
    assert np.median(said[400:]) > np.quantile(said[:400], 0.98)


def test_few_marked_places_outweigh_many_drawn_ones() -> None:
    untouched, drawn, marked = noise(400, 6), noise(300, 6, seed=1), noise(5, 6, seed=2)
    drawn[:, 2] += 4
    marked[:, 4] += 4
    with fitting():
        head = damage_head(untouched, drawn, marked)
    assert head.weights[0].argmax() == 4
    assert head.weights[0, 2] > 0, "what was drawn is still damage"


def test_on_good_parts_the_hottest_places_lie_where_the_scores_lie() -> None:
    near, damage = np.abs(noise(300, 200)), 5 * noise(300, 200, seed=1) - 20
    scores = np.random.default_rng(2).normal(-3, 1.5, 300)
    scale = Scale.of(near, damage, scores, share=0.5)
    heat = scale.heat(near, damage)
    hottest = np.array([strangest(one) for one in heat])
    assert hottest.mean() == pytest.approx(scores.mean(), abs=1e-3)
    assert hottest.std() == pytest.approx(scores.std(), rel=1e-3)
    assert scale.near * near.std() == pytest.approx(scale.damage * damage.std(), rel=1e-4), "both count alike"
    goods = np.array([scale.good(one) for one in heat])
    assert goods.mean() == pytest.approx(0, abs=1e-3)
    assert goods == pytest.approx(-0.5 * (hottest - scores.mean()), abs=1e-3)


def test_maps_that_never_change_give_numbers_all_the_same() -> None:
    still = np.ones((9, 100), np.float32)
    assert np.isfinite(Scale.of(still, still, np.zeros(9), share=0.5).heat(still, still)).all()


def test_the_heat_of_a_picture_is_what_its_distances_and_its_damage_amount_to() -> None:
    damage = Projection(noise(608, 1, seed=5) / 30, np.array([0.5], np.float32))
    scale = Scale(near=2.0, damage=0.5, offset=-1.0, share=0.0, middle=0.0)
    near = np.abs(noise(64, seed=6))
    expected = 2.0 * near + 0.5 * damage.of(joined(levels()))[:, 0] - 1.0
    assert np.allclose(Heat(damage, scale).of(levels(), near), expected, atol=1e-3)
    assert scale.good(expected) == 0, "nothing is held against good while its share is 0"
