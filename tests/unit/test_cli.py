"""The command line: words in, one plain answer and a known exit code out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from inspector.errors import DatasetError, ModelError, RecipeError, StoreError
from inspector.pictures import write_picture


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def new_recipe(place: Path, name: str = "washer") -> None:
    assert main(["recipe", "new", name, "--workspace", str(place)]) == 0


def with_interval(place: Path, interval_s: float) -> None:
    recipe = place / "recipes" / "washer.toml"
    words = recipe.read_text(encoding="utf-8")
    recipe.write_text(words.replace("trigger_interval_s = 1.0", f"trigger_interval_s = {interval_s}"), encoding="utf-8")


def test_a_recipe_is_made_listed_shown_and_checked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_recipe(place)
    for words in (["list"], ["show", "washer"], ["check", "washer"]):
        capsys.readouterr()
        assert main(["recipe", *words, "--workspace", str(place), "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert "washer" in json.dumps(answer)


def test_a_second_recipe_of_one_name_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_recipe(place)
    assert main(["recipe", "new", "washer", "--workspace", str(place)]) == RecipeError.exit_code
    assert "already" in capsys.readouterr().err


def test_a_wrong_recipe_file_is_named_with_key_and_value(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_recipe(place)
    file = tmp_path / "bad.toml"
    file.write_text('name = "bad"\n[camera]\nexposure_us = "long"\n', encoding="utf-8")
    assert main(["recipe", "check", str(file), "--workspace", str(place)]) == RecipeError.exit_code
    said = capsys.readouterr().err
    assert str(file) in said and "exposure_us" in said and "'long'" in said


def test_a_camera_that_is_not_installed_is_named_with_those_that_are(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recipe", "new", "odd", "--camera", "kodak", "--workspace", str(place)]) == 0
    assert main(["recipe", "check", "odd", "--workspace", str(place)]) == 5
    said = capsys.readouterr().err
    assert "'kodak'" in said and "simulated" in said


def test_a_workspace_that_is_not_there_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "list", "--workspace", str(tmp_path / "nowhere")]) == StoreError.exit_code
    assert "no workspace here" in capsys.readouterr().err


def test_inspecting_without_a_model_says_what_to_do(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_recipe(place)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    write_picture(np.full((32, 32), 90, np.uint8), pictures / "a.png")
    words = ["inspect-folder", str(pictures), "--recipe", "washer", "--out", str(tmp_path / "out.csv")]
    assert main([*words, "--workspace", str(place)]) == ModelError.exit_code
    assert "train one" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("content", ["nothing", "a text"])
def test_a_folder_without_pictures_is_refused(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    new_recipe(place)
    folder = tmp_path / "folder"
    folder.mkdir()
    if content == "a text":
        (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    words = ["batch", str(folder), "--recipe", "washer", "--out", str(tmp_path / "out.csv")]
    assert main([*words, "--workspace", str(place)]) == DatasetError.exit_code
    assert "no pictures" in capsys.readouterr().err


def test_doctor_lists_what_is_here_and_survives_a_missing_workspace(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_recipe(place)
    capsys.readouterr()
    assert main(["doctor", "--json", "--workspace", str(place)]) == 0
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["recipe washer"]["ok"]
    assert findings["inspector.cameras simulated"]["ok"]
    assert main(["doctor", "--json", "--workspace", str(tmp_path / "nowhere")]) == StoreError.exit_code
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert not findings["workspace"]["ok"] and findings["workspace"]["action"]


def test_a_broken_recipe_is_a_finding_and_not_the_end(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_recipe(place)
    new_recipe(place, "other")
    (place / "recipes" / "washer.toml").write_text('name = "washer"\ncolour = 3\n', encoding="utf-8")
    capsys.readouterr()
    main(["doctor", "--json", "--workspace", str(place)])
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert not findings["recipe washer"]["ok"]
    assert findings["recipe other"]["ok"]


def test_a_station_without_a_model_lets_nothing_pass(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_recipe(place)
    with_interval(place, 0.05)
    capsys.readouterr()
    words = ["station", "--recipe", "washer", "--headless", "--parts", "3", "--json", "--workspace", str(place)]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["triggers"], result["records"], result["unfit"], result["ok"]) == (3, 3, 3, 0)


def test_a_station_that_nothing_triggers_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_recipe(place)
    with_interval(place, 0.0)
    words = ["station", "--recipe", "washer", "--headless", "--workspace", str(place)]
    assert main(words) == RecipeError.exit_code
    assert "trigger_interval_s" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["station"], ["train", "--recipe"], ["bench", "--seconds", "0"], ["nonsense"]])
def test_wrong_usage_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_reviewing_an_unknown_inspection_is_a_plain_message(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_recipe(place)
    words = ["review", "--recipe", "washer", "--label", "nosuch", "good", "--workspace", str(place)]
    assert main(words) == StoreError.exit_code
    assert "nosuch" in capsys.readouterr().err
