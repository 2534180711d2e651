"""Promotion: only with a passed gate or a stated reason, always on record, and taken back step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.domain import GOOD, Decision
from inspector.errors import GateRefused, ModelError
from inspector.learning.gate import GateReport, judge
from inspector.learning.promotion import PROMOTED, ROLLED_BACK, history, promote, rollback
from inspector.metrics import Outcome
from inspector.recipe import Limits, Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, publish


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


def answer(candidate: str, champion: str | None, *, passes: bool = True) -> GateReport:
    right = [Outcome(f"g{n}", GOOD, Decision.OK, -4.0) for n in range(6)]
    right += [Outcome(f"d{n}", "dent", Decision.NG, 4.0) for n in range(6)]
    asleep = [Outcome(part.part, part.defect_class, Decision.OK, part.score) for part in right]
    return judge(right, right if passes else asleep, champion_id=champion, candidate_id=candidate)


def promoted(workspace: Workspace, number: int, **promises: object) -> str:
    """Publish a model and promote it through a passed gate."""
    model_id = publish(workspace, number, **promises).card.id
    running = workspace.recipes.load(RECIPE).model_id or None
    promote(workspace, RECIPE, model_id, "mia", report=answer(model_id, running))
    return model_id


def test_a_passed_gate_puts_the_model_and_its_limits_into_the_recipe(workspace: Workspace) -> None:
    before = workspace.recipes.load(RECIPE)
    model_id = publish(workspace, 1, limits=Limits(-0.5, 2.5)).card.id
    changed = promote(workspace, RECIPE, model_id, "mia", report=answer(model_id, None))
    assert changed == workspace.recipes.load(RECIPE)
    assert (changed.model_id, changed.limits) == (model_id, Limits(-0.5, 2.5))
    assert (changed.camera, changed.locate, changed.view_id) == (before.camera, before.locate, before.view_id)


def test_a_promotion_is_on_record_with_the_gates_answer(workspace: Workspace) -> None:
    model_id = promoted(workspace, 1)
    (event,) = workspace.ledger.events(PROMOTED, RECIPE)
    assert event.detail["who"] == "mia"
    assert event.detail["to"] == {"model": model_id, "recheck": -1.0, "reject": 1.0}
    assert event.detail["gate"]["passed"] is True


def test_a_refused_candidate_stays_out_and_the_reason_is_the_error(workspace: Workspace) -> None:
    first = promoted(workspace, 1)
    second = publish(workspace, 2).card.id
    with pytest.raises(GateRefused, match=r"6 defective parts that are stopped today would pass"):
        promote(workspace, RECIPE, second, "mia", report=answer(second, first, passes=False))
    assert workspace.recipes.load(RECIPE).model_id == first
    assert len(workspace.ledger.events(PROMOTED, RECIPE)) == 1


def test_without_a_gate_nothing_is_promoted(workspace: Workspace) -> None:
    model_id = publish(workspace, 1).card.id
    with pytest.raises(GateRefused, match="run the gate first"):
        promote(workspace, RECIPE, model_id, "mia")
    with pytest.raises(GateRefused, match="run the gate first"):
        promote(workspace, RECIPE, model_id, "mia", force_reason="  ")


def test_a_stated_reason_promotes_without_and_is_on_record(workspace: Workspace) -> None:
    model_id = publish(workspace, 1).card.id
    promote(workspace, RECIPE, model_id, "mia", force_reason="line trial agreed with quality")
    assert workspace.recipes.load(RECIPE).model_id == model_id
    assert workspace.ledger.events(PROMOTED, RECIPE)[0].detail["force_reason"] == "line trial agreed with quality"


def test_an_answer_about_another_pair_of_models_is_no_answer(workspace: Workspace) -> None:
    first = promoted(workspace, 1)
    second, third = (publish(workspace, number).card.id for number in (2, 3))
    for report in (answer(third, first), answer(second, None), answer(second, third)):
        with pytest.raises(GateRefused, match="run the gate again"):
            promote(workspace, RECIPE, second, "mia", report=report)


def test_a_model_for_another_region_is_refused_even_with_a_reason(workspace: Workspace) -> None:
    model_id = publish(workspace, 1, view_id="elsewhere").card.id
    with pytest.raises(ModelError, match="ROI or alignment changed"):
        promote(workspace, RECIPE, model_id, "mia", force_reason="please")


def test_a_model_that_is_not_there_or_was_changed_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="no such model version"):
        promote(workspace, RECIPE, "v9-00000000", "mia", force_reason="please")
    version = publish(workspace, 1)
    version.model.chmod(0o644)
    version.model.write_bytes(b"changed")
    with pytest.raises(ModelError, match="SHA-256"):
        promote(workspace, RECIPE, version.card.id, "mia", force_reason="please")


# Back again


def test_a_rollback_is_one_step_with_the_limits_of_then(workspace: Workspace) -> None:
    first = promoted(workspace, 1)
    tuned = Recipe(RECIPE, model_id=first, limits=Limits(0.25, 0.75))
    workspace.recipes.save(tuned)
    promoted(workspace, 2)
    assert rollback(workspace, RECIPE, "ben") == tuned == workspace.recipes.load(RECIPE)
    assert workspace.ledger.events(ROLLED_BACK, RECIPE)[0].detail["who"] == "ben"


def test_rollbacks_go_on_to_the_first_model_and_no_further(workspace: Workspace) -> None:
    models = [promoted(workspace, number) for number in (1, 2, 3)]
    assert [rollback(workspace, RECIPE, "mia").model_id for _ in range(2)] == [models[1], models[0]]
    with pytest.raises(GateRefused, match=f"no model before {models[0]}"):
        rollback(workspace, RECIPE, "mia")
    assert workspace.recipes.load(RECIPE).model_id == models[0]


def test_a_promotion_after_a_rollback_starts_from_there(workspace: Workspace) -> None:
    first, _ = promoted(workspace, 1), promoted(workspace, 2)
    rollback(workspace, RECIPE, "mia")
    promoted(workspace, 3)
    assert rollback(workspace, RECIPE, "mia").model_id == first


def test_without_any_promotion_there_is_nothing_to_go_back_to(workspace: Workspace) -> None:
    with pytest.raises(GateRefused, match="no model before the first"):
        rollback(workspace, RECIPE, "mia")


def test_a_model_that_a_person_wrote_into_the_recipe_has_no_known_past(workspace: Workspace) -> None:
    promoted(workspace, 1)
    workspace.recipes.save(Recipe(RECIPE, model_id=publish(workspace, 2).card.id))
    with pytest.raises(GateRefused, match="no model before"):
        rollback(workspace, RECIPE, "mia")


def test_a_damaged_earlier_model_does_not_come_back(workspace: Workspace) -> None:
    first, second = promoted(workspace, 1), promoted(workspace, 2)
    model = workspace.versions.load(RECIPE, first).model
    model.chmod(0o644)
    model.write_bytes(b"changed")
    with pytest.raises(ModelError, match="SHA-256"):
        rollback(workspace, RECIPE, "mia")
    assert workspace.recipes.load(RECIPE).model_id == second


def test_a_promotion_that_was_noted_and_never_came_to_pass_does_no_harm(workspace: Workspace) -> None:
    """As after a power cut between the event and the recipe."""
    first = promoted(workspace, 1)
    second = publish(workspace, 2).card.id
    standing = workspace.recipes.load(RECIPE)
    promote(workspace, RECIPE, second, "mia", report=answer(second, first))
    workspace.recipes.save(standing)
    promote(workspace, RECIPE, second, "mia", report=answer(second, first))
    assert rollback(workspace, RECIPE, "mia").model_id == first


# Lineage


def test_the_history_shows_lineage_use_and_times(workspace: Workspace) -> None:
    first = promoted(workspace, 1)
    second = promoted(workspace, 2, parent=first)
    publish(workspace, 3, parent=second)
    rollback(workspace, RECIPE, "mia")
    versions = history(workspace, RECIPE)
    assert [version.card.number for version in versions] == [1, 2, 3]
    assert [version.in_use for version in versions] == [True, False, False]
    assert [version.parent for version in versions] == [None, first, second]
    assert [len(version.promoted_at) for version in versions] == [2, 1, 0]
