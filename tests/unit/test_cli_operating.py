"""`inspector operating-point`: percentages that mean one thing, an answer in figures, and limits that are written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.cli.arguments import percent
from inspector.domain import GOOD
from inspector.errors import GateRefused, ModelError
from inspector.learning.limits import LIMITS_SET
from inspector.learning.promotion import promote
from inspector.learning.snapshot import take
from inspector.recipe import Limits
from inspector.store.workspace import Workspace
from tests.laws.documents import codes, table
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import compare_once, open_room, publish, teach
from tests.unit.test_learning_limits import BEFORE, golden_rows, rows_of

VALIDATION = {GOOD: [-6.0, -5.0, 2.5], "dent": [2.0, 3.0, 4.0]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A recipe with a model in use at BEFORE, and a second one that is not."""
    with open_room(tmp_path) as workspace:
        teach(workspace, {kind: [f"{kind}-{number}" for number in range(10)] for kind in (GOOD, "dent")})
        compare_once(workspace)
        take(workspace, RECIPE)
        results = {"golden": golden_rows(workspace), "validation": rows_of(VALIDATION)}
        for number in (1, 2):
            publish(workspace, number, limits=BEFORE, results=results)
        promote(workspace, RECIPE, workspace.versions.list(RECIPE)[0].card.id, "anna", force_reason="a test")
    return tmp_path / "workspace"


def typed(place: Path, *words: str) -> int:
    return main(["operating-point", "--recipe", RECIPE, "--workspace", str(place), *words])


def asked(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert typed(place, *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def limits_of(place: Path) -> Limits:
    with Workspace.open(place) as workspace:
        return workspace.recipes.load(RECIPE).limits


@pytest.mark.parametrize(
    ("text", "share"),
    [("2.5", 0.025), ("2.5%", 0.025), ("0.5%", 0.005), ("0.025%", 0.00025), ("0", 0.0), ("1", 0.01), ("100", 1.0)],
)
def test_a_percentage_is_read_as_it_is_written(text: str, share: float) -> None:
    assert percent(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["0.5", "0.025", ".9"])
def test_what_may_be_a_share_or_a_percentage_is_refused_with_both_ways_to_write_it(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=rf"Write {text}% or {100 * float(text):g}%"):
        percent(text)


@pytest.mark.parametrize("text", ["", "%", "-1", "101", "2,5", "nan", "inf", "2 %%", "half", "1e400"])
def test_what_is_no_percentage_is_named(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a percentage from 0 to 100"):
        percent(text)


def test_without_a_target_it_shows_what_is_in_use(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = asked(place, capsys)
    assert answer["limits"] == answer["today"] == {"recheck": 0.0, "reject": 2.0}
    assert answer["target"] is None
    assert answer["golden"]["escape"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.842, abs=1e-3), "n": 2}


def test_the_answer_has_the_keys_that_are_documented(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if "operating-point" in codes(row[0]))
    assert set(asked(place, capsys, "--max-escape", "1%")) == set(cell.split(", "))


def test_a_target_is_chosen_on_validation_parts_and_said_in_words(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(place, "--max-escape", "2.5", "--bound", "--defect-rate", "2") == 0
    said = capsys.readouterr().out
    assert "on validation parts, which these limits were chosen on:" in said
    assert "that takes 119 defective parts with none missed, and there are 3" in said
    assert "with 2.00% defective parts, to a person: 0.0% (0.0% to " in said
    assert "0 of 2 defective test parts were missed: you can claim at most 77.7% escapes" in said
    assert limits_of(place) == BEFORE


def test_least_cost_says_what_a_part_is_expected_to_cost(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    costs = ("--cost-escape", "100", "--cost-overkill", "5", "--cost-recheck", "1", "--defect-rate", "1%")
    answer = asked(place, capsys, *costs)
    assert answer["cost"]["low"] <= answer["cost"]["value"] <= answer["cost"]["high"]
    assert answer["review"] == {"share": 1.0, "defect_rate": 0.01}
    assert typed(place, *costs) == 0
    assert "expected cost for each part: " in capsys.readouterr().out


def test_limits_are_set_and_signed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = asked(place, capsys, "--max-escape", "0", "--set")
    assert answer["set"]
    assert limits_of(place) == Limits(answer["limits"]["recheck"], answer["limits"]["reject"]) != BEFORE
    with Workspace.open(place) as workspace:
        (event,) = workspace.ledger.events(LIMITS_SET, RECIPE)
        assert event.detail["who"] == workspace.settings.operator


def test_a_new_escape_is_refused_without_a_reason(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "--max-escape",
        "34",
        "--review-budget",
        "0",
        "--set",
    )  # one of three may pass: up to 2.5, a golden one too
    assert typed(place, *words) == GateRefused.exit_code
    assert "1 defective golden parts that are stopped today would pass" in capsys.readouterr().err
    assert limits_of(place) == BEFORE
    assert typed(place, *words, "--reason", "agreed with the customer") == 0
    assert "Defective golden parts that would newly pass: dent-" in capsys.readouterr().out
    assert limits_of(place).recheck == 2.75


def test_a_model_that_is_not_in_use_is_shown_and_not_set(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace.open(place) as workspace:
        other = workspace.versions.list(RECIPE)[1].card.id
    assert asked(place, capsys, "--model", other, "--max-overkill", "5")["model"] == other
    assert typed(place, "--model", other, "--max-overkill", "5", "--set") == GateRefused.exit_code
    assert f"{other} is not in use; promote it first" in capsys.readouterr().err


def test_without_a_model_there_is_nothing_to_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_room(tmp_path).close()
    assert typed(tmp_path / "workspace") == ModelError.exit_code
    assert "no model is in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bound"], "--bound says how --max-escape is held"),
        (["--set"], "--set needs a target"),
        (["--cost-escape", "5"], "needs both --cost-escape and --cost-overkill"),
        (["--cost-recheck", "5"], "needs both --cost-escape and --cost-overkill"),
        (["--cost-escape", "5", "--cost-overkill", "1"], "needs the line's --defect-rate"),
        (["--cost-escape", "0", "--cost-overkill", "0", "--defect-rate", "1"], "expected a cost above 0"),
        (["--cost-escape", "-1"], "expected a cost from 0 to 1e+15, received '-1'"),
        (["--cost-escape", "much"], "expected a cost from 0 to 1e+15, received 'much'"),
        (["--max-escape", "1", "--max-overkill", "1"], "not allowed with argument"),
    ],
)
def test_options_that_mean_nothing_together_are_wrong_usage(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        typed(place, *words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
