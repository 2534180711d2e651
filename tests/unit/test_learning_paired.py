"""The paired test: exact whenever one looks, and a new escape weighs more than anything else."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from inspector.domain import GOOD, Decision
from inspector.learning.paired import Advice, Disagreement, Tally, TrialRules, evidence, tally

OK, NG, RECHECK = Decision.OK, Decision.NG, Decision.RECHECK
NOTHING = Tally(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("truth", "before", "after", "gain"),
    [
        (GOOD, NG, OK, 1),
        (GOOD, NG, RECHECK, 1),
        (GOOD, RECHECK, OK, 1),
        (GOOD, OK, NG, -1),
        (GOOD, OK, RECHECK, -1),
        (GOOD, RECHECK, NG, -1),
        ("dent", OK, NG, 1),
        ("dent", OK, RECHECK, 1),
        ("dent", NG, OK, -1),
        ("dent", RECHECK, OK, -1),
        ("dent", NG, RECHECK, 0),
        ("dent", RECHECK, NG, 0),
    ],
)
def test_who_did_better_on_a_part(truth: str, before: Decision, after: Decision, gain: int) -> None:
    one = Disagreement("1", truth, before, after)
    assert one.gain == gain
    assert one.new_escape is (truth != GOOD and after is OK)
    assert one.newly_stopped is (truth != GOOD and before is OK)


def test_a_tally_counts_parts_by_what_they_say() -> None:
    found = [
        Disagreement("1", GOOD, NG, OK),
        Disagreement("2", "dent", OK, NG),
        Disagreement("3", "dent", NG, OK),
        Disagreement("4", "dent", NG, RECHECK),
        Disagreement("5", GOOD, OK, RECHECK),
    ]
    assert tally(found) == Tally(wins=2, losses=2, ties=1, new_escapes=1, newly_stopped=1)


def test_the_evidence_is_the_mean_likelihood_ratio_of_the_shares_above_one_half() -> None:
    shares = (np.arange(200_000) + 0.5) / 400_000 + 0.5
    for wins, losses in ((0, 0), (3, 1), (7, 0), (2, 9), (40, 25)):
        ratios = (2 * shares) ** wins * (2 * (1 - shares)) ** losses
        assert evidence(wins, losses) == pytest.approx(math.log(ratios.mean()), abs=1e-4)


def test_the_evidence_of_a_fair_coin_stays_one_on_average() -> None:
    """At every number of labels the expectation is exactly 1: what the guarantee rests on."""
    for n in (1, 2, 5, 17):
        mean = sum(math.comb(n, k) * 0.5**n * math.exp(evidence(k, n - k)) for k in range(n + 1))
        assert mean == pytest.approx(1.0, abs=1e-9)


def test_many_labels_do_not_overflow() -> None:
    assert evidence(100_000, 90_000) > 100
    assert evidence(0, 100_000) < 0


def test_seven_won_in_a_row_promote_and_six_do_not() -> None:
    assert replace(NOTHING, wins=6).advice is Advice.KEEP_WATCHING
    assert replace(NOTHING, wins=7).advice is Advice.PROMOTE
    assert replace(NOTHING, losses=6).advice is Advice.KEEP_WATCHING
    assert replace(NOTHING, losses=7).advice is Advice.DISCARD


def test_one_new_escape_takes_many_won_parts_to_outweigh() -> None:
    needed = next(wins for wins in itertools.count() if replace(NOTHING, wins=wins).advice is Advice.PROMOTE)
    missed = replace(NOTHING, losses=1, new_escapes=1)
    with_one = next(wins for wins in itertools.count() if replace(missed, wins=wins).advice is Advice.PROMOTE)
    overkill = replace(NOTHING, losses=1)
    with_overkill = next(wins for wins in itertools.count() if replace(overkill, wins=wins).advice is Advice.PROMOTE)
    assert (needed, with_overkill) == (7, 10)
    assert with_one > 2 * with_overkill


def test_a_few_new_escapes_discard_whatever_is_won_elsewhere() -> None:
    assert replace(NOTHING, wins=30, losses=3, new_escapes=3).advice is not Advice.DISCARD
    assert replace(NOTHING, wins=30, losses=4, new_escapes=4).advice is Advice.DISCARD
    assert replace(NOTHING, wins=30, losses=4, new_escapes=4, newly_stopped=4).advice is not Advice.DISCARD


def test_ties_decide_nothing() -> None:
    assert replace(NOTHING, ties=1000).advice is Advice.KEEP_WATCHING


def played(chance: np.random.Generator, share: float, labels: int, rules: TrialRules) -> Advice:
    """What is advised first if somebody looks after every single label."""
    wins = 0
    for number, won in enumerate(chance.random(labels) < share, start=1):
        wins += bool(won)
        advice = Tally(wins, number - wins, 0, 0, 0, rules).advice
        if advice is not Advice.KEEP_WATCHING:
            return advice
    return Advice.KEEP_WATCHING


def test_whoever_looks_after_every_label_is_still_rarely_wrong() -> None:
    chance = np.random.default_rng(3)
    found = [played(chance, 0.5, 150, TrialRules()) for _ in range(300)]
    assert found.count(Advice.PROMOTE) / 300 <= 0.05
    assert found.count(Advice.DISCARD) / 300 <= 0.05


def test_a_challenger_that_wins_three_of_four_is_found_out() -> None:
    chance = np.random.default_rng(4)
    found = [played(chance, 0.75, 150, TrialRules()) for _ in range(60)]
    assert found.count(Advice.PROMOTE) > 55
    assert Advice.DISCARD not in found


def test_how_many_more_is_about_right_where_everything_goes_on() -> None:
    assert NOTHING.more_needed == 7
    early = replace(NOTHING, wins=3)
    assert early.more_needed is not None and 4 <= early.more_needed <= 12
    assert replace(NOTHING, wins=7).more_needed == 0
    with_ties = replace(early, ties=8)
    assert with_ties.more_needed is not None and with_ties.more_needed > early.more_needed


def test_an_even_match_needs_more_than_anybody_labels() -> None:
    even = replace(NOTHING, wins=50, losses=50)
    assert even.more_needed is None
    assert "more than 5000" in even.sentence()


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (NOTHING, "No disagreement is labelled yet.*at least 7 labelled"),
        (replace(NOTHING, wins=3), "3 labelled parts.*100%, 95 % interval 29% to 100%.*Keep watching: about"),
        (replace(NOTHING, wins=9), "enough to promote it"),
        (replace(NOTHING, losses=9, new_escapes=2), "2 defective parts would pass.*enough to discard it"),
    ],
)
def test_the_sentence_says_what_stands_behind_it(counted: Tally, words: str) -> None:
    assert re.search(words, counted.sentence())
