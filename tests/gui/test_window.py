"""The frame: pages, faults with the button that helps, one recipe for everybody, and a clean end."""

from __future__ import annotations

import dataclasses
import logging
import threading
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.log import LINES, LogTail, LogView
from gui.session.running import STOPPED
from inspector.domain import Box
from inspector.errors import CameraLost, InspectorError, ModelError, StoreError
from inspector.station import StationState
from tests.gui.rooms import run_parts


@pytest.mark.parametrize(
    ("error", "what", "helps"),
    [
        (CameraLost("camera 7: unplugged"), "The camera does not answer", "Open Setup"),
        (StoreError("ledger.db: the disk is full"), "Something cannot be stored or read", ""),
        (ModelError("v1: changed"), "This did not work", ""),
    ],
)
def test_a_fault_of_the_world_is_shown_in_its_own_words(
    screen: Screen, error: InspectorError, what: str, helps: str
) -> None:
    screen.session.failed.emit(error)
    faults = screen.window.faults
    assert (faults.isVisible(), faults.what, faults.why, faults.helps) == (True, what, str(error), helps)


def test_a_station_that_stands_still_says_that_every_part_is_rejected(qtbot: QtBot, screen: Screen) -> None:
    fault = dataclasses.replace(STOPPED, state=StationState.FAULTED, fault="the disk is full; free some space")
    screen.session.running.status_changed.emit(fault)
    faults = screen.window.faults
    assert (faults.what, faults.why) == ("The line is stopped: every part is rejected", fault.fault)
    assert screen.window.state.accessibleName() == "Station: Fault"
    assert faults.helps == "Start again"
    faults.helped.emit()
    qtbot.waitUntil(lambda: screen.session.running.status.state is StationState.RUNNING)
    assert not faults.isVisible()


def test_a_fault_that_is_gone_leaves_the_screen(screen: Screen) -> None:
    lost = dataclasses.replace(STOPPED, state=StationState.RUNNING, fault="camera 7 is lost; it is looked for")
    screen.session.running.status_changed.emit(lost)
    assert screen.window.faults.isVisible()
    screen.session.running.status_changed.emit(dataclasses.replace(lost, fault=""))
    assert not screen.window.faults.isVisible()


def test_a_fault_of_something_else_stays_when_the_station_is_well(screen: Screen) -> None:
    screen.session.failed.emit(StoreError("the snapshot cannot be written"))
    screen.session.running.status_changed.emit(dataclasses.replace(STOPPED, state=StationState.RUNNING))
    assert screen.window.faults.why == "the snapshot cannot be written"
    assert screen.window.faults.isVisible()


def test_a_bug_is_shown_while_the_line_goes_on(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 1)
    screen.window.show_bug("A fault in the program", "KeyError: 'x'")
    run_parts(qtbot, screen, 1)
    assert screen.session.running.status.state is StationState.RUNNING
    assert screen.window.faults.isVisible()


def test_everybody_works_with_the_recipe_that_is_saved(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    recipe = dataclasses.replace(session.recipe, roi=Box(1, 2, 30, 40))
    with qtbot.waitSignal(session.recipe_changed):
        session.use(recipe)
    held = [session.recipe, session.running.recipe, session.adjusting.recipe, session.training.recipe]
    assert all(one is recipe for one in held)


def test_closing_the_window_stops_the_line_and_ends_every_thread(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 2)
    screen.window.close()
    assert screen.session.running.status.state is StationState.STOPPED
    ours = {"camera", "inspect", "ledger-writer", "preview"}
    alive = [thread.name for thread in threading.enumerate() if thread.name in ours]
    assert alive == []
    with screen.session.workspace.station_lock():
        pass  # it is free for the next program


def test_the_clicked_page_is_marked_in_the_rail(qtbot: QtBot, screen: Screen) -> None:
    entries = {entry.text(): entry for entry in screen.window.entries}
    qtbot.mouseClick(entries["Learn"], Qt.MouseButton.LeftButton)
    assert screen.window.stack.currentWidget() is screen.window.learn_page
    assert [name for name, entry in entries.items() if entry.isChecked()] == ["Learn"]


def test_the_log_keeps_its_newest_lines(qapp: Any, qtbot: QtBot) -> None:
    tail = LogTail()
    logger = logging.getLogger("tests.log")
    logger.addHandler(tail)
    logger.setLevel(logging.INFO)
    for number in range(LINES + 50):
        logger.info("line %d", number)
    logger.removeHandler(tail)
    assert len(tail.lines) == LINES
    view = LogView(tail)
    qtbot.addWidget(view)
    view.show()
    assert view.text.toPlainText().endswith(f"line {LINES + 49}")
    assert view.text.isReadOnly()


def test_an_empty_log_says_so(qtbot: QtBot) -> None:
    view = LogView(LogTail())
    qtbot.addWidget(view)
    view.show()
    assert view.text.toPlainText() == "Nothing was logged yet."
