"""The training process as it ends in practice: well, with words, without, killed, cancelled and not installed."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector.domain import GOOD, Snapshot, Tiles
from inspector.errors import InspectorError, ModelError, StoreError, TrainingError
from inspector.learning.snapshot import take
from inspector.learning.trainer import ANOMALY, DEFAULT_BACKBONE, FEATURES, Progress, Trainer, TrainingRun
from inspector.recipe import LineSettings, Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, publish, teach

STAND_IN = "tests.unit.training_stand_in"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: ["g1", "g2", "g3"], "dent": ["d1", "d2", "d3"]})
        yield opened


@pytest.fixture
def snapshot(workspace: Workspace) -> Snapshot:
    return take(workspace, RECIPE)


def start(workspace: Workspace, snapshot: Snapshot, mode: str, seed: int = 0) -> TrainingRun:
    command = (sys.executable, "-m", STAND_IN, mode)
    return Trainer(workspace, command).start(workspace.recipes.load(RECIPE), snapshot, seed=seed)


def job_of(workspace: Workspace, snapshot: Snapshot, **wishes: Any) -> dict[str, Any]:
    """What a training process is asked for."""
    job = workspace.path / "asked.json"
    script = f"import shutil, sys; shutil.copy(sys.argv[3], {str(job)!r})"
    trainer = Trainer(workspace, (sys.executable, "-c", script))
    assert failure(trainer.start(workspace.recipes.load(RECIPE), snapshot, **wishes))
    asked: dict[str, Any] = json.loads(job.read_text())
    return asked


def content(workspace: Workspace) -> set[str]:
    """Everything in the workspace by name."""
    return {path.relative_to(workspace.path).as_posix() for path in workspace.path.rglob("*") if path.is_file()}


def failure(run: TrainingRun, kind: type[InspectorError] = TrainingError) -> str:
    with pytest.raises(kind) as caught:
        _ = run.result
    return str(caught.value)


# Ends well


def test_a_training_is_told_step_by_step_and_published(workspace: Workspace, snapshot: Snapshot) -> None:
    run = start(workspace, snapshot, "works")
    assert list(run.progress()) == [
        Progress("features", 0, 3, None),
        Progress("features", 1, 3, 2.0),
        Progress("features", 2, 3, 1.0),
    ]
    version = run.result
    assert version.card.snapshot_id == snapshot.id
    assert workspace.versions.load(RECIPE, version.card.id).card == version.card
    assert run.result is version


def test_the_result_can_be_asked_for_without_watching(workspace: Workspace, snapshot: Snapshot) -> None:
    assert start(workspace, snapshot, "works").result.card.number == 1


def test_candidates_are_numbered_on_and_know_the_model_they_follow(workspace: Workspace, snapshot: Snapshot) -> None:
    first = publish(workspace, 4)
    workspace.recipes.save(Recipe(RECIPE, model_id=first.card.id))
    card = start(workspace, snapshot, "works", seed=7).result.card
    assert (card.number, card.parent) == (5, first.card.id)


@pytest.mark.parametrize(
    ("card_says", "asked", "expected"), [({}, None, 1), ({"looks": 4}, None, 4), ({"looks": 4}, 1, 1)]
)
def test_a_retraining_looks_as_often_as_the_model_in_use_unless_told_otherwise(
    workspace: Workspace, snapshot: Snapshot, card_says: dict[str, int], asked: int | None, expected: int
) -> None:
    used = publish(workspace, 1, results=card_says)
    workspace.recipes.save(Recipe(RECIPE, model_id=used.card.id))
    assert job_of(workspace, snapshot, looks=asked)["looks"] == expected


@pytest.mark.parametrize("asked", [None, 1])
def test_from_good_parts_alone_one_look_is_asked_for_whatever_the_model_in_use_takes(
    workspace: Workspace, snapshot: Snapshot, asked: int | None
) -> None:
    used = publish(workspace, 1, results={"looks": 4, "adapted_by": "v1"})
    workspace.recipes.save(Recipe(RECIPE, model_id=used.card.id))
    job = job_of(workspace, snapshot, mode=ANOMALY, looks=asked)
    assert (job["mode"], job["looks"], job["adapted"]) == (ANOMALY, 1, None)


@pytest.mark.parametrize(
    ("in_use", "mode", "asked", "expected"),
    [
        (None, ANOMALY, None, "1x1"),
        (Tiles(2, 3), ANOMALY, None, "2x3"),
        (Tiles(2, 3), ANOMALY, "1x1", "1x1"),
        (Tiles(2, 3), ANOMALY, "auto", "auto"),
        (Tiles(2, 3), FEATURES, None, "1x1"),
        (Tiles(), ANOMALY, "3x2", "3x2"),
    ],
)
def test_a_retraining_looks_in_the_tiles_of_the_model_in_use_unless_told_otherwise(
    workspace: Workspace, snapshot: Snapshot, in_use: Tiles | None, mode: str, asked: str | None, expected: str
) -> None:
    if in_use:
        used = publish(workspace, 1, tiles=in_use)
        workspace.recipes.save(Recipe(RECIPE, model_id=used.card.id))
    assert job_of(workspace, snapshot, mode=mode, tiles=asked)["tiles"] == expected


@pytest.mark.parametrize(
    ("card_says", "mode", "asked", "expected"),
    [
        (None, ANOMALY, None, 0.0),
        ({}, ANOMALY, 90.0, 90.0),
        ({"turned_deg": 45.0}, ANOMALY, None, 45.0),
        ({"turned_deg": 45.0}, ANOMALY, 0.0, 0.0),
        ({"turned_deg": 45.0}, FEATURES, None, 0.0),
        ({"turned_deg": 45.0}, FEATURES, 0.0, 0.0),
        ({"turned_deg": "far"}, ANOMALY, None, 0.0),
        ({"turned_deg": 360}, ANOMALY, None, 0.0),
    ],
)
def test_a_retraining_learns_the_turns_of_the_model_in_use_unless_told_otherwise(
    workspace: Workspace,
    snapshot: Snapshot,
    card_says: dict[str, Any] | None,
    mode: str,
    asked: float | None,
    expected: float,
) -> None:
    if card_says is not None:
        used = publish(workspace, 1, results=card_says)
        workspace.recipes.save(Recipe(RECIPE, model_id=used.card.id))
    assert job_of(workspace, snapshot, mode=mode, turned_deg=asked)["turned_deg"] == expected


@pytest.mark.parametrize(
    ("mode", "turned_deg", "words"),
    [
        (ANOMALY, -0.5, "expected 0 to 180 degrees, either way, received -0.5"),
        (ANOMALY, 180.5, "received 180.5"),
        (ANOMALY, math.nan, "received nan"),
        (ANOMALY, math.inf, "received inf"),
        (FEATURES, 10.0, "turned_deg: expected 0 for a model of mode features, received 10; only a model of good"),
    ],
)
def test_turns_that_cannot_be_are_told_before_anything_starts(
    workspace: Workspace, snapshot: Snapshot, mode: str, turned_deg: float, words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        Trainer(workspace).start(workspace.recipes.load(RECIPE), snapshot, mode=mode, turned_deg=turned_deg)


@pytest.mark.parametrize(("asked", "expected"), [(None, 40.0), (7.5, 7.5)])
def test_the_time_for_one_part_is_half_of_the_lines_unless_told_otherwise(
    workspace: Workspace, snapshot: Snapshot, asked: float | None, expected: float
) -> None:
    workspace.recipes.save(Recipe(RECIPE, line=LineSettings(deadline_ms=80.0)))
    assert job_of(workspace, snapshot, mode=ANOMALY, tiles="auto", budget_ms=asked)["budget_ms"] == expected


@pytest.mark.parametrize("asked", [None, 7.5])
def test_ram_for_places_is_asked_for_as_it_was_stated(
    workspace: Workspace, snapshot: Snapshot, asked: float | None
) -> None:
    assert job_of(workspace, snapshot, mode=ANOMALY, memory_mb=asked)["memory_mb"] == asked
    assert job_of(workspace, snapshot)["memory_mb"] is None


@pytest.mark.parametrize("memory_mb", [0.0, -1.0, math.nan, math.inf])
def test_ram_that_cannot_be_is_told_before_anything_starts(
    workspace: Workspace, snapshot: Snapshot, memory_mb: float
) -> None:
    recipe = workspace.recipes.load(RECIPE)
    with pytest.raises(TrainingError, match=f"memory_mb: expected a size above 0 MB, received {memory_mb}"):
        Trainer(workspace).start(recipe, snapshot, mode=ANOMALY, memory_mb=memory_mb)
    with pytest.raises(TrainingError, match="expected none for a model of mode finetune, received 40"):
        Trainer(workspace).start(recipe, snapshot, mode="finetune", memory_mb=40.0)


@pytest.mark.parametrize(
    ("mode", "tiles", "budget_ms", "words"),
    [
        (ANOMALY, "5x5", None, "at most 24 tiles in all; received '5x5'"),
        (ANOMALY, "0x2", None, "rows and columns such as 2x3"),
        (ANOMALY, "two", None, "expected auto, or rows and columns"),
        (ANOMALY, "", None, "expected auto, or rows and columns"),
        (FEATURES, "2x2", None, "expected 1x1 for a model of mode features"),
        ("finetune", "auto", None, r"only a model of good parts alone \(mode anomaly\) looks at a part in tiles"),
        (ANOMALY, "auto", 0.0, "budget_ms: expected a time above 0 ms, received 0.0"),
        (ANOMALY, "auto", -1.0, "received -1.0"),
        (ANOMALY, "auto", math.nan, "received nan"),
        (ANOMALY, "auto", math.inf, "received inf"),
    ],
)
def test_tiles_that_cannot_be_are_told_before_anything_starts(
    workspace: Workspace, snapshot: Snapshot, mode: str, tiles: str, budget_ms: float | None, words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        Trainer(workspace).start(workspace.recipes.load(RECIPE), snapshot, mode=mode, tiles=tiles, budget_ms=budget_ms)


def test_a_model_in_float_is_asked_for_by_its_whole_path(workspace: Workspace, snapshot: Snapshot) -> None:
    job = job_of(workspace, snapshot, mode=ANOMALY, float_model=Path("float.tflite"))
    assert job["float_model"] == str(Path.cwd() / "float.tflite")
    assert job_of(workspace, snapshot, mode=ANOMALY)["float_model"] is None


def test_a_model_in_float_is_not_promised_where_a_mode_does_not_make_it(
    workspace: Workspace, snapshot: Snapshot
) -> None:
    with pytest.raises(TrainingError, match=r"expected mode anomaly, received features; `inspector optimise"):
        Trainer(workspace).start(workspace.recipes.load(RECIPE), snapshot, float_model=Path("float.tflite"))


@pytest.mark.parametrize(
    ("in_use", "asked", "expected"),
    [("mobilenet-v2", None, "mobilenet-v2"), ("mobilenet-v2", "efficientnet-lite1", "efficientnet-lite1")],
)
def test_a_retraining_stands_on_the_network_of_the_model_in_use_unless_told_otherwise(
    workspace: Workspace, snapshot: Snapshot, in_use: str, asked: str | None, expected: str
) -> None:
    used = publish(workspace, 1, backbone=in_use)
    workspace.recipes.save(Recipe(RECIPE, model_id=used.card.id))
    assert job_of(workspace, snapshot, backbone=asked)["backbone"] == expected


def test_a_first_training_stands_on_the_default(workspace: Workspace, snapshot: Snapshot) -> None:
    assert job_of(workspace, snapshot)["backbone"] == DEFAULT_BACKBONE


def test_nothing_but_the_model_is_left_behind(workspace: Workspace, snapshot: Snapshot) -> None:
    before = content(workspace)
    version = start(workspace, snapshot, "works").result
    folder = version.folder.relative_to(workspace.path).as_posix()
    assert content(workspace) - before == {f"{folder}/model.tflite", f"{folder}/card.json"}


def test_what_libraries_print_is_no_progress(workspace: Workspace, snapshot: Snapshot) -> None:
    run = start(workspace, snapshot, "chatters")
    assert [step.done for step in run.progress()] == [0, 1, 2]
    assert run.result.card.number == 1


# Ends badly


def test_the_words_of_the_process_are_the_error(workspace: Workspace, snapshot: Snapshot) -> None:
    before = content(workspace)
    run = start(workspace, snapshot, "fails")
    assert len(list(run.progress())) == 3
    assert failure(run) == "class scratch has one picture; label at least one more"
    assert content(workspace) == before


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("crashes", "ended with exit code 1"),
        ("crashes", "MemoryError: no room for the features"),
        ("killed", "ended by signal 9 (Killed), as happens when the PC runs out of memory"),
        ("says-nothing", "ended without a result"),
        ("result-then-crash", "ended with exit code 3"),
    ],
)
def test_a_crash_is_told_with_its_last_words(workspace: Workspace, snapshot: Snapshot, mode: str, said: str) -> None:
    before = content(workspace)
    assert said in failure(start(workspace, snapshot, mode))
    assert content(workspace) == before
    assert workspace.versions.list(RECIPE) == []


def test_a_model_of_another_snapshot_is_not_published(workspace: Workspace, snapshot: Snapshot) -> None:
    assert "its program does not fit this one" in failure(start(workspace, snapshot, "other-snapshot"))
    assert workspace.versions.list(RECIPE) == []


def test_a_model_that_is_not_the_one_on_its_card_is_not_published(workspace: Workspace, snapshot: Snapshot) -> None:
    assert "SHA-256" in failure(start(workspace, snapshot, "wrong-digest"), ModelError)
    assert workspace.versions.list(RECIPE) == []


def test_a_failed_training_can_be_tried_again(workspace: Workspace, snapshot: Snapshot) -> None:
    failure(start(workspace, snapshot, "crashes"))
    assert start(workspace, snapshot, "works").result.card.number == 1


def test_a_place_that_takes_no_model_is_named(workspace: Workspace, snapshot: Snapshot) -> None:
    (workspace.versions.folder / RECIPE).write_text("in the way")
    before = content(workspace)
    assert f"models/{RECIPE}" in failure(start(workspace, snapshot, "works"), StoreError)
    assert content(workspace) == before


# Is cancelled


@pytest.mark.parametrize("mode", ["hangs", "stubborn", "hangs-with-child"])
def test_a_cancel_takes_less_than_two_seconds_and_changes_nothing(
    workspace: Workspace, snapshot: Snapshot, mode: str
) -> None:
    """The watcher comes to its end only once all that hold the output have ended: a child too."""
    before = content(workspace)
    run = start(workspace, snapshot, mode)
    waiting = threading.Event()
    told: list[str] = []

    def watch() -> None:
        for step in run.progress():
            told.append(step.step)
            if step.step == "waiting":
                waiting.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert waiting.wait(30)
    began = time.monotonic()
    run.cancel()
    watcher.join(10)
    assert time.monotonic() - began < 2.0
    assert run.cancelled
    assert "cancelled" in failure(run)
    assert content(workspace) == before


def test_cancelling_twice_or_after_the_end_is_harmless(workspace: Workspace, snapshot: Snapshot) -> None:
    run = start(workspace, snapshot, "works")
    version = run.result
    run.cancel()
    run.cancel()
    assert not run.cancelled
    assert run.result is version


def test_a_watcher_that_walks_away_ends_the_training(workspace: Workspace, snapshot: Snapshot) -> None:
    before = content(workspace)
    run = start(workspace, snapshot, "hangs")
    lines = run.progress()
    next(lines)
    lines.close()  # type: ignore[attr-defined]
    assert run.cancelled
    assert content(workspace) == before


def test_a_watched_training_tells_its_steps_and_gives_its_result(workspace: Workspace, snapshot: Snapshot) -> None:
    told: list[tuple[str, int, int]] = []
    run = start(workspace, snapshot, "works")
    assert run.watched(lambda *step: told.append(step)) is run.result
    assert told == [("features", done, 3) for done in range(3)]


def test_what_is_raised_while_watching_ends_the_training(workspace: Workspace, snapshot: Snapshot) -> None:
    before = content(workspace)
    run = start(workspace, snapshot, "hangs")

    def interrupt(step: str, _done: int, _total: int) -> None:
        if step == "waiting":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.watched(interrupt)
    assert run.cancelled
    assert content(workspace) == before


# Cannot start


def test_a_program_that_is_not_there_is_named(workspace: Workspace, snapshot: Snapshot) -> None:
    before = content(workspace)
    trainer = Trainer(workspace, ("/nowhere/inspector-models",))
    with pytest.raises(TrainingError, match=r"inspector-models: the training process cannot be started: No such file"):
        trainer.start(workspace.recipes.load(RECIPE), snapshot)
    assert content(workspace) == before


def test_four_looks_are_not_to_be_had_from_good_parts_alone(workspace: Workspace, snapshot: Snapshot) -> None:
    before = content(workspace)
    with pytest.raises(TrainingError) as caught:
        Trainer(workspace).start(workspace.recipes.load(RECIPE), snapshot, mode=ANOMALY, looks=4)
    said = "looks: expected 1 for a model from good parts alone (mode anomaly), received 4"
    assert str(caught.value) == said
    assert content(workspace) == before


def test_a_file_where_the_runs_should_lie_is_named(workspace: Workspace, snapshot: Snapshot) -> None:
    (workspace.cache / "training").write_text("in the way")
    with pytest.raises(StoreError, match="training"):
        start(workspace, snapshot, "works")


def test_what_a_killed_program_left_is_cleared_after_a_day(workspace: Workspace, snapshot: Snapshot) -> None:
    old, fresh = (workspace.cache / "training" / name for name in ("run-old", "run-fresh"))
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "job.json").write_text("{}")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    _ = start(workspace, snapshot, "works").result
    assert (old.exists(), fresh.exists()) == (False, True)
