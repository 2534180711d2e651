"""What a network would be shown can be looked at before hours are spent on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.learning.augmentation import DEFAULT
from inspector.pictures import read_picture
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, teach


def words(place: Path, *more: str) -> list[str]:
    out = str(place / "sheet.png")
    return ["augmentations", "--workspace", str(place / "workspace"), "--recipe", RECIPE, "--out", out, "--json", *more]


def test_each_class_is_shown_as_it_is_and_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_room(tmp_path) as workspace:
        teach(workspace, {"good": ["a", "b", "c"], "dent": ["d"]})
    assert main(words(tmp_path, "--augment", "gain=0.1")) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == ["dent", "good", "good"]
    assert said["augmentation"] == DEFAULT.to_json() | {"gain": 0.1}
    assert read_picture(tmp_path / "sheet.png").shape == (3 * 228, 8 * 228, 3)


def test_without_a_labelled_picture_there_is_nothing_to_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_room(tmp_path):
        pass
    assert main(words(tmp_path)) == 4
    assert "no labelled picture" in capsys.readouterr().err


def test_a_wrong_word_is_told_before_anything_is_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Workspace.create(tmp_path / "workspace").close()
    assert main(words(tmp_path, "--augment", "colour=1")) == 8
    assert "colour" in capsys.readouterr().err
