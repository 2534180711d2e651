"""`certify` and `watch` from the command line: their answers, their exit codes and what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.cli.watching import ALARM
from inspector.devices.render.light import Sensor
from inspector.domain import GOOD
from inspector.errors import DatasetError, ModelError, RecipeError
from inspector.store.workspace import Workspace
from tests.laws.documents import codes, table
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, publish, teach
from tests.unit.ready import ready_workspace
from tests.unit.watched_lines import Line, taught_room


def told(command: str) -> set[str]:
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if command in codes(row[0]))
    return set(cell.split(", "))


def answer(capsys: pytest.CaptureFixture[str], words: Sequence[str], code: int = 0) -> Any:
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def golden_room(tmp_path: Path) -> Path:
    with open_room(tmp_path) as room:
        teach(room, {GOOD: [f"g{n}" for n in range(5)], "dent": [f"b{n}" for n in range(5)]})
        room.ledger.add_golden(
            RECIPE, {f"{kind}{n}": GOOD if kind == "g" else "dent" for kind in "gb" for n in range(3)}
        )
        publish(room, 1, brightness_model())
        return room.path


def certify_words(place: Path) -> list[str]:
    return ["certify", "--workspace", str(place), "--recipe", RECIPE]


def test_a_certificate_is_answered_and_kept(golden_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, certify_words(golden_room))
    assert found.keys() == told("certify")
    kept = json.loads(Path(found["file"]).read_text())
    assert kept == {key: value for key, value in found.items() if key != "file"}
    assert Path(found["file"]).parent.parent == golden_room / "reports" / RECIPE
    assert {each["axis"] for each in found["ranges"]} >= {"light", "blur", "shift_across", "rotation", "noise", "jpeg"}


def test_a_person_reads_each_end_and_the_sentence(golden_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*certify_words(golden_room), "--parts", "4"]) == 0
    said = capsys.readouterr()
    assert "certifying" in said.err
    (light,) = (line for line in said.out.splitlines() if line.startswith("light "))
    assert " ".join(light.split()[:3]) == "light % -38" and "a defect passes" in light
    assert said.out.splitlines()[-1].startswith("v1-")
    assert "2 defective and 2 good golden parts" in said.out


def test_a_promotion_says_what_the_model_withstands(golden_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promote = ["promote", "--workspace", str(golden_room), "--recipe", RECIPE, "--reason", "a test"]
    assert main(promote) == 0
    assert "has not been tried: `inspector certify --recipe cap`" in capsys.readouterr().out
    certificate = answer(capsys, certify_words(golden_room))
    assert answer(capsys, promote)["certificate"] == certificate["sentence"]
    Path(certificate["file"]).write_text("{")
    assert answer(capsys, promote)["certificate"] is None


def test_what_cannot_be_certified_is_said_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ready_workspace(tmp_path)
    assert main(certify_words(place)) == DatasetError.exit_code
    assert "the golden set has 0 defective and 0 good parts" in capsys.readouterr().err
    assert not (place / "reports").exists()
    assert main([*certify_words(place), "--model", "v9-00000000"]) == ModelError.exit_code
    assert main(["certify", "--workspace", str(place), "--recipe", "none"]) == RecipeError.exit_code


def test_a_recipe_without_any_model_has_nothing_to_certify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_room(tmp_path) as room:
        place = room.path
    assert main(certify_words(place)) == ModelError.exit_code
    assert "no model yet" in capsys.readouterr().err


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    workspace, recipe = taught_room(tmp_path, parts=30)
    with workspace:
        Line(workspace, recipe).run(60, keep=False)
    return workspace.path


def watch_words(place: Path) -> list[str]:
    return ["watch", "--workspace", str(place), "--recipe", RECIPE, "--parts", "50"]


def test_a_calm_line_ends_with_0_and_a_changed_one_with_the_alarms_code(
    watched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calm = answer(capsys, watch_words(watched))
    assert calm.keys() == told("watch") and calm["calm"] is True and calm["parts"] == 50
    with Workspace.open(watched) as workspace:
        line = Line(workspace, workspace.recipes.load(RECIPE))
        line.number = 60
        line.run(50, Sensor(light=0.75), keep=False)
    assert main(watch_words(watched)) == ALARM == 10
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("ALARM light fell 2")
    with Workspace.open(watched) as workspace:
        [event] = workspace.ledger.events(recipe=RECIPE)
    assert event.kind == "alarm" and event.detail["words"][0] == said[0].removeprefix("ALARM ")


def test_a_window_of_hours_looks_at_today_only(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["watch", "--workspace", str(watched), "--recipe", RECIPE, "--hours", "2"]
    found = answer(capsys, words)
    assert found["parts"] == 0 and "Only 0 parts" in found["remarks"][0]  # the line ran years ago


def test_parts_and_hours_together_are_wrong_usage(watched: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*watch_words(watched), "--hours", "2"])


def test_a_line_without_a_model_cannot_be_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_room(tmp_path) as room:
        place = room.path
    assert main(["watch", "--workspace", str(place), "--recipe", RECIPE]) == ModelError.exit_code
    assert "no model in use" in capsys.readouterr().err
