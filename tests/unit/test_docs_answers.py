"""What every command answers in JSON and in CSV, and what it leaves on disk, is what the documents say."""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from inspector.bench.measure import Measure
from inspector.bench.measures import MEASURES
from inspector.cli import main
from inspector.domain import GOOD
from inspector.learning import snapshot as snapshots
from inspector.learning.gate import hold_against_champion
from inspector.metrics import Proportion
from inspector.recipe import CameraSettings
from inspector.settings import default_workspace
from inspector.store.workspace import Workspace
from tests.laws.documents import codes, table, text_of
from tests.laws.sources import ROOT
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, publish, put_file, teach

VERDICTS = {"ok", "ng", "recheck", "unfit"}
GOOD_LEVEL, DENT_LEVEL = 60, 200


@dataclass(frozen=True, slots=True)
class Room:
    """A workspace with two models and a data set that they can tell apart."""

    place: Path
    pictures: Path
    out: Path
    models: tuple[str, str]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    path = tmp_path_factory.mktemp("room")
    for number in range(3):
        put_file(path / "pictures" / GOOD, f"{number}.png", number, GOOD_LEVEL)
        put_file(path / "pictures" / "dent", f"{number}.png", 10 + number, DENT_LEVEL)
    with open_room(path) as workspace:
        models = tuple(publish(workspace, number, brightness_model()).card.id for number in (1, 2))
        camera = CameraSettings("folder", str(path / "pictures" / GOOD), trigger_interval_s=0.01)
        workspace.recipes.save(replace(workspace.recipes.load(RECIPE), camera=camera))
    made = Room(path / "workspace", path / "pictures", path / "out.csv", (models[0], models[1]))
    for model in models:
        words = ["promote", "--recipe", RECIPE, "--model", model, "--reason", "a test"]
        assert main([*words, "--workspace", str(made.place)]) == 0
    return made


@pytest.fixture
def ask(room: Room, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Type a command and read its JSON."""

    def typed(*words: str) -> Any:
        capsys.readouterr()
        main([*words, "--workspace", str(room.place), "--json"])
        return json.loads(capsys.readouterr().out)

    return typed


def told(command: str) -> set[str]:
    """The keys that the reference promises for a command; of a list, those of its items."""
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if command in codes(row[0]))
    return set(cell.removeprefix("a list of ").split(", "))


def test_the_answers_of_a_run_and_of_the_review(ask: Callable[..., Any]) -> None:
    assert ask("station", "--recipe", RECIPE, "--headless", "--parts", "2").keys() == told("station") == told("demo")
    items = ask("review", "--recipe", RECIPE)
    assert items and all(item.keys() == told("review") for item in items)


def test_the_answers_of_a_first_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_room(tmp_path) as workspace:
        camera = CameraSettings(trigger_interval_s=0.001, options={"width": 128, "height": 96})
        workspace.recipes.save(replace(workspace.recipes.load(RECIPE), camera=camera))
    usual = ["--recipe", RECIPE, "--workspace", str(tmp_path / "workspace"), "--json"]
    assert main(["capture", "--good", "--parts", "1", *usual]) == 0
    assert json.loads(capsys.readouterr().out).keys() == told("capture")
    with Workspace.open(tmp_path / "workspace") as workspace:
        (shown,) = workspace.ledger.examples(RECIPE)
        suspect = {"digest": shown.digest, "part": shown.part, "score": 7.5}
        publish(workspace, 1, results={"suspects": [suspect]})
    assert main(["review", "--suspects", *usual]) == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert item.keys() == told("review --suspects")


def test_the_answers_about_recipes(ask: Callable[..., Any]) -> None:
    assert ask("recipe", "new", "other").keys() == told("recipe new")
    assert all(row.keys() == told("recipe list") for row in ask("recipe", "list"))
    assert ask("recipe", "check", RECIPE).keys() == told("recipe check")
    assert {"id", "name", "camera", "limits"} <= ask("recipe", "show", RECIPE).keys()


def test_the_answer_of_an_import(ask: Callable[..., Any], room: Room) -> None:
    assert ask("import", str(room.pictures), "--recipe", "taught").keys() == told("import")


def test_the_answers_of_promotion_and_rollback(ask: Callable[..., Any], room: Room) -> None:
    words = ("--recipe", RECIPE, "--model", room.models[1], "--reason", "a test")
    assert ask("promote", *words).keys() == told("promote")
    assert ask("rollback", "--recipe", RECIPE).keys() == told("rollback")


def test_the_answers_of_evaluation_and_gate(ask: Callable[..., Any], room: Room) -> None:
    answer = ask("evaluate", str(room.pictures), "--recipe", RECIPE, "--out", str(room.out))
    assert answer.keys() == told("evaluate")
    rates = [value for key, value in answer.items() if key.endswith("_rate")]
    assert rates and all(list(rate) == [field.name for field in fields(Proportion)] for rate in rates)
    assert ask("gate", "--recipe", RECIPE, "--model", room.models[0]).keys() == told("gate")
    with room.out.open(encoding="utf-8") as file:
        assert f"`{','.join(next(csv.reader(file)))}`" in text_of("reference")


def test_the_answer_of_a_report(ask: Callable[..., Any], room: Room) -> None:
    answer = ask("report", "--recipe", RECIPE)
    assert answer.keys() == told("report")
    files = [codes(row[1])[1:] for row in table("it", "name", "what", "backup") if row[0] == "`reports/`"]
    assert files == [[Path(answer["html"]).name, Path(answer["json"]).name]]


def test_the_answer_of_a_folder(ask: Callable[..., Any], room: Room) -> None:
    put_file(room.pictures / "odd", "broken.png", 99).write_bytes(b"no picture")
    answer = ask("inspect-folder", str(room.pictures), "--recipe", RECIPE, "--out", str(room.out))
    (room.pictures / "odd" / "broken.png").unlink()
    assert {"pictures", "out", "unreadable"} <= answer.keys() <= {"pictures", "out", "unreadable"} | VERDICTS
    with room.out.open(encoding="utf-8") as file:
        assert f"`{','.join(next(csv.reader(file)))}`" in text_of("reference")


def test_the_answer_of_the_doctor(ask: Callable[..., Any]) -> None:
    answer = ask("doctor")
    keys = set(answer["findings"][0])
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if row[0] == "`doctor`")
    assert f"findings: a list of {', '.join(answer['findings'][0])}" == cell
    assert keys == {"what", "ok", "detail", "action"}


def test_the_answer_of_a_training_has_the_keys_that_are_written() -> None:
    """Read from its source: a training takes longer than a document's test may."""
    source = ast.parse((ROOT / "inspector" / "cli" / "learning.py").read_text(encoding="utf-8"))
    function = next(node for node in ast.walk(source) if isinstance(node, ast.FunctionDef) and node.name == "train")
    tables = [node for node in ast.walk(function) if isinstance(node, ast.Dict)]
    literal = {key.value for keys in tables for key in keys.keys if isinstance(key, ast.Constant)}
    assert literal == told("train")


def test_the_answer_of_the_bench_has_the_keys_that_are_written() -> None:
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if row[0] == "`bench`")
    top, _, each = cell.partition(": by name, each with ")
    assert top == "machine, recipe, model, measures"
    assert set(each.split(", ")) == {field.name for field in fields(Measure)} | {"ratio", "holds", "machine"}
    named = re.findall(r"--only (\w+)", text_of("engineer"))
    assert named and set(named) <= set(MEASURES)


def test_the_files_of_a_workspace_are_those_that_are_written(ask: Callable[..., Any], room: Room) -> None:
    ask("station", "--recipe", RECIPE, "--headless", "--parts", "1")
    ask("report", "--recipe", RECIPE)
    rows = table("it", "name", "what", "backup")
    named = {codes(row[0])[0].rstrip("/") for row in rows}
    there = {path.name for path in room.place.iterdir()} - {"ledger.db-wal", "ledger.db-shm"}
    assert there <= named
    made_by_others = {"settings.toml", "line", "ledger-v<n>.backup.db"}  # a person, the demonstration, a migration
    assert named - made_by_others <= there
    assert (room.place / "models" / RECIPE / room.models[0] / "card.json").exists()
    assert any((room.place / "recipes" / "history").rglob("*.toml"))


def test_a_copy_of_what_the_reference_calls_a_backup_is_the_same_workspace(room: Room, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    for name, _what, wanted in table("it", "name", "what", "backup"):
        source = room.place / codes(name)[0]
        if wanted == "yes" and source.is_dir():
            shutil.copytree(source, tmp_path / "copy" / source.name)
        elif wanted == "yes" and source.exists():
            shutil.copy(source, tmp_path / "copy" / source.name)
    with Workspace.open(room.place) as old, Workspace.open(tmp_path / "copy") as new:
        assert new.ledger.records() == old.ledger.records()
        assert new.ledger.verify() is None
        model = new.recipes.load(RECIPE).model_id
        assert new.versions.load(RECIPE, model).card == old.versions.load(RECIPE, model).card
        assert all(new.images.has(digest) for digest in old.ledger.pictures())


@pytest.mark.parametrize(("parts", "enough"), [(11, True), (10, False)])
def test_the_least_that_a_first_model_needs_is_what_the_engineer_is_told(
    tmp_path: Path, parts: int, enough: bool
) -> None:
    assert "11 good parts and 11 of one defect are the least" in text_of("engineer").replace("\n", " ")
    with open_room(tmp_path) as workspace:
        teach(workspace, {GOOD: [f"g{n}" for n in range(parts)], "dent": [f"d{n}" for n in range(parts)]})
        snapshots.take(workspace, RECIPE)
        version = publish(workspace, 1, brightness_model())
        report = hold_against_champion(workspace, RECIPE, version.card.id)
    assert report.passed is enough
    assert (report.needed_good, report.needed_defective) == ((0, 0) if enough else (1, 1))


def test_two_parts_each_of_three_defects_do_as_well(tmp_path: Path) -> None:
    assert "or 11 good and 2 each of three defects" in text_of("engineer").replace("\n", " ")
    defects = {name: [f"{name}1", f"{name}2"] for name in ("dent", "scratch", "stain")}
    with open_room(tmp_path) as workspace:
        teach(workspace, {GOOD: [f"g{n}" for n in range(11)], **defects})
        snapshots.take(workspace, RECIPE)
        version = publish(workspace, 1, brightness_model())
        report = hold_against_champion(workspace, RECIPE, version.card.id)
    assert (report.needed_good, report.needed_defective) == (0, 0)


def test_where_the_workspace_is_without_a_word_is_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSPECTOR_WORKSPACE", raising=False)
    assert default_workspace().parts[-2:] == ("inspector", "workspace")
    assert "`inspector/workspace`" in text_of("it")
    monkeypatch.setenv("INSPECTOR_WORKSPACE", "somewhere")
    assert default_workspace() == Path("somewhere")
