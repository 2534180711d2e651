"""The presenter of a showing: every call returns at once, the newest picture is told, the camera is given back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from gui.session.capturing import Capturing
from inspector.errors import CameraLost, InspectorError, StoreError
from inspector.learning.shown import Shown
from inspector.recipe import CameraSettings, TriggerMode
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE
from tests.unit.stations import SMALL

BY_HAND = CameraSettings(trigger_interval_s=0.0, frame_timeout_s=0.5, options=SMALL)


class Told:
    """A presenter, and what it told."""

    def __init__(self, workspace: Workspace, camera: CameraSettings) -> None:
        self.capturing = Capturing(workspace, replace(workspace.recipes.load(RECIPE), camera=camera))
        self.shown: list[Shown] = []
        self.failed: list[InspectorError] = []
        self.capturing.shown.connect(self.shown.append)
        self.capturing.failed.connect(self.failed.append)

    def begin(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.capturing.began):
            self.capturing.start()

    def take(self, qtbot: QtBot) -> Shown:
        with qtbot.waitSignal(self.capturing.shown):
            self.capturing.take()
        return self.shown[-1]

    def stop(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.capturing.ended):
            self.capturing.stop()


@pytest.fixture
def told(workspace: Workspace) -> Iterator[Told]:
    made = Told(workspace, BY_HAND)
    yield made
    made.capturing.close()


def names(workspace: Workspace) -> list[str]:
    return sorted(example.part for example in workspace.ledger.examples(RECIPE))


def test_each_part_that_is_taken_is_kept_and_its_picture_shown(qtbot: QtBot, workspace: Workspace, told: Told) -> None:
    capturing = told.capturing
    assert not capturing.busy
    told.begin(qtbot)
    assert capturing.busy and capturing.by_hand
    assert [told.take(qtbot).part for _ in range(2)] == ["shown-00001", "shown-00002"]
    assert (capturing.image.width(), capturing.image.height()) == (SMALL["width"], SMALL["height"])
    told.stop(qtbot)
    assert not capturing.busy
    assert (capturing.kept, capturing.good_parts) == (2, 2)
    assert names(workspace) == ["shown-00001", "shown-00002"]
    assert told.failed == []


def test_a_second_touch_before_the_picture_has_come_asks_for_nothing(
    qtbot: QtBot, workspace: Workspace, told: Told
) -> None:
    told.begin(qtbot)
    with qtbot.waitSignal(told.capturing.shown):
        for _ in range(4):
            told.capturing.take()
    told.stop(qtbot)
    assert names(workspace) == ["shown-00001"]


def test_the_last_one_is_taken_back(qtbot: QtBot, workspace: Workspace, told: Told) -> None:
    told.begin(qtbot)
    told.take(qtbot)
    for name in ("shown-00001", ""):
        with qtbot.waitSignal(told.capturing.taken_back) as back:
            told.capturing.take_back()
        assert back.args == [name]
    assert names(workspace) == []


def test_what_is_pressed_while_nothing_is_shown_does_nothing(qtbot: QtBot, workspace: Workspace, told: Told) -> None:
    told.capturing.take()
    told.capturing.take_back()
    told.capturing.stop()
    told.begin(qtbot)
    told.capturing.start()
    told.stop(qtbot)
    told.capturing.take()
    told.capturing.stop()
    assert names(workspace) == []


@pytest.mark.parametrize("way", ["hardware", "paced"])
def test_parts_that_come_by_themselves_need_nobody(qtbot: QtBot, workspace: Workspace, way: str) -> None:
    paced = replace(BY_HAND, trigger_interval_s=0.001)
    hardware = replace(BY_HAND, trigger=TriggerMode.HARDWARE, options={**SMALL, "interval_ms": 2})
    told = Told(workspace, hardware if way == "hardware" else paced)
    told.begin(qtbot)
    assert not told.capturing.by_hand
    qtbot.waitUntil(lambda: told.capturing.kept >= 3)
    told.stop(qtbot)
    assert len(names(workspace)) == told.capturing.kept
    assert told.shown[-1].good_parts == told.capturing.good_parts
    told.capturing.close()


def test_a_camera_that_is_lost_is_told_and_can_be_opened_again(qtbot: QtBot, workspace: Workspace) -> None:
    told = Told(workspace, replace(BY_HAND, options={**SMALL, "disconnect_after": 1}))
    told.begin(qtbot)
    told.take(qtbot)
    with qtbot.waitSignal(told.capturing.ended):
        told.capturing.take()
    assert [type(error) for error in told.failed] == [CameraLost]
    assert not told.capturing.busy
    assert names(workspace) == ["shown-00001"]
    told.begin(qtbot)
    told.capturing.close()
    with workspace.station_lock():
        assert names(workspace) == ["shown-00001"]


def test_a_camera_that_somebody_else_has_is_refused(qtbot: QtBot, workspace: Workspace, told: Told) -> None:
    with workspace.station_lock(), qtbot.waitSignal(told.capturing.ended):
        told.capturing.start()
    assert [type(error) for error in told.failed] == [StoreError]
    assert not told.capturing.busy


def test_another_recipe_counts_from_the_next_showing_on(qtbot: QtBot, workspace: Workspace, told: Told) -> None:
    told.begin(qtbot)
    other = replace(workspace.recipes.load(RECIPE), camera=replace(BY_HAND, options={**SMALL, "width": 160}))
    told.capturing.change(other)
    told.take(qtbot)
    assert told.capturing.image.width() == SMALL["width"]
    told.stop(qtbot)
    told.begin(qtbot)
    told.take(qtbot)
    assert told.capturing.image.width() == 160
    told.stop(qtbot)


def test_closing_in_the_middle_keeps_what_was_shown_and_frees_the_camera(
    qtbot: QtBot, workspace: Workspace, told: Told
) -> None:
    told.begin(qtbot)
    told.take(qtbot)
    told.capturing.close()
    with workspace.station_lock():
        assert names(workspace) == ["shown-00001"]
