"""Unlike anything taught: by distances in the model's own embedding, measured on parts that it was taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Box, Decision, Record
from inspector.learning.novelty import NEIGHBOURS, taught, unlike
from inspector.learning.review import ReviewWhy, queue
from inspector.learning.snapshot import take
from inspector.recipe import Limits, Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, compare_once, open_room, picture, publish, teach
from tests.unit.store_entries import entry

CHANCE = np.random.default_rng(8)
CLOUD = CHANCE.normal(0.0, 1.0, (60, 12)).astype(np.float32)
PARTS = [f"{number}" for number in range(60)]


def far(steps: float) -> np.ndarray:
    return np.full((1, 12), steps, np.float32)


def test_what_lies_among_the_taught_is_ordinary_and_what_lies_far_is_strange() -> None:
    model = taught(CLOUD, PARTS)
    assert model is not None
    fresh = CHANCE.normal(0.0, 1.0, (200, 12)).astype(np.float32)
    assert (model.strangeness(fresh) > 1).mean() < 0.1
    assert model.strangeness(far(6.0))[0] > 1.5


def test_the_farther_the_stranger() -> None:
    model = taught(CLOUD, PARTS)
    assert model is not None
    strangeness = [float(model.strangeness(far(steps))[0]) for steps in (2.0, 4.0, 8.0)]
    assert strangeness == sorted(strangeness)


def test_pictures_of_the_same_part_do_not_make_each_other_ordinary() -> None:
    """Six pictures of each part, nearly alike: by picture all would lie close, by part they do not."""
    repeated = np.repeat(CLOUD, 6, axis=0) + CHANCE.normal(0, 1e-3, (360, 12)).astype(np.float32)
    by_part = taught(repeated, [part for part in PARTS for _ in range(6)])
    by_picture = taught(repeated, [f"{number}" for number in range(360)])
    assert by_part is not None and by_picture is not None
    assert by_part.threshold > 50 * by_picture.threshold


def test_a_loud_channel_does_not_drown_the_others() -> None:
    loud = CLOUD * np.array([1000.0, *[1.0] * 11], np.float32)
    model, plain = taught(loud, PARTS), taught(CLOUD, PARTS)
    assert model is not None and plain is not None
    odd = far(6.0)
    odd[0, 0] = 0.0
    assert model.strangeness(odd)[0] == pytest.approx(plain.strangeness(odd)[0], rel=0.4)


@pytest.mark.parametrize("count", [0, 1, NEIGHBOURS, 9])
def test_of_a_handful_of_parts_nothing_is_said(count: int) -> None:
    assert taught(CLOUD[:count], PARTS[:count]) is None
    assert taught(np.repeat(CLOUD[:count], 5, axis=0), [part for part in PARTS[:count] for _ in range(5)]) is None


def test_parts_that_all_look_the_same_allow_no_threshold() -> None:
    assert taught(np.ones((20, 12), np.float32), PARTS[:20]) is None


# In a workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Twelve good and twelve bad parts taught; the brightness model, whose embedding is one pixel's level, in use."""
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: [f"g{n}" for n in range(16)], "dent": [f"d{n}" for n in range(16)]})
        compare_once(opened)
        version = publish(opened, 1, brightness_model(), snapshot_id=take(opened, RECIPE).id)
        opened.recipes.save(Recipe(RECIPE, model_id=version.card.id, limits=Limits(-1.0, 1.0)))
        yield opened


def recipe(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


def inspected(workspace: Workspace, number: int, level: int) -> Record:
    pixels = picture(5000 + number, level)
    made = entry(number, recipe=RECIPE, decision=Decision.NG, pixels=pixels)
    workspace.images.put(pixels)
    workspace.ledger.append([made])
    return workspace.ledger.record(made.inspection.id)


def ids(records: list[Record]) -> list[str]:
    return [record.inspection.id for record in records]


def test_a_picture_like_none_before_is_found_and_its_like_are_not(workspace: Workspace) -> None:
    ordinary = [inspected(workspace, number, 60 if number % 2 else 180) for number in range(10)]
    strange = inspected(workspace, 20, 255)
    found = ids(unlike(workspace, recipe(workspace), [*ordinary, strange], 100))
    assert found[0] == strange.inspection.id
    assert len(found) < 5, "one part in a hundred, and more where so few were taught"


def test_it_stands_in_the_queue_with_its_reason(workspace: Workspace) -> None:
    for number in range(10):
        inspected(workspace, number, 60)
    strange = inspected(workspace, 20, 255)
    novel = [item for item in queue(workspace, RECIPE) if item.why is ReviewWhy.NOVEL]
    assert novel[0].record.inspection.id == strange.inspection.id and len(novel) < 5


def test_a_call_looks_at_so_many_pictures_and_the_next_goes_on(workspace: Workspace) -> None:
    strange = inspected(workspace, 20, 255)
    looked: list[tuple[int, int]] = []
    calls = 0
    while not (found := unlike(workspace, recipe(workspace), [strange], 5, lambda *step: looked.append(step))):
        calls += 1
        assert calls < 20
    assert ids(found) == ids([strange]) and calls > 3
    assert {total for _, total in looked} <= {1, 2, 3, 4, 5}
    looked.clear()
    assert unlike(workspace, recipe(workspace), [strange], 5, lambda *step: looked.append(step)) and looked == []


def test_without_model_snapshot_or_a_fitting_region_nothing_is_said_and_nothing_fails(workspace: Workspace) -> None:
    strange = inspected(workspace, 20, 255)
    known = recipe(workspace)
    assert unlike(workspace, replace(known, model_id=""), [strange], 100) == []
    assert unlike(workspace, replace(known, model_id="v9-00000000"), [strange], 100) == []
    assert unlike(workspace, replace(known, roi=Box(0, 0, 9, 9)), [strange], 100) == []
    for file in workspace.snapshots.glob("*.json"):
        file.unlink()
    assert unlike(workspace, known, [strange], 100) == []


def test_a_picture_that_was_not_kept_is_left_out(workspace: Workspace) -> None:
    made = entry(40, recipe=RECIPE, pixels=picture(9999, 255))
    workspace.ledger.append([replace(made, pixels=None)])
    assert unlike(workspace, recipe(workspace), [workspace.ledger.record(made.inspection.id)], 100) == []
