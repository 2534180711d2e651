"""`inspector review --samples`: why one part was judged so, in two lines and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.domain import GOOD, UNLIKE
from inspector.errors import ModelError, StoreError
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from tests.laws.documents import codes, table
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room
from tests.unit.taught_rooms import GOOD_LEVELS, classes, inspected, plain, taught_as, teach

Captured = pytest.CaptureFixture[str]


def placed(path: Path, levels: dict[int, str], **promises: Any) -> tuple[Path, str]:
    """A workspace taught these, and the inspection of a part of level 89 in it."""
    with open_room(path) as workspace:
        teach(workspace, taught_as(workspace, levels), **promises)
        return workspace.path, inspected(workspace, 1, plain(89)).inspection.id


def told(capsys: Captured, place: Path, *words: str) -> list[str]:
    capsys.readouterr()
    assert main(["review", "--recipe", RECIPE, "--workspace", str(place), "--samples", *words]) == 0
    return capsys.readouterr().out.splitlines()


def refused(capsys: Captured, place: Path, *words: str, recipe: str = RECIPE) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["review", "--recipe", recipe, "--workspace", str(place), "--samples", *words])
    out, err = capsys.readouterr()
    assert out == ""
    return code, err


def test_the_two_are_told_with_their_distance(tmp_path: Path, capsys: Captured) -> None:
    place, part = placed(tmp_path, classes())
    first, good, defect = told(capsys, place, part)
    assert first == f"{part}  L7/S000001 ng crack"
    near = "4.0 times the usual distance, farther than 24 of 26 taught pictures from their nearest"
    assert good == f"most similar good part: p73, {near}"
    assert defect.startswith("most similar defect: dent, p150, 15.")
    assert defect.endswith(" times the usual distance, farther than any taught picture from its nearest")


def test_the_answer_for_a_machine_has_the_keys_that_are_written(tmp_path: Path, capsys: Captured) -> None:
    place, part = placed(tmp_path, classes())
    answer = json.loads("\n".join(told(capsys, place, part, "--json")))
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if "review --samples" in codes(row[0]))
    first, _, inner = cell.partition(" and defect: each null, or ")
    assert [*answer] == [*first.split(", "), "defect"]
    assert [*answer["good"]] == [*answer["defect"]] == inner.split(", ")
    assert (answer["inspection"], answer["good"]["part"], answer["defect"]["defect_class"]) == (part, "p73", "dent")
    assert Path(answer["good"]["picture"]).exists() and Path(answer["defect"]["picture"]).exists()


def test_a_model_of_good_parts_alone_has_the_labelled_defects(tmp_path: Path, capsys: Captured) -> None:
    place, part = placed(tmp_path, dict.fromkeys(GOOD_LEVELS, GOOD), classes=(GOOD, UNLIKE, "x"))
    assert told(capsys, place, part)[2] == "most similar defect: none was taught or labelled"
    with Workspace.open(place) as workspace:
        other = inspected(workspace, 2, plain(190)).inspection.id
    capsys.readouterr()
    assert main(["review", "--recipe", RECIPE, "--label", other, "dent", "--workspace", str(place)]) == 0
    assert told(capsys, place, part)[2].startswith("most similar labelled defect: dent, L7/S000002, ")


def test_a_part_that_is_alone_in_its_kind_has_none(tmp_path: Path, capsys: Captured) -> None:
    place, _ = placed(tmp_path, {**dict.fromkeys(GOOD_LEVELS, GOOD), 150: "dent"})
    with Workspace.open(place) as workspace:
        itself = inspected(workspace, 2, plain(150)).inspection.id
    assert told(capsys, place, itself)[2] == "most similar defect: none but itself"


def test_what_cannot_be_told_is_said_plainly(tmp_path: Path, capsys: Captured) -> None:
    place, part = placed(tmp_path, classes())
    assert refused(capsys, place, "nosuch")[0] == StoreError.exit_code
    with Workspace.open(place) as workspace:
        workspace.recipes.save(Recipe("other"))
        workspace.images.path(workspace.ledger.record(part).inspection.frame_digest).unlink()
    code, words = refused(capsys, place, part, recipe="other")
    assert code == StoreError.exit_code and "expected an inspection of other, received one of cap" in words
    code, words = refused(capsys, place, part)
    assert code == StoreError.exit_code and "the picture is not in this workspace" in words
    for file in (place / "snapshots").glob("*.json"):
        file.unlink()
    code, words = refused(capsys, place, part)
    assert code == ModelError.exit_code and "what it was taught is not in this workspace" in words
