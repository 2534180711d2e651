"""A stored picture is run through a model once; what is remembered of it is what the model said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import Box
from inspector.errors import StoreError
from inspector.learning.evaluation import scores_of
from inspector.learning.impressions import Impressions
from inspector.pipeline.classify import Classifier
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, picture, publish


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture
def version(workspace: Workspace) -> ModelVersion:
    return publish(workspace, 1, brightness_model())


class Counted:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))


def test_an_impression_is_what_the_model_says_of_the_picture(workspace: Workspace, version: ModelVersion) -> None:
    digest = workspace.images.put(picture(1, 170))
    seen = Impressions(workspace, Recipe(RECIPE), version).of([digest])[digest]
    scores = scores_of(picture(1, 170), Recipe(RECIPE), Classifier(version.model, version.card, 1), None)
    assert seen is not None and scores is not None
    assert (seen.score, seen.leading_defect) == (scores.defect, scores.leading_defect)
    np.testing.assert_array_equal(seen.embedding, scores.embedding)


def test_a_picture_is_run_once_and_remembered_exactly(workspace: Workspace, version: ModelVersion) -> None:
    digests = [workspace.images.put(picture(number, 60 + 40 * number)) for number in range(3)]
    first, again = Counted(), Counted()
    told = Impressions(workspace, Recipe(RECIPE), version).of([*digests, digests[0]], first)
    kept = Impressions(workspace, Recipe(RECIPE), version).of(digests, again)
    assert first.told == [(1, 3), (2, 3), (3, 3)] and again.told == []
    for digest in digests:
        one, other = told[digest], kept[digest]
        assert one is not None and other is not None and one.score == other.score
        np.testing.assert_array_equal(one.embedding, other.embedding)


def test_what_is_damaged_in_the_cache_is_seen_again(workspace: Workspace, version: ModelVersion) -> None:
    digest = workspace.images.put(picture(1))
    impressions = Impressions(workspace, Recipe(RECIPE), version)
    impressions.of([digest])
    [file] = (workspace.cache / "impressions").rglob("*.npz")
    whole = file.read_bytes()
    for content in (b"", b"no archive", whole[: len(whole) // 2]):
        file.write_bytes(content)
        counted = Counted()
        assert impressions.of([digest], counted)[digest] is not None
        assert counted.told == [(1, 1)] and file.read_bytes() == whole


def test_a_part_that_is_not_found_is_remembered_as_such(workspace: Workspace, version: ModelVersion) -> None:
    searched = np.full((60, 80), 90, np.uint8)
    template = workspace.images.put(np.random.default_rng(0).integers(0, 255, (24, 24)).astype(np.uint8))
    locate = LocateSettings(LocateMode.TEMPLATE, template, Box(10, 10, 24, 24))
    digest = workspace.images.put(searched)
    counted = Counted()
    for _ in range(2):
        found = Impressions(workspace, replace(Recipe(RECIPE), locate=locate), version).of([digest], counted)
        assert found == {digest: None}
    assert counted.told == [(1, 1)]


def test_each_model_and_each_region_has_its_own(workspace: Workspace, version: ModelVersion) -> None:
    digest = workspace.images.put(picture(1))
    for recipe in (Recipe(RECIPE), replace(Recipe(RECIPE), roi=Box(0, 0, 16, 16))):
        Impressions(workspace, recipe, version).of([digest])
    assert len(list((workspace.cache / "impressions").iterdir())) == 2


def test_a_picture_that_is_gone_is_said_plainly(workspace: Workspace, version: ModelVersion) -> None:
    with pytest.raises(StoreError, match="0000000000"):
        Impressions(workspace, Recipe(RECIPE), version).of(["0" * 64])


def test_the_answer_is_in_the_order_asked_for_whatever_was_seen_before(
    workspace: Workspace, version: ModelVersion
) -> None:
    digests = [workspace.images.put(picture(seed)) for seed in range(4)]
    impressions = Impressions(workspace, workspace.recipes.load(RECIPE), version)
    impressions.of([digests[2]])
    assert list(impressions.of(digests)) == digests


def test_several_who_look_at_the_same_pictures_at_once_do_not_disturb_each_other(
    workspace: Workspace, version: ModelVersion
) -> None:
    """As two tabs of the screen do."""
    digests = [workspace.images.put(picture(seed)) for seed in range(80)]
    recipe = workspace.recipes.load(RECIPE)
    together = threading.Barrier(4)

    def look(_place: int) -> list[float]:
        together.wait(20)
        seen = Impressions(workspace, recipe, version).of(digests)
        return [one.score for one in seen.values() if one]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(look, range(4))
    assert len(first) == 80
    assert others == [first, first, first]
    assert not list(workspace.cache.rglob("*.new"))
