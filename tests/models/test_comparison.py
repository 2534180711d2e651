"""A comparison of backbones: its job, its process, its figures, and what a training after it finds done."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.domain import Snapshot
from inspector.errors import InspectorError
from models.comparison import Comparison
from models.comparison_job import read_job
from models.progress import Progress
from tests.laws.sources import ROOT
from tests.models.conftest import Trained
from tests.models.plates import Room, Run, furnish, train

LITE0 = "efficientnet-lite0"
WITHIN_S = 2.0
LONG_S = 600  # three networks are built


def write_job(room: Room, *backbones: str, **changed: Any) -> Path:
    """A job like a training's, less what only a training wants."""
    table = json.loads(room.write_job().read_text(encoding="utf-8"))
    kept = ("recipe", "snapshot", "images", "template", "cache", "seed", "output")
    wishes = {key: table[key] for key in kept} | {"backbones": list(backbones)} | changed
    room.job.write_text(json.dumps(wishes), encoding="utf-8")
    return room.job


def command(job: Path) -> list[str]:
    return [sys.executable, "-m", "models", "compare", "--job", str(job)]


def compare(job: Path, keras_home: Path) -> Run:
    """Run the process to its end, with this folder of Keras's in place of the user's own."""
    done = subprocess.run(
        command(job),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
        env=os.environ | {"KERAS_HOME": str(keras_home)},
    )
    return Run(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


def table_of(room: Room) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((room.output / "comparison.json").read_text(encoding="utf-8"))
    return table


def refusal(job: Path) -> str:
    with pytest.raises(InspectorError) as caught:
        Comparison(read_job(job), Progress(io.StringIO())).run()
    return str(caught.value)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return furnish(tmp_path, {"good": 3, "scratch": 3})


# The figures


@pytest.fixture(scope="module")
def compared(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    """The trained room's parts once more; its kept network and features are there."""
    folder = tmp_path_factory.mktemp("compared")
    room = furnish(folder, {"good": 10, "hole": 6, "scratch": 6}, golden=2)
    (folder / "cache").rmdir()
    (folder / "cache").symlink_to(trained.room.folder / "cache")
    run = compare(write_job(room, LITE0, "resnet50", "mobilenet-v3-small"), folder / "keras")
    assert run.code == 0, run
    return run, table_of(room)


def test_a_kept_network_and_its_features_are_not_made_again(compared: tuple[Run, dict[str, Any]]) -> None:
    run, _ = compared
    assert run.totals(f"{LITE0}: network") == set()
    assert run.totals(f"{LITE0}: features") == {0}


def test_a_backbone_that_is_here_is_measured_on_parts_held_out(
    compared: tuple[Run, dict[str, Any]], trained: Trained
) -> None:
    (row,) = compared[1]["ranked"]
    on_card = trained.card.results["split_by_part"]
    assert row["backbone"] == LITE0
    assert row["auroc"]["value"] == on_card["auroc"]
    assert row["macro_f1"]["value"] == on_card["macro_f1"]
    assert row["escape_at_5_percent_overkill"] == on_card["escape_at_5_percent_overkill"]
    assert row["parts"] == {"good": 8, "hole": 4, "scratch": 4}
    assert row["auroc"]["n"] == 16
    assert row["auroc"]["low"] < row["auroc"]["value"]


def test_its_cost_is_that_of_the_file_that_would_ship(compared: tuple[Run, dict[str, Any]], trained: Trained) -> None:
    (row,) = compared[1]["ranked"]
    assert row["size_bytes"] == trained.card.receipt["size_bytes"]
    assert row["quantisation"] == "int8"
    assert row["macs"] == 345_773_792
    assert 0.0 < row["invoke_ms"] <= row["invoke_p99_ms"]
    assert row["correlation"] > 0.97
    assert np.isfinite(row["logme"])


def test_a_backbone_without_weights_is_listed_with_what_to_put_where(compared: tuple[Run, dict[str, Any]]) -> None:
    _, table = compared
    reasons = {row["backbone"]: row["reason"] for row in table["not_ranked"]}
    assert list(reasons) == ["resnet50", "mobilenet-v3-small"]
    assert "put resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5 into" in reasons["resnet50"]
    assert "/keras/models" in reasons["resnet50"]
    assert all(row["missing"] for row in table["not_ranked"])
    assert table["suggested"] == LITE0


def test_without_names_no_network_is_asked(room: Room) -> None:
    comparison = Comparison(read_job(write_job(room)), Progress(io.StringIO()))
    told = [comparison._absence(backbone) for backbone in comparison._wanted]
    assert len(told) == 10
    assert [words for words in told if "cannot be fetched" in words] == []
    assert told[:3] == ["", "", ""]


# The process


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"backbones": [1]}, "names of backbones"),
        ({"backbones": "resnet50"}, "backbones: expected a list"),
        ({"seed": -1}, "expected a seed from 0"),
        ({"surplus": 1}, "expected the keys recipe, snapshot"),
    ],
)
def test_a_wrong_job_is_told_with_what_was_expected(room: Room, changed: dict[str, Any], words: str) -> None:
    assert words in refusal(write_job(room, **changed))


def test_an_unknown_backbone_is_answered_with_those_there_are(room: Room) -> None:
    words = refusal(write_job(room, LITE0, "resnet-9000"))
    assert "'resnet-9000' is not known; expected one of efficientnet-lite0, " in words
    assert list(room.output.iterdir()) == []


def test_where_no_weights_are_here_it_is_said_for_each(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(room.folder / "keras"))
    words = refusal(write_job(room, "vgg16", "resnet50"))
    assert words.startswith("none of these backbones has its weights on this PC: vgg16: ")
    assert "put vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 into" in words
    assert "resnet50: " in words
    assert list(room.output.iterdir()) == []


def test_one_part_of_a_kind_cannot_be_held_out(trained: Trained, tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 10, "hole": 1})
    (room.folder / "cache").rmdir()
    (room.folder / "cache").symlink_to(trained.room.folder / "cache")
    assert "at least two good and two defective parts" in refusal(write_job(room, LITE0))
    assert list(room.output.iterdir()) == []


def test_only_good_parts_compare_nothing(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 4})
    assert "8 good and 0 defective" in refusal(write_job(room, LITE0))


def test_no_pictures_at_all_compare_nothing(room: Room) -> None:
    assert "0 good and 0 defective" in refusal(write_job(Room(room.folder, Snapshot("plate", ())), LITE0))


def test_a_comparison_that_is_ended_leaves_the_output_as_it_was(room: Room) -> None:
    process = subprocess.Popen(
        command(write_job(room, LITE0)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["step"] == f"{LITE0}: network"  # in the midst of it
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(WITHIN_S)
    assert time.monotonic() - asked < WITHIN_S
    assert process.returncode == -signal.SIGTERM
    assert list(room.output.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_training_on_a_compared_backbone_finds_its_work_done(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 10, "hole": 6, "scratch": 6}, golden=2)
    run = compare(write_job(room), tmp_path / "keras")
    assert run.code == 0, run
    table = table_of(room)
    assert {row["backbone"] for row in table["ranked"]} == {LITE0, "efficientnet-lite1", "efficientnet-lite2"}
    (room.output / "comparison.json").unlink()
    for backbone in ("efficientnet-lite1", "efficientnet-lite2"):
        trained = train(room.write_job(backbone=backbone))
        assert trained.code == 0, trained
        assert trained.totals("network") == set()
        assert trained.totals("features") == {0}
        for file in room.output.iterdir():
            file.unlink()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backbone", ["mobilenet-v3-small", "efficientnet-b0", "resnet50"])
def test_every_kind_of_network_gives_a_file_that_agrees_or_is_refused(tmp_path: Path, backbone: str) -> None:
    """Random weights quantise worse than trained ones: the file agrees with Keras, or it is told why it is refused."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.models.applications_truth", str(tmp_path / "keras"), "random", backbone],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert made.returncode == 0, made.stderr
    room = furnish(tmp_path / "room", {"good": 8, "hole": 5, "scratch": 5})
    weights = made.stdout.strip()
    run = train(room.write_job(backbone=backbone, weights=weights))
    if run.code == 8:
        assert "the exported model was refused: on 36 of your views" in run.last["error"]
    else:
        assert run.code == 0, run
        card = json.loads((room.output / "card.json").read_text(encoding="utf-8"))
        assert card["receipt"]["correlation"] >= 0.97
        assert card["backbone"] == backbone
