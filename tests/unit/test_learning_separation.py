"""A loss of clearness is seen before a decision changes, and equal models are rarely suspected of one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from inspector.domain import GOOD, Decision
from inspector.learning.gate import GateRules, judge
from inspector.learning.separation import Blur, blurred, chance_of, separation
from inspector.metrics import Outcome
from inspector.pipeline.judge import decide
from inspector.recipe import Limits

LIMITS = Limits(-0.5, 0.5)
CLASSES = (GOOD, "dent", "scratch")
TRUTH = [GOOD] * 20 + ["dent"] * 10 + ["scratch"] * 10


def outcomes(scores: Sequence[float | None], truth: Sequence[str] = TRUTH) -> list[Outcome]:
    return [
        Outcome(f"{place:03d}", name, Decision.UNFIT if score is None else decide(score, LIMITS), score)
        for place, (score, name) in enumerate(zip(scores, truth, strict=True))
    ]


def scored(seed: int, noise: float = 0.0, weaker: str = "", by: float = 0.0) -> list[float]:
    """Scores of parts that are all decided rightly: the parts of one seed, seen by a model with its own noise."""
    parts = np.random.default_rng(seed)
    own = np.random.default_rng([seed, int(noise * 1000)])
    found = []
    for name in TRUTH:
        middle = -6.0 if name == GOOD else 6.0 - (by if name == weaker else 0.0)
        found.append(float(middle + parts.normal() + noise * own.normal()))
    return found


def found(before: Sequence[float | None], after: Sequence[float | None]) -> tuple[Blur, ...]:
    return blurred(outcomes(before), outcomes(after), 0.05, 0.01)


def test_the_same_model_is_as_clear_as_itself() -> None:
    assert found(scored(1), scored(1)) == ()


def test_another_scale_or_offset_of_the_scores_is_no_loss() -> None:
    assert found(scored(1), [3.0 * score - 40.0 for score in scored(1)]) == ()


def test_a_clearer_model_is_no_loss() -> None:
    assert found(scored(2, noise=1.5), scored(2)) == ()


def test_noise_in_the_scores_is_a_loss_though_every_part_is_decided_as_before() -> None:
    before, after = outcomes(scored(3)), outcomes(scored(3, noise=1.5))
    assert [part.decision for part in before] == [part.decision for part in after]
    (overall, *_) = blurred(before, after, 0.05, 0.01)
    assert overall.defect_class == "" and overall.after < overall.before
    report = judge(before, after, candidate_id="v2", champion_id="v1", classes=CLASSES, champion_classes=CLASSES)
    assert not report.passed and "less clearly apart from the good ones" in report.text()


def test_a_class_that_is_half_forgotten_is_named() -> None:
    losses = found(scored(4), scored(4, noise=0.2, weaker="dent", by=4.0))
    assert "dent" in [loss.defect_class for loss in losses]
    assert "scratch" not in [loss.defect_class for loss in losses]
    (dent,) = [loss for loss in losses if loss.defect_class == "dent"]
    assert (dent.defective, dent.good) == (10, 20)
    words = dent.sentence("learned")
    assert "the learned parts of class dent" in words and "10 defective, 20 good learned parts" in words


def test_a_model_that_says_the_same_of_everything_has_lost_it_all() -> None:
    (overall, *_) = found(scored(5), [0.0] * len(TRUTH))
    assert overall.after == 0.0 and overall.chance < 0.01


@pytest.mark.parametrize("odd", [None, math.inf, -math.inf, math.nan])
def test_a_part_without_a_score_is_left_out(odd: float | None) -> None:
    after: list[float | None] = [*scored(6)]
    after[0] = after[25] = odd
    assert found(scored(6), after) == ()


@pytest.mark.parametrize(("good", "bad"), [(4, 10), (10, 2)])
def test_of_too_few_parts_nothing_is_said(good: int, bad: int) -> None:
    truth = [GOOD] * good + ["dent"] * bad
    clear, blurry = [-9.0 + n / 9 for n in range(good)] + [9.0] * bad, [0.0] * (good + bad)
    assert blurred(outcomes(clear, truth), outcomes(blurry, truth), 0.05, 0.01) == ()


def test_separation_is_the_gap_in_spreads_of_the_good() -> None:
    bad = np.array([False, False, True, True])
    assert separation(np.array([-1.0, 1.0, 4.0, 6.0]), bad) == pytest.approx(5.0)
    assert separation(np.array([[-1.0, 1.0, 4.0, 6.0], [0.0, 2.0, 1.0, 1.0]]), bad) == pytest.approx([5.0, 0.0])


def test_equal_models_are_suspected_as_rarely_as_is_said() -> None:
    chances = []
    bad = np.array([name != GOOD for name in TRUTH])
    for seed in range(120):
        was, now = np.array(scored(seed, noise=0.8)), np.array(scored(seed, noise=0.801))
        chances.append(chance_of(was, now, bad))
    assert np.mean(np.array(chances) <= 0.05) <= 0.1
    assert 0.35 < float(np.mean(chances)) < 0.65


def test_it_is_the_same_at_every_call() -> None:
    assert found(scored(3), scored(3, noise=1.5)) == found(scored(3), scored(3, noise=1.5))


def test_it_can_be_left_out_by_the_rules() -> None:
    rules = GateRules(separation_alpha=0.0, class_alpha=0.0)
    assert judge(outcomes(scored(3)), outcomes(scored(3, noise=1.5)), rules).passed


# A class that was not taught


def test_a_class_that_the_candidate_was_not_taught_is_refused_though_its_golden_parts_are_stopped() -> None:
    report = judge(
        outcomes(scored(7)),
        outcomes(scored(7)),
        classes=(GOOD, "dent"),
        champion_classes=CLASSES,
    )
    assert not report.passed
    assert "not taught class scratch" in report.reasons[0] and "10 golden parts" in report.reasons[0]


def test_a_class_that_neither_knows_and_one_that_is_gone_from_the_golden_set_are_no_reason() -> None:
    before, after = outcomes(scored(7)), outcomes(scored(7))
    assert judge(before, after, classes=(GOOD, "dent"), champion_classes=(GOOD, "dent")).passed
    assert judge(before, after, classes=CLASSES, champion_classes=(*CLASSES, "burr")).passed
