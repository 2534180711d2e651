"""`inspector review --suspects` and `--picture`: what a training left out, and a person's word on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.domain import GOOD
from inspector.learning.suspects import confirmed
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, publish, teach


@pytest.fixture
def digests(tmp_path: Path) -> list[str]:
    """Of two pictures that the newest model suspected."""
    with open_room(tmp_path) as workspace:
        teach(workspace, {GOOD: ["a", "b", "c"]})
        found = {one.part: one.digest for one in workspace.ledger.examples(RECIPE)}
        rows = [{"digest": found[part], "part": part, "score": score} for part, score in (("b", 9.26), ("c", 7.0))]
        publish(workspace, 1, results={"mode": "anomaly", "suspects": rows})
        return [found["b"], found["c"]]


def review(place: Path, *more: str) -> int:
    return main(["review", "--recipe", RECIPE, "--workspace", str(place / "workspace"), *more])


def test_they_are_listed_with_what_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], digests: list[str]
) -> None:
    assert review(tmp_path, "--suspects") == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.split() == [digests[0][:16], "b", "score", "9.3", "nobody", "has", "said"]
    assert second.startswith(digests[1][:16])
    assert last.startswith("2 to look at, not learned by v1-")
    assert review(tmp_path, "--suspects", "--picture", digests[0][:16], "OK") == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(" good")
    with Workspace.open(tmp_path / "workspace") as workspace:
        assert confirmed(workspace, RECIPE) == {digests[0]}


def test_a_defect_is_said_in_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], digests: list[str]
) -> None:
    assert review(tmp_path, "--picture", digests[1], "Deep scratch") == 0
    assert capsys.readouterr().out == (f"picture {digests[1][:16]} counts as deep_scratch from the next training on\n")
    assert review(tmp_path, "--picture", digests[1][:8], "Deep scratch", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"digest": digests[1], "word": "deep_scratch"}
    assert review(tmp_path, "--suspects", "--limit", "1", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["part"] == "b" and Path(row.pop("picture")).exists()
    assert row == {"digest": digests[0], "part": "b", "score": 9.26, "word": ""}
    with Workspace.open(tmp_path / "workspace") as workspace:
        words = {one.digest: one.defect_class for one in workspace.ledger.examples(RECIPE)}
    assert words[digests[1]] == "deep_scratch"


@pytest.mark.parametrize("words", [("0" * 16, GOOD), ("c", GOOD), ("", GOOD), ("0" * 16, "!!")])
def test_what_is_no_picture_or_no_word_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], digests: list[str], words: tuple[str, str]
) -> None:
    assert review(tmp_path, "--picture", *words) == 4
    assert "received" in (said := capsys.readouterr().err) or "no picture begins with" in said
    with Workspace.open(tmp_path / "workspace") as workspace:
        assert confirmed(workspace, RECIPE) == frozenset()
        assert {one.defect_class for one in workspace.ledger.examples(RECIPE)} == {GOOD}
        assert len(digests) == 2


def test_without_a_model_there_is_nothing_that_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_room(tmp_path).close()
    assert review(tmp_path, "--suspects") == 7
    assert "there is no model yet" in capsys.readouterr().err
