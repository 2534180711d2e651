"""The operating point: every choice against all pairs of limits tried one by one, and what it promises in general."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.domain import GOOD, Decision
from inspector.learning.operating_point import (
    DEFAULT_REVIEW,
    NO_EXPERIENCE,
    Choice,
    LeastCost,
    MaxEscape,
    MaxOverkill,
    Review,
    Target,
    choose,
    escapes_allowed,
)
from inspector.learning.scored import ScoredParts, parts_of, rates
from inspector.metrics import Outcome, by_part, claim, decision_rate, escape_rate, overkill_rate
from inspector.pipeline.judge import decide
from inspector.recipe import Limits

NOBODY = Review(0.0)
FEW = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=9)  # whole numbers: ties are the rule
MANY = st.lists(st.floats(-30, 30), min_size=1, max_size=60)
SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])
REVIEWS = st.builds(Review, SHARES, st.sampled_from([0.0, 0.02, 0.5]))
COSTS = st.sampled_from([0.0, 1.0, 20.0])
TARGETS = st.one_of(
    st.builds(MaxEscape, SHARES, st.booleans()),
    st.builds(MaxOverkill, SHARES),
    st.builds(LeastCost, COSTS, COSTS, COSTS),
)


def parts(good: Sequence[float | None], bad: Sequence[float | None]) -> ScoredParts:
    """One part per score."""
    return parts_of(outcomes(good, bad))


def outcomes(good: Sequence[float | None], bad: Sequence[float | None]) -> list[Outcome]:
    sides = [(GOOD, f"g{i}", s) for i, s in enumerate(good)] + [("dent", f"b{i}", s) for i, s in enumerate(bad)]
    return [Outcome(part, kind, Decision.UNFIT if score is None else Decision.OK, score) for kind, part, score in sides]


def decided(pictures: Sequence[Outcome], limits: Limits) -> list[Outcome]:
    return [
        Outcome(o.part, o.defect_class, Decision.UNFIT if o.score is None else decide(o.score, limits), o.score)
        for o in pictures
    ]


# -- counting


PICTURES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([GOOD, "dent"]),
        st.sampled_from([None, math.nan, math.inf, -math.inf, -2.0, -1.0, 0.0, 1.0, 2.0]),
    ),
    min_size=1,
    max_size=20,
)
LIMITS = st.tuples(st.sampled_from([-3.0, -1.0, -0.5, 0.0]), st.sampled_from([0.0, 0.5, 1.0, 3.0])).map(
    lambda pair: Limits(*pair)
)


@given(PICTURES, LIMITS)
@settings(deadline=None)
def test_the_rates_are_those_of_the_metrics(pictures: list[tuple[int, str, float | None]], limits: Limits) -> None:
    """Counted in bulk, as it must be for limits that follow a hand, and part by part, as everywhere else."""
    found = [
        Outcome(str(part), kind, Decision.UNFIT if score is None else Decision.OK, score)
        for part, kind, score in pictures
    ]
    after, counted = by_part(decided(found, limits)), rates(parts_of(found), limits)
    good, bad = ([one for one in after if one.defective is side] for side in (False, True))
    expected = (
        escape_rate(after),
        overkill_rate(after),
        decision_rate(good, Decision.RECHECK),
        decision_rate(bad, Decision.RECHECK),
    )
    assert repr((counted.escape, counted.overkill, counted.recheck_good, counted.recheck_bad)) == repr(expected)


def test_a_part_is_its_worst_picture_and_a_defect_in_any_of_them() -> None:
    views = [Outcome("p", GOOD, Decision.OK, 3.0), Outcome("p", "dent", Decision.OK, -5.0)]
    found = parts_of(views)
    assert (found.good.n, found.bad.n) == (0, 1)
    assert rates(found, Limits(0.0, 1.0)).escape.value == 0.0


def test_rates_are_json_with_the_number_of_parts() -> None:
    table = rates(parts([0.0], []), Limits(1.0, 2.0)).to_json()
    assert table["escape"] == {"value": None, "low": 0.0, "high": 1.0, "n": 0}
    assert table["overkill"]["n"] == 1


# -- choosing, against all pairs


def by_hand(found: ScoredParts, target: Target, review: Review) -> tuple[tuple[float, ...], bool]:
    """The least of what counts, over every pair of places, one after the other."""
    places = [value - 0.5 for value in range(-7, 9)]
    pairs = [Limits(*pair) for pair in itertools.combinations_with_replacement(places, 2)]
    inside = [pair for pair in pairs if work(found, pair, review) <= review.share + 1e-9]
    keeping = [pair for pair in inside if keeps(found, pair, target)]
    if keeping:
        return min(worth(found, pair, target, review) for pair in keeping), True
    return min(worth(found, pair, target, review) for pair in inside if not escapes(found, pair)), False


def escapes(found: ScoredParts, limits: Limits) -> int:
    return int(found.bad.passed(limits.recheck))


def overkill(found: ScoredParts, limits: Limits) -> int:
    return int(found.good.rejected(limits.reject))


def work(found: ScoredParts, limits: Limits, review: Review) -> float:
    after = rates(found, limits)
    return (1 - review.defect_rate) * after.recheck_good.value + review.defect_rate * after.recheck_bad.value


def keeps(found: ScoredParts, limits: Limits, target: Target) -> bool:
    if isinstance(target, MaxEscape):
        missed, n = escapes(found, limits), found.bad.n
        return (claim(n, missed) if target.by_bound else missed / n) <= target.share + 1e-9
    return isinstance(target, LeastCost) or overkill(found, limits) / found.good.n <= target.share + 1e-9


def worth(found: ScoredParts, limits: Limits, target: Target, review: Review) -> tuple[float, ...]:
    missed, lost = escapes(found, limits), overkill(found, limits)
    if isinstance(target, MaxEscape):
        return lost, missed, round(work(found, limits, review), 9)
    if isinstance(target, MaxOverkill):
        youden = lost / found.good.n - int(found.bad.rejected(limits.reject)) / found.bad.n
        return missed, round(youden, 9), round(work(found, limits, review), 9)
    rate = review.defect_rate
    cost = (
        rate * target.escape * missed / found.bad.n
        + (1 - rate) * target.overkill * lost / found.good.n
        + target.recheck * work(found, limits, review)
    )
    return (round(cost, 6),)


@given(FEW, FEW, TARGETS, REVIEWS)
@settings(max_examples=300, deadline=None)
def test_no_other_pair_of_limits_is_better(good: list[float], bad: list[float], target: Target, review: Review) -> None:
    found = parts(good, bad)
    chosen = choose(found, target, review)
    assert (worth(found, chosen.limits, target, review), chosen.kept) == by_hand(found, target, review)
    assert work(found, chosen.limits, review) <= review.share + 1e-9


# -- what it promises in general


@given(MANY, MANY, REVIEWS, st.floats(0, 1), st.floats(0, 1), st.booleans())
@settings(deadline=None)
def test_fewer_escapes_are_never_had_from_a_higher_limit(
    good: list[float], bad: list[float], review: Review, one: float, other: float, by_bound: bool
) -> None:
    strict, lax = sorted((one, other))
    first = choose(parts(good, bad), MaxEscape(strict, by_bound), review).limits
    second = choose(parts(good, bad), MaxEscape(lax, by_bound), review).limits
    assert first.recheck <= second.recheck
    assert first.reject <= second.reject


@given(MANY, MANY, st.floats(0, 0.5), st.floats(0, 0.5))
@settings(deadline=None)
def test_more_review_never_costs_an_escape_or_a_good_part(
    good: list[float], bad: list[float], one: float, other: float
) -> None:
    less, more = (Review(share) for share in sorted((one, other)))
    found = parts(good, bad)

    def missed(review: Review) -> float:
        return rates(found, choose(found, MaxOverkill(0.05), review).limits).escape.value

    def lost(review: Review) -> float:
        return rates(found, choose(found, MaxEscape(0.05), review).limits).overkill.value

    assert missed(more) <= missed(less)
    assert lost(more) <= lost(less)


@given(MANY, MANY, TARGETS, REVIEWS)
@settings(deadline=None)
def test_the_limits_are_what_a_recipe_takes(
    good: list[float], bad: list[float], target: Target, review: Review
) -> None:
    limits = choose(parts(good, bad), target, review).limits
    assert -1000 <= limits.recheck <= limits.reject <= 1000


@given(MANY, MANY, st.integers(-20, 20))
@settings(deadline=None)
def test_the_choice_does_not_depend_on_the_order_of_the_parts(good: list[float], bad: list[float], turn: int) -> None:
    turned = [*good[turn:], *good[:turn]]
    assert choose(parts(good, bad)) == choose(parts(turned, bad[::-1]))


# -- cases that a person would try


def test_sides_that_are_far_apart_leave_a_margin_and_the_middle_to_a_person() -> None:
    far = parts([-9.0, -6.0], [6.0, 9.0])
    assert choose(far).limits == Limits(-2.0, 2.0)
    assert choose(far, MaxEscape(0.0), NOBODY).limits == Limits(0.0, 0.0)


def test_a_band_is_opened_for_defects_that_look_almost_good() -> None:
    chosen = choose(parts([-5.0] * 80 + [-1.0] * 10 + [1.0] * 10, [4.0] * 20 + [0.0]))
    assert chosen.limits == Limits(recheck=-0.5, reject=2.5)


def test_a_review_budget_is_of_all_parts_where_the_defect_rate_is_stated() -> None:
    """Half of the line's parts are defective: five good and five defective ones of ten each are half of the parts."""
    found = parts([float(i) for i in range(10)], [float(i) for i in range(10)])
    half = choose(found, MaxOverkill(0.0), Review(0.5, 0.5)).limits
    assert rates(found, half).recheck_good.value == 0.5
    assert choose(found, MaxOverkill(0.0), Review(0.5)).limits == half


def test_too_few_parts_for_a_claim_say_how_many_are_needed_and_get_the_best_there_is() -> None:
    chosen = choose(parts([-3.0] * 10, [3.0] * 120), MaxEscape(0.005, by_bound=True))
    assert not chosen.kept
    assert rates(parts([-3.0] * 10, [3.0] * 120), chosen.limits).escape.value == 0.0
    assert chosen.remarks == (
        "At most 0.50% escapes cannot be claimed with 95% confidence: that takes 598 defective parts with none missed, "
        "and there are 120. These limits let none of them pass, which supports at most 2.5%.",
    )


def test_enough_parts_for_a_claim_let_as_many_pass_as_it_bears() -> None:
    assert escapes_allowed(MaxEscape(0.025, by_bound=True), 119) == 0
    assert escapes_allowed(MaxEscape(0.025, by_bound=True), 118) == -1
    assert escapes_allowed(MaxEscape(0.025, by_bound=True), 188) == 1
    assert escapes_allowed(MaxEscape(0.025), 120) == 3


def test_to_prove_that_nothing_ever_escapes_no_number_is_enough() -> None:
    chosen = choose(parts([-3.0], [3.0]), MaxEscape(0.0, by_bound=True))
    assert not chosen.kept
    assert "No number of parts proves" in chosen.remarks[0]


@pytest.mark.parametrize(("good", "bad", "missing"), [([], [1.0], "good"), ([1.0], [], "defective"), ([], [], "good")])
def test_one_side_alone_gives_careful_limits(good: list[float], bad: list[float], missing: str) -> None:
    chosen = choose(parts(good, bad))
    assert chosen == Choice(
        NO_EXPERIENCE, False, (f"There is no {missing} part with a score, so no limit can be chosen.",)
    )


def test_scores_that_are_all_the_same_are_said_to_tell_nothing() -> None:
    chosen = choose(parts([1.0] * 5, [1.0] * 5), MaxEscape(0.0))
    assert "All parts have the same score" in chosen.remarks[0]
    assert chosen.limits.recheck < 1.0


def test_parts_that_were_never_found_take_part_in_the_rates_and_are_named() -> None:
    found = parts([-1.0, None], [1.0, None])
    chosen = choose(found, MaxEscape(0.0))
    assert rates(found, chosen.limits).escape.n == 2
    assert chosen.remarks == ("2 parts were not found in one of their pictures: no limits let them pass.",)


def test_scores_that_are_no_numbers_do_not_move_a_limit() -> None:
    usual, odd = parts([-3.0], [3.0]), parts([-3.0, math.nan], [3.0, -math.inf, math.inf])
    assert choose(odd, MaxOverkill(0.0), Review(1.0)).limits == choose(usual, MaxOverkill(0.0), Review(1.0)).limits


def test_parts_of_which_no_score_is_a_number_still_get_limits() -> None:
    assert choose(parts([math.nan], [None])).limits == Limits(0.0, 0.0)


def test_scores_beyond_what_a_recipe_takes_are_said_not_to_keep_to_it() -> None:
    chosen = choose(parts([5000.0], [9000.0]), MaxOverkill(0.0))
    assert not chosen.kept
    assert chosen.remarks == ("No limits that a recipe takes keep to the target; these come closest.",)


def test_neighbours_among_the_numbers_are_still_told_apart() -> None:
    below, above = 1.0, math.nextafter(1.0, 2.0)
    found = parts([below], [above])
    after = rates(found, choose(found, MaxEscape(0.0), DEFAULT_REVIEW).limits)
    assert (after.escape.value, after.overkill.value) == (0.0, 0.0)


def test_dear_escapes_lower_the_limit_and_dear_rechecks_close_the_band() -> None:
    found = parts([0.0, 1.0, 2.0, 3.0], [1.5, 2.5, 3.5, 4.5])
    everybody = Review(1.0, 0.1)
    dear = choose(found, LeastCost(1000.0, 1.0, 1.0), everybody).limits
    cheap = choose(found, LeastCost(1.0, 1000.0, 1.0), everybody).limits
    assert dear.recheck < 1.5
    assert cheap.reject > 3.0
    after = rates(found, choose(found, LeastCost(10.0, 10.0, 1e6), everybody).limits)
    assert after.recheck_good.value == after.recheck_bad.value == 0.0
