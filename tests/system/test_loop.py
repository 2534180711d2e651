"""The whole life of a model by the command line: taught, on the line, corrected, retrained, gated, put back."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector import demo
from inspector.cli import main
from inspector.devices.render import render_part, write_dataset
from inspector.domain import GOOD, Box
from inspector.errors import GateRefused, ModelError
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings
from inspector.store.workspace import Workspace
from tests.system.conftest import PARTS

pytestmark = pytest.mark.timeout(300)

RATE = {"value", "low", "high", "n"}


def run(capsys: pytest.CaptureFixture[str], place: Path, *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([*words, "--workspace", str(place), "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else said.err


def test_the_first_model_is_on_the_line_with_its_card(place: Path) -> None:
    with Workspace.open(place) as workspace:
        recipe = workspace.recipes.load(demo.RECIPE)
        card = workspace.versions.load(recipe.name, recipe.model_id).card
    assert card.classes == (GOOD, "dent", "scratch", "stain")
    assert card.quantisation == "int8"
    assert recipe.limits.recheck <= recipe.limits.reject


def test_the_demonstration_says_which_camera_looks(place: Path) -> None:
    with Workspace.open(place) as workspace:
        recipe = workspace.recipes.load(demo.RECIPE)
    assert recipe.camera.backend == "pylon"
    assert "Basler" in demo.camera_words(recipe)
    assert "simulated camera" in demo.camera_words(replace(recipe, camera=CameraSettings("simulated")))


def test_a_second_start_of_the_demonstration_teaches_nothing_and_puts_new_parts_on_the_line(place: Path) -> None:
    steps: set[str] = set()
    with Workspace.open(place) as workspace:
        first = workspace.recipes.load(demo.RECIPE)
        recipe = demo.prepare(workspace, lambda step, *_: steps.add(step), parts=2)
    assert recipe.model_id == first.model_id
    assert steps == {"parts onto the line"}
    assert sorted(path.name for path in (place / "line").iterdir()) == ["000000.png", "000001.png"]


def test_a_line_of_parts_is_inspected_and_recorded(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, totals = run(capsys, place, "station", "--recipe", demo.RECIPE, "--headless", "--parts", str(PARTS))
    assert code == 0
    assert totals["triggers"] == totals["inspections"] == totals["records"] == PARTS
    assert totals["ok"] + totals["ng"] + totals["recheck"] == PARTS
    assert totals["ok"] > 0


def test_two_stations_on_one_workspace_are_one_too_many(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace.open(place) as workspace, workspace.station_lock():
        code, said = run(capsys, place, "station", "--recipe", demo.RECIPE, "--headless", "--parts", "1")
    assert code == 6
    assert "already runs on this workspace" in said


def test_a_folder_is_judged_row_by_row_whatever_lies_in_it(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        write_picture(render_part(demo.TAUGHT, number).pixels, folder / f"part{number}.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture", encoding="utf-8")
    write_picture(np.zeros((1, 1), np.uint8), folder / "tiny.png")
    out = tmp_path / "out.csv"
    code, counts = run(capsys, place, "inspect-folder", str(folder), "--recipe", demo.RECIPE, "--out", str(out))
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert code == 0
    assert counts["pictures"] == len(rows) == 6
    assert {name for name, row in rows.items() if row["verdict"] == "unreadable"} == {
        "empty.png",
        "text.jpg",
        "tiny.png",
    }
    assert all(float(rows[f"part{number}.png"]["score"]) for number in range(3))


def test_an_evaluation_gives_the_promised_keys_and_columns(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = demo.RenderSettings(seed=77, program=demo.TAUGHT.program)
    write_dataset(fresh, 24, tmp_path / "data")
    groups, out = tmp_path / "data" / "groups.csv", tmp_path / "rows.csv"
    words = ["evaluate", "--recipe", demo.RECIPE, str(tmp_path / "data"), "--groups", str(groups), "--out", str(out)]
    code, result = run(capsys, place, *words)
    assert code == 0
    assert (result["pictures"], result["parts"]) == (24, 24)
    assert {"auroc", "average_precision", "macro_f1"} <= set(result)
    assert set(result["escape_rate"]) >= RATE and set(result["overkill_rate"]) >= RATE
    assert result["auroc"] > 0.8
    with out.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == ["path", "truth", "score", "defect_class", "verdict", "met"]
        assert len(list(reader)) == 24


def label_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Send the parts by and give each record its true class, as a careful operator would."""
    run(capsys, place, "station", "--recipe", demo.RECIPE, "--headless", "--parts", str(PARTS))
    with Workspace.open(place) as workspace:
        records = workspace.ledger.records(demo.RECIPE, limit=PARTS)
    for record in records:
        word = demo.truth(record.timing.trigger - 1)
        code, _ = run(capsys, place, "review", "--recipe", demo.RECIPE, "--label", record.inspection.id, word)
        assert code == 0


def test_labels_become_a_candidate_that_is_gated_promoted_and_taken_back(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label_line(place, capsys)
    code, trained = run(capsys, place, "train", "--recipe", demo.RECIPE)
    assert code == 0
    assert trained["model"].startswith("v2-") and not trained["promoted"]
    code, gated = run(capsys, place, "gate", "--recipe", demo.RECIPE)
    assert code == (0 if gated["passed"] else GateRefused.exit_code)
    assert gated["candidate"] == trained["model"] and gated["champion"].startswith("v1-")
    code, promoted = run(capsys, place, "promote", "--recipe", demo.RECIPE, "--reason", "a test of the promotion")
    assert (code, promoted["model"]) == (0, trained["model"])
    code, back = run(capsys, place, "rollback", "--recipe", demo.RECIPE)
    assert code == 0 and back["model"].startswith("v1-")
    code, said = run(capsys, place, "rollback", "--recipe", demo.RECIPE)
    assert code == GateRefused.exit_code and "no model before" in said


def model_folder(place: Path) -> Path:
    with Workspace.open(place) as workspace:
        recipe = workspace.recipes.load(demo.RECIPE)
        return workspace.versions.load(recipe.name, recipe.model_id).folder


def changed(file: Path, content: bytes) -> None:
    file.parent.chmod(0o755)
    file.chmod(0o644)
    file.write_bytes(content)


def tampered_byte(folder: Path) -> None:
    content = bytearray((folder / "model.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    changed(folder / "model.tflite", bytes(content))


def other_input_size(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["input_height"] = 128
    changed(folder / "card.json", json.dumps(card).encode())


def other_classes(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["classes"] = card["classes"][:-1]
    changed(folder / "card.json", json.dumps(card).encode())


def no_model(folder: Path) -> None:
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("damage", "words"),
    [(tampered_byte, "SHA-256"), (other_input_size, "input"), (other_classes, "classes"), (no_model, "v1-")],
)
def test_a_damaged_model_is_refused_and_nothing_passes(
    place: Path, capsys: pytest.CaptureFixture[str], damage: Any, words: str
) -> None:
    damage(model_folder(place))
    code, said = run(capsys, place, "station", "--recipe", demo.RECIPE, "--headless", "--parts", "1")
    assert code == ModelError.exit_code
    assert words in said


def test_a_recipe_whose_roi_moved_needs_another_model(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace.open(place) as workspace:
        recipe = workspace.recipes.load(demo.RECIPE)
        workspace.recipes.save(replace(recipe, roi=Box(10, 10, 300, 300)))
    code, said = run(capsys, place, "recipe", "check", demo.RECIPE)
    assert code == ModelError.exit_code
    assert "train again" in said
