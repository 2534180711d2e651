"""`inspector shadow`: set, asked, ended; in words and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.domain import GOOD, Decision, Label, Reason, Verdict
from inspector.errors import ModelError
from inspector.recipe import Limits
from inspector.store.entry import Shadow
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, publish
from tests.unit.ready import ready_workspace
from tests.unit.store_entries import NOON, entry


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return ready_workspace(tmp_path)


@pytest.fixture
def other(place: Path) -> str:
    with Workspace.open(place) as workspace:
        return publish(workspace, 2, brightness_model(), limits=Limits(-5.0, 5.0)).card.id


def asked(capsys: pytest.CaptureFixture[str], place: Path, *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["shadow", "--recipe", RECIPE, "--workspace", str(place), "--json", *words]) == 0
    return dict(json.loads(capsys.readouterr().out))


def said(capsys: pytest.CaptureFixture[str], place: Path, *words: str) -> str:
    capsys.readouterr()
    assert main(["shadow", "--recipe", RECIPE, "--workspace", str(place), *words]) == 0
    return capsys.readouterr().out


def try_parts(place: Path, challenger: str, parts: int) -> None:
    with Workspace.open(place) as workspace:
        recipe_id = workspace.recipes.load(RECIPE).id
        for number in range(parts):
            made = entry(number, recipe=RECIPE, decision=Decision.NG)
            made = replace(made, inspection=replace(made.inspection, recipe_id=recipe_id))
            would = Verdict(Decision.OK, Reason.BELOW_LIMITS, None, -9.0, 5.0)
            workspace.ledger.append([made], (), [Shadow(made.inspection.id, challenger, would)])
            workspace.ledger.add_label(Label(made.inspection.id, "mia", NOON, GOOD))


def test_without_a_challenger_it_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, place)["challenger"] == ""
    assert "no model runs in shadow" in said(capsys, place)


def test_a_challenger_is_set_and_taken_off(place: Path, other: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, place, "--model", other)["challenger"] == other
    assert f"{other} runs in shadow of" in said(capsys, place)
    assert asked(capsys, place, "--off")["challenger"] == ""


def test_the_state_of_a_trial_is_a_table_and_an_advice(
    place: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(capsys, place, "--model", other)
    try_parts(place, other, 3)
    found = asked(capsys, place)
    assert found["pictures"] == [{"model": "ng", "challenger": "ok", "pictures": 3}]
    assert (found["wins"], found["losses"], found["waiting"], found["advice"]) == (3, 0, 0, "keep_watching")
    assert found["win_share"]["n"] == 3 and found["more_needed"] > 0
    words = said(capsys, place)
    assert "ng       -> ok       3" in words and "Keep watching" in words


def test_an_advice_to_promote_names_the_command(place: Path, other: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, place, "--model", other)
    try_parts(place, other, 8)
    assert asked(capsys, place)["advice"] == "promote"
    assert f"`inspector promote --recipe {RECIPE} --model {other}`" in said(capsys, place)


def test_a_model_that_is_not_there_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["shadow", "--recipe", RECIPE, "--workspace", str(place), "--model", "v7-00000000"]
    assert main(words) == ModelError.exit_code
    assert "v7-00000000" in capsys.readouterr().err


def test_setting_and_ending_at_once_is_wrong_usage(place: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["shadow", "--recipe", RECIPE, "--workspace", str(place), "--off", "--model", "v1"])
    assert ended.value.code == 2
