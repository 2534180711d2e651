"""Adjusting a station: the live picture, wishes tried before they are saved, and the way back."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from gui.session.adjusting import Adjusting, Wishes
from gui.session.preview import Preview
from inspector.devices.camera import CameraInfo
from inspector.domain import Box
from inspector.errors import CameraLost
from inspector.recipe import CameraSettings, LocateMode, LocateSettings
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE

SMALL = CameraSettings("simulated", options={"width": 128, "height": 96})


@pytest.fixture
def adjusting(workspace: Workspace) -> Iterator[Adjusting]:
    made = Adjusting(workspace, workspace.recipes.load(RECIPE))
    yield made
    made.close()


@pytest.fixture
def preview() -> Iterator[Preview]:
    made = Preview()
    yield made
    made.stop()


def test_the_live_picture_comes_with_the_cameras_own_limits(qtbot: QtBot, preview: Preview) -> None:
    with qtbot.waitSignal(preview.opened) as opened, qtbot.waitSignal(preview.pictured):
        preview.start(SMALL)
    assert [(one.name, one.minimum, one.maximum) for one in opened.args[0]] == [
        ("exposure_us", 20.0, 200_000.0),
        ("gain_db", 0.0, 24.0),
    ]
    assert (preview.image.width(), preview.image.height()) == (128, 96)


def brightness(preview: Preview) -> float:
    image = preview.image
    return sum(image.pixelColor(x, 48).red() for x in range(0, 128, 4)) / 32


def test_a_longer_exposure_is_seen(qtbot: QtBot, preview: Preview) -> None:
    with qtbot.waitSignal(preview.pictured):
        preview.start(SMALL)
    before = brightness(preview)
    with qtbot.waitSignal(preview.adjusted) as told:
        preview.adjust("exposure_us", 12_000)
    assert told.args == ["exposure_us", 12_000.0]
    qtbot.waitUntil(lambda: brightness(preview) > 1.5 * before)


def test_of_many_values_the_last_one_counts(qtbot: QtBot, preview: Preview) -> None:
    granted: list[float] = []
    preview.adjusted.connect(lambda _name, value: granted.append(value))
    with qtbot.waitSignal(preview.pictured):
        preview.start(SMALL)
    for value in range(100, 1100):
        preview.adjust("exposure_us", value)
    qtbot.waitUntil(lambda: bool(granted) and granted[-1] == 1099)
    assert len(granted) < 50


def test_a_value_that_the_camera_refuses_is_said(qtbot: QtBot, preview: Preview) -> None:
    with qtbot.waitSignal(preview.pictured):
        preview.start(SMALL)
    with qtbot.waitSignal(preview.failed) as told:
        preview.adjust("gain_db", 99)
    assert "expected 0 to 24, received 99" in str(told.args[0])


def test_a_camera_that_is_lost_is_said_and_given_back(qtbot: QtBot, preview: Preview) -> None:
    lost = dataclasses.replace(SMALL, options={**SMALL.options, "disconnect_after": 2})
    with qtbot.waitSignal(preview.failed) as told, qtbot.waitSignal(preview.ended):
        preview.start(lost)
    assert isinstance(told.args[0], CameraLost)
    qtbot.waitUntil(lambda: not preview.running)


def test_frames_that_never_come_keep_the_picture(qtbot: QtBot, preview: Preview) -> None:
    losing = dataclasses.replace(SMALL, frame_timeout_s=0.05, options={**SMALL.options, "lose_every": 2})
    with qtbot.waitSignal(preview.pictured):
        preview.start(losing)
    with qtbot.waitSignal(preview.pictured, timeout=8000):
        assert preview.running


def test_a_second_start_gives_the_first_camera_back(qtbot: QtBot, preview: Preview) -> None:
    for _ in range(2):
        with qtbot.waitSignal(preview.pictured):
            preview.start(SMALL)
    assert sum(thread.name == "preview" for thread in threading.enumerate()) == 1
    preview.stop()
    assert not preview.running


def test_cameras_and_the_doctors_list_are_found(qtbot: QtBot, adjusting: Adjusting) -> None:
    with (
        qtbot.waitSignal(adjusting.cameras_found, timeout=30_000) as found,
        qtbot.waitSignal(adjusting.examined, timeout=30_000) as examined,
    ):
        adjusting.look()
    assert any(camera.backend == "simulated" for camera in found.args[0])
    assert f"recipe {RECIPE}" in {finding.what for finding in examined.args[0]}


def test_a_region_is_saved_and_taken_back(qtbot: QtBot, adjusting: Adjusting, workspace: Workspace) -> None:
    adjusting.wish(region=Box(8, 8, 64, 64))
    assert adjusting.needs_training
    with qtbot.waitSignal(adjusting.saved):
        adjusting.save()
    assert workspace.recipes.load(RECIPE).roi == Box(8, 8, 64, 64)
    assert not adjusting.needs_training
    with qtbot.waitSignal(adjusting.saved):
        adjusting.undo()
    assert workspace.recipes.load(RECIPE).roi is None
    assert not adjusting.can_undo


def test_undo_leaves_a_model_that_was_promoted_since(qtbot: QtBot, adjusting: Adjusting, workspace: Workspace) -> None:
    with qtbot.waitSignal(adjusting.saved):
        adjusting.adjust("exposure_us", 900.0)
        adjusting.save()
    promoted = dataclasses.replace(workspace.recipes.load(RECIPE), model_id="")
    workspace.recipes.save(promoted)
    adjusting.change(promoted)
    with qtbot.waitSignal(adjusting.saved):
        adjusting.undo()
    recipe = workspace.recipes.load(RECIPE)
    assert (recipe.model_id, recipe.camera.exposure_us) == ("", None)


def test_nothing_wished_is_nothing_saved(qtbot: QtBot, adjusting: Adjusting) -> None:
    with qtbot.assertNotEmitted(adjusting.saved, wait=50):
        adjusting.save()


def test_another_camera_loses_the_options_of_the_old_one(adjusting: Adjusting) -> None:
    recipe = dataclasses.replace(adjusting.recipe, camera=SMALL)
    pylon = Wishes(camera=CameraInfo("pylon", "0815", "Basler")).applied(recipe)
    assert (pylon.camera.backend, pylon.camera.source, pylon.camera.options) == ("pylon", "0815", {})
    same = Wishes(camera=CameraInfo("simulated", "line-1", "line")).applied(recipe)
    assert same.camera.options == SMALL.options


def test_the_whole_picture_can_be_wished_for(adjusting: Adjusting) -> None:
    recipe = dataclasses.replace(adjusting.recipe, roi=Box(1, 2, 30, 40))
    assert Wishes().applied(recipe).roi == Box(1, 2, 30, 40)
    assert Wishes(whole=True).applied(recipe).roi is None


def test_the_whole_picture_of_a_part_that_is_found_by_its_mark_is_not_saved(
    qtbot: QtBot, adjusting: Adjusting, workspace: Workspace
) -> None:
    """It would be a recipe that no station can load any more."""
    mark = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(5, 5, 9, 9))
    located = dataclasses.replace(adjusting.recipe, roi=Box(0, 0, 40, 40), locate=mark)
    workspace.recipes.save(located)
    adjusting.change(located)
    adjusting.wish(whole=True)
    with qtbot.waitSignal(adjusting.failed) as failed:
        adjusting.save()
    assert "mode is template: expected an roi" in str(failed.args[0])
    assert workspace.recipes.load(located.name) == located


def test_what_somebody_else_saved_meanwhile_is_not_undone(
    qtbot: QtBot, adjusting: Adjusting, workspace: Workspace
) -> None:
    """A promotion at the command line while the window is open."""
    promoted = dataclasses.replace(adjusting.recipe, model_id="v9-12345678")
    workspace.recipes.save(promoted)
    adjusting.wish(region=Box(1, 2, 30, 40))
    with qtbot.waitSignal(adjusting.overtaken) as overtaken, qtbot.waitSignal(adjusting.failed) as failed:
        adjusting.save()
    assert workspace.recipes.load(RECIPE) == promoted
    assert not adjusting.can_undo
    assert "changed by somebody else meanwhile and now runs v9-12345678" in str(failed.args[0])
    assert overtaken.args == [promoted]
    adjusting.change(promoted)
    with qtbot.waitSignal(adjusting.saved):
        adjusting.save()
    saved = workspace.recipes.load(RECIPE)
    assert (saved.model_id, saved.roi) == ("v9-12345678", Box(1, 2, 30, 40)), "the wish still stood"
