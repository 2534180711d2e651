"""The line is watched without being asked: what the Run page shows of it, and when nobody looks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.session.guarding import Guarding
from gui.session.running import Running
from inspector.domain import Snapshot, SnapshotEntry, Split
from inspector.learning import snapshot as snapshots
from inspector.learning.watching import ALARM
from inspector.recipe import Recipe
from inspector.station import StationState
from inspector.store.workspace import Workspace
from tests.gui.rooms import MODEL, PATIENCE_MS, RECIPE, publish, start_line
from tests.unit.watched_lines import Line

LATE_MS = 300.0


def late_parts(workspace: Workspace, parts: int = 40) -> None:
    """Parts in the ledger whose answers came after the line's deadline."""
    Line(workspace, workspace.recipes.load(RECIPE)).report(parts, cycle_ms=LATE_MS)


def one_more_part(qtbot: QtBot, running: Running) -> None:
    wanted = running.status.recorded + 1
    running.trigger()
    qtbot.waitUntil(lambda: running.status.recorded >= wanted)


def look(qtbot: QtBot, guarding: Guarding) -> None:
    with qtbot.waitSignal(guarding.looked, timeout=PATIENCE_MS):
        guarding.look()


@pytest.fixture
def running(workspace: Workspace) -> Iterator[Running]:
    made = Running(workspace, workspace.recipes.load(RECIPE))
    yield made
    made.close()


@pytest.fixture
def guarding(workspace: Workspace, running: Running) -> Iterator[Guarding]:
    """One that looks when it is told to."""
    made = Guarding(workspace, running, every_ms=0)
    yield made
    made.close()


def test_an_alarm_appears_on_the_run_page_by_itself(qtbot: QtBot, screen: Screen) -> None:
    page, session = screen.window.run_page, screen.session
    late_parts(session.workspace)
    start_line(qtbot, session.running)
    assert not page.alarm.isVisibleTo(page)
    session.guarding.look()
    qtbot.waitUntil(lambda: page.alarm.isVisibleTo(page), timeout=PATIENCE_MS)
    assert page.alarm.text().startswith("Watch: 40 of 40 answers took over 200 ms")
    [event] = session.workspace.ledger.events(ALARM, RECIPE)
    assert event.detail["signals"] == ["late"]
    assert not screen.window.faults.isVisible()


def test_a_line_that_cannot_be_watched_is_said_where_the_alarm_would_be_and_once_in_the_log(
    qtbot: QtBot, screen: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    page, session = screen.window.run_page, screen.session
    start_line(qtbot, session.running)
    model = session.recipe.model_id
    card = session.workspace.path / "models" / RECIPE / model / "card.json"
    card.rename(card.with_name("elsewhere"))
    for _ in range(2):
        one_more_part(qtbot, session.running)
        with qtbot.waitSignals([session.guarding.looked, session.running.alarm_known], timeout=PATIENCE_MS):
            session.guarding.look()
    assert page.alarm.isVisibleTo(page)
    assert (page.alarm.text(), model in page.alarm.toolTip()) == ("The line is not watched", True)
    assert caplog.text.count("the line is not watched") == 1
    assert not screen.window.faults.isVisible()
    card.with_name("elsewhere").rename(card)
    with qtbot.waitSignals([session.guarding.looked, session.running.alarm_known], timeout=PATIENCE_MS):
        session.guarding.look()
    assert not page.alarm.isVisibleTo(page)


def test_what_kept_one_model_from_being_watched_is_not_said_of_the_next(
    qtbot: QtBot, workspace: Workspace, running: Running, guarding: Guarding
) -> None:
    start_line(qtbot, running)
    one_more_part(qtbot, running)
    card = workspace.path / "models" / RECIPE / running.recipe.model_id / "card.json"
    card.unlink()
    look(qtbot, guarding)
    assert guarding.problem
    running.change(dataclasses.replace(running.recipe, model_id=publish(workspace, 2, MODEL + b" ").card.id))
    assert guarding.problem == ""


def test_a_running_line_is_looked_at_again_and_again(qtbot: QtBot, workspace: Workspace, running: Running) -> None:
    start_line(qtbot, running)
    guarding = Guarding(workspace, running, every_ms=1)
    for _ in range(3):
        with qtbot.waitSignal(guarding.looked, timeout=PATIENCE_MS):
            pass
    guarding.close()


@pytest.mark.parametrize("every_min", [15, 7])
def test_how_often_is_what_the_settings_say(workspace: Workspace, running: Running, every_min: int) -> None:
    chosen = dataclasses.replace(workspace.settings, watch_every_min=every_min)
    guarding = Guarding(dataclasses.replace(workspace, settings=chosen), running)
    clock = guarding.findChild(QTimer)
    assert clock is not None and clock.isActive() and clock.interval() == every_min * 60_000
    guarding.close()
    assert not clock.isActive()


def test_with_the_setting_at_0_nobody_looks(qtbot: QtBot, workspace: Workspace, running: Running) -> None:
    start_line(qtbot, running)
    off = dataclasses.replace(workspace, settings=dataclasses.replace(workspace.settings, watch_every_min=0))
    guarding = Guarding(off, running)
    with qtbot.assertNotEmitted(guarding.looked, wait=100):
        pass
    guarding.close()


def test_only_a_line_that_runs_with_a_model_is_looked_at(
    qtbot: QtBot, workspace: Workspace, running: Running, guarding: Guarding
) -> None:
    late_parts(workspace)
    bare = Running(workspace, Recipe(RECIPE, camera=running.recipe.camera))
    start_line(qtbot, bare)
    without = Guarding(workspace, bare, every_ms=0)
    for idle in (without, guarding):
        with qtbot.assertNotEmitted(idle.looked, wait=100):
            idle.look()
    without.close()
    bare.close()
    start_line(qtbot, running)
    look(qtbot, guarding)
    running.pause()
    qtbot.waitUntil(lambda: running.status.state is StationState.PAUSED)
    with qtbot.assertNotEmitted(guarding.looked, wait=100):
        guarding.look()
    assert len(workspace.ledger.events(ALARM, RECIPE)) == 1


def test_closing_gives_up_a_look_that_is_under_way(
    qtbot: QtBot, workspace: Workspace, running: Running, guarding: Guarding
) -> None:
    digests = workspace.images.put_many([np.full((96, 96), level, np.uint8) for level in range(250)])
    entries = [SnapshotEntry(digest, "dent", f"p{place}", Split.TRAIN) for place, digest in enumerate(digests)]
    snapshot = Snapshot(RECIPE, tuple(entries))
    snapshots.save(snapshot, workspace.snapshots)
    version = publish(workspace, 2, MODEL, snapshot_id=snapshot.id)
    running.change(dataclasses.replace(running.recipe, model_id=version.card.id))
    start_line(qtbot, running)
    one_more_part(qtbot, running)
    late_parts(workspace)

    def looked_at() -> int:
        return len(list(workspace.cache.glob("impressions/*/*/*.npz")))

    guarding.look()
    qtbot.waitUntil(lambda: looked_at() > 0, timeout=PATIENCE_MS)
    guarding.close()
    assert looked_at() < len(digests)
    assert workspace.ledger.events(ALARM, RECIPE) == []
