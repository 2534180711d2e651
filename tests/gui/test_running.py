"""Running the line from the screen: start, pause, stop, and what is counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from gui.naming import run_of
from gui.session.running import HOURS, Run, Running
from inspector.domain import Decision, Part
from inspector.errors import CameraLost, StoreError
from inspector.learning.watching import ALARM, CALM
from inspector.recipe import CameraSettings, Limits, LineSettings, Recipe, TriggerMode
from inspector.station import StationState
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, publish, start_line


@pytest.fixture
def recipe(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


@pytest.fixture
def running(workspace: Workspace, recipe: Recipe) -> Iterator[Running]:
    made = Running(workspace, recipe)
    yield made
    made.close()


def inspect(qtbot: QtBot, running: Running, parts: int = 1) -> None:
    for _ in range(parts):
        wanted = running.status.inspections + 1
        running.trigger()
        qtbot.waitUntil(lambda wanted=wanted: running.status.recorded >= wanted)


def test_parts_asked_for_are_inspected_and_recorded(qtbot: QtBot, running: Running, workspace: Workspace) -> None:
    start_line(qtbot, running)
    inspect(qtbot, running, 3)
    assert running.decisions == {Decision.NG: 1, Decision.OK: 1, Decision.RECHECK: 1, Decision.UNFIT: 0}
    assert sum(workspace.ledger.counts(RECIPE).values()) == 3


def test_space_starts_pauses_and_goes_on(qtbot: QtBot, running: Running) -> None:
    states = [StationState.RUNNING, StationState.PAUSED, StationState.RUNNING]
    for state in states:
        running.toggle()
        qtbot.waitUntil(lambda state=state: running.status.state is state)


def test_the_counts_go_on_after_a_stop_and_after_a_new_start_of_the_program(
    qtbot: QtBot, running: Running, workspace: Workspace, recipe: Recipe
) -> None:
    for _ in range(2):
        start_line(qtbot, running)
        inspect(qtbot, running)
        running.stop()
        qtbot.waitUntil(lambda: running.status.state is StationState.STOPPED)
    assert sum(running.decisions.values()) == 2
    running.close()
    again = Running(workspace, recipe)
    start_line(qtbot, again)
    assert sum(again.decisions.values()) == 2
    again.close()


def test_two_stations_on_one_workspace(qtbot: QtBot, running: Running, workspace: Workspace, recipe: Recipe) -> None:
    start_line(qtbot, running)
    second = Running(workspace, recipe)
    with qtbot.waitSignal(second.failed) as told:
        second.start()
    assert isinstance(told.args[0], StoreError)
    assert "a station already runs on this workspace" in str(told.args[0])
    assert second.status.state is StationState.STOPPED
    second.close()


def test_a_camera_that_is_not_there(qtbot: QtBot, workspace: Workspace, recipe: Recipe) -> None:
    """The workspace is free again afterwards: the next start does not fail for the last one's sake."""
    camera = dataclasses.replace(recipe.camera, source=str(workspace.path / "nowhere"))
    running = Running(workspace, dataclasses.replace(recipe, camera=camera))
    for _ in range(2):
        with qtbot.waitSignal(running.failed) as told:
            running.start()
        assert isinstance(told.args[0], CameraLost)
    running.close()


def test_a_line_without_sensor_is_paced_and_ends_when_enough_parts_came(
    qtbot: QtBot, workspace: Workspace, recipe: Recipe
) -> None:
    paced = dataclasses.replace(recipe, camera=dataclasses.replace(recipe.camera, trigger_interval_s=0.01))
    run = run_of(workspace, paced, lot="lot-9", parts=4)
    running = Running(workspace, paced, run)
    with qtbot.waitSignal(running.finished):
        running.start()
    running.close()
    totals = running.totals()
    assert (totals["triggers"], totals["inspections"], totals["records"]) == (4, 4, 4)
    assert totals["ok"] + totals["ng"] + totals["recheck"] + totals["unfit"] == 4
    parts = [record.inspection.part for record in workspace.ledger.records(RECIPE, newest_first=False)]
    assert parts[0] == Part("00000001", "lot-9", "C-1")
    assert len({part.serial for part in parts}) == 4


def test_serials_go_on_where_the_last_run_ended(workspace: Workspace, recipe: Recipe, qtbot: QtBot) -> None:
    for _ in range(2):
        running = Running(workspace, recipe, run_of(workspace, recipe))
        start_line(qtbot, running)
        inspect(qtbot, running, 2)
        running.close()
    serials = [record.inspection.part.serial for record in workspace.ledger.records(RECIPE, newest_first=False)]
    assert serials == ["00000001", "00000002", "00000003", "00000004"]


def test_another_model_is_used_from_the_next_part_on(
    qtbot: QtBot, running: Running, workspace: Workspace, recipe: Recipe
) -> None:
    start_line(qtbot, running)
    inspect(qtbot, running)
    version = publish(workspace, 2)
    running.change(dataclasses.replace(recipe, model_id=version.card.id, limits=Limits(-100, -99)))
    qtbot.waitUntil(lambda: running.status.model_id == version.card.id)
    inspect(qtbot, running)
    newest = workspace.ledger.records(RECIPE)[0].inspection
    assert (newest.model_id, newest.verdict.decision) == (version.card.id, Decision.NG), "even the good one"
    assert running.status.state is StationState.RUNNING


def test_another_camera_takes_a_new_start(qtbot: QtBot, running: Running, recipe: Recipe) -> None:
    start_line(qtbot, running)
    simulated = CameraSettings("simulated", trigger_interval_s=0, options={"width": 128, "height": 96})
    running.change(dataclasses.replace(recipe, camera=simulated))
    qtbot.waitUntil(lambda: running.status.state is StationState.STOPPED)
    start_line(qtbot, running)
    inspect(qtbot, running)


def test_hours_are_counted_from_the_ledger(qtbot: QtBot, running: Running) -> None:
    start_line(qtbot, running)
    inspect(qtbot, running, 3)
    with qtbot.waitSignal(running.hours_counted) as counted:
        running.count_hours()
    hours = counted.args[0]
    assert len(hours) == HOURS
    assert sum(hour.judged for hour in hours) == 3
    assert sum(hour.accepted for hour in hours) == 1
    assert hours[-1].hour <= datetime.now(UTC)


def test_the_alarm_that_stands_is_read_from_the_ledger(qtbot: QtBot, running: Running, workspace: Workspace) -> None:
    def known() -> str:
        with qtbot.waitSignal(running.alarm_known) as told:
            running.look_for_alarm()
        return str(told.args[0])

    detail = {"model": running.recipe.model_id, "signals": ["light"], "words": ["light fell 18%", "scores moved"]}
    assert known() == ""
    workspace.ledger.log_event(ALARM, RECIPE, detail)
    assert known() == "light fell 18%"
    workspace.ledger.log_event(CALM, RECIPE, detail | {"signals": [], "words": []})
    assert known() == ""


@pytest.mark.parametrize(
    ("trigger", "interval_s", "by_hand"),
    [(TriggerMode.SOFTWARE, 0.0, True), (TriggerMode.SOFTWARE, 1.0, False), (TriggerMode.HARDWARE, 0.0, False)],
)
def test_who_asks_for_a_part(
    workspace: Workspace, recipe: Recipe, trigger: TriggerMode, interval_s: float, by_hand: bool
) -> None:
    camera = dataclasses.replace(recipe.camera, trigger=trigger, trigger_interval_s=interval_s)
    running = Running(workspace, dataclasses.replace(recipe, camera=camera), Run())
    assert running.by_hand is by_hand
    running.close()


def test_a_line_output_that_is_not_installed(qtbot: QtBot, workspace: Workspace, recipe: Recipe) -> None:
    running = Running(workspace, dataclasses.replace(recipe, line=LineSettings("no-such-line")))
    with qtbot.waitSignal(running.failed) as told:
        running.start()
    assert "no-such-line" in str(told.args[0])
    running.close()
