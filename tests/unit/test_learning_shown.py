"""Good parts that are shown become Examples like any other, each picture once; the last one can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from inspector.devices.render import RenderSettings, render_part
from inspector.domain import GOOD, UNNAMED, Box, Example, Frame, FrameStatus, Pixels, Split
from inspector.errors import StoreError
from inspector.learning.dataset import import_dataset, read_dataset
from inspector.learning.shown import ShownParts
from inspector.learning.snapshot import part_counts, take
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.settings import Settings
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, picture, put_file, teach


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


def frame_of(pixels: Pixels, status: FrameStatus = FrameStatus.OK) -> Frame:
    return Frame(pixels, "simulated:line-1", 1, 1, datetime(2026, 3, 1, 8, 5, 7, tzinfo=UTC), 0, status=status)


def shown(workspace: Workspace, lot: str = "", recipe: Recipe | None = None) -> ShownParts:
    return ShownParts(workspace, recipe or workspace.recipes.load(RECIPE), lot)


def examples(workspace: Workspace) -> dict[str, Example]:
    return {example.part: example for example in workspace.ledger.examples(RECIPE)}


def test_each_part_is_an_example_under_a_name_of_its_own(workspace: Workspace) -> None:
    parts = shown(workspace)
    assert [parts.keep(frame_of(picture(seed))).part for seed in range(3)] == [
        "shown-00001",
        "shown-00002",
        "shown-00003",
    ]
    assert (parts.kept, parts.good_parts) == (3, 3)
    kept = examples(workspace)["shown-00002"]
    assert kept.defect_class == GOOD
    assert kept.digest == frame_of(picture(1)).digest
    assert np.array_equal(workspace.images.get(kept.digest), picture(1))
    assert workspace.settings.operator in kept.source
    assert "simulated:line-1" in kept.source and "2026-03-01 08:05:07 UTC" in kept.source


def test_a_snapshot_and_its_golden_set_see_them_like_any_other(workspace: Workspace) -> None:
    parts = shown(workspace)
    for seed in range(10):
        parts.keep(frame_of(picture(seed)))
    counts = part_counts(take(workspace, RECIPE, good_only=True))
    assert counts == {GOOD: {Split.TRAIN: 8, Split.GOLDEN: 2}}


def test_another_day_goes_on_counting_and_a_lot_stands_before_the_name(workspace: Workspace) -> None:
    shown(workspace).keep(frame_of(picture(1)))
    later = shown(workspace, "L7")
    assert later.good_parts == 1
    assert later.keep(frame_of(picture(2))).part == "L7/shown-00002"
    assert examples(workspace)["L7/shown-00002"].lot == "L7"
    assert shown(workspace).keep(frame_of(picture(3))).part == "shown-00003"


def test_the_name_of_a_golden_part_is_not_given_again(workspace: Workspace) -> None:
    workspace.ledger.add_golden(RECIPE, {"shown-00041": GOOD})
    assert shown(workspace).keep(frame_of(picture(1))).part == "shown-00042"


def test_good_parts_that_were_imported_count_too(workspace: Workspace) -> None:
    teach(workspace, {GOOD: ["a", "b"], "dent": ["c"]}, pictures_each=2)
    parts = shown(workspace)
    assert parts.good_parts == 2
    assert parts.keep(frame_of(picture(9))).good_parts == 3


def test_the_same_picture_never_becomes_two_parts(workspace: Workspace) -> None:
    parts = shown(workspace)
    parts.keep(frame_of(picture(1)))
    for again in (parts, shown(workspace)):
        said = again.keep(frame_of(picture(1)))
        assert (said.part, said.good_parts) == ("", 1)
        assert "very picture of part shown-00001" in said.why
        assert "lay the next part" in said.why
    assert list(examples(workspace)) == ["shown-00001"]


def test_a_picture_that_stands_as_a_defect_is_not_made_good(workspace: Workspace) -> None:
    digest = workspace.images.put(picture(4))
    workspace.ledger.add_examples(RECIPE, [Example(digest, "dent", "p7")])
    said = shown(workspace).keep(frame_of(picture(4)))
    assert said.part == ""
    assert "known as dent (part p7)" in said.why
    assert examples(workspace)["p7"].defect_class == "dent"


def test_a_picture_of_a_defect_that_nobody_has_named_is_not_made_good(workspace: Workspace) -> None:
    digest = workspace.images.put(picture(4))
    workspace.ledger.add_examples(RECIPE, [Example(digest, UNNAMED, "B1/9", "B1", source="a person")])
    said = shown(workspace).keep(frame_of(picture(4)))
    assert (said.part, said.good_parts) == ("", 0)
    assert "part B1/9" in said.why


def test_the_name_of_a_part_that_was_taken_back_is_not_given_again(workspace: Workspace) -> None:
    parts = shown(workspace)
    parts.keep(frame_of(picture(1)))
    parts.take_back()
    assert shown(workspace).keep(frame_of(picture(2))).part == "shown-00002"


def test_the_last_one_is_taken_back_and_then_the_one_before(workspace: Workspace) -> None:
    parts = shown(workspace)
    for seed in range(3):
        parts.keep(frame_of(picture(seed)))
    assert [parts.take_back(), parts.take_back()] == ["shown-00003", "shown-00002"]
    assert (parts.kept, parts.good_parts) == (1, 1)
    assert list(examples(workspace)) == ["shown-00001"]
    assert [parts.take_back(), parts.take_back()] == ["shown-00001", ""]
    assert examples(workspace) == {}


def test_what_was_taken_back_can_be_shown_or_imported_again(workspace: Workspace, tmp_path: Path) -> None:
    parts = shown(workspace)
    for seed in (1, 2):
        parts.keep(frame_of(picture(seed)))
        parts.take_back()
    assert parts.keep(frame_of(picture(1))).part == "shown-00003"
    put_file(tmp_path / "pictures", "good/a.png", 2)
    assert import_dataset(workspace, RECIPE, read_dataset(tmp_path / "pictures", "classes")).added == 1
    assert len(examples(workspace)) == 2


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (frame_of(np.zeros((0, 0), np.uint8), FrameStatus.MISSING), "no picture came"),
        (frame_of(picture(1), FrameStatus.INCOMPLETE), "incomplete"),
        (frame_of(np.zeros((0, 0), np.uint8), FrameStatus.FAILED), "the picture failed"),
        (frame_of(np.full((24, 32), 3, np.uint8)), "too dark"),
        (frame_of(np.full((24, 32), 254, np.uint8)), "too bright"),
        (frame_of(np.full((24, 32), 90, np.uint8)), "nothing in view"),
    ],
    ids=["missing", "incomplete", "failed", "dark", "bright", "empty"],
)
def test_what_must_not_be_judged_is_not_learned_either(workspace: Workspace, frame: Frame, why: str) -> None:
    said = shown(workspace).keep(frame)
    assert said.part == ""
    assert why in said.why
    assert workspace.ledger.examples(RECIPE) == []


def test_a_picture_out_of_focus_is_said(workspace: Workspace) -> None:
    recipe = workspace.recipes.load(RECIPE)
    strict = replace(recipe, fitness=replace(recipe.fitness, min_focus=1000.0))
    assert "out of focus" in shown(workspace, recipe=strict).keep(frame_of(picture(1))).why


def test_a_part_that_is_not_in_its_place_is_not_kept(workspace: Workspace) -> None:
    mark = workspace.images.put(picture(5)[:16, :16])
    place = LocateSettings(LocateMode.TEMPLATE, mark, Box(4, 4, 16, 16), search_px=2)
    parts = shown(workspace, recipe=replace(workspace.recipes.load(RECIPE), roi=Box(0, 0, 32, 24), locate=place))
    assert "not found in the picture" in parts.keep(frame_of(picture(6))).why


def test_a_part_that_was_not_changed_is_kept_and_said_to_look_the_same(workspace: Workspace) -> None:
    chance = np.random.default_rng(1)
    line = RenderSettings(seed=5, width=320, height=240)

    def shot(number: int) -> Frame:
        pixels = render_part(line, number).pixels
        return frame_of(np.clip(pixels + chance.normal(0, 1.5, pixels.shape), 0, 255).astype(np.uint8))

    parts = shown(workspace)
    assert [parts.keep(shot(number)).like for number in (0, 0, 1)] == ["", "shown-00001", ""]
    parts.take_back()
    assert parts.keep(shot(0)).like == "shown-00002", "it is held against the one that is kept"
    assert parts.good_parts == 3


def test_a_part_is_kept_where_it_is_found_however_bright_the_belt_in_its_usual_place(workspace: Workspace) -> None:
    mark = workspace.images.put(picture(5)[:16, :16])
    place = LocateSettings(LocateMode.TEMPLATE, mark, Box(0, 0, 16, 16), search_px=80)
    parts = shown(workspace, recipe=replace(workspace.recipes.load(RECIPE), roi=Box(0, 0, 32, 24), locate=place))
    belt = np.full((24, 96), 255, dtype=np.uint8)
    belt[:, 64:] = picture(5)
    assert parts.keep(frame_of(belt)).why == ""


def test_a_disk_that_is_nearly_full_is_said_and_what_was_shown_before_stays(workspace: Workspace) -> None:
    shown(workspace).keep(frame_of(picture(1)))
    tight = replace(workspace, settings=Settings(free_space_mb=10**6))
    parts = shown(tight)
    with pytest.raises(StoreError, match="nearly full"):
        parts.keep(frame_of(picture(2)))
    assert (parts.kept, parts.good_parts) == (0, 1)
    assert list(examples(workspace)) == ["shown-00001"]
