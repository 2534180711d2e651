"""What a line is held against is what the model was really taught, and its limits follow from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Box, Example, Fitness, Snapshot, SnapshotEntry, Split
from inspector.errors import ModelError, StoreError
from inspector.learning import snapshot as snapshots
from inspector.learning.watching import Reference, reference_of
from inspector.learning.watching.looks import band
from inspector.learning.watching.reference import Taught, look_of, relative_contrast
from inspector.learning.watching.signals import CONTRAST, FOCUS, LIGHT
from inspector.pipeline.fitness import measure
from inspector.recipe import Limits, LocateMode, LocateSettings, Recipe
from inspector.store.disk import beside, write_whole
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, picture, publish

LEVELS = (60, 70, 80, 90)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Four taught parts of two pictures each, one golden one, and the model that was taught them in use."""
    with open_room(tmp_path) as room:
        entries = []
        for part, level in enumerate(LEVELS):
            for seed in (2 * part, 2 * part + 1):
                digest = room.images.put(picture(seed, level))
                entries.append(SnapshotEntry(digest, GOOD if level < 80 else "dent", f"p{part}", Split.TRAIN))
        golden = room.images.put(picture(50, 200))
        room.ledger.add_examples(RECIPE, [Example(one.digest, one.defect_class, one.part) for one in entries])
        room.ledger.add_examples(RECIPE, [Example(golden, "dent", "gold")])
        room.ledger.add_golden(RECIPE, {"gold": "dent"})
        snapshot = Snapshot(RECIPE, (*entries, SnapshotEntry(golden, "dent", "gold", Split.GOLDEN)))
        snapshots.save(snapshot, room.snapshots)
        rows = [
            {"digest": one.digest, "part": one.part, "defect_class": one.defect_class, "leading_defect": "dent"}
            | {"score": float(place)}
            for place, one in enumerate(entries)
        ]
        version = publish(room, 1, brightness_model(), snapshot_id=snapshot.id, results={"validation": rows})
        room.recipes.save(Recipe(RECIPE, model_id=version.card.id, limits=Limits(-1.0, 1.0)))
        yield room


def read(workspace: Workspace) -> Reference:
    return reference_of(workspace, workspace.recipes.load(RECIPE))


def test_light_is_that_of_the_taught_pictures_one_of_each_part(workspace: Workspace) -> None:
    snapshot = read(workspace).snapshot
    assert snapshot is not None
    first = {one.part: one.digest for one in reversed(snapshot.only(Split.TRAIN))}
    levels = sorted(measure(workspace.images.get(digest)).brightness for digest in first.values())
    assert read(workspace).looks["brightness"] == Taught(levels[0], float(np.median(levels)), levels[-1])


def test_light_is_that_of_where_each_taught_part_was_found(workspace: Workspace) -> None:
    mark = picture(99, 120)[:16, :16]
    parts, entries = [picture(seed, level) for seed, level in enumerate(LEVELS)], []
    for place, part in enumerate(parts):
        part[:16, :16] = mark
        belt = np.full((24, 96), 255, dtype=np.uint8)
        belt[:, 20 * place : 20 * place + 32] = part
        entries.append(SnapshotEntry(workspace.images.put(belt), GOOD, f"p{place}", Split.TRAIN))
    snapshot = Snapshot(RECIPE, tuple(entries))
    snapshots.save(snapshot, workspace.snapshots)
    taught = LocateSettings(LocateMode.TEMPLATE, workspace.images.put(mark), Box(0, 0, 16, 16), search_px=80)
    recipe = replace(workspace.recipes.load(RECIPE), roi=Box(0, 0, 32, 24), locate=taught)
    promises = {"snapshot_id": snapshot.id, "view_id": recipe.view_id, "results": {"validation": []}}
    recipe = replace(recipe, model_id=publish(workspace, 2, brightness_model(), **promises).card.id)
    levels = sorted(measure(part).brightness for part in parts)
    light = reference_of(workspace, recipe).looks["brightness"]
    assert (light.low, light.middle, light.high) == (levels[0], float(np.median(levels)), levels[-1])


def test_scores_are_those_that_nobody_had_learned_each_part_by_its_worst(workspace: Workspace) -> None:
    reference = read(workspace)
    assert sorted(reference.good) == [1.0, 3.0]
    assert sorted(reference.bad)[:2] == [5.0, 7.0] and len(reference.bad) == 3  # and the golden one, as it was measured
    assert reference.golden.bad.n == 1 and max(reference.bad) == pytest.approx(8.0, abs=0.5)


def test_the_farthest_taught_part_sets_what_is_unlike(workspace: Workspace) -> None:
    reference = read(workspace)
    places = reference.embeddings.astype(float)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag([np.inf] * len(places))
    assert reference.farthest == pytest.approx(apart.min(axis=1).max(), rel=1e-3)
    assert reference.distances(reference.embeddings).max() == pytest.approx(0.0, abs=0.1)
    assert reference.distances(reference.embeddings + np.float32(500)).min() > reference.farthest


def test_progress_counts_the_pictures_that_are_looked_at_for_the_first_time(workspace: Workspace) -> None:
    told: list[tuple[int, int]] = []
    for _ in range(2):
        recipe = workspace.recipes.load(RECIPE)
        reference_of(workspace, recipe, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_dimmer_light_alone_changes_no_contrast() -> None:
    bright, dim = Fitness(120.0, 0.0, 0.0, 30.0, 0.5), Fitness(60.0, 0.0, 0.0, 15.0, 0.5)
    assert relative_contrast(bright) == relative_contrast(dim) == look_of(dim, "contrast")
    assert relative_contrast(Fitness(0.0, 1.0, 0.0, 0.0, 0.0)) == 0.0  # a black picture is no error


def test_without_a_certificate_the_limits_are_what_was_taught_and_a_little(workspace: Workspace) -> None:
    reference = replace(read(workspace), looks=dict.fromkeys(("brightness", "contrast", "focus"), Taught(50, 60, 70)))
    assert band(reference, LIGHT, []) == pytest.approx((47.5, 73.5))
    assert band(reference, CONTRAST, []) == pytest.approx((42.5, 80.5))
    assert band(reference, FOCUS, []) == pytest.approx((40.0, 87.5))


def test_the_parts_before_narrow_the_limits_once_there_are_enough(workspace: Workspace) -> None:
    reference = replace(read(workspace), looks={"brightness": Taught(50.0, 60.0, 70.0)})
    assert band(reference, LIGHT, [65.0] * 99) == pytest.approx((47.5, 73.5))
    assert band(reference, LIGHT, [65.0] * 100) == pytest.approx((58.5, 71.5))
    assert band(reference, LIGHT, [200.0] * 100) == pytest.approx((47.5, 73.5))  # they were outside themselves


def test_a_model_for_another_region_is_refused(workspace: Workspace) -> None:
    recipe = workspace.recipes.load(RECIPE)
    other = replace(recipe, locate=replace(recipe.locate, search_px=7))
    with pytest.raises(ModelError, match="ROI"):
        reference_of(workspace, other)


def test_a_damaged_certificate_is_said_and_not_passed_over(workspace: Workspace) -> None:
    file = workspace.path / "reports" / RECIPE / workspace.recipes.load(RECIPE).model_id / "robustness.json"
    write_whole(file, json.dumps({"recipe": RECIPE}).encode())
    with pytest.raises(StoreError, match="not a readable certificate"):
        read(workspace)


# Files that are whole or not there


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "cap" / "a.json"
    for content in (b"first", b"and second"):
        write_whole(file, content)
        assert file.read_bytes() == content
    assert [path.name for path in file.parent.iterdir()] == ["a.json"]


def test_where_it_cannot_be_put_the_old_one_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a.json"
    folder.mkdir()
    (folder / "kept").write_text("kept")
    with pytest.raises(StoreError, match=r"a\.json"):
        write_whole(folder, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"] and (folder / "kept").read_text() == "kept"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to write to")
def test_a_full_disk_is_called_by_its_name(tmp_path: Path) -> None:
    beside(tmp_path / "a.json").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="the disk is full"):
        write_whole(tmp_path / "a.json", b"content")
    assert list(tmp_path.iterdir()) == []
