"""`python -m gui` as a process: it comes up, says what is wrong in plain words, and goes down cleanly."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, furnish


def gui(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gui", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_line_runs_without_a_screen_and_tells_its_totals(tmp_path: Path) -> None:
    with furnish(tmp_path) as workspace:
        recipe = workspace.recipes.load(RECIPE)
        camera = dataclasses.replace(recipe.camera, trigger_interval_s=0.02)
        workspace.recipes.save(dataclasses.replace(recipe, camera=camera))
        done = gui("--workspace", str(workspace.path), "--offscreen", "--parts", "6", "--json")
        assert done.returncode == 0, done.stderr
        totals = json.loads(done.stdout)
        assert totals | {"late": 0} == {
            "triggers": 6,
            "inspections": 6,
            "records": 6,
            "ok": 2,
            "ng": 2,
            "recheck": 2,
            "unfit": 0,
            "late": 0,
        }
        assert sum(workspace.ledger.counts(RECIPE).values()) == 6
        assert "Traceback" not in done.stderr


def test_a_workspace_that_is_not_there(tmp_path: Path) -> None:
    done = gui("--workspace", str(tmp_path / "nowhere"), "--offscreen")
    assert done.returncode == 6
    assert done.stderr.startswith("inspector: ")
    assert "there is no workspace here" in done.stderr


def test_the_first_start_on_a_pc_makes_a_place_and_a_recipe(tmp_path: Path) -> None:
    home = {**os.environ, "INSPECTOR_WORKSPACE": str(tmp_path / "data" / "workspace")}
    words = [sys.executable, "-m", "gui", "--offscreen", "--parts", "2", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["unfit"] == 2  # no model yet: nothing passes
    with Workspace.open(tmp_path / "data" / "workspace") as workspace:
        assert workspace.recipes.list() == ["first-recipe"]


@pytest.mark.parametrize("words", [(), ("--recipe", "third")])
def test_which_recipe_has_to_be_clear(tmp_path: Path, words: tuple[str, ...]) -> None:
    with Workspace.create(tmp_path / "workspace") as workspace:
        for name in ("first", "second"):
            workspace.recipes.save(Recipe(name))
    done = gui("--workspace", str(tmp_path / "workspace"), "--offscreen", *words)
    assert done.returncode == 3
    assert "first, second" in done.stderr


@pytest.mark.slow
def test_every_page_is_drawn_in_both_themes_and_sizes(tmp_path: Path) -> None:
    with furnish(tmp_path) as workspace:
        recipe = workspace.recipes.load(RECIPE)
        camera = dataclasses.replace(recipe.camera, trigger_interval_s=0.05)
        workspace.recipes.save(dataclasses.replace(recipe, camera=camera))
    done = gui("--workspace", str(tmp_path / "workspace"), "--screenshots", str(tmp_path / "drawn"))
    assert done.returncode == 0, done.stderr
    pages = ("run", "run-held", "review", "learn", "operating-point", "questions", "setup")
    looks = [f"{theme}-{size}" for theme in ("dark", "light") for size in ("1280x800", "1920x1080")]
    drawn = {path.name for path in (tmp_path / "drawn").iterdir()}
    assert drawn == {f"{page}-{look}.png" for page in pages for look in looks}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("through", ["gui", "inspector"])
def test_a_signal_ends_the_window_in_good_order(tmp_path: Path, number: signal.Signals, through: str) -> None:
    with furnish(tmp_path) as workspace:
        recipe = workspace.recipes.load(RECIPE)
        camera = dataclasses.replace(recipe.camera, trigger_interval_s=0.05)
        workspace.recipes.save(dataclasses.replace(recipe, camera=camera))
        place = ["--workspace", str(workspace.path), "--recipe", RECIPE, "--json"]
        words = ["gui", *place, "--start"] if through == "gui" else ["inspector", "station", *place]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        with subprocess.Popen(
            [sys.executable, "-m", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            while not sum(workspace.ledger.counts(RECIPE).values()):
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.02)  # it runs on; to ask without a pause would take the processor from it
            process.send_signal(number)
            said, complained = process.communicate(timeout=30)
        assert process.returncode == 0, complained
        totals = json.loads(said)
        assert totals["records"] == totals["triggers"] == sum(workspace.ledger.counts(RECIPE).values())
        assert "Traceback" not in complained
