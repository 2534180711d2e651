"""Scores and misfires on a line against what a model was taught and released with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from inspector.domain import GOOD, Decision
from inspector.learning.scored import ScoredParts, parts_of
from inspector.learning.watching import signals
from inspector.learning.watching.reference import Reference
from inspector.learning.watching.seen import Audit, Seen
from inspector.learning.watching.signals import Signal
from inspector.metrics import Outcome, clopper_pearson
from inspector.recipe import Limits, Recipe
from tests.unit.learning_cards import RECIPE, card
from tests.unit.watched_lines import MONDAY

LIMITS = Limits(-1.0, 1.0)
DECISIONS = Counter({Decision.OK: 900, Decision.NG: 80, Decision.RECHECK: 20})
UNKNOWN = clopper_pearson(0, 0)


def golden(good: Sequence[float], bad: Sequence[float]) -> ScoredParts:
    outcomes = [Outcome(f"g{n}", GOOD, Decision.OK, score) for n, score in enumerate(good)]
    return parts_of([*outcomes, *(Outcome(f"b{n}", "dent", Decision.NG, score) for n, score in enumerate(bad))])


def reference(good: Sequence[float] = (), bad: Sequence[float] = (), held: ScoredParts | None = None) -> Reference:
    return Reference(
        recipe=Recipe(RECIPE, limits=LIMITS),
        card=card(1, b"model"),
        looks={},
        good=tuple(good),
        bad=tuple(bad),
        embeddings=np.zeros((0, 0), dtype=np.float32),
        farthest=float("inf"),
        golden=held or golden([], []),
        certificate=None,
        snapshot=None,
        impressions=None,  # type: ignore[arg-type]
    )


def scored(values: Sequence[float]) -> list[Seen]:
    return [Seen(MONDAY, Decision.OK, "", float(value), (), (20.0,), "") for value in values]


def one(found: Sequence[Signal]) -> Signal:
    assert len(found) == 1
    return found[0]


# Scores


def test_scores_that_gather_between_good_and_defective_have_moved() -> None:
    chance = np.random.default_rng(1)
    held = reference(chance.normal(-4, 1, 100), chance.normal(4, 1, 30))
    calm = one(list(signals.scores(held, scored(chance.normal(-4, 1, 150)))))
    moved = one(list(signals.scores(held, scored(chance.normal(0, 1, 150)))))
    assert calm.p == 1.0 and moved.p < 1e-9
    assert "no mix of good and defective parts as taught explains them" in moved.words


def test_a_line_without_defects_is_no_drift() -> None:
    chance = np.random.default_rng(2)
    held = reference(chance.normal(-4, 1, 60), chance.normal(4, 1, 60))
    found = one(list(signals.scores(held, scored(chance.normal(-4, 1, 300)))))
    assert found.p == 1.0 and found.figures["defective_share"] < 0.05


@pytest.mark.parametrize(("good", "bad", "live"), [(4, 50, 50), (50, 4, 50), (50, 50, 4)])
def test_from_a_handful_of_scores_nothing_is_said(good: int, bad: int, live: int) -> None:
    assert list(signals.scores(reference([0.0] * good, [1.0] * bad), scored([0.5] * live))) == []


# Misfires


def misfires(held: ScoredParts, audit: Audit, decisions: Counter[Decision] = DECISIONS) -> dict[str, Signal]:
    return {signal.name: signal for signal in signals.misfires(reference(held=held), audit, decisions)}


def test_audited_escapes_beyond_what_the_golden_set_makes_likely_are_found() -> None:
    held = golden([-5.0] * 60, [5.0] * 60)  # none of 60 missed: 1.1 % with even odds
    found = misfires(held, Audit(clopper_pearson(6, 120), UNKNOWN))
    assert set(found) == {"escapes"} and found["escapes"].p < 1e-7
    assert found["escapes"].words.startswith("6 of 120 audited parts that had passed were defective")
    few = misfires(held, Audit(clopper_pearson(0, 120), UNKNOWN))
    assert few["escapes"].p == 1.0


def test_what_the_golden_set_had_missed_already_is_expected() -> None:
    """A tenth of the defects passes; with 100 stopped of 1000 parts about 1.2 % of those passed are defective."""
    held = golden([-5.0] * 60, [5.0] * 54 + [-5.0] * 6)
    found = misfires(held, Audit(clopper_pearson(2, 120), UNKNOWN))
    assert found["escapes"].p > 0.1
    assert found["escapes"].figures["expected"] == pytest.approx(0.0138, abs=0.002)


def test_rejects_that_are_good_are_held_against_the_golden_overkill() -> None:
    held = golden([-5.0] * 100, [5.0] * 20)
    found = misfires(held, Audit(UNKNOWN, clopper_pearson(36, 40)))
    assert found["overkills"].p < 1e-9
    expected = found["overkills"].figures["expected"]
    assert expected == pytest.approx(0.0069 / 0.9931 * 900 / 80, rel=0.02)


def test_a_small_golden_set_makes_much_likely_and_raises_no_alarm_for_one_escape() -> None:
    held = golden([-5.0] * 5, [5.0] * 5)
    assert misfires(held, Audit(clopper_pearson(1, 40), UNKNOWN))["escapes"].p > 0.1


def test_without_a_golden_set_anything_is_possible() -> None:
    found = misfires(golden([], []), Audit(clopper_pearson(30, 40), clopper_pearson(30, 40)))
    assert {signal.p for signal in found.values()} == {1.0}


def test_a_line_that_stopped_nothing_can_still_be_found_out() -> None:
    held = golden([-5.0] * 60, [5.0] * 60)
    found = misfires(held, Audit(clopper_pearson(3, 60), UNKNOWN), Counter({Decision.OK: 1000}))
    assert found["escapes"].p < 1e-6


def test_without_an_audit_nothing_is_known() -> None:
    assert misfires(golden([0.0], [0.0]), Audit(UNKNOWN, UNKNOWN)) == {}
