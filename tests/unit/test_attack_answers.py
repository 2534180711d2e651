"""`evaluate`, `report`, `watch` and `errors` on data that a person may really point them at."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import GOOD
from inspector.errors import DatasetError, ModelError, StoreError
from inspector.learning.evaluation import UNREADABLE
from inspector.learning.snapshot import take
from inspector.recipe import Limits
from inspector.store.workspace import Workspace
from tests.unit.attack import LIMITS, Captured, misused, modelled, refused, rows, state, taught, told, typed
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import put_file
from tests.unit.report_pages import Page


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with taught(tmp_path_factory.mktemp("original")) as workspace:
        take(workspace, RECIPE)
        modelled(workspace, golden=rows(workspace), validation=rows(workspace))
        return workspace.path


@pytest.fixture
def workspace(original: Path, tmp_path: Path) -> Iterator[Workspace]:
    """Labelled parts and a model in use."""
    with Workspace.open(shutil.copytree(original, tmp_path / "workspace")) as made:
        yield made


def dataset(folder: Path, good: int = 3, dent: int = 3) -> Path:
    """Dark good pictures and bright dents that nobody has seen, a folder for each class."""
    for kind, count, level in ((GOOD, good, 60), ("dent", dent, 180)):
        for number in range(count):
            put_file(folder, f"{kind}/{kind}-{number}.png", 5000 + 100 * level + number, level)
    return folder


def evaluate(place: Path, folder: Path, *words: str) -> list[str]:
    return typed(place, "evaluate", str(folder), *words)


# evaluate


def test_a_dataset_of_unknown_parts_is_unseen_and_one_that_was_taught_is_not(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    folder = dataset(tmp_path / "set")
    found = told(capsys, evaluate(workspace.path, folder))
    assert (found["pictures"], found["seen_in_training"], found["unseen"]["pictures"]) == (6, 0, 6)
    learned = workspace.snapshots / f"{workspace.versions.list(RECIPE)[0].card.snapshot_id}.json"
    entry = next(one for one in json.loads(learned.read_text())["entries"] if one["split"] == "train")
    kind = entry["defect_class"]
    shutil.copy(workspace.images.path(entry["digest"]), folder / kind / "copied.png")
    found = told(capsys, evaluate(workspace.path, folder))
    assert (found["seen_in_training"], found["unseen"]["pictures"]) == (1, 6)
    assert found["seen"][0]["how"] == "same pixels" and found["seen"][0]["digest"] == entry["digest"]


def test_without_its_snapshot_nobody_knows_what_a_model_has_met_and_that_is_no_zero(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    shutil.rmtree(workspace.snapshots)
    found = told(capsys, evaluate(workspace.path, dataset(tmp_path / "set")))
    assert (found["seen_in_training"], found["unseen"]) == (None, None)
    assert found["pictures"] == 6


@pytest.mark.parametrize(("good", "dent", "empty"), [(3, 0, "escape_rate"), (0, 3, "overkill_rate")])
def test_one_class_alone_has_no_ranking_and_no_rate_of_the_other(
    good: int, dent: int, empty: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    folder = dataset(tmp_path / "set", good, dent)
    found = told(capsys, evaluate(workspace.path, folder, "--layout", "classes"))
    assert found["auroc"] is None and found["part_auroc"] is None
    assert found[empty] == {"value": None, "low": 0.0, "high": 1.0, "n": 0}


def test_pictures_that_cannot_be_read_are_rows_and_count_as_nothing_else(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    folder = dataset(tmp_path / "set")
    (folder / "dent" / "half.png").write_bytes((folder / "dent" / "dent-0.png").read_bytes()[:60])
    (folder / "good" / "empty.png").touch()
    out = tmp_path / "rows.csv"
    found = told(capsys, evaluate(workspace.path, folder, "--out", str(out)))
    assert (found["pictures"], found["unreadable"], found["parts"]) == (8, 2, 6)
    with out.open(encoding="utf-8", newline="") as file:
        listed = {Path(next(iter(row.values()))).name: row for row in csv.DictReader(file)}
    assert listed.keys() >= {"half.png", "empty.png"} and len(listed) == 8
    assert all(UNREADABLE in listed[name].values() for name in ("half.png", "empty.png"))
    assert UNREADABLE not in listed["dent-0.png"].values()


@pytest.mark.parametrize("name", ["away", "empty", "words.txt"])
def test_what_is_no_dataset_is_named_and_nothing_is_written(
    name: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text("good,bad")
    before = state(workspace.path)
    words = evaluate(workspace.path, tmp_path / name, "--out", str(tmp_path / "rows.csv"))
    line = refused(capsys, DatasetError.exit_code, words)
    assert str(tmp_path / name) in line
    assert not (tmp_path / "rows.csv").exists() and state(workspace.path) == before


def test_a_model_that_is_not_there_evaluates_nothing(workspace: Workspace, tmp_path: Path, capsys: Captured) -> None:
    words = evaluate(workspace.path, dataset(tmp_path / "set"), "--model", "v9-00000000")
    assert "there is no such model version" in refused(capsys, ModelError.exit_code, words)


def test_rows_that_cannot_be_written_are_said_after_the_work(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    words = evaluate(workspace.path, dataset(tmp_path / "set"), "--out", str(tmp_path))
    assert refused(capsys, StoreError.exit_code, words).startswith(f"{tmp_path}: ")


def test_another_version_is_measured_at_the_limits_of_its_own_card(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    folder = dataset(tmp_path / "set")
    told(capsys, typed(workspace.path, "operating-point", "--max-overkill", "100", "--set", "--reason", "a test"))
    in_use = workspace.versions.list(RECIPE)[0].card.id
    assert workspace.recipes.load(RECIPE).limits != LIMITS
    found = told(capsys, evaluate(workspace.path, folder, "--model", in_use))
    assert (found["model"], found["escape_rate"]["value"], found["overkill_rate"]["value"]) == (in_use, 0.0, 0.0)


# report


def test_a_report_goes_where_it_is_told_and_leaves_the_workspace_as_it_is(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    before = state(workspace.path)
    found = told(capsys, typed(workspace.path, "report", "--out", str(tmp_path / "deep" / "er")))
    assert sorted(path.name for path in (tmp_path / "deep" / "er").iterdir()) == ["report.html", "report.json"]
    assert Page(Path(found["html"]).read_text(encoding="utf-8")).faults == []
    assert state(workspace.path) == before


def test_the_claim_of_the_report_is_that_of_the_operating_point(workspace: Workspace, capsys: Captured) -> None:
    claim = told(capsys, typed(workspace.path, "report"))["claim"]
    assert claim and claim in told(capsys, typed(workspace.path, "operating-point"))["sentences"]


def test_a_report_over_an_old_one_keeps_what_others_filed(workspace: Workspace, capsys: Captured) -> None:
    folder = Path(told(capsys, typed(workspace.path, "report"))["html"]).parent
    (folder / "signed.pdf").write_bytes(b"%PDF")
    (folder / "report.html").write_text("half a re")
    told(capsys, typed(workspace.path, "report"))
    assert (folder / "signed.pdf").read_bytes() == b"%PDF"
    assert Page((folder / "report.html").read_text(encoding="utf-8")).faults == []


# watch


def test_a_line_that_never_ran_is_calm_and_the_answer_says_from_how_much(
    workspace: Workspace, capsys: Captured
) -> None:
    found = told(capsys, typed(workspace.path, "watch"))
    assert found["calm"] and found["parts"] == 0 and found["remarks"]


def test_a_line_that_is_calm_leaves_no_trace_however_often_it_is_asked(workspace: Workspace, capsys: Captured) -> None:
    before = state(workspace.path)
    for words in (["--hours", "1"], ["--hours", "10000000"], ["--parts", "1"], ["--parts", "10000000"]):
        assert told(capsys, typed(workspace.path, "watch", *words))["calm"] is True
    assert state(workspace.path) == before


# errors


@pytest.mark.parametrize("there", ["file", "full"])
def test_a_gallery_is_not_put_where_something_lies(
    there: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "file").write_text("mine")
    words = typed(workspace.path, "errors", "--gallery", str(tmp_path / there))
    line = refused(capsys, StoreError.exit_code, words)
    assert line == f"{tmp_path / there}: expected an empty folder or none; choose another one"
    assert (tmp_path / "file").read_text() == "mine" and len(list((tmp_path / "full").iterdir())) == 1


def test_where_a_model_makes_no_error_the_gallery_is_empty_and_the_words_say_so(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    found = told(capsys, typed(workspace.path, "errors", "--gallery", str(tmp_path / "gallery")))
    assert (found["worst"], found["suspects"], found["pictures"]) == ([], [], 4)
    assert list((tmp_path / "gallery").iterdir()) == []


def test_at_other_limits_other_pictures_are_errors(workspace: Workspace, capsys: Captured) -> None:
    model = workspace.versions.list(RECIPE)[0].card.id
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), limits=Limits(-9.0, -4.5)))
    overkilled = told(capsys, typed(workspace.path, "errors"))["worst"]
    assert [(one["truth"], one["verdict"]) for one in overkilled] == [(GOOD, "ng")] * 2
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), limits=Limits(4.5, 9.0)))
    missed = told(capsys, typed(workspace.path, "errors"))["worst"]
    assert [(one["truth"], one["verdict"]) for one in missed] == [("dent", "ok")] * 2
    assert told(capsys, typed(workspace.path, "errors", "--model", model))["worst"] == []


@pytest.mark.parametrize(
    "words", [["--max-escape", "5", "--gallery", "x"], ["--max-escape"], ["--max-escape", "5", "7"]]
)
def test_words_of_another_command_are_wrong_usage(words: list[str], workspace: Workspace, capsys: Captured) -> None:
    assert misused(capsys, typed(workspace.path, "operating-point", *words)).startswith("inspector")
