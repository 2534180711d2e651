"""The Run page with a real line behind it, by keyboard alone."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.application import Screen
from inspector.domain import GOOD, UNNAMED, WITHDRAWN, Decision, Misfire, Record
from inspector.learning.review import ReviewWhy, queue
from inspector.learning.watching import ALARM, CALM
from inspector.recipe import CameraSettings
from inspector.station import StationState
from tests.gui.rooms import RECIPE, run_parts


def press(qtbot: QtBot, screen: Screen, *keys: Qt.Key) -> None:
    """Keys as a person presses them: to whatever has the focus."""
    for key in keys:
        focus = screen.window.focusWidget() or screen.window
        assert isinstance(focus, QWidget)
        qtbot.keyClick(focus, key)


def newest(screen: Screen) -> Record:
    return screen.session.workspace.ledger.records(RECIPE)[0]


def words(screen: Screen) -> list[str]:
    return [label.defect_class for label in newest(screen).labels]


def test_space_starts_and_pauses_the_line(qtbot: QtBot, screen: Screen) -> None:
    press(qtbot, screen, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: screen.session.running.status.state is StationState.RUNNING)
    qtbot.waitUntil(lambda: screen.window.state.accessibleName() == "Station: Running")
    press(qtbot, screen, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: screen.window.state.accessibleName() == "Station: Paused")
    assert screen.window.run_page.start.text() == "Go on"


def test_a_part_is_shown_with_verdict_picture_facts_and_counts(qtbot: QtBot, screen: Screen) -> None:
    page = screen.window.run_page
    run_parts(qtbot, screen, 1)
    qtbot.waitUntil(lambda: "NG" in page.verdict.accessibleName())
    assert not page.picture.image.isNull()
    assert page.picture.heat is not None
    assert len(page.picture.heat.outlines) == 1
    shown = {label.accessibleName() for label in page.facts.findChildren(QWidget)}
    assert {"Part: 00000001", f"Recipe: {RECIPE}", f"Model: {screen.session.recipe.model_id}"} <= shown
    assert "0.0 %" in page.counters.text()


def test_rejects_are_lined_up_and_opened_by_number(qtbot: QtBot, screen: Screen) -> None:
    page = screen.window.run_page
    run_parts(qtbot, screen, 3)
    qtbot.waitUntil(lambda: "RECHECK" in page.verdict.accessibleName())
    press(qtbot, screen, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: "NG" in page.verdict.accessibleName())
    run_parts(qtbot, screen, 2)
    assert "NG" in page.verdict.accessibleName(), "held, while the line goes on"
    press(qtbot, screen, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "OK" in page.verdict.accessibleName())


def test_an_overkill_takes_one_key_and_one_key_back(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 1)
    press(qtbot, screen, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: words(screen) == [GOOD])
    assert newest(screen).misfire is Misfire.OVERKILL
    press(qtbot, screen, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: words(screen) == [GOOD, WITHDRAWN])
    assert newest(screen).misfire is None


def test_an_escape_is_in_the_queue_before_the_next_part_and_named_by_number(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 2)
    assert newest(screen).inspection.verdict.decision is Decision.OK
    press(qtbot, screen, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: words(screen) == [UNNAMED])
    first = queue(screen.session.workspace, RECIPE)[0]
    assert (first.why, first.record.inspection.id) == (ReviewWhy.MISFIRE, newest(screen).inspection.id)
    press(qtbot, screen, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: words(screen) == [UNNAMED, "scratch"])
    assert newest(screen).misfire is Misfire.ESCAPE
    press(qtbot, screen, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: words(screen) == [UNNAMED, "scratch", WITHDRAWN])


def test_a_recheck_may_turn_out_good(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 3)
    press(qtbot, screen, Qt.Key.Key_M)
    assert words(screen) == []
    press(qtbot, screen, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: words(screen) == [GOOD])


def test_escape_leaves_a_naming_without_a_name(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_M, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: words(screen) == [UNNAMED])
    assert not screen.session.watching.naming
    press(qtbot, screen, Qt.Key.Key_2)
    qtbot.wait(30)
    assert words(screen) == [UNNAMED]


def test_undo_with_nothing_to_undo_does_nothing(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 1)
    press(qtbot, screen, Qt.Key.Key_U)
    qtbot.wait(30)
    assert words(screen) == []


def test_h_hides_the_heat_map(qtbot: QtBot, screen: Screen) -> None:
    picture = screen.window.run_page.picture
    run_parts(qtbot, screen, 1)
    qtbot.waitUntil(lambda: picture.heat is not None)
    press(qtbot, screen, Qt.Key.Key_H)
    assert picture.heat is None
    press(qtbot, screen, Qt.Key.Key_H)
    assert picture.heat is not None


def test_f_fills_the_screen_and_gives_it_back(qtbot: QtBot, screen: Screen) -> None:
    press(qtbot, screen, Qt.Key.Key_F)
    assert screen.window.isFullScreen()
    assert not screen.window.rail.isVisible()
    press(qtbot, screen, Qt.Key.Key_F)
    assert not screen.window.isFullScreen()
    assert screen.window.rail.isVisible()


def test_the_buttons_follow_the_state(qtbot: QtBot, screen: Screen) -> None:
    page = screen.window.run_page
    assert (page.start.isEnabled(), page.pause.isEnabled(), page.stop.isEnabled()) == (True, False, False)
    run_parts(qtbot, screen, 1)
    assert (page.start.isEnabled(), page.pause.isEnabled(), page.stop.isEnabled()) == (False, True, True)
    qtbot.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.start.isEnabled)
    assert screen.session.running.status.state is StationState.STOPPED


def test_a_camera_that_is_lost_is_a_fault_with_a_button(qtbot: QtBot, screen: Screen) -> None:
    line = screen.session.recipe.camera.source
    for file in sorted(screen.session.workspace.path.parent.joinpath("line").iterdir()):
        file.unlink()
    qtbot.keyClick(screen.window, Qt.Key.Key_Space)
    faults = screen.window.faults
    qtbot.waitUntil(faults.isVisible)
    assert faults.what == "The camera does not answer"
    assert line in faults.why
    faults.helped.emit()
    assert screen.window.stack.currentWidget() is screen.window.setup_page
    assert not faults.isVisible()


def test_a_bug_is_shown_and_the_log_is_one_click_behind(qtbot: QtBot, screen: Screen) -> None:
    screen.window.show_bug("A fault in the program", "ZeroDivisionError: a bug")
    assert screen.window.faults.why == "ZeroDivisionError: a bug"
    screen.window.faults.log_wanted.emit()
    qtbot.waitUntil(screen.window.log.isVisible)


def test_a_fault_bar_does_not_squeeze_the_page(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 1)
    with qtbot.waitSignal(screen.session.running.hours_counted):
        screen.window.show_page(0)
    screen.window.show_bug("A fault in the program", "ZeroDivisionError: a bug, and a long story about it")
    screen.window.resize(1280, 800)
    qtbot.wait(20)
    page = screen.window.run_page
    assert page.verdict.height() == page.verdict.sizeHint().height()
    assert page.counters.height() >= page.counters.minimumSizeHint().height()
    assert screen.window.height() == 800


def test_an_accepted_part_does_not_glow(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 2)
    page = screen.window.run_page
    qtbot.waitUntil(lambda: "OK" in page.verdict.accessibleName())
    assert page.picture.heat is None


def test_a_camera_that_is_unplugged_while_the_line_runs_is_said_and_found_again(qtbot: QtBot, screen: Screen) -> None:
    recipe = screen.session.recipe
    options = {"width": 128, "height": 96, "disconnect_after": 1}
    camera = CameraSettings("simulated", trigger_interval_s=0, frame_timeout_s=0.2, options=options)
    screen.session.use(dataclasses.replace(recipe, camera=camera))
    run_parts(qtbot, screen, 1)
    faults = screen.window.faults
    screen.session.running.trigger()
    qtbot.waitUntil(faults.isVisible)
    assert "unplugged after 1 frames" in faults.why
    assert screen.session.running.status.state is StationState.RUNNING
    qtbot.waitUntil(lambda: not faults.isVisible(), timeout=8000)


def test_what_the_watch_found_is_one_quiet_line(qtbot: QtBot, screen: Screen) -> None:
    page, running = screen.window.run_page, screen.session.running
    assert not page.alarm.isVisibleTo(page)
    words = "light fell 18% since Monday 2026-03-02 06:00: 50 now; the model was taught between 55 and 67"
    detail = {"model": running.recipe.model_id, "signals": ["light"], "words": [words]}
    screen.session.workspace.ledger.log_event(ALARM, RECIPE, detail)
    with qtbot.waitSignal(running.alarm_known):
        page.enter()
    assert page.alarm.text() == "Watch: light fell 18% since Monday 2026-03-02 06:00: 50 now"
    assert page.alarm.toolTip() == words and page.alarm.isVisibleTo(page)
    screen.session.workspace.ledger.log_event(CALM, RECIPE, detail | {"signals": [], "words": []})
    with qtbot.waitSignal(running.alarm_known):
        running.look_for_alarm()
    assert not page.alarm.isVisibleTo(page)


def test_a_line_of_the_watch_does_not_squeeze_the_page(qtbot: QtBot, screen: Screen) -> None:
    screen.window.resize(1280, 800)
    screen.session.running.alarm_known.emit(
        "product mix: missing_hole is found more often: 25% of the newest 200 parts, 3% before"
    )
    qtbot.wait(20)
    page = screen.window.run_page
    assert page.alarm.isVisibleTo(page) and page.alarm.height() >= page.alarm.heightForWidth(page.alarm.width())
    assert page.verdict.height() == page.verdict.sizeHint().height()
    assert page.counters.height() >= page.counters.minimumSizeHint().height()
    assert screen.window.height() == 800
