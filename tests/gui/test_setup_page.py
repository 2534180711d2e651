"""The Setup page: tried on the live picture first, saved to the recipe, taken back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.application import Screen
from inspector.domain import Box
from inspector.station import StationState
from tests.gui.rooms import RECIPE, SIDE, run_parts


def open_setup(qtbot: QtBot, screen: Screen) -> None:
    with qtbot.waitSignal(screen.session.adjusting.examined, timeout=30_000):
        screen.window.show_page(3)


def choose_simulated(qtbot: QtBot, screen: Screen) -> None:
    """From the list of cameras, as a person does."""
    cameras = screen.window.setup_page.cameras
    (item,) = [cameras.item(row) for row in range(cameras.count()) if "simulated" in cameras.item(row).text()]
    cameras.setCurrentItem(item)


def test_the_live_picture_comes_and_goes_by_one_key(qtbot: QtBot, screen: Screen) -> None:
    open_setup(qtbot, screen)
    page = screen.window.setup_page
    qtbot.keyClick(page, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: page.picture.image.width() == SIDE)
    assert page.live.text() == "End live picture"
    qtbot.keyClick(page, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: page.live.text() == "Live picture")
    assert not screen.session.adjusting.preview.running


def test_the_line_keeps_its_camera_while_it_runs(qtbot: QtBot, screen: Screen) -> None:
    run_parts(qtbot, screen, 1)
    open_setup(qtbot, screen)
    page = screen.window.setup_page
    assert not page.live.isEnabled()
    qtbot.keyClick(page, Qt.Key.Key_L)
    assert not screen.session.adjusting.preview.running


def test_starting_the_line_ends_the_live_picture(qtbot: QtBot, screen: Screen) -> None:
    open_setup(qtbot, screen)
    qtbot.keyClick(screen.window.setup_page, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: screen.session.adjusting.preview.running)
    screen.session.running.start()
    qtbot.waitUntil(lambda: screen.session.running.status.state is StationState.RUNNING)
    qtbot.waitUntil(lambda: not screen.session.adjusting.preview.running)


def test_a_camera_is_chosen_adjusted_and_saved(qtbot: QtBot, screen: Screen) -> None:
    open_setup(qtbot, screen)
    page = screen.window.setup_page
    choose_simulated(qtbot, screen)
    qtbot.keyClick(page, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: set(page.sliders) == {"exposure_us", "gain_db"})
    page.sliders["exposure_us"].chosen.emit("exposure_us", 2000.0)
    with qtbot.waitSignal(screen.session.recipe_changed):
        qtbot.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    camera = screen.session.workspace.recipes.load(RECIPE).camera
    assert (camera.backend, camera.source, camera.exposure_us) == ("simulated", "line-1", 2000.0)


def test_a_region_warns_is_saved_and_taken_back(qtbot: QtBot, screen: Screen) -> None:
    open_setup(qtbot, screen)
    page = screen.window.setup_page
    assert not page.save.isEnabled()
    page.picture.region_drawn.emit(Box(10, 20, 40, 50))
    assert page.region.region == Box(10, 20, 40, 50)
    assert "train again" in page.warning.text()
    with qtbot.waitSignal(screen.session.recipe_changed):
        page.save.click()
    assert screen.session.running.recipe.roi == Box(10, 20, 40, 50)
    with qtbot.waitSignal(screen.session.recipe_changed):
        page.undo.click()
    assert screen.session.workspace.recipes.load(RECIPE).roi is None


def test_a_saved_region_can_be_widened_to_the_whole_picture(qtbot: QtBot, screen: Screen) -> None:
    open_setup(qtbot, screen)
    page = screen.window.setup_page
    page.region.region_typed.emit(Box(1, 1, 64, 64))
    with qtbot.waitSignal(screen.session.recipe_changed):
        page.save.click()
    page.whole.click()
    with qtbot.waitSignal(screen.session.recipe_changed):
        page.save.click()
    assert screen.session.workspace.recipes.load(RECIPE).roi is None


def test_the_doctor_says_first_what_needs_somebody(qtbot: QtBot, screen: Screen) -> None:
    folder = screen.session.workspace.versions.list(RECIPE)[0].folder
    (folder / "model.tflite").chmod(0o644)
    Path(folder / "model.tflite").write_bytes(b"changed")
    open_setup(qtbot, screen)
    texts = [label.text() for label in screen.window.setup_page.findings.findChildren(QLabel)]
    assert texts[0] == f"recipe {RECIPE}"
    assert "expected SHA-256" in texts[1]
    assert "→ " in texts[1]
