"""Figures against textbook values, against scipy's own tests, and against what they must mean."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from inspector.domain import GOOD, Decision
from inspector.metrics import (
    Outcome,
    Proportion,
    auroc,
    average_precision,
    by_part,
    claim,
    claim_sentence,
    clopper_pearson,
    confusion,
    decision_rate,
    escape_at,
    escape_rate,
    macro_f1,
    overkill_rate,
    parts_needed,
    per_class,
    to_json,
    true_class,
)

# Intervals


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_the_interval_is_the_exact_one_of_scipy(counts: tuple[int, int], confidence: float) -> None:
    k, n = counts
    expected = binomtest(k, n).proportion_ci(confidence, method="exact")
    received = clopper_pearson(k, n, confidence)
    assert (received.low, received.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert (received.value, received.n) == (k / n, n)


@pytest.mark.parametrize("truth", [0.005, 0.05, 0.3, 0.5])
@pytest.mark.parametrize("n", [5, 30, 120])
def test_the_interval_holds_the_true_rate_at_least_as_often_as_it_says(n: int, truth: float) -> None:
    intervals = [clopper_pearson(k, n) for k in range(n + 1)]
    covered = sum(
        float(binom.pmf(k, n, truth)) for k, interval in enumerate(intervals) if interval.low <= truth <= interval.high
    )
    assert covered >= 0.95


def test_nothing_tested_says_nothing() -> None:
    nothing = clopper_pearson(0, 0)
    assert math.isnan(nothing.value)
    assert (nothing.low, nothing.high, nothing.n) == (0.0, 1.0, 0)
    assert json.dumps(nothing.to_json(), allow_nan=False) == '{"value": null, "low": 0.0, "high": 1.0, "n": 0}'


def test_the_ends_of_the_interval_are_closed() -> None:
    assert clopper_pearson(0, 10).low == 0.0
    assert clopper_pearson(10, 10).high == 1.0


@pytest.mark.parametrize(("k", "n", "confidence"), [(-1, 3, 0.95), (4, 3, 0.95), (1, 3, 0.0), (1, 3, 1.0)])
def test_counts_that_cannot_be_are_refused(k: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        clopper_pearson(k, n, confidence)


# What may be claimed


def test_598_parts_without_a_miss_claim_half_a_percent() -> None:
    assert parts_needed(0.005, 0.95) == 598
    assert claim(598, 0, 0.95) <= 0.005 < claim(597, 0, 0.95)


def test_120_parts_without_a_miss_claim_two_and_a_half_percent() -> None:
    assert claim(120, 0) == pytest.approx(1 - 0.05 ** (1 / 120))
    assert "at most 2.5% escapes with 95% confidence" in claim_sentence(120, 0)
    assert "you need 598 defective test parts with none missed" in claim_sentence(120, 0)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_claimed_rate_so_few_misses_are_a_five_percent_chance(counts: tuple[int, int]) -> None:
    misses, n = counts
    assert float(binom.cdf(misses, n, claim(n, misses))) == pytest.approx(0.05, abs=1e-6)


@given(st.floats(0.001, 0.5), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_needed_parts_are_just_enough(rate: float, confidence: float) -> None:
    n = parts_needed(rate, confidence)
    assert claim(n, 0, confidence) <= rate + 1e-9
    assert n == 1 or claim(n - 1, 0, confidence) > rate - 1e-9


def test_everything_missed_claims_nothing() -> None:
    assert claim(7, 7) == 1.0


def test_the_sentence_never_promises_more_than_the_bound() -> None:
    for n in range(1, 700, 7):
        shown = float(claim_sentence(n, 0).split("at most ")[1].split("%")[0]) / 100
        assert shown >= claim(n, 0) - 1e-12


def test_the_sentence_asks_for_no_more_once_the_target_is_reached() -> None:
    assert "need" not in claim_sentence(700, 0)
    assert "No defective part was tested" in claim_sentence(0, 0)


@pytest.mark.parametrize(("rate", "confidence"), [(0.0, 0.95), (1.0, 0.95), (0.1, 1.0)])
def test_a_claim_that_no_number_of_parts_supports_is_refused(rate: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        parts_needed(rate, confidence)


# Parts


def outcome(part: str, truth: str, decision: Decision, score: float | None = 0.0, named: str = "") -> Outcome:
    return Outcome(part, truth, decision, score, named)


def test_a_part_is_as_bad_as_its_worst_picture_in_every_order() -> None:
    pictures = [
        outcome("p", "dent", Decision.OK, -3.0, GOOD),
        outcome("p", "dent", Decision.NG, 2.0, "dent"),
        outcome("p", "dent", Decision.RECHECK, 9.0, "scratch"),
        outcome("p", "dent", Decision.UNFIT, None),
    ]
    for order in permutations(pictures):
        assert by_part(order) == [outcome("p", "dent", Decision.NG, 9.0, "dent")]


@pytest.mark.parametrize("order", list(pairwise([Decision.OK, Decision.UNFIT, Decision.RECHECK, Decision.NG])))
def test_the_order_of_bad_is_ok_unfit_recheck_ng(order: tuple[Decision, Decision]) -> None:
    better, worse = order
    (part,) = by_part([outcome("p", GOOD, better, 5.0), outcome("p", GOOD, worse, 1.0)])
    assert part.decision is worse


def test_a_defect_on_one_picture_makes_the_part_defective() -> None:
    assert true_class([GOOD, GOOD, "crack"]) == "crack"
    assert true_class(["fray", "break", "break", GOOD]) == "break"
    assert true_class(["b", "a"]) == "a"
    assert true_class([GOOD]) == GOOD


def test_rates_count_parts_and_not_pictures() -> None:
    outcomes = [
        *[outcome("bad1", "dent", Decision.NG)] * 5,
        outcome("bad1", "dent", Decision.OK),
        outcome("bad2", "dent", Decision.OK),
        outcome("good1", GOOD, Decision.NG),
        outcome("good2", GOOD, Decision.RECHECK),
        outcome("good3", GOOD, Decision.OK),
        outcome("good4", GOOD, Decision.UNFIT),
    ]
    assert escape_rate(outcomes) == clopper_pearson(1, 2)
    assert overkill_rate(outcomes) == clopper_pearson(1, 4)
    assert decision_rate(outcomes, Decision.RECHECK) == clopper_pearson(1, 6)


def test_a_gate_that_stays_closed_lets_nothing_escape() -> None:
    for decision in (Decision.NG, Decision.RECHECK, Decision.UNFIT):
        assert escape_rate([outcome("p", "dent", decision)]).value == 0.0


def ranked(good: list[float], bad: list[float]) -> list[Outcome]:
    """One part per score."""
    sides = [(GOOD, f"g{number}", score) for number, score in enumerate(good)]
    sides += [("dent", f"b{number}", score) for number, score in enumerate(bad)]
    return [outcome(part, truth, Decision.OK, score) for truth, part, score in sides]


def test_escapes_at_a_given_overkill_are_counted_by_hand() -> None:
    parts = ranked([float(score) for score in range(100)], [97.5, 98.5, 50.0, 200.0])
    at_one = escape_at(parts, 0.01)  # 99 may be rejected, 98 is to pass
    assert (at_one.value, at_one.n) == (0.5, 4)
    assert escape_at(parts, 0.05).value == 0.25


def test_at_a_given_overkill_a_part_counts_once_by_its_worst_picture() -> None:
    pictures = [*ranked([0.0, 1.0], [0.5]), outcome("b0", "dent", Decision.OK, 3.0)]
    assert escape_at(pictures, 0.0) == clopper_pearson(0, 1)


def test_escapes_without_a_good_part_are_not_made_up() -> None:
    assert escape_at(ranked([], [1.0, 2.0]), 0.05).n == 0


def test_rates_without_parts_are_null_in_json() -> None:
    table = to_json({"escape_rate": escape_rate([]), "auroc": math.nan, "parts": 0})
    assert table["escape_rate"]["value"] is None
    assert table["auroc"] is None
    assert table["parts"] == 0


def test_a_proportion_in_json_keeps_its_four_fields() -> None:
    assert to_json({"r": Proportion(0.5, 0.1, 0.9, 4)}) == {"r": {"value": 0.5, "low": 0.1, "high": 0.9, "n": 4}}


# Rankings

RANKED = st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=2, max_size=60)


def test_auroc_by_hand() -> None:
    assert auroc([False, False, True, True], [0.1, 0.4, 0.35, 0.8]) == 0.75
    assert auroc([True, False], [1.0, 1.0]) == 0.5
    assert auroc([True, False], [0.0, 1.0]) == 0.0


@given(RANKED)
def test_auroc_counts_each_pair_and_half_a_tie(ranked: list[tuple[bool, int]]) -> None:
    bad = [score for defective, score in ranked if defective]
    good = [score for defective, score in ranked if not defective]
    area = auroc([defective for defective, _ in ranked], [float(score) for _, score in ranked])
    if not bad or not good:
        assert math.isnan(area)
        return
    wins = sum((b > g) + (b == g) / 2 for b in bad for g in good)
    assert area == pytest.approx(wins / (len(bad) * len(good)))
    assert area == pytest.approx(roc_auc_score([d for d, _ in ranked], [s for _, s in ranked]))


def test_average_precision_by_hand() -> None:
    # found at ranks 1 and 3: (1/1 + 2/3) / 2
    assert average_precision([True, False, True, False], [4.0, 3.0, 2.0, 1.0]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([True, False, False, False], [1.0, 1.0, 1.0, 1.0]) == 0.25
    assert math.isnan(average_precision([False], [1.0]))


@given(RANKED.filter(lambda ranked: any(defective for defective, _ in ranked)))
def test_average_precision_is_that_of_scikit_learn_also_with_ties(ranked: list[tuple[bool, int]]) -> None:
    truth, scores = [d for d, _ in ranked], [float(s) for _, s in ranked]
    assert average_precision(truth, scores) == pytest.approx(average_precision_score(truth, scores))


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        auroc([True, False], [math.nan, 1.0])


def test_truth_and_scores_must_pair_up() -> None:
    with pytest.raises(ValueError, match="one score for each"):
        average_precision([True, False], [1.0])


# Classes


def test_the_confusion_has_the_truth_in_rows() -> None:
    matrix = confusion(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"])
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_a_class_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="zebra"):
        confusion(["a"], ["zebra"], ["a"])


def test_figures_of_a_class_by_hand() -> None:
    figures = per_class(["a", "a", "a", "b"], ["a", "a", "b", "b"])
    assert (figures["a"].precision, figures["a"].recall, figures["a"].support) == (1.0, 2 / 3, 3)
    assert (figures["b"].precision, figures["b"].recall, figures["b"].f1) == (0.5, 1.0, 2 / 3)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_macro_f1_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, named = [t for t, _ in pairs], [n for _, n in pairs]
    assert macro_f1(truth, named) == pytest.approx(f1_score(truth, named, average="macro", zero_division=0))


def test_macro_f1_of_nothing_is_no_number() -> None:
    assert math.isnan(macro_f1([], []))


def test_a_station_does_not_pay_for_scipy() -> None:
    program = "import sys, inspector.metrics; assert not any(name.split('.')[0] == 'scipy' for name in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_scores_that_know_nothing_rank_like_chance() -> None:
    random = np.random.default_rng(0)
    truth, scores = random.random(200_000) < 0.1, random.normal(size=200_000)
    assert 0.49 < auroc(truth.tolist(), scores.tolist()) < 0.51
