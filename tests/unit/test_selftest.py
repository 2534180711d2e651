"""A model's test of itself: which pictures it is held against, what stops the line, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.commission import TESTED, proven, setup_for, station_for
from inspector.doctor import examine
from inspector.domain import GOOD, Box
from inspector.errors import ModelError
from inspector.pipeline.assemble import Setup, view_of
from inspector.pipeline.classify import Classifier
from inspector.pipeline.selftest import TOLERANCE, SelfTest, drawn, self_test
from inspector.recipe import Limits, LocateMode, LocateSettings, Recipe
from inspector.station import StationState
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, picture, publish
from tests.unit.ready import ready_workspace

LEVELS = range(40, 220, 15)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(ready_workspace(tmp_path)) as opened:
        yield opened


def rows(workspace: Workspace, off: float = 0.0) -> list[dict[str, Any]]:
    """What the model says of twelve pictures, each score `off` by so much."""
    setup = setup_for(workspace, workspace.recipes.load(RECIPE))
    assert isinstance(setup.model, Classifier)
    found = []
    for number, level in enumerate(LEVELS):
        pixels = picture(number, level)
        score = setup.model.classify(view_of(pixels, setup.recipe, None, *setup.model.input_size)).defect
        digest = workspace.images.put(pixels)
        found.append({"digest": digest, "part": f"p{number}", "defect_class": GOOD, "score": score + off})
    return found


def promising(workspace: Workspace, golden: Any) -> Recipe:
    """The recipe with a model whose card holds these golden rows."""
    number = workspace.versions.next_number(RECIPE)
    version = publish(workspace, number, brightness_model(), results={"golden": golden})
    recipe = replace(workspace.recipes.load(RECIPE), model_id=version.card.id)
    workspace.recipes.save(recipe)
    return recipe


def setup_of(workspace: Workspace, golden: Any) -> Setup:
    return setup_for(workspace, promising(workspace, golden))


def events(workspace: Workspace) -> list[dict[str, Any]]:
    return [event.detail for event in workspace.ledger.events(TESTED, RECIPE)]


def test_on_the_pc_that_measured_it_a_model_says_the_same_to_the_bit(workspace: Workspace) -> None:
    setup = setup_of(workspace, rows(workspace))
    found = proven(workspace, setup)
    assert found == SelfTest(setup.model.model_id if setup.model else "", 10, 0.0)
    assert str(found) == "says of 10 golden pictures what its card says (to 0)"


def test_a_score_that_is_off_names_the_part_and_both_scores(workspace: Workspace) -> None:
    golden = rows(workspace)
    golden[3]["score"] += 2 * TOLERANCE
    with pytest.raises(
        ModelError, match=r"the self-test failed: golden part p3 \(picture [0-9a-f]{12}\): the card has"
    ):
        proven(workspace, setup_of(workspace, golden), at_most=12)


@pytest.mark.parametrize("off", [TOLERANCE / 2, -TOLERANCE / 2])
def test_what_another_processor_may_change_is_let_through_and_told(workspace: Workspace, off: float) -> None:
    found = proven(workspace, setup_of(workspace, rows(workspace, off)))
    assert found is not None
    assert found.largest_difference == pytest.approx(TOLERANCE / 2, abs=1e-6)


def test_the_pictures_nearest_to_a_limit_and_the_farthest_take_turns() -> None:
    golden = [{"score": score} for score in (-9.0, -1.1, 0.5, 1.05, 30.0, None, 3.0)]
    assert [row["score"] for row in drawn(golden, Limits(-1.0, 1.0))] == [1.05, 30.0, -1.1, -9.0, 0.5, 3.0]


@pytest.mark.parametrize("count", range(5))
def test_each_picture_is_drawn_once_however_many_there_are(count: int) -> None:
    golden = [{"score": float(score)} for score in range(count)]
    assert sorted(row["score"] for row in drawn(golden, Limits(0.0, 0.0))) == list(range(count))


def test_pictures_that_are_gone_or_damaged_are_passed_over(workspace: Workspace) -> None:
    golden = rows(workspace)
    for row in golden[:5]:
        workspace.images.path(row["digest"]).unlink()
    workspace.images.path(golden[5]["digest"]).write_bytes(b"half a picture")
    found = proven(workspace, setup_of(workspace, golden))
    assert found is not None and found.pictures == 6


def test_without_stored_pictures_that_is_said(workspace: Workspace) -> None:
    found = proven(workspace, setup_of(workspace, []))
    assert str(found) == "has no golden picture to test itself on"


def test_a_recipe_without_a_model_has_nothing_to_test(workspace: Workspace) -> None:
    assert self_test(Setup(Recipe(RECIPE)), lambda _: None, 10) is None


@pytest.mark.parametrize("golden", [{"a": 1}, [3], [{"digest": "x"}]])
def test_a_card_with_other_rows_is_refused_in_words(workspace: Workspace, golden: Any) -> None:
    with pytest.raises(ModelError, match="expected digest, part and score for each picture"):
        proven(workspace, setup_of(workspace, golden))


def test_a_golden_part_that_is_no_longer_found_fails(workspace: Workspace) -> None:
    """The card has a score, so the part was found when it was measured."""
    setup = setup_of(workspace, rows(workspace))
    sought = LocateSettings(LocateMode.TEMPLATE, "0" * 64, Box(0, 0, 8, 8), 2, 0.99)
    mark = np.indices((8, 8)).sum(axis=0).astype(np.uint8) % 2 * 255
    blind = Setup(replace(setup.recipe, roi=Box(4, 4, 16, 16), locate=sought), setup.model, mark)
    with pytest.raises(ModelError, match="this PC gives none"):
        proven(workspace, blind)


def test_a_station_tests_its_model_at_each_start_and_keeps_how_it_went(workspace: Workspace) -> None:
    recipe = promising(workspace, rows(workspace))
    station = station_for(workspace, recipe, lambda _: None)
    for _ in range(2):
        station.start()
        station.stop()
    assert events(workspace) == [{"model": recipe.model_id, "pictures": 2, "largest_difference": 0.0}] * 2


def test_a_station_whose_model_says_something_else_does_not_start(workspace: Workspace) -> None:
    recipe = promising(workspace, rows(workspace, off=1.0))
    station = station_for(workspace, recipe, lambda _: None)
    with pytest.raises(ModelError, match="no part is judged with a model that is not what was measured"):
        station.start()
    assert station.status.state is StationState.STOPPED
    (kept,) = events(workspace)
    assert "the self-test failed" in kept["problem"]


def test_a_model_that_fails_does_not_take_the_place_of_one_that_runs(workspace: Workspace) -> None:
    good = promising(workspace, rows(workspace))
    station = station_for(workspace, good, lambda _: None)
    station.start()
    try:
        with pytest.raises(ModelError, match="the self-test failed"):
            station.swap(setup_of(workspace, rows(workspace, off=1.0)))
        assert station.status.model_id == good.model_id
        assert station.status.state is StationState.RUNNING
    finally:
        station.stop()


def test_the_doctor_says_how_it_went(workspace: Workspace) -> None:
    promising(workspace, rows(workspace))
    (finding,) = (one for one in examine(workspace) if one.what == f"recipe {RECIPE}")
    assert "says of 10 golden pictures what its card says (to 0)" in finding.detail
    promising(workspace, json.loads(json.dumps(rows(workspace, off=1.0))))
    (finding,) = (one for one in examine(workspace) if one.what == f"recipe {RECIPE}")
    assert not finding.ok
    assert "the self-test failed" in finding.detail
