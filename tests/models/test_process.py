"""The training process from outside: what a person may get wrong is told in one line, and nothing is left behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector import recipe as recipes
from inspector.domain import Box, Snapshot, Split
from inspector.errors import InspectorError
from inspector.recipe import Recipe
from models.job import read_job
from models.progress import Progress
from models.training import Training
from tests.laws.sources import ROOT
from tests.models.conftest import Trained
from tests.models.plates import RECIPE, Room, command, furnish, train

WITHIN_S = 2.0


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return furnish(tmp_path, {"good": 3, "scratch": 3})


def refusal(job: Path) -> str:
    """The plain words in which a training that cannot be is refused."""
    with pytest.raises(InspectorError) as caught:
        Training(read_job(job), Progress(io.StringIO())).run()
    return str(caught.value)


def untouched(room: Room) -> bool:
    leftovers = [path for path in room.folder.iterdir() if path.name.startswith(".")]
    return list(room.output.iterdir()) == [] and leftovers == []


def test_a_refusal_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 2})
    run = train(room.write_job())
    assert run.code == 8
    assert run.errors == ""
    (message,) = run.messages
    assert message.keys() == {"error"}
    assert "4 good and 0 defective" in str(message["error"])
    assert untouched(room)


def test_a_missing_job_is_told(tmp_path: Path) -> None:
    assert "job.json: not a readable job file" in refusal(tmp_path / "job.json")


def test_a_wrong_call_is_explained_on_the_error_stream() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "models", "train"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--job" in done.stderr


def test_only_good_parts_teach_nothing(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 4})
    words = refusal(room.write_job())
    assert "at least one class of defects" in words
    assert "8 good and 0 defective" in words
    assert untouched(room)


def test_defects_that_are_all_golden_teach_nothing(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 4, "scratch": 2}, golden=2)
    assert "4 good and 0 defective" in refusal(room.write_job())


def test_an_unknown_backbone_is_answered_with_those_there_are(room: Room) -> None:
    words = refusal(room.write_job(backbone="resnet-9000"))
    assert "'resnet-9000' is not known; expected one of efficientnet-lite0, efficientnet-lite1" in words


@pytest.mark.parametrize("backbone", ["efficientnet-lite0", "mobilenet-v2"])
def test_missing_weights_are_told_with_the_place_they_belong(room: Room, backbone: str) -> None:
    missing = room.folder / "weights.bin"
    words = refusal(room.write_job(backbone=backbone, weights=str(missing)))
    assert words.startswith(f"{missing}: the weights cannot be read")
    assert "put the file there" in words
    assert untouched(room)


def test_a_recipe_with_a_wrong_key_is_told(room: Room) -> None:
    (room.folder / "recipe.toml").write_text('name = "plate"\nmodell = 3\n')
    assert "modell: unknown key" in refusal(room.write_job())


def test_a_changed_snapshot_is_refused(room: Room) -> None:
    job = room.write_job()
    file = room.folder / f"{room.snapshot.id}.json"
    file.write_text(file.read_text().replace('"scratch"', '"good"', 1))
    assert "changed since it was saved" in refusal(job)


def test_an_output_that_holds_something_is_not_overwritten(room: Room) -> None:
    job = room.write_job()
    (room.output / "mine.txt").write_text("precious")
    assert "expected an empty folder" in refusal(job)
    assert (room.output / "mine.txt").read_text() == "precious"


def test_a_region_outside_every_picture_is_told(room: Room) -> None:
    recipes.save(Recipe(RECIPE, roi=Box(500, 500, 50, 50)), room.folder / "recipe.toml")
    words = refusal(room.write_job())
    assert "found in none of the pictures; check its ROI" in words
    assert untouched(room)


def with_cache_of(trained: Trained, room: Room) -> Room:
    """Give a room the network that was built already, so that its training reaches its pictures at once."""
    (room.folder / "cache").rmdir()
    (room.folder / "cache").symlink_to(trained.room.folder / "cache")
    return room


@pytest.mark.parametrize(("damage", "words"), [("cut", "truncated or corrupt"), ("gone", "not in this workspace")])
def test_a_picture_that_cannot_be_read_is_named(trained: Trained, tmp_path: Path, damage: str, words: str) -> None:
    room = with_cache_of(trained, furnish(tmp_path, {"good": 10, "hole": 6, "scratch": 7}, golden=2))
    known = trained.network.reference
    entry = next(entry for entry in room.snapshot.only(Split.TRAIN) if entry.digest not in known)
    path = room.images.path(entry.digest)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    else:
        path.unlink()
    told = refusal(room.write_job())
    assert str(path) in told
    assert words in told
    assert untouched(room)


def test_a_training_that_is_ended_leaves_the_output_as_it_was(room: Room) -> None:
    process = subprocess.Popen(command(room.write_job()), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["step"] == "network"  # in the midst of it
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(WITHIN_S)
    assert time.monotonic() - asked < WITHIN_S
    assert process.returncode == -signal.SIGTERM
    assert list(room.output.iterdir()) == []


def test_a_reader_that_went_away_ends_the_training_quietly(room: Room) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command(room.write_job()), cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    os.close(writer)
    assert done.returncode == 8
    assert done.stderr == ""
    assert untouched(room)


def test_a_snapshot_without_pictures_at_all_is_told(room: Room) -> None:
    empty = Room(room.folder, Snapshot(RECIPE, ()))
    assert "0 good and 0 defective" in refusal(empty.write_job())
