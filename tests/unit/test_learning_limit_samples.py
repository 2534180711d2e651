"""Limit samples: the most similar good part and defect that were taught, and how similar they are, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, UNLIKE, UNNAMED, Box, Example, Inspection, Label, Scores, SnapshotEntry, Split
from inspector.errors import ModelError, StoreError
from inspector.learning.limit_samples import LimitSample, LimitSamples, Nearest, gather
from inspector.learning.novelty import drawn
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import CLASSES, RECIPE
from tests.unit.learning_rooms import open_room
from tests.unit.store_entries import NOON, entry
from tests.unit.taught_rooms import DENT_LEVELS, GOOD_LEVELS, classes, inspected, plain, taught_as, teach

ALL = 10_000


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in which nothing was taught."""
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture
def workspace(room: Workspace) -> Workspace:
    """Twelve good parts, twelve dents and two scratches, and the brightness model in use that was taught them."""
    teach(room, taught_as(room, classes()))
    return room


def recipe(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


def samples_of(workspace: Workspace) -> LimitSamples:
    found = gather(workspace, recipe(workspace), ALL)
    assert found is not None
    return found


def at(samples: LimitSamples, level: float, part: str = "", digest: str = "") -> Nearest:
    return samples.nearest(np.full(3, level, np.float32), part, digest)


def parts(nearest: Nearest | None) -> tuple[str | None, str | None]:
    assert nearest is not None
    return nearest.good and nearest.good.part, nearest.defect and nearest.defect.part


# The nearest of each kind


def test_a_part_is_most_like_the_nearest_good_part_and_the_nearest_defect(workspace: Workspace) -> None:
    samples = samples_of(workspace)
    assert parts(at(samples, 90)) == ("p73", "p150")
    assert parts(at(samples, 48)) == ("p49", "p150")
    assert parts(at(samples, 228)) == ("p73", "p230")
    found = at(samples, 228).defect
    assert found is not None and found.defect_class == "scratch"
    assert workspace.images.get(found.digest)[0, 0] == 230


def test_a_distance_is_a_multiple_of_the_usual_one_between_taught_parts(workspace: Workspace) -> None:
    """Good parts lie 3 apart, dents 4, scratches 14 and 20: the middle of the 26 is 4."""
    good = at(samples_of(workspace), 93).good
    assert good is not None and good.distance == pytest.approx(20 / 4, rel=1e-3)
    assert (good.nearer, good.among) == (26, 26)


def test_it_is_held_against_how_far_the_taught_lie_from_their_own_nearest(workspace: Workspace) -> None:
    samples = samples_of(workspace)
    near, farther = at(samples, 72).good, at(samples, 83).good
    assert near is not None and near.nearer == 0
    assert farther is not None and farther.nearer == 24, "farther than 3 and 4, nearer than 14 and 20"


def test_a_record_of_the_ledger_is_looked_at_once(workspace: Workspace) -> None:
    record = inspected(workspace, 1, plain(95))
    assert parts(samples_of(workspace).of(record.inspection)) == ("p73", "p150")
    assert gather(workspace, recipe(workspace), 0) is not None
    workspace.images.path(record.inspection.frame_digest).unlink()
    assert parts(samples_of(workspace).of(record.inspection)) == ("p73", "p150")


def fresh(workspace: Workspace, level: int, model_id: str) -> Inspection:
    """As it comes from the line, its picture not on the disk."""
    inspection = entry(1, recipe=RECIPE, pixels=plain(level)).inspection
    seen = np.full(3, level, np.float32)
    scores = Scores(model_id, CLASSES, (0.0, 0.0, 0.0), 0.0, "dent", np.zeros((1, 1), np.float32), seen)
    return replace(inspection, scores=scores)


def test_of_a_part_fresh_from_the_line_no_picture_is_needed(workspace: Workspace) -> None:
    samples = samples_of(workspace)
    assert parts(samples.of(fresh(workspace, 228, recipe(workspace).model_id))) == ("p73", "p230")
    with pytest.raises(StoreError, match="the picture is not in this workspace"):
        samples.of(fresh(workspace, 228, "another model's"))


# Never itself


def test_a_part_is_not_shown_to_itself_under_its_name(workspace: Workspace) -> None:
    samples = samples_of(workspace)
    assert parts(at(samples, 50)) == ("p49", "p150")
    assert parts(at(samples, 50, part="p49")) == ("p52", "p150")


def test_nor_under_another_name_where_the_pixels_are_the_same(workspace: Workspace) -> None:
    record = inspected(workspace, 1, plain(150), serial="another")
    nearest = samples_of(workspace).of(record.inspection)
    assert parts(nearest) == ("p73", "p154")


def test_nor_as_a_twin_that_was_found_to_be_the_same_part(room: Workspace) -> None:
    """Written as `twin`, taught as `p49`: another picture of `twin` is of that part, too."""
    entries = taught_as(room, classes())
    written = [Example(one.digest, one.defect_class, "twin" if one.part == "p49" else one.part) for one in entries]
    room.ledger.add_examples(RECIPE, written)
    teach(room, entries)
    assert parts(at(samples_of(room), 50, part="other")) == ("p49", "p150")
    assert parts(at(samples_of(room), 50, part="twin")) == ("p52", "p150")


def test_where_there_is_no_other_there_is_none(room: Workspace) -> None:
    dents = dict.fromkeys(DENT_LEVELS, "dent")
    teach(room, taught_as(room, {**dents, 60: GOOD}))
    assert parts(at(samples_of(room), 60, part="p60")) == (None, "p150")


# Models of good parts alone


@pytest.fixture
def of_good_parts(room: Workspace) -> Workspace:
    """A model that knows good parts alone, with one that it suspected and did not learn."""
    entries = taught_as(room, dict.fromkeys(GOOD_LEVELS, GOOD))
    suspect = {"digest": next(one.digest for one in entries if one.part == "p73"), "part": "p73", "score": 8.0}
    teach(room, entries, classes=(GOOD, UNLIKE, "x"), results={"mode": "anomaly", "suspects": [suspect]})
    return room


def test_of_good_parts_alone_there_is_no_defect(of_good_parts: Workspace) -> None:
    samples = samples_of(of_good_parts)
    assert parts(at(samples, 90)) == ("p70", None)
    assert not samples.defects_taught


def test_a_defect_that_was_labelled_since_is_shown_and_a_golden_or_unnamed_one_is_not(of_good_parts: Workspace) -> None:
    nearer = inspected(of_good_parts, 1, plain(100), serial="golden")
    unnamed = inspected(of_good_parts, 2, plain(110))
    labelled = inspected(of_good_parts, 3, plain(190))
    for record, word in ((nearer, "dent"), (unnamed, UNNAMED), (labelled, "dent")):
        of_good_parts.ledger.add_label(Label(record.inspection.id, "mia", NOON, word))
    of_good_parts.ledger.add_golden(RECIPE, {nearer.inspection.part.group: "dent"})
    assert parts(at(samples_of(of_good_parts), 90)) == ("p70", labelled.inspection.part.group)


def test_what_a_classifier_was_not_taught_is_not_shown(workspace: Workspace) -> None:
    record = inspected(workspace, 1, plain(100))
    workspace.ledger.add_label(Label(record.inspection.id, "mia", NOON, "dent"))
    samples = samples_of(workspace)
    assert parts(at(samples, 99)) == ("p73", "p150") and samples.defects_taught


def test_golden_parts_are_not_shown(room: Workspace) -> None:
    golden = taught_as(room, {90: GOOD, 140: "dent"}, Split.GOLDEN)
    teach(room, [*taught_as(room, classes()), *golden])
    assert parts(at(samples_of(room), 91)) == ("p73", "p150")


# How much is looked at


def test_a_call_looks_at_so_many_pictures_and_the_next_goes_on(workspace: Workspace) -> None:
    looked: list[tuple[int, int]] = []
    calls = 1
    while gather(workspace, recipe(workspace), 10, lambda *step: looked.append(step)) is None:
        calls += 1
    assert calls == 3 and len(looked) == len(classes()) and {total for _, total in looked} == {10, 6}
    looked.clear()
    assert gather(workspace, recipe(workspace), 0, lambda *step: looked.append(step)) and looked == []


def test_of_many_pictures_the_classes_take_turns() -> None:
    many = [SnapshotEntry(f"{number:064x}", GOOD, f"g{number}", Split.TRAIN) for number in range(400)]
    few = [SnapshotEntry(f"{number:064x}", "dent", f"d{number}", Split.TRAIN) for number in range(1000, 1020)]
    chosen = drawn([*many, *few], 300)
    assert len(chosen) == 300 and set(few) <= set(chosen)


# What is missing or damaged


def test_without_a_model_or_with_one_of_another_region_it_is_said(workspace: Workspace) -> None:
    known = recipe(workspace)
    with pytest.raises(ModelError, match="there is no model yet"):
        gather(workspace, replace(known, model_id=""), ALL)
    with pytest.raises(ModelError, match="v9-00000000"):
        gather(workspace, replace(known, model_id="v9-00000000"), ALL)
    with pytest.raises(ModelError, match="another region"):
        gather(workspace, replace(known, roi=Box(0, 0, 9, 9)), ALL)


def test_a_list_of_what_was_taught_that_is_gone_or_damaged_is_said(workspace: Workspace) -> None:
    [file] = workspace.snapshots.glob("*.json")
    file.write_text(file.read_text(encoding="utf-8").replace("dent", "dint"), encoding="utf-8")
    with pytest.raises(StoreError, match="changed since it was saved"):
        gather(workspace, recipe(workspace), ALL)
    file.unlink()
    with pytest.raises(ModelError, match="what it was taught is not in this workspace"):
        gather(workspace, recipe(workspace), ALL)


def test_pictures_that_were_removed_are_not_shown_and_the_others_are(workspace: Workspace) -> None:
    first = at(samples_of(workspace), 90).good
    assert first is not None
    workspace.images.path(first.digest).unlink()
    assert parts(at(samples_of(workspace), 90)) == ("p70", "p150")


def test_of_a_handful_of_parts_nothing_is_said(room: Workspace) -> None:
    teach(room, taught_as(room, {40: GOOD, 50: GOOD, 180: "dent"}))
    with pytest.raises(ModelError, match=r"pictures of 3 parts that it was taught are here; expected .* at least 10"):
        gather(room, recipe(room), ALL)


def test_without_any_picture_nothing_is_said(workspace: Workspace) -> None:
    for picture in workspace.images.folder.rglob("*.png"):
        picture.unlink()
    with pytest.raises(ModelError, match="pictures of 0 parts"):
        gather(workspace, recipe(workspace), ALL)


def test_parts_that_all_look_the_same_say_nothing(room: Workspace) -> None:
    digest = room.images.put(plain(60))
    teach(room, [SnapshotEntry(digest, GOOD, f"p{number}", Split.TRAIN) for number in range(20)])
    with pytest.raises(ModelError, match="not all alike"):
        gather(room, recipe(room), ALL)


def test_what_is_damaged_in_the_cache_is_seen_again(workspace: Workspace) -> None:
    expected = at(samples_of(workspace), 90)
    for file in (workspace.cache / "impressions").rglob("*.npz"):
        file.write_bytes(b"no archive")
    assert at(samples_of(workspace), 90) == expected


def test_a_part_whose_picture_is_gone_or_shows_no_part_has_no_samples(room: Workspace) -> None:
    region = Box(0, 0, 32, 24)
    room.recipes.save(replace(recipe(room), roi=region))
    teach(room, taught_as(room, classes()), view_id=recipe(room).view_id)
    samples = samples_of(room)
    assert samples.of(inspected(room, 1, np.full((20, 20), 90, np.uint8)).inspection) is None
    gone = inspected(room, 2, plain(91))
    room.images.path(gone.inspection.frame_digest).unlink()
    with pytest.raises(StoreError, match="the picture is not in this workspace"):
        samples.of(gone.inspection)


# Words


@pytest.mark.parametrize(
    ("nearer", "among", "told", "said"),
    [
        (0, 26, (0, 26), "as near as taught pictures are"),
        (12, 26, (12, 26), "as near as taught pictures are"),
        (13, 26, (13, 26), "farther than 13 of 26 taught pictures from their nearest"),
        (297, 300, (99, 100), "farther than 99 of 100 taught pictures from their nearest"),
        (299, 300, (99, 100), "farther than 99 of 100 taught pictures from their nearest"),
        (300, 300, (100, 100), "farther than any taught picture from its nearest"),
        (26, 26, (26, 26), "farther than any taught picture from its nearest"),
    ],
)
def test_how_far_that_is_in_words(nearer: int, among: int, told: tuple[int, int], said: str) -> None:
    sample = LimitSample("0" * 64, "L7/12", "scratch", 2.345, nearer, among)
    assert sample.farther_than == told
    assert sample.words == f"L7/12, 2.3 times the usual distance, {said}"
