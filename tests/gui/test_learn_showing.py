"""Showing good parts on the Learn page: what a person presses on the first day, and what the screen answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.application import Screen, open_screen
from gui.pages.learn_showing import ShowingPanel
from inspector.learning.trainer import ANOMALY, MODES
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, Recipe
from inspector.store.workspace import Workspace
from tests.gui.rooms import OK_LEVEL, RECIPE, SIDE, picture, start_line
from tests.gui.test_learn_page import open_learn, train_with
from tests.gui.test_learn_training import asked_of

PICTURES = (
    picture(OK_LEVEL, 1),
    picture(OK_LEVEL, 2),
    picture(OK_LEVEL, 2),
    np.full((SIDE, SIDE), 90, np.uint8),
    picture(OK_LEVEL + 1, 2),
)


@pytest.fixture
def first_day(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Screen]:
    """A window over a recipe without model, labels or pictures; its camera shows two parts, one twice, then none, then
    that one again."""
    line = tmp_path / "line"
    line.mkdir()
    for number, pixels in enumerate(PICTURES):
        write_picture(pixels, line / f"{number}.png")
    with Workspace.create(tmp_path / "workspace") as workspace:
        camera = CameraSettings("folder", str(line), trigger_interval_s=0.0, options={"loop": False})
        workspace.recipes.save(Recipe(RECIPE, camera=camera))
        opened = open_screen(qapp, workspace, workspace.recipes.load(RECIPE))
        opened.hook.remove()
        opened.window.show()
        qtbot.waitExposed(opened.window)
        open_learn(qtbot, opened)
        training = opened.window.learn_page.training
        assert not training.show_good.isVisible()
        training.mode.setCurrentIndex(MODES.index(ANOMALY))
        yield opened
        opened.close()


def panel_of(screen: Screen) -> ShowingPanel:
    return screen.window.learn_page.showing


def begin(qtbot: QtBot, screen: Screen) -> ShowingPanel:
    with qtbot.waitSignal(screen.session.capturing.began):
        qtbot.mouseClick(screen.window.learn_page.training.show_good, Qt.MouseButton.LeftButton)
    return panel_of(screen)


def press(qtbot: QtBot, screen: Screen, key: Qt.Key = Qt.Key.Key_Space) -> None:
    with qtbot.waitSignal(screen.session.capturing.shown):
        qtbot.keyClick(screen.window.learn_page, key)


def names(screen: Screen) -> list[str]:
    return sorted(example.part for example in screen.session.workspace.ledger.examples(RECIPE))


def key_words(screen: Screen) -> list[str]:
    return [action.text() for action in screen.window.learn_page.actions() if action.isEnabled()]


def test_the_space_bar_takes_part_after_part_and_they_are_counted(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    assert panel.isVisible() and panel.take.isVisible()
    assert panel.said.text() == "Lay a good part under the camera, then press Space."
    assert panel.count.text() == "Good parts to learn from: 0; 20 are a start, 200 are better"
    press(qtbot, first_day)
    assert panel.picture.image.width() == SIDE
    assert panel.said.text() == "Kept as part shown-00001."
    with qtbot.waitSignal(first_day.session.capturing.shown):
        qtbot.mouseClick(panel.take, Qt.MouseButton.LeftButton)
    assert panel.count.text().startswith("Good parts to learn from: 2;")
    assert names(first_day) == ["shown-00001", "shown-00002"]


def test_what_is_not_kept_is_said_with_what_to_do(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    for _ in range(3):
        press(qtbot, first_day)
    assert panel.said.text().startswith("Not kept: it is the very picture of part shown-00002")
    assert not panel.wrong.isEnabled(), "what is on the screen was not kept, so there is nothing to take back"
    press(qtbot, first_day)
    assert panel.said.text().startswith("Not kept: there is nothing in view")
    assert panel.count.text().startswith("Good parts to learn from: 2;")
    assert len(names(first_day)) == 2


def test_a_part_that_looks_the_same_as_the_one_before_is_kept_and_said(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    for _ in PICTURES:
        press(qtbot, first_day)
    said = "Kept as part shown-00003. It looks the same as part shown-00002. If it is that one, press Backspace."
    assert panel.said.text() == said
    assert panel.wrong.isEnabled()


def test_one_key_takes_the_last_one_back(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    assert not panel.wrong.isEnabled()
    press(qtbot, first_day)
    with qtbot.waitSignal(first_day.session.capturing.taken_back):
        qtbot.keyClick(first_day.window.learn_page, Qt.Key.Key_Backspace)
    assert panel.said.text() == "Part shown-00001 is not learned from."
    assert panel.count.text().startswith("Good parts to learn from: 0;")
    assert panel.picture.image.isNull()
    assert not panel.wrong.isEnabled()
    assert names(first_day) == []


def test_a_second_press_takes_nothing_back_that_is_not_to_be_seen(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    for _ in range(2):
        press(qtbot, first_day)
    with qtbot.waitSignal(first_day.session.capturing.taken_back):
        qtbot.keyClick(first_day.window.learn_page, Qt.Key.Key_Backspace)
    qtbot.keyClick(first_day.window.learn_page, Qt.Key.Key_Backspace)
    with qtbot.waitSignal(first_day.session.capturing.ended):
        panel.stop.click()
    assert names(first_day) == ["shown-00001"]


def test_to_show_them_a_second_time_at_once_changes_nothing(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    press(qtbot, first_day)
    qtbot.mouseClick(first_day.window.learn_page.training.show_good, Qt.MouseButton.LeftButton)
    assert panel.said.text() == "Kept as part shown-00001."
    assert not panel.picture.image.isNull()


def test_escape_stops_it_and_the_keys_of_the_page_come_back(qtbot: QtBot, first_day: Screen) -> None:
    usual = key_words(first_day)
    panel = begin(qtbot, first_day)
    assert {"take this part", "that one was not good", "stop"} <= set(key_words(first_day))
    assert "promote" not in key_words(first_day)
    press(qtbot, first_day)
    with qtbot.waitSignal(first_day.session.capturing.ended):
        qtbot.keyClick(first_day.window.learn_page, Qt.Key.Key_Escape)
    assert key_words(first_day) == usual
    assert panel.said.text() == "Parts shown: 1. The camera is free again; Retrain learns from them."
    assert not panel.take.isVisible() and not panel.stop.isEnabled()
    assert panel.wrong.isEnabled(), "a second look may come late"
    with qtbot.waitSignal(first_day.session.capturing.taken_back):
        qtbot.mouseClick(panel.wrong, Qt.MouseButton.LeftButton)
    assert names(first_day) == []


def test_the_keys_belong_to_the_tab_that_is_shown(qtbot: QtBot, first_day: Screen) -> None:
    begin(qtbot, first_day)
    page = first_day.window.learn_page
    page.tabs.setCurrentIndex(1)
    assert "take this part" not in key_words(first_day)
    page.tabs.setCurrentIndex(0)
    assert "take this part" in key_words(first_day)


def test_retrain_stops_it_and_learns_from_good_parts_alone(qtbot: QtBot, first_day: Screen, tmp_path: Path) -> None:
    asked_of(first_day, tmp_path)
    panel = begin(qtbot, first_day)
    press(qtbot, first_day)
    with qtbot.waitSignals([first_day.session.capturing.ended, first_day.session.training.failed]):
        qtbot.mouseClick(first_day.window.learn_page.training.retrain, Qt.MouseButton.LeftButton)
    assert not panel.isVisible()
    assert (tmp_path / "asked.json").exists()
    begin(qtbot, first_day)
    assert panel.isVisible()


def test_while_a_training_runs_no_parts_are_shown(qtbot: QtBot, first_day: Screen) -> None:
    begin(qtbot, first_day)
    press(qtbot, first_day)
    train_with(first_day, "hangs")
    training = first_day.window.learn_page.training
    training.start()
    assert not training.show_good.isEnabled()
    with qtbot.waitSignal(first_day.session.training.ended):
        first_day.session.training.cancel()
    assert training.show_good.isEnabled()


def test_a_camera_that_is_lost_is_said_and_what_was_shown_is_kept(qtbot: QtBot, first_day: Screen) -> None:
    panel = begin(qtbot, first_day)
    for _ in PICTURES:
        press(qtbot, first_day)
    with qtbot.waitSignal(first_day.session.capturing.ended):
        qtbot.keyClick(first_day.window.learn_page, Qt.Key.Key_Space)
    assert first_day.window.faults.isVisible()
    assert "all 5 pictures have been shown" in first_day.window.faults.why
    assert panel.said.text().startswith("Parts shown: 3.")
    assert len(names(first_day)) == 3


def test_a_camera_that_does_not_answer_is_said(qtbot: QtBot, first_day: Screen) -> None:
    away = replace(first_day.session.recipe.camera, source="no-such-folder")
    first_day.session.use(replace(first_day.session.recipe, camera=away))
    with qtbot.waitSignal(first_day.session.capturing.ended):
        qtbot.mouseClick(first_day.window.learn_page.training.show_good, Qt.MouseButton.LeftButton)
    assert "no-such-folder" in first_day.window.faults.why
    assert panel_of(first_day).said.text() == "No part was shown."
    assert not panel_of(first_day).stop.isEnabled()


def test_while_the_line_runs_the_camera_is_its_own(qtbot: QtBot, first_day: Screen) -> None:
    start_line(qtbot, first_day.session.running)
    qtbot.mouseClick(first_day.window.learn_page.training.show_good, Qt.MouseButton.LeftButton)
    panel = panel_of(first_day)
    assert panel.said.text() == "The line has the camera. Stop it on the Run page, then show good parts."
    assert not first_day.session.capturing.busy
    assert not panel.take.isVisible() and not panel.stop.isEnabled()


def test_while_parts_are_shown_the_line_does_not_start_and_says_why(qtbot: QtBot, first_day: Screen) -> None:
    begin(qtbot, first_day)
    with qtbot.waitSignal(first_day.session.running.failed):
        first_day.session.running.start()
    assert "good parts are being shown to its camera" in first_day.window.faults.why
    press(qtbot, first_day)
    assert len(names(first_day)) == 1


def test_the_live_picture_gives_the_camera_back_and_waits(qtbot: QtBot, first_day: Screen) -> None:
    first_day.window.show_page(3)
    setup = first_day.window.setup_page
    preview = first_day.session.adjusting.preview
    setup.toggle_live()
    qtbot.waitUntil(lambda: preview.running)
    first_day.window.show_page(2)
    begin(qtbot, first_day)
    assert not preview.running
    assert not setup.live.isEnabled()
    with qtbot.waitSignal(first_day.session.capturing.ended):
        first_day.session.capturing.stop()
    assert setup.live.isEnabled()


def test_closing_the_window_in_the_middle_frees_the_camera(qtbot: QtBot, first_day: Screen) -> None:
    begin(qtbot, first_day)
    press(qtbot, first_day)
    first_day.close()
    with first_day.session.workspace.station_lock():
        assert names(first_day) == ["shown-00001"]
