"""Intervals over parts: how wide they are, what they hold, and when they say that they know nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inspector.domain import GOOD, Decision
from inspector.metrics import Outcome
from models.resampling import Figure, area, balanced_f1, resampled


def outcomes(good: list[float], bad: list[float], shots: int = 1) -> list[Outcome]:
    """One part for each score, shown in so many pictures; named a dent from zero on."""
    sides = [(GOOD, score, f"g{place}") for place, score in enumerate(good)]
    sides += [("dent", score, f"d{place}") for place, score in enumerate(bad)]
    return [
        Outcome(part, truth, Decision.OK, score, "dent" if score >= 0.0 else GOOD)
        for truth, score, part in sides
        for _ in range(shots)
    ]


def drawn(parts: int, apart: float, seed: int, shots: int = 1) -> list[Outcome]:
    random = np.random.default_rng(seed)
    bad = random.normal(apart, 1.0, parts).tolist()
    return outcomes(random.normal(0.0, 1.0, parts).tolist(), bad, shots)


def test_the_figure_is_that_of_all_pictures() -> None:
    figure = resampled(outcomes([-2.0, -1.0, 1.0], [0.0, 2.0]), area, 0)
    assert figure.value == pytest.approx(5 / 6)
    assert (figure.good, figure.bad) == (3, 2)


def test_more_pictures_of_the_same_parts_make_no_interval_narrower() -> None:
    once, six_times = (resampled(drawn(20, 1.0, 0, shots), area, 0) for shots in (1, 6))
    assert once.to_json() == pytest.approx(six_times.to_json(), abs=1e-9)
    assert once.as_area() == six_times.as_area()


def test_more_parts_make_it_narrower() -> None:
    few, many = (resampled(drawn(parts, 1.0, 0), area, 0).as_area() for parts in (15, 150))
    assert many["high"] - many["low"] < 0.5 * (few["high"] - few["low"])


def test_a_perfect_score_of_few_parts_is_not_certain() -> None:
    perfect = resampled(outcomes([-2.0, -1.0, -1.5, -3.0], [1.0, 2.0, 3.0, 4.0]), area, 0)
    assert perfect.as_area()["high"] == 1.0
    assert perfect.as_area()["low"] < 0.8
    assert (perfect.to_json()["low"], perfect.to_json()["high"], perfect.to_json()["n"]) == (None, None, 8)


def test_the_worst_score_is_bounded_on_its_other_side() -> None:
    worst = resampled(outcomes([1.0, 2.0], [-1.0, -2.0]), area, 0).as_area()
    assert worst["low"] == worst["value"] == 0.0
    assert 0.1 < worst["high"] < 0.9


def test_the_interval_of_an_area_holds_the_true_one_as_often_as_it_says() -> None:
    """Two normal distributions one deviation and a half apart have an area of Phi(1.5 / sqrt 2)."""
    true = 0.5 * (1.0 + math.erf(1.5 / 2.0))
    inside = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        found = outcomes(random.normal(0.0, 1.0, 25).tolist(), random.normal(1.5, 1.0, 25).tolist())
        one = Figure(area(found), np.zeros(1), 25, 25).as_area()
        inside += one["low"] <= true <= one["high"]
    assert 180 <= inside <= 200


def test_two_figures_of_the_same_parts_are_compared_draw_by_draw() -> None:
    """Their own intervals overlap, but part by part the one is better."""
    worse = drawn(60, 1.0, 4)
    better = [
        Outcome(one.part, one.defect_class, one.decision, (one.score or 0.0) + 1.5 * one.defective, one.named)
        for one in worse
    ]
    left, right = (resampled(found, area, 0) for found in (worse, better))
    assert left.surely_below(right)
    assert not right.surely_below(left)
    assert not left.surely_below(left)


def test_the_same_seed_draws_the_same() -> None:
    assert np.array_equal(*(resampled(drawn(20, 1.0, 0), balanced_f1, 7).draws for _ in range(2)))
    first, second = (resampled(drawn(20, 1.0, 0), balanced_f1, seed).draws for seed in (7, 8))
    assert not np.array_equal(first, second)


def test_names_are_judged_for_every_class_alike() -> None:
    found = outcomes([-1.0] * 9 + [1.0], [1.0, -1.0])
    assert balanced_f1(found) == pytest.approx((18 / 20 + 2 / 4) / 2)
