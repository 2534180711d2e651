"""The tests behind an alarm: exact where they claim to be, calm where nothing changes, awake where something does."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inspector.learning.watching import LIFE_ALPHA, drift

# What all looks may spend


def test_looking_after_every_part_of_a_long_life_spends_no_more_than_promised() -> None:
    spent = [drift.alpha_at(part) for part in range(1, 200_000)]
    assert all(later < earlier for earlier, later in pairwise(spent))
    assert sum(spent) < LIFE_ALPHA
    assert sum(spent) == pytest.approx(LIFE_ALPHA * (1 - 1 / math.log2(200_001)))


def test_before_the_first_part_there_is_nothing_to_look_at() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        drift.alpha_at(0)


# Single tests, against scipy and by counting


@given(trials=st.integers(1, 300), share=st.floats(0, 1), rate=st.floats(0, 1))
def test_the_binomial_tail_is_exact(trials: int, share: float, rate: float) -> None:
    hits = round(share * trials)
    expected = stats.binom.sf(hits - 1, trials, rate)
    assert drift.binomial_tail(hits, trials, rate) == pytest.approx(expected, rel=1e-6, abs=1e-300)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_more_often_is_fishers_exact_test(trials: int, before: int, data: st.DataObject) -> None:
    hits, earlier = data.draw(st.integers(0, trials)), data.draw(st.integers(0, before))
    table = [[hits, trials - hits], [earlier, before - earlier]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert drift.more_often(hits, trials, earlier, before) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("beyond", "seen", "taught"), [(1, 5, 20), (3, 10, 10), (2, 2, 3), (0, 4, 9)])
def test_beyond_all_that_was_taught_is_a_matter_of_ranks(beyond: int, seen: int, taught: int) -> None:
    """Counted over random orders of parts that are all of one kind."""
    chance = np.random.default_rng(1)
    orders = chance.random((40_000, taught + seen))
    beyond_all = (orders[:, taught:] > orders[:, :taught].max(axis=1)[:, None]).sum(axis=1)
    expected = float((beyond_all >= beyond).mean())
    assert drift.beyond_all(beyond, seen, taught) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("wrong", [(-1, 10, 0.5), (11, 10, 0.5), (1, 10, 1.5)])
def test_a_tail_of_nonsense_is_refused(wrong: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        drift.binomial_tail(*wrong)


def test_more_beyond_than_seen_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        drift.beyond_all(3, 2, 10)


# Calm under no change: the share of alarms is at most what was spent


def false_alarms(p_values: list[float], alpha: float) -> float:
    return sum(p <= alpha for p in p_values) / len(p_values)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.01])
def test_a_median_on_the_very_edge_of_its_band_alarms_no_more_often_than_promised(alpha: float) -> None:
    chance = np.random.default_rng(2)
    p_values = [drift.outside_band(list(chance.lognormal(size=60) - 1.0), -5.0, 0.0) for _ in range(1500)]
    assert false_alarms(p_values, alpha) <= alpha


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.9])
def test_any_mix_of_what_was_taught_is_calm_even_without_a_tolerance(share: float) -> None:
    chance = np.random.default_rng(3)

    def draw(number: int, mean: float) -> list[float]:
        return list(chance.normal(mean, 1.5, number))

    p_values = []
    for _ in range(300):
        defective = int((chance.random(200) < share).sum())
        live = draw(defective, 3.0) + draw(200 - defective, -3.0)
        p_values.append(drift.mixture_of(live, draw(40, -3.0), draw(25, 3.0), tolerance=0.0).p)
    assert false_alarms(p_values, 0.05) <= 0.05


def test_a_share_that_stays_the_same_alarms_no_more_often_than_promised() -> None:
    chance = np.random.default_rng(4)
    hits = chance.binomial(200, 0.08, 2000), chance.binomial(900, 0.08, 2000)
    p_values = [drift.more_often(int(now), 200, int(before), 900) for now, before in zip(*hits, strict=True)]
    assert false_alarms(p_values, 0.05) <= 0.05


def test_a_whole_life_of_looks_at_the_edge_is_calm_as_often_as_promised() -> None:
    """A window slides over parts whose median stands on the limit itself: the worst case, one look after every part."""
    chance, window, lives, parts = np.random.default_rng(5), 50, 60, 1500
    alphas = [drift.alpha_at(part) for part in range(window, parts + 1)]
    limits = [stats.binom.isf(alpha / 2, window, 0.5) for alpha in alphas]
    alarmed = 0
    for _ in range(lives):
        above = np.convolve(chance.random(parts) > 0.5, np.ones(window), "valid")
        alarmed += bool((above > limits).any())
    assert alarmed / lives <= LIFE_ALPHA


# Awake under a change


def test_a_median_beyond_its_band_is_found() -> None:
    values = list(np.random.default_rng(6).normal(82, 4, 60))
    assert drift.outside_band(values, 90, 140) < 1e-12
    assert drift.outside_band(values, 70, 140) == 1.0
    assert drift.outside_band([-value for value in values], -140, -90) < 1e-12


def test_scores_that_no_mix_explains_are_found_and_the_likeliest_mix_is_told() -> None:
    chance = np.random.default_rng(7)
    good, bad = list(chance.normal(-4, 1, 80)), list(chance.normal(4, 1, 40))
    mixed = list(chance.normal(-4, 1, 180)) + list(chance.normal(4, 1, 20))
    calm, moved = drift.mixture_of(mixed, good, bad), drift.mixture_of([score + 4 for score in mixed], good, bad)
    assert calm.p == 1.0 and calm.share == pytest.approx(0.1, abs=0.06) and calm.gap < 0.25
    assert moved.p < drift.alpha_at(1_000_000) / 10 and moved.gap > 0.5


def test_small_gaps_between_lots_are_tolerated() -> None:
    chance = np.random.default_rng(8)
    good, bad = list(chance.normal(-4, 1, 500)), list(chance.normal(4, 1, 200))
    lot = list(chance.normal(-3.7, 1, 2000))
    assert drift.mixture_of(lot, good, bad).p == 1.0
    assert drift.mixture_of(lot, good, bad, tolerance=0.0).p < 0.01


@pytest.mark.parametrize("start", [20, 150, 280])
def test_the_moment_of_a_change_is_found(start: int) -> None:
    values = np.random.default_rng(9).normal(100, 3, 300)
    values[start:] -= 18
    values[5] = 5000  # one odd part moves nothing
    assert abs(drift.change_point(list(values)) - start) <= 3


@pytest.mark.parametrize("values", [[], [1.0], [2.0] * 50])
def test_where_nothing_changes_there_is_no_moment(values: list[float]) -> None:
    assert drift.change_point(values) == 0
