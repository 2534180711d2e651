"""The limits in use: chosen on validation parts, proved on golden ones, and changed with a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from inspector.domain import GOOD, Example
from inspector.errors import GateRefused, ModelError
from inspector.learning.limits import LIMITS_SET, gather, new_escapes, use_limits
from inspector.learning.operating_point import DEFAULT_REVIEW, LeastCost, MaxEscape, MaxOverkill
from inspector.learning.promotion import promote, rollback
from inspector.learning.scored import weighted
from inspector.learning.snapshot import golden_set, take
from inspector.metrics import Proportion, clopper_pearson
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import compare_once, open_room, publish, teach

GOLDEN = {GOOD: [-4.0, -3.0], "dent": [1.0, 5.0]}
VALIDATION = {GOOD: [-6.0, -5.0, -2.0], "dent": [2.0, 3.0, None]}
BEFORE = Limits(0.0, 2.0)


def rows_of(scores: Mapping[str, Sequence[float | None]]) -> list[dict[str, Any]]:
    return [
        {"digest": f"v-{kind}-{place}", "part": f"v-{kind}-{place}", "defect_class": kind, "score": score}
        for kind, side in scores.items()
        for place, score in enumerate(side)
    ]


def golden_rows(workspace: Workspace) -> list[dict[str, Any]]:
    """A score for each golden picture of the workspace, by class."""
    scores = {kind: list(side) for kind, side in GOLDEN.items()}
    return [
        {"digest": one.digest, "score": scores[one.defect_class].pop(0), "leading_defect": "dent"}
        for one in golden_set(workspace, RECIPE).entries
    ]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as made:
        teach(made, {kind: [f"{kind}-{number}" for number in range(10)] for kind in (GOOD, "dent")})
        compare_once(made)
        take(made, RECIPE)
        yield made


def promoted(workspace: Workspace, **results: Any) -> ModelVersion:
    """A model in use at BEFORE."""
    number = len(workspace.versions.list(RECIPE)) + 1
    version = publish(workspace, number, limits=BEFORE, results={"golden": golden_rows(workspace), **results})
    promote(workspace, RECIPE, version.card.id, "anna", force_reason="a test")
    return version


def recipe_of(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


def test_limits_are_chosen_on_validation_and_proved_on_golden_parts(workspace: Workspace) -> None:
    evidence = gather(workspace, recipe_of(workspace), promoted(workspace, validation=rows_of(VALIDATION)))
    assert evidence.validated
    assert (evidence.validation.good.n, evidence.validation.bad.n) == (3, 3)
    choice = evidence.choose(MaxEscape(0.0), DEFAULT_REVIEW)
    assert -2.0 < choice.limits.recheck < choice.limits.reject < 2.0
    assert choice.remarks == ("1 parts were not found in one of their pictures: no limits let them pass.",)
    assert (evidence.proof(choice.limits).escape.value, evidence.proof(choice.limits).escape.n) == (0.0, 2)


def test_a_card_without_validation_scores_is_said_to_flatter(workspace: Workspace) -> None:
    version = promoted(workspace)
    evidence = gather(workspace, recipe_of(workspace), version)
    choice = evidence.choose(MaxOverkill(0.0), DEFAULT_REVIEW)
    assert not evidence.validated
    assert -3.0 < choice.limits.recheck < 1.0
    assert f"{version.card.id}: its card has no scores of validation parts" in choice.remarks[-1]


def test_validation_parts_of_one_kind_only_are_nothing_to_choose_on(workspace: Workspace) -> None:
    only_good = promoted(workspace, validation=rows_of({GOOD: [-6.0, -5.0]}))
    assert not gather(workspace, recipe_of(workspace), only_good).validated


def test_the_latest_word_on_a_picture_counts(workspace: Workspace) -> None:
    version = promoted(workspace, validation=rows_of(VALIDATION))
    workspace.ledger.add_examples(RECIPE, [Example("v-dent-0", GOOD, "v-dent-0")])
    evidence = gather(workspace, recipe_of(workspace), version)
    assert (evidence.validation.good.n, evidence.validation.bad.n) == (4, 2)


@pytest.mark.parametrize("rows", [[{"digest": "a"}], [7], 7, rows_of({GOOD: ["high"]})])  # type: ignore[list-item]
def test_a_card_with_other_rows_is_named(workspace: Workspace, rows: Any) -> None:
    version = promoted(workspace, validation=rows)
    with pytest.raises(ModelError, match=f"{version.card.id}: validation results: expected digest, part"):
        gather(workspace, recipe_of(workspace), version)


def test_the_claim_is_of_the_golden_parts_and_of_the_target(workspace: Workspace) -> None:
    evidence = gather(workspace, recipe_of(workspace), promoted(workspace))
    assert "1 of 2 defective test parts were missed" in evidence.claim(Limits(2.0, 3.0))
    assert "To claim at most 0.5% you need 598" in evidence.claim(Limits(0.0, 1.0), LeastCost(1.0, 1.0))
    assert "To claim at most 2.5% you need 119" in evidence.claim(Limits(0.0, 1.0), MaxEscape(0.025))


def test_new_limits_are_written_with_who_and_why(workspace: Workspace) -> None:
    version = promoted(workspace)
    changed = use_limits(workspace, RECIPE, Limits(-1.0, 2.5), "anna", reason=" fewer escapes ")
    assert recipe_of(workspace) == changed
    assert changed.limits == Limits(-1.0, 2.5)
    (event,) = workspace.ledger.events(LIMITS_SET, RECIPE)
    assert event.detail == {
        "who": "anna",
        "from": {"model": version.card.id, "recheck": 0.0, "reject": 2.0},
        "to": {"model": version.card.id, "recheck": -1.0, "reject": 2.5},
        "reason": "fewer escapes",
        "new_escapes": [],
    }
    assert [one.limits for one in workspace.recipes.history(RECIPE)][-2:] == [BEFORE, Limits(-1.0, 2.5)]


def test_a_golden_part_that_would_newly_pass_needs_a_reason(workspace: Workspace) -> None:
    version = promoted(workspace)
    recipe = recipe_of(workspace)
    (part,) = new_escapes(workspace, recipe, version, BEFORE, Limits(1.5, 2.0))
    with pytest.raises(GateRefused, match=rf"1 defective golden parts .* would pass with these limits: {part}\."):
        use_limits(workspace, RECIPE, Limits(1.5, 2.0), "anna", reason="  ")
    assert recipe_of(workspace) == recipe
    assert workspace.ledger.events(LIMITS_SET, RECIPE) == []
    use_limits(workspace, RECIPE, Limits(1.5, 2.0), "anna", reason="the customer agreed")
    assert workspace.ledger.events(LIMITS_SET, RECIPE)[0].detail["new_escapes"] == [part]


def test_limits_that_are_in_use_already_leave_no_trace(workspace: Workspace) -> None:
    promoted(workspace)
    assert use_limits(workspace, RECIPE, BEFORE, "anna") == recipe_of(workspace)
    assert workspace.ledger.events(LIMITS_SET, RECIPE) == []


def test_without_a_model_there_is_nothing_to_set(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="no model is in use"):
        use_limits(workspace, RECIPE, Limits(0.0, 1.0), "anna")


@pytest.mark.parametrize("limits", [Limits(1.0, 0.0), Limits(float("nan"), 0.0), Limits(0.0, float("inf"))])
def test_limits_that_no_recipe_takes_are_our_own_fault(workspace: Workspace, limits: Limits) -> None:
    promoted(workspace)
    with pytest.raises(ValueError, match="expected limits in order"):
        use_limits(workspace, RECIPE, limits, "anna")


def test_a_rollback_brings_back_the_limits_that_were_set(workspace: Workspace) -> None:
    promoted(workspace)
    use_limits(workspace, RECIPE, Limits(-1.5, 1.5), "anna")
    promoted(workspace)
    assert recipe_of(workspace).limits == BEFORE
    assert rollback(workspace, RECIPE, "anna").limits == Limits(-1.5, 1.5)


def test_a_sum_of_shares_has_an_interval_that_holds_all_of_them_at_once() -> None:
    good, bad = clopper_pearson(2, 100), clopper_pearson(5, 10)
    work = weighted((0.9, good), (0.1, bad), (0.0, clopper_pearson(0, 0)))
    assert work.value == pytest.approx(0.9 * 0.02 + 0.1 * 0.5)
    assert work.low < 0.9 * good.low + 0.1 * bad.low
    assert work.high > 0.9 * good.high + 0.1 * bad.high
    assert weighted((1.0, good)).low == good.low
    assert repr(weighted((2.0, Proportion(float("nan"), 0.0, 1.0, 0)))) == "Estimate(value=nan, low=0.0, high=2.0)"


def test_an_expected_cost_is_that_of_the_line(workspace: Workspace) -> None:
    evidence = gather(workspace, recipe_of(workspace), promoted(workspace))
    proof = evidence.proof(Limits(2.0, 4.0))  # one of two dents passes, the other is rejected; good parts pass
    assert LeastCost(100.0, 5.0, 1.0).expected(proof, 0.02).value == pytest.approx(0.02 * 100 * 0.5)
