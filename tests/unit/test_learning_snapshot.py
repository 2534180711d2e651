"""Snapshots: no part on both sides, golden parts for ever, and the same choice on every PC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.domain import GOOD, UNLIKE, UNNAMED, Box, Example, Label, Region, Snapshot, Split, Stroke, picture_digest
from inspector.errors import DatasetError, StoreError
from inspector.learning.snapshot import entry_of, file_of, golden_set, load, part_counts, remarks, save, take
from inspector.regions import mask
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, picture, publish, teach
from tests.unit.store_entries import NOON, entry


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


def named(prefix: str, count: int, first: int = 0) -> list[str]:
    return [f"{prefix}{number}" for number in range(first, first + count)]


def golden_parts(snapshot: Snapshot) -> set[str]:
    return {entry.part for entry in snapshot.only(Split.GOLDEN)}


def test_no_part_stands_on_both_sides_and_every_class_gives_its_share(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 20), "dent": named("d", 7), "scratch": named("s", 2)}, pictures_each=3)
    snapshot = take(workspace, RECIPE)
    assert len(snapshot.entries) == 29 * 3
    assert not golden_parts(snapshot) & {entry.part for entry in snapshot.only(Split.TRAIN)}
    golden = {name: split[Split.GOLDEN] for name, split in part_counts(snapshot).items()}
    assert golden == {GOOD: 4, "dent": 2, "scratch": 1}
    assert golden_parts(snapshot) == set(workspace.ledger.golden(RECIPE))


def test_taking_twice_is_the_same_snapshot(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 9), "dent": named("d", 9)})
    assert take(workspace, RECIPE) == take(workspace, RECIPE)


def test_the_choice_does_not_hang_on_the_order_of_arrival(tmp_path: Path) -> None:
    parts = {GOOD: named("g", 12), "dent": named("d", 8)}
    chosen = []
    for turn in (1, -1):
        with open_room(tmp_path / str(turn)) as workspace:
            teach(workspace, {name: members[::turn] for name, members in list(parts.items())[::turn]})
            chosen.append(golden_parts(take(workspace, RECIPE)))
    assert chosen[0] == chosen[1]


def test_golden_parts_stay_golden_while_parts_are_added(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 10), "dent": named("d", 5)})
    first = golden_parts(take(workspace, RECIPE))
    teach(workspace, {GOOD: named("g", 40, first=10), "dent": named("d", 1, first=5)})
    second = take(workspace, RECIPE)
    assert first < golden_parts(second)
    assert part_counts(second)[GOOD][Split.GOLDEN] == 10
    assert part_counts(second)["dent"][Split.GOLDEN] == 2


def test_what_a_model_has_learned_from_never_becomes_its_test(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 10), "dent": named("d", 5)})
    first = take(workspace, RECIPE)
    publish(workspace, 1, snapshot_id=first.id)
    teach(workspace, {GOOD: named("g", 3, first=10)})
    second = take(workspace, RECIPE, golden_share=0.5)
    learned = {entry.part for entry in first.only(Split.TRAIN)}
    assert not golden_parts(second) & learned
    assert golden_parts(second) - golden_parts(first) == {"g10", "g11", "g12"}


def test_a_few_new_labels_mostly_go_to_training(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 40), "dent": named("d", 20)})
    first = take(workspace, RECIPE)
    publish(workspace, 1, snapshot_id=first.id)
    teach(workspace, {"burr": named("b", 10)})
    assert part_counts(take(workspace, RECIPE))["burr"] == {Split.TRAIN: 8, Split.GOLDEN: 2}


def test_a_class_with_one_part_is_learned_and_said_to_be_unguarded(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5), "burr": ["b0"]})
    snapshot = take(workspace, RECIPE)
    assert part_counts(snapshot)["burr"] == {Split.TRAIN: 1, Split.GOLDEN: 0}
    (remark,) = remarks(snapshot)
    assert "class burr" in remark
    assert "at least 2 parts" in remark


def test_a_part_with_a_defect_on_one_picture_counts_as_defective(workspace: Workspace) -> None:
    teach(workspace, {GOOD: [*named("g", 4), "mixed"], "dent": ["mixed", "d1"]})
    snapshot = take(workspace, RECIPE)
    sides = {entry.split for entry in snapshot.entries if entry.part == "mixed"}
    assert len(sides) == 1
    assert workspace.ledger.golden(RECIPE).get("mixed", "dent") == "dent"


def test_the_latest_label_counts_and_an_unnamed_defect_waits(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5)})
    for number, word in ((71, "dent"), (72, UNNAMED)):
        seen = entry(number, recipe=RECIPE, pixels=picture(number))
        workspace.images.put(picture(number))
        workspace.ledger.append([seen])
        workspace.ledger.add_label(Label(seen.inspection.id, "mia", NOON, GOOD))
        workspace.ledger.add_label(Label(seen.inspection.id, "mia", NOON, word))
    by_part = {entry.part: entry.defect_class for entry in take(workspace, RECIPE).entries}
    assert by_part["L7/S000071"] == "dent"
    assert "L7/S000072" not in by_part


def test_an_imported_defect_without_a_name_is_not_learned(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5), UNNAMED: ["u1", "u2"]})
    assert UNNAMED not in take(workspace, RECIPE).classes


def test_a_class_whose_only_parts_are_golden_waits_for_one_to_learn_from(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5)})
    (held,) = (entry for entry in take(workspace, RECIPE).only(Split.GOLDEN) if entry.defect_class == "dent")
    workspace.ledger.add_examples(RECIPE, [Example(held.digest, "fray", held.part)])
    snapshot = take(workspace, RECIPE)
    assert "fray" not in snapshot.classes
    teach(workspace, {"fray": ["f1"]})
    again = take(workspace, RECIPE)
    assert {e.part: e.split for e in again.entries if e.defect_class == "fray"} == {
        held.part: Split.GOLDEN,
        "f1": Split.TRAIN,
    }


@pytest.mark.parametrize("parts", [{}, {GOOD: ["g1", "g2"]}, {"dent": ["d1", "d2"]}])
def test_without_good_parts_or_defects_there_is_nothing_to_learn(
    workspace: Workspace, parts: dict[str, list[str]]
) -> None:
    teach(workspace, parts)
    with pytest.raises(DatasetError, match="needs good parts and at least one class of defects"):
        take(workspace, RECIPE)
    assert workspace.ledger.golden(RECIPE) == {}


@pytest.mark.parametrize(
    ("parts", "named_mode"), [({}, False), ({GOOD: ["g1", "g2"]}, True), ({"dent": ["d1"]}, False)]
)
def test_whoever_has_good_parts_alone_is_told_of_the_mode_for_them(
    workspace: Workspace, parts: dict[str, list[str]], named_mode: bool
) -> None:
    teach(workspace, parts)
    with pytest.raises(DatasetError) as caught:
        take(workspace, RECIPE)
    assert str(caught.value).endswith("or learn from the good parts alone (mode anomaly)") is named_mode


def test_good_parts_alone_will_do_where_that_was_asked_for(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5)})
    snapshot = take(workspace, RECIPE, good_only=True)
    assert part_counts(snapshot) == {GOOD: {Split.TRAIN: 4, Split.GOLDEN: 1}}
    assert golden_parts(snapshot) == set(workspace.ledger.golden(RECIPE))
    assert load(file_of(workspace, snapshot.id)) == snapshot


def test_defects_that_are_there_are_held_back_also_for_a_model_from_good_parts_alone(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 10), "dent": named("d", 5)})
    alone = take(workspace, RECIPE, good_only=True)
    assert part_counts(alone)["dent"][Split.GOLDEN] == 1
    assert take(workspace, RECIPE) == alone


def test_the_golden_parts_of_the_first_day_stay_golden_when_defects_come(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 10)})
    first = take(workspace, RECIPE, good_only=True)
    publish(workspace, 1, snapshot_id=first.id, classes=(GOOD, UNLIKE))
    teach(workspace, {"dent": named("d", 5)})
    second = take(workspace, RECIPE)
    assert golden_parts(first) < golden_parts(second)
    assert not golden_parts(second) & {entry.part for entry in first.only(Split.TRAIN)}


@pytest.mark.parametrize(("parts", "defective"), [({}, 0), ({"dent": ["d1", "d2"]}, 1)])
def test_without_a_good_part_there_is_nothing_to_learn_from_good_parts_alone(
    workspace: Workspace, parts: dict[str, list[str]], defective: int
) -> None:
    teach(workspace, parts)
    with pytest.raises(DatasetError) as caught:
        take(workspace, RECIPE, good_only=True)
    assert str(caught.value) == (
        f"recipe {RECIPE}: a model needs good parts to learn from; received 0 good and {defective} defective parts; "
        "import a dataset or label some parts"
    )
    assert workspace.ledger.golden(RECIPE) == {}


def test_a_share_of_nothing_holds_nothing_back(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5)})
    assert golden_parts(take(workspace, RECIPE, golden_share=0.0)) == set()


def test_a_share_that_leaves_too_little_to_learn_from_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="golden share"):
        take(workspace, RECIPE, golden_share=0.6)


def test_todays_golden_set_has_the_latest_words(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5), "burr": named("b", 3)})
    snapshot = take(workspace, RECIPE)
    assert golden_set(workspace, RECIPE).entries == snapshot.only(Split.GOLDEN)
    (dented,) = (e for e in snapshot.only(Split.GOLDEN) if e.defect_class == "dent")
    workspace.ledger.add_examples(RECIPE, [Example(dented.digest, "burr", dented.part)])
    assert replace(dented, defect_class="burr") in golden_set(workspace, RECIPE).entries


# Files


def test_a_saved_snapshot_comes_back(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5)})
    snapshot = take(workspace, RECIPE)
    assert load(file_of(workspace, snapshot.id)) == snapshot


def test_what_marks_a_defect_goes_with_its_picture_and_is_part_of_the_snapshot(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    plain = take(workspace, RECIPE)
    assert {entry.mask for entry in plain.entries} == {""}
    marked = Snapshot(RECIPE, tuple(replace(entry, mask="m" * 64) for entry in plain.entries))
    assert marked.id != plain.id
    assert load(save(marked, workspace.snapshots)) == marked
    example = workspace.ledger.examples(RECIPE)[0]
    assert entry_of(replace(example, mask_digest="m" * 64), Split.TRAIN).mask == "m" * 64


BOX, STROKE = Box(2, 3, 9, 5), Stroke(((4, 20), (30, 20)), 3)


def labelled(workspace: Workspace, number: int, word: str, *regions: Region) -> str:
    """An inspection with its picture and a word; its picture's digest."""
    seen = entry(number, recipe=RECIPE, pixels=picture(number))
    workspace.images.put(picture(number))
    workspace.ledger.append([seen])
    workspace.ledger.add_label(Label(seen.inspection.id, "mia", NOON, word, regions))
    return seen.inspection.frame_digest


def masks_of(snapshot: Snapshot) -> dict[str, str]:
    return {entry.digest: entry.mask for entry in snapshot.entries if entry.mask}


def test_what_a_label_marks_becomes_the_mask_of_its_picture(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    marked = labelled(workspace, 71, "dent", BOX, STROKE)
    labelled(workspace, 72, "dent")
    labelled(workspace, 73, GOOD, BOX)
    snapshot = take(workspace, RECIPE)
    (digest,) = masks_of(snapshot).items()
    assert digest[0] == marked
    stored = workspace.images.get(digest[1], verify=True)
    np.testing.assert_array_equal(stored, mask([BOX, STROKE], *picture(71).shape))
    assert workspace.images.path(digest[1]) not in workspace.orphans()


def test_the_same_marks_are_the_same_snapshot_on_every_pc(tmp_path: Path) -> None:
    ids = []
    for name in ("here", "there"):
        with open_room(tmp_path / name) as workspace:
            teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
            labelled(workspace, 71, "dent", BOX, STROKE)
            first = take(workspace, RECIPE)
            files = list(workspace.images.files())
            assert take(workspace, RECIPE).id == first.id
            assert list(workspace.images.files()) == files
            ids.append(first.id)
    assert ids[0] == ids[1]


def test_a_later_label_marks_the_defect_elsewhere_and_takes_marks_back(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    digest = labelled(workspace, 71, "dent", BOX)
    (record,) = workspace.ledger.records(RECIPE)
    first = take(workspace, RECIPE)
    for regions in ((STROKE,), ()):
        workspace.ledger.add_label(Label(record.inspection.id, "mia", NOON, "dent", regions))
        snapshot = take(workspace, RECIPE)
        assert snapshot.id != first.id
        assert masks_of(snapshot).get(digest) == (picture_digest(mask(regions, 24, 32)) if regions else None)


def test_marks_count_before_an_imported_mask_and_none_leaves_it(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    kept, replaced = labelled(workspace, 71, "dent"), labelled(workspace, 72, "dent", BOX)
    imported = workspace.images.put(mask([STROKE], 24, 32))
    workspace.ledger.add_examples(
        RECIPE, [Example(digest, "dent", part, mask_digest=imported) for part, digest in (("a", kept), ("b", replaced))]
    )
    assert masks_of(take(workspace, RECIPE)) == {kept: imported, replaced: picture_digest(mask([BOX], 24, 32))}


def test_marks_that_lie_beside_the_picture_are_no_mask(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    labelled(workspace, 71, "dent", Box(500, 500, 4, 4))
    assert masks_of(take(workspace, RECIPE)) == {}


def test_a_marked_picture_that_is_gone_is_named(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    digest = labelled(workspace, 71, "dent", BOX)
    take(workspace, RECIPE)
    workspace.images.path(digest).unlink()
    with pytest.raises(StoreError, match=digest[:12]):
        take(workspace, RECIPE)


def test_a_snapshot_from_before_there_were_masks_is_read(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 4), "dent": named("d", 4)})
    snapshot = take(workspace, RECIPE)
    file = file_of(workspace, snapshot.id)
    table = json.loads(file.read_text(encoding="utf-8"))
    for row in table["entries"]:
        del row["mask"]
    file.write_text(json.dumps(table), encoding="utf-8")
    assert load(file) == snapshot


def test_a_changed_snapshot_is_refused(workspace: Workspace) -> None:
    teach(workspace, {GOOD: named("g", 5), "dent": named("d", 5)})
    file = file_of(workspace, take(workspace, RECIPE).id)
    table = json.loads(file.read_text())
    table["entries"][0]["defect_class"] = "scratch"
    file.write_text(json.dumps(table))
    with pytest.raises(StoreError, match="changed since it was saved"):
        load(file)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"id": 1, "recipe": "r", "entries": [{}]}', b"\xff"])
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "s.json"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"s\.json: not a readable snapshot"):
        load(file)


def test_a_snapshot_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    in_the_way = tmp_path / f"{Snapshot(RECIPE, ()).id}.json"
    in_the_way.mkdir()
    with pytest.raises(StoreError, match=r"\.json"):
        save(Snapshot(RECIPE, ()), tmp_path)
    assert list(tmp_path.iterdir()) == [in_the_way]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 6), min_size=2, max_size=4))
def test_however_parts_arrive_the_two_sides_never_meet(
    tmp_path_factory: pytest.TempPathFactory, arrivals: list[int]
) -> None:
    with open_room(tmp_path_factory.mktemp("room")) as workspace:
        teach(workspace, {GOOD: named("g", 3), "dent": named("d", 3)})
        ever_golden: set[str] = set()
        for turn, count in enumerate(arrivals):
            teach(workspace, {GOOD: named(f"g{turn}-", count), "dent": named(f"d{turn}-", count // 2)})
            snapshot = take(workspace, RECIPE)
            ever_golden |= golden_parts(snapshot)
            assert not ever_golden & {entry.part for entry in snapshot.only(Split.TRAIN)}
            assert golden_parts(snapshot) == ever_golden
