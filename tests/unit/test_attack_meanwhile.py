"""What changes while somebody works: another model comes into use, the recipe is edited, two commands run at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.domain import GOOD, UNLIKE
from inspector.errors import DatasetError, GateRefused, ModelError
from inspector.learning.limits import LIMITS_SET, use_limits
from inspector.learning.promotion import PROMOTED, promote
from inspector.learning.shadow import challenger
from inspector.learning.snapshot import take
from inspector.recipe import Limits
from inspector.store.workspace import Workspace
from tests.unit.attack import Captured, modelled, refused, rows, state, taught, told, typed
from tests.unit.learning_cards import RECIPE
from tests.unit.meanwhile_stand_in import PROGRAM

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with taught(tmp_path_factory.mktemp("original"), 15, 15) as workspace:
        take(workspace, RECIPE)
        return workspace.path


@pytest.fixture
def place(original: Path, tmp_path: Path) -> Path:
    """Labelled parts; no model."""
    return Path(shutil.copytree(original, tmp_path / "workspace"))


@pytest.fixture
def meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """`train` starts the stand-in, as it would start the program: by the name `models`, from where one stands."""
    (tmp_path / "here" / "models").mkdir(parents=True)
    (tmp_path / "here" / "models" / "__init__.py").touch()
    (tmp_path / "here" / "models" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path / "here")
    return monkeypatch


def running(place: Path) -> str:
    with Workspace.open(place) as workspace:
        return workspace.recipes.load(RECIPE).model_id


# While a model is trained


def test_the_first_model_is_put_in_use_where_nothing_else_happens(
    place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "nothing")
    found = told(capsys, typed(place, "train"))
    assert found["promoted"] and found["gate"]["passed"] and running(place) == found["model"]


def test_a_first_model_does_not_push_aside_one_that_came_into_use_meanwhile(
    place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "rival")
    held_back = {f"{kind[0]}{number}": kind for kind in (GOOD, "dent") for number in range(12)}
    with Workspace.open(place) as workspace:
        workspace.ledger.add_golden(RECIPE, held_back)  # enough to let a model pass against another
    found = told(capsys, typed(place, "train"))
    assert found["gate"]["passed"] and not found["promoted"]
    assert running(place).startswith("v7-") and found["gate"]["champion"] == running(place)


def test_a_first_model_that_the_gate_refuses_stays_a_candidate_and_the_command_ends_well(
    place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "blind")
    found = told(capsys, typed(place, "train"))
    assert not found["gate"]["passed"] and not found["promoted"] and running(place) == ""
    assert main(typed(place, "promote")) == GateRefused.exit_code
    assert f"inspector: {found['model']} by itself: refused." in capsys.readouterr().err
    assert running(place) == ""


def test_a_region_that_was_drawn_anew_meanwhile_keeps_the_candidate_off_the_line(
    place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "region")
    line = refused(capsys, ModelError.exit_code, typed(place, "train"))
    assert "ROI or alignment changed since" in line and line.endswith("train a new model")
    with Workspace.open(place) as workspace:
        (candidate,) = workspace.versions.list(RECIPE)
        assert workspace.recipes.load(RECIPE).model_id == ""
        assert workspace.ledger.events(PROMOTED, RECIPE) == []
    assert candidate.card.number == 1


def test_a_model_that_another_training_published_meanwhile_is_not_overwritten(
    place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "number")
    line = refused(capsys, ModelError.exit_code, typed(place, "train"))
    assert line.endswith("this version exists already, and a version is never edited; train a new one")
    with Workspace.open(place) as workspace:
        assert "golden" not in workspace.versions.list(RECIPE)[0].card.results


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([], {"mode": "features", "looks": 1, "seed": 0, "weights": None, "adapted": None, "parent": None}),
        (["--mode", "adapter", "--augment", "gain=0.5,mirror=no"], {"mode": "adapter", "adapted": None}),
        (["--mode", "finetune", "--fresh", "--seed", "4294967295"], {"mode": "finetune", "seed": 4294967295}),
        (["--looks", "4"], {"mode": "features", "looks": 4}),
        (["--mode", "anomaly", "--seed", "3"], {"mode": "anomaly", "looks": 1, "seed": 3, "adapted": None}),
        (["--backbone", "odd name", "--weights", "w.h5"], {"backbone": "odd name"}),
    ],
)
def test_what_is_typed_is_what_the_training_is_asked_for(
    words: list[str], asked: dict[str, Any], place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "asked")
    job = told(capsys, typed(place, "train", *words))["results"]["asked"]
    assert job | asked == job
    changed = {"gain": 0.5, "mirror": False} if "--augment" in words else {"gain": 0.35, "mirror": True}
    assert job["augmentation"] | changed == job["augmentation"]
    if "--weights" in words:  # the process may stand elsewhere
        assert job["weights"] == str(Path.cwd() / "w.h5")


def test_good_parts_alone_make_a_first_model_and_put_it_on_the_line(
    tmp_path: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "good alone")
    with taught(tmp_path, 10, 0) as workspace:
        place = workspace.path
    before = state(place)
    assert refused(capsys, DatasetError.exit_code, typed(place, "train")).endswith("(mode anomaly)")
    assert state(place) == before
    found = told(capsys, typed(place, "train", "--mode", "anomaly"))
    assert found["results"]["asked"] == {"mode": "anomaly", "looks": 1, "adapted": None}
    assert found["promoted"] and found["gate"]["passed"] and running(place) == found["model"]
    assert UNLIKE not in json.dumps(found["gate"])


def test_no_promote_keeps_even_the_first_model_a_candidate(
    place: Path, meanwhile: pytest.MonkeyPatch, capsys: Captured
) -> None:
    meanwhile.setenv("MEANWHILE", "nothing")
    found = told(capsys, typed(place, "train", "--no-promote"))
    assert found["gate"]["passed"] and not found["promoted"] and running(place) == ""
    with Workspace.open(place) as workspace:
        assert workspace.ledger.events(PROMOTED, RECIPE) == []


# While limits are chosen


def test_limits_that_were_chosen_for_a_model_are_not_put_on_the_next_one(place: Path) -> None:
    with Workspace.open(place) as workspace:
        first = modelled(workspace, golden=rows(workspace)).card.id
        second = modelled(workspace, golden=rows(workspace)).card.id
        before = state(place)
        with pytest.raises(GateRefused, match=f"chosen for {first}, and it runs {second} by now; nothing was changed"):
            use_limits(workspace, RECIPE, Limits(-2.0, 2.0), "anna", model=first)
        assert state(place) == before
        assert use_limits(workspace, RECIPE, Limits(-2.0, 2.0), "anna", model=second).limits == Limits(-2.0, 2.0)
        assert len(workspace.ledger.events(LIMITS_SET, RECIPE)) == 1


def test_two_commands_at_once_leave_a_recipe_that_one_of_them_wrote(place: Path) -> None:
    with Workspace.open(place) as workspace:
        modelled(workspace, golden=rows(workspace), validation=rows(workspace))
    targets = (["--max-escape", "0"], ["--max-overkill", "0", "--review-budget", "0"])
    words = [typed(place, "operating-point", *target, "--set", "--reason", "two at once") for target in targets]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "inspector", *each], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for each in words
    ]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in started]
    assert ended == [(b"", 0), (b"", 0)]
    with Workspace.open(place) as workspace:
        wrote = [event.detail["to"] for event in workspace.ledger.events(LIMITS_SET, RECIPE)]
        limits = workspace.recipes.load(RECIPE).limits
    assert {"recheck": limits.recheck, "reject": limits.reject, "model": running(place)} in wrote
    assert not list(place.glob("recipes/.*"))


def test_limits_that_are_already_in_use_are_set_again_without_a_trace(place: Path, capsys: Captured) -> None:
    with Workspace.open(place) as workspace:
        modelled(workspace, golden=rows(workspace), validation=rows(workspace))
    words = typed(place, "operating-point", "--max-escape", "0", "--set")
    told(capsys, words)
    before = state(place)
    told(capsys, words)
    assert state(place) == before


# While a model is tried in shadow


@pytest.fixture
def tried(place: Path) -> tuple[str, str]:
    """The model in use, and another one that runs in shadow."""
    with Workspace.open(place) as workspace:
        champion = modelled(workspace, golden=rows(workspace)).card.id
        return champion, modelled(workspace, in_use=False, golden=rows(workspace)).card.id


def test_the_model_in_use_cannot_challenge_itself(place: Path, tried: tuple[str, str], capsys: Captured) -> None:
    before = state(place)
    line = refused(capsys, ModelError.exit_code, typed(place, "shadow", "--model", tried[0]))
    assert line == f"{tried[0]}: the recipe {RECIPE} runs it already; choose another model to try"
    assert state(place) == before


def test_a_challenger_that_is_put_in_use_meanwhile_is_no_challenger_and_comes_back_with_a_rollback(
    place: Path, tried: tuple[str, str], capsys: Captured
) -> None:
    champion, other = tried
    assert told(capsys, typed(place, "shadow", "--model", other))["challenger"] == other
    with Workspace.open(place) as workspace:
        promote(workspace, RECIPE, other, "ben", force_reason="a test")
    assert told(capsys, typed(place, "shadow")) == {"model": other, "challenger": ""}
    told(capsys, typed(place, "rollback"))
    assert told(capsys, typed(place, "shadow"))["challenger"] == other
    assert running(place) == champion


def test_a_challenger_whose_folder_is_gone_is_still_named_so_that_it_can_be_taken_off(
    place: Path, tried: tuple[str, str], capsys: Captured
) -> None:
    told(capsys, typed(place, "shadow", "--model", tried[1]))
    shutil.rmtree(place / "models" / RECIPE / tried[1])
    assert told(capsys, typed(place, "shadow"))["challenger"] == tried[1]
    assert told(capsys, typed(place, "shadow", "--off"))["challenger"] == ""


def test_a_trial_ends_as_often_as_somebody_says_so(place: Path, tried: tuple[str, str], capsys: Captured) -> None:
    for _ in range(2):
        assert told(capsys, typed(place, "shadow", "--off")) == {"model": tried[0], "challenger": ""}
    with Workspace.open(place) as workspace:
        assert challenger(workspace, workspace.recipes.load(RECIPE)) == ""
