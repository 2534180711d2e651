"""The golden set under a model: read from its card, and measured with its own file where the card is silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Decision, Snapshot, SnapshotEntry, Split, picture_digest
from inspector.errors import ModelError, StoreError
from inspector.learning.golden import outcomes_of
from inspector.metrics import Outcome
from inspector.pipeline.assemble import view_of
from inspector.recipe import Limits, LocateMode, LocateSettings, Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, picture, publish

LIMITS = Limits(-1.0, 1.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


def golden(workspace: Workspace, *levels: int) -> Snapshot:
    """One golden part for each level of grey: good up to 120, dented above."""
    entries = [
        SnapshotEntry(
            workspace.images.put(picture(level, level)), GOOD if level <= 120 else "dent", f"p{level}", Split.GOLDEN
        )
        for level in levels
    ]
    return Snapshot(RECIPE, tuple(entries))


def expected_score(level: int) -> float:
    """What the brightness model says, from its definition: log-odds of dent or scratch against good."""
    view = view_of(picture(level, level), Recipe(RECIPE), None, 16, 16)
    return float(np.logaddexp((view.pixels.mean() - 120.0) / 10.0, -9.0))


def test_a_model_whose_card_is_silent_is_run(workspace: Workspace) -> None:
    version = publish(workspace, 1, brightness_model())
    found = outcomes_of(workspace, Recipe(RECIPE), version, golden(workspace, 60, 120, 180), LIMITS)
    assert [outcome.decision for outcome in found] == [Decision.OK, Decision.RECHECK, Decision.NG]
    assert [outcome.named for outcome in found] == [GOOD, "dent", "dent"]
    for outcome, level in zip(found, (60, 120, 180), strict=True):
        assert outcome.score == pytest.approx(expected_score(level), abs=1e-3)


def test_only_what_the_card_does_not_hold_is_measured(workspace: Workspace) -> None:
    snapshot = golden(workspace, 60, 180)
    told = {"digest": snapshot.entries[0].digest, "score": 99.0, "leading_defect": "scratch"}
    version = publish(workspace, 1, brightness_model(), results={"golden": [told]})
    first, second = outcomes_of(workspace, Recipe(RECIPE), version, snapshot, LIMITS)
    assert first == Outcome("p60", GOOD, Decision.NG, 99.0, "scratch")
    assert second.score == pytest.approx(expected_score(180), abs=1e-3)


def test_a_part_that_is_not_found_in_its_picture_opens_no_gate(workspace: Workspace) -> None:
    mark = picture(1)[:16, :16]
    settings = LocateSettings(LocateMode.TEMPLATE, workspace.images.put(mark), None, 4, 0.99)
    recipe = Recipe(RECIPE, locate=settings)
    version = publish(workspace, 1, brightness_model(), view_id=recipe.view_id)
    (outcome,) = outcomes_of(workspace, recipe, version, golden(workspace, 180), LIMITS)
    assert outcome == Outcome("p180", "dent", Decision.UNFIT, None)


def test_training_pictures_are_left_alone(workspace: Workspace) -> None:
    kept = golden(workspace, 60)
    lost = SnapshotEntry(picture_digest(picture(9)), GOOD, "t1", Split.TRAIN)
    version = publish(workspace, 1, brightness_model())
    snapshot = replace(kept, entries=(*kept.entries, lost))
    assert [o.part for o in outcomes_of(workspace, Recipe(RECIPE), version, snapshot, LIMITS)] == ["p60"]


def test_a_golden_picture_that_is_gone_is_named(workspace: Workspace) -> None:
    snapshot = golden(workspace, 60)
    path = workspace.images.path(snapshot.entries[0].digest)
    path.unlink()
    version = publish(workspace, 1, brightness_model())
    with pytest.raises(StoreError, match=path.name):
        outcomes_of(workspace, Recipe(RECIPE), version, snapshot, LIMITS)


@pytest.mark.parametrize("rows", [[{"digest": "d"}], [{"score": 1.0}], ["words"], {"not": "a list"}, 7])
def test_a_card_whose_golden_results_are_unreadable_is_refused(workspace: Workspace, rows: object) -> None:
    version = publish(workspace, 1, brightness_model(), results={"golden": rows})
    with pytest.raises(ModelError, match="golden results"):
        outcomes_of(workspace, Recipe(RECIPE), version, golden(workspace, 60), LIMITS)
