"""What comes out of the command: JSON and nothing else, whole or a reason why not, in any terminal, with or without."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.cli import main
from inspector.cli.arguments import parser
from inspector.cli.screen import answer, as_json, in_reach_of, progress_bar
from inspector.domain import Box, Region
from inspector.errors import DatasetError, DeviceError, ModelError, RecipeError, StoreError
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import CAMERA, pictures, ready_workspace, settle

# JSON

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@given(values)
def test_whatever_is_answered_is_json_of_plain_letters(value: object) -> None:
    text = as_json(value)
    json.loads(text, parse_constant=refuse)
    assert text.isascii()


def test_what_json_has_no_word_for_is_null_or_text() -> None:
    told = {"nan": math.nan, "inf": [math.inf, -math.inf], "at": datetime(2026, 1, 2, tzinfo=UTC), "path": Path("a/b")}
    assert json.loads(as_json(told)) == {
        "nan": None,
        "inf": [None, None],
        "at": "2026-01-02 00:00:00+00:00",
        "path": "a/b",
    }


def test_a_name_that_is_no_unicode_is_still_json() -> None:
    assert json.loads(as_json({"file": b"caf\xe9".decode("utf-8", "surrogateescape")})) == {"file": "caf\udce9"}


@pytest.mark.parametrize(("encoding", "seen"), [("utf-8", "Maß µ"), ("latin-1", "Maß µ"), ("ascii", "Ma\\xdf \\xb5")])
def test_letters_that_a_terminal_lacks_are_shown_as_their_numbers(encoding: str, seen: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    text = in_reach_of(stream, "Maß µ")
    stream.write(text)
    stream.flush()
    assert text == seen


def test_without_a_terminal_every_letter_is_in_reach() -> None:
    assert in_reach_of(None, "部品") == "部品"


def test_lines_that_are_none_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def none() -> Iterator[str]:
        yield from ()

    answer(False, {}, none)
    assert capsys.readouterr().out == ""


def test_progress_without_a_terminal_is_one_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as advance:
        for done in range(50):
            advance("importing", done, 50)
            advance("training", done, 9)
    said = capsys.readouterr()
    assert said.err == "importing (50)\ntraining (9)\n"
    assert said.out == ""


# Every command that has an answer


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ready_workspace(tmp_path_factory.mktemp("ready"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("pictures"), ["a.png", "b/ü ö.png", "部品.png"])


COMMANDS = {
    "recipe list": ["recipe", "list"],
    "recipe show": ["recipe", "show", RECIPE],
    "recipe check": ["recipe", "check", RECIPE],
    "review": ["review", "--recipe", RECIPE],
    "doctor": ["doctor"],
    "station": ["station", "--recipe", RECIPE, "--headless", "--parts", "3"],
    "inspect-folder": ["inspect-folder", "{folder}", "--recipe", RECIPE, "--out", "{out}"],
    "batch": ["batch", "{folder}", "--recipe", RECIPE, "--out", "{out}"],
}


def run(words: list[str], place: Path, folder: Path, out: Path, *more: str) -> int:
    filled = [word.format(folder=folder, out=out) for word in words]
    return main([*filled, "--workspace", str(place), *more])


@pytest.mark.parametrize("name", COMMANDS)
def test_with_json_there_is_one_value_and_nothing_else(
    name: str, place: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(COMMANDS[name], place, folder, tmp_path / "out.csv", "--json", "--verbose") == 0
    out = capsys.readouterr().out
    assert isinstance(json.loads(out, parse_constant=refuse), dict | list)
    assert out.endswith("\n")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "review"])
def test_without_json_there_are_lines_for_people(
    name: str, place: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(COMMANDS[name], place, folder, tmp_path / "out.csv") == 0
    out = capsys.readouterr().out
    assert out.strip() and not out.startswith("{")
    assert "Traceback" not in out


def test_the_figures_of_a_station_are_those_of_its_ledger(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["station", "--recipe", RECIPE, "--headless", "--parts", "5", "--json", "--workspace", str(place)]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["triggers"] == told["inspections"] == told["records"] == 5
    assert told["ok"] + told["ng"] + told["recheck"] + told["unfit"] == 5


def test_two_runs_of_a_station_never_give_two_parts_one_name(place: Path) -> None:
    from inspector.store.workspace import Workspace

    words = ["station", "--recipe", RECIPE, "--headless", "--parts", "3", "--lot", "one", "--workspace", str(place)]
    assert [main(words), main(words)] == [0, 0]
    with Workspace.open(place) as workspace:
        parts = [record.inspection.part for record in workspace.ledger.records(limit=None)]
    assert len(parts) == len(set(parts))


def test_a_label_is_signed_by_the_stations_operator(tmp_path: Path) -> None:
    from inspector.store.workspace import Workspace

    folder = ready_workspace(tmp_path)
    settle(folder, operator="Zoë")
    assert main(["station", "--recipe", RECIPE, "--headless", "--parts", "1", "--workspace", str(folder)]) == 0
    with Workspace.open(folder) as workspace:
        part = workspace.ledger.records()[0].inspection.id
    assert main(["review", "--recipe", RECIPE, "--label", part, "good", "--workspace", str(folder)]) == 0
    with Workspace.open(folder) as workspace:
        assert [label.who for label in workspace.ledger.record(part).labels] == ["Zoë"]


@pytest.fixture
def part(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A part of 128 x 96 pixels that a line saw, and the words that come after every command."""
    folder = ready_workspace(tmp_path)
    assert main(["station", "--recipe", RECIPE, "--headless", "--parts", "1", "--workspace", str(folder)]) == 0
    with Workspace.open(folder) as workspace:
        yield workspace.ledger.records()[0].inspection.id, ["--recipe", RECIPE, "--workspace", str(folder)]


def labels_in(words: list[str]) -> list[tuple[str, tuple[Region, ...]]]:
    with Workspace.open(Path(words[-1])) as workspace:
        return [(label.defect_class, label.regions) for label in workspace.ledger.records()[0].labels]


def test_boxes_say_where_the_defect_is_and_a_later_label_corrects_them(part: tuple[str, list[str]]) -> None:
    name, words = part
    boxes = ["--box", "40,60,32,24", "--box", "0,0,128,96"]
    assert main(["review", "--label", name, "Big Scratch", *boxes, *words]) == 0
    assert main(["review", "--label", name, "dent", "--box", "127,95,1,1", *words]) == 0
    assert labels_in(words) == [
        ("big_scratch", (Box(40, 60, 32, 24), Box(0, 0, 128, 96))),
        ("dent", (Box(127, 95, 1, 1),)),
    ]


@pytest.mark.parametrize(
    ("word", "box", "said"),
    [
        ("dent", "100,60,29,24", "box 100,60,29,24: it reaches outside the picture, which is 128 x 96 pixels"),
        ("dent", "0,96,1,1", "it reaches outside the picture"),
        ("Good", "1,1,5,5", "a good part has no defect to mark"),
    ],
)
def test_a_box_that_marks_no_defect_is_refused(
    part: tuple[str, list[str]], capsys: pytest.CaptureFixture[str], word: str, box: str, said: str
) -> None:
    name, words = part
    assert main(["review", "--label", name, word, "--box", "1,1,2,2", "--box", box, *words]) == DatasetError.exit_code
    assert said in capsys.readouterr().err
    assert labels_in(words) == []


def test_where_the_picture_was_not_kept_no_place_can_be_marked(
    part: tuple[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    name, words = part
    with Workspace.open(Path(words[-1])) as workspace:
        workspace.images.path(workspace.ledger.record(name).inspection.frame_digest).unlink()
    assert main(["review", "--label", name, "dent", "--box", "1,1,5,5", *words]) == StoreError.exit_code
    assert "the picture is not in this workspace" in capsys.readouterr().err
    assert main(["review", "--label", name, "dent", *words]) == 0
    assert labels_in(words) == [("dent", ())]


@pytest.mark.parametrize("box", ["", "1,2,3", "1,2,3,4,5", "1,2,0,4", "1,2,3,nan", "1.5,2,3,4", "1,2,3,100001", "a"])
def test_what_is_no_box_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], box: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["review", "--recipe", RECIPE, "--label", "x", "dent", "--box", box, "--workspace", str(tmp_path)])
    assert caught.value.code == 2
    assert "argument --box: expected" in capsys.readouterr().err


def test_a_box_without_a_label_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["review", "--recipe", RECIPE, "--box", "1,2,3,4", "--workspace", str(tmp_path)])
    assert caught.value.code == 2
    assert "--box says where the defect of --label is" in capsys.readouterr().err


# What goes wrong is one line, a known code, and no JSON


def wrong_settings(place: Path) -> Path:
    settle(place, invoke_threads=0)
    return place


WRONG = {
    "no recipe": (["recipe", "show", "nosuch"], RecipeError, "there is no such recipe"),
    "no recipe name": (["recipe", "show", "../evil"], RecipeError, "lower-case"),
    "no folder": (
        ["inspect-folder", "{place}/nowhere", "--recipe", RECIPE, "--out", "x.csv"],
        DatasetError,
        "no such folder",
    ),
    "a name too long": (
        ["inspect-folder", "x" * 300, "--recipe", RECIPE, "--out", "x.csv"],
        DatasetError,
        "too long",
    ),
    "a file for a folder": (
        ["inspect-folder", "{place}/ledger.db", "--recipe", RECIPE, "--out", "x.csv"],
        DatasetError,
        "no such folder",
    ),
    "no model": (["gate", "--recipe", RECIPE, "--model", "v9-00000000"], ModelError, "v9-00000000"),
    "nothing to go back to": (["rollback", "--recipe", RECIPE], None, ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_one_line_on_standard_error(
    name: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, kind, said = WRONG[name]
    code = main([*(word.format(place=place) for word in words), "--workspace", str(place), "--json"])
    told = capsys.readouterr()
    assert code == kind.exit_code if kind else code > 0
    assert said in told.err
    assert told.err.startswith("inspector: ")
    assert told.out == ""
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("name", "words"), [("file", "no workspace here"), ("long", "too long"), ("empty", "no workspace here")]
)
def test_what_is_no_workspace_is_said(
    name: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"file": tmp_path / "a.txt", "long": tmp_path / ("x" * 300), "empty": tmp_path}
    (tmp_path / "a.txt").write_text("", encoding="utf-8")
    assert main(["recipe", "list", "--workspace", str(places[name])]) == StoreError.exit_code
    assert words in capsys.readouterr().err


def test_a_workspace_cannot_be_made_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("", encoding="utf-8")
    assert main(["recipe", "new", "washer", "--workspace", str(tmp_path / "a.txt")]) == StoreError.exit_code
    assert "a.txt" in capsys.readouterr().err


def test_a_station_whose_camera_is_not_there_ends_with_the_camera_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    folder = ready_workspace(tmp_path, camera=replace(CAMERA, source="nowhere"))
    assert main(["station", "--recipe", RECIPE, "--headless", "--workspace", str(folder)]) == DeviceError.exit_code
    assert "nowhere" in capsys.readouterr().err


def test_a_station_on_a_full_disk_ends_with_the_storage_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ready_workspace(tmp_path)
    settle(folder, free_space_mb=1_000_000)
    words = ["station", "--recipe", RECIPE, "--headless", "--workspace", str(folder), "--json"]
    assert main(words) == StoreError.exit_code
    told = capsys.readouterr()
    assert "MB free" in told.err
    assert json.loads(told.out)["records"] == 0


def test_a_second_station_on_one_workspace_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from inspector.store.workspace import Workspace

    with Workspace.open(place) as workspace, workspace.station_lock():
        words = ["station", "--recipe", RECIPE, "--headless", "--parts", "1", "--workspace", str(place)]
        assert main(words) == StoreError.exit_code
    assert "already runs" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "", "1e3", "²"])
def test_a_count_that_is_none_is_wrong_usage_in_words(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["station", "--recipe", "r", f"--parts={text}"])
    assert caught.value.code == 2
    assert "expected a whole number from 1" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["station", "--help"], ["recipe", "new", "--help"]])
def test_help_and_version_are_answers(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 0
    assert "inspector" in capsys.readouterr().out
