"""`inspector capture`: good parts are shown in a terminal, by hand or as they come."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, Recipe, TriggerMode
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import picture
from tests.unit.stations import SMALL

BY_HAND = CameraSettings(trigger_interval_s=0.0, frame_timeout_s=0.5, options=SMALL)
PACED = replace(BY_HAND, trigger_interval_s=0.001)


def room(place: Path, camera: CameraSettings) -> Path:
    with Workspace.create(place / "workspace") as workspace:
        workspace.recipes.save(Recipe(RECIPE, camera=camera))
    return place / "workspace"


def words(place: Path, *more: str) -> list[str]:
    return ["capture", "--good", "--recipe", RECIPE, "--workspace", str(place), *more]


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def parts_in(place: Path) -> list[str]:
    with Workspace.open(place) as workspace:
        return sorted(example.part for example in workspace.ledger.examples(RECIPE))


def test_parts_of_a_paced_line_are_kept_until_there_are_as_many_as_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = room(tmp_path, PACED)
    assert main(words(place, "--parts", "5", "--lot", "L1", "--json")) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"recipe": RECIPE, "kept": 5, "refused": 0, "good_parts": 5}
    assert "kept as part L1/shown-00005; good parts: 5" in said.err
    assert parts_in(place) == [f"L1/shown-0000{number}" for number in range(1, 6)]


def test_so_are_those_of_a_camera_with_a_trigger_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera = replace(BY_HAND, trigger=TriggerMode.HARDWARE, options={**SMALL, "interval_ms": 2})
    place = room(tmp_path, camera)
    assert main(words(place, "--parts", "3")) == 0
    assert "good parts shown: 3; to learn from: 3; 20 are a start, 200 are better" in capsys.readouterr().out
    assert len(parts_in(place)) == 3


def test_a_part_that_looks_the_same_as_the_one_before_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = tmp_path / "line"
    line.mkdir()
    for number, level in enumerate((100, 101)):
        write_picture(picture(1, level), line / f"{number}.png")
    place = room(tmp_path, CameraSettings("folder", str(line), trigger_interval_s=0.001))
    assert main(words(place, "--parts", "2")) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith("good parts: 2; it looks the same as part shown-00001: if it is that one, take it back")


def test_by_hand_each_return_is_a_part_and_n_takes_the_last_one_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = room(tmp_path, BY_HAND)
    typed(monkeypatch, "n\n\n\nN\n\n")
    assert main(words(place)) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "lay a good part under the camera and press Return; n and Return: the last one was not good; Ctrl+C ends",
        "there is none to take back",
        "kept as part shown-00001; good parts: 1",
        "kept as part shown-00002; good parts: 2",
        "part shown-00002 is learned from no more",
        "kept as part shown-00003; good parts: 2",
    ]
    assert "`inspector train --recipe cap --mode anomaly` learns from them" in said.out
    assert parts_in(place) == ["shown-00001", "shown-00003"]


def test_by_hand_too_enough_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = room(tmp_path, BY_HAND)
    typed(monkeypatch, "\n" * 9)
    assert main(words(place, "--parts", "2")) == 0
    assert "good parts shown: 2" in capsys.readouterr().out
    assert len(parts_in(place)) == 2


def test_the_same_part_twice_is_one_and_an_empty_view_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "line"
    folder.mkdir()
    for name, pixels in (("1", picture(1)), ("2", picture(1)), ("3", np.full((24, 32), 90, np.uint8))):
        write_picture(pixels, folder / f"{name}.png")
    place = room(tmp_path, CameraSettings("folder", str(folder), trigger_interval_s=0.0))
    typed(monkeypatch, "\n\n\n")
    assert main(words(place, "--json")) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["refused"] == 2
    assert "not kept: it is the very picture of part shown-00001" in said.err
    assert "not kept: there is nothing in view" in said.err
    assert parts_in(place) == ["shown-00001"]


def test_a_camera_that_is_lost_ends_it_with_what_was_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = room(tmp_path, replace(BY_HAND, options={**SMALL, "disconnect_after": 2}))
    typed(monkeypatch, "\n" * 5)
    assert main(words(place)) == 5
    said = capsys.readouterr()
    assert "good parts shown: 2" in said.out
    assert "unplugged after 2 frames" in said.err
    assert len(parts_in(place)) == 2


def test_a_nearly_full_disk_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = room(tmp_path, PACED)
    (place / "settings.toml").write_text("free_space_mb = 1000000\n", encoding="utf-8")
    assert main(words(place)) == 6
    assert "nearly full" in capsys.readouterr().err


def test_while_the_line_runs_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = room(tmp_path, PACED)
    with Workspace.open(place) as workspace, workspace.station_lock():
        assert main(words(place)) == 6
    assert "a station already runs on this workspace" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--parts", "0"], ["--parts", "some"]])
def test_a_number_of_parts_that_is_none_is_refused(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words(tmp_path, *wrong))


def test_that_they_are_good_has_to_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["capture", "--recipe", RECIPE, "--workspace", str(tmp_path)])
    assert "--good" in capsys.readouterr().err


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Workspace.create(tmp_path / "workspace").close()
    assert main(words(tmp_path / "workspace")) == 3
    assert RECIPE in capsys.readouterr().err
