"""Good parts are shown to a camera: as the recipe triggers it, one user at a time; a fault keeps what was shown."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.devices.camera import Camera
from inspector.domain import Frame, FrameStatus
from inspector.errors import CameraLost, DeviceError, InspectorError, RecipeError, StoreError
from inspector.learning.shown import Shown
from inspector.recipe import CameraSettings, Recipe, TriggerMode
from inspector.showing import Showing
from inspector.station import Capture
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.odd_devices import BuggyCamera, HeldCamera, PlainCamera
from tests.unit.stations import SMALL

BY_HAND = 0.0
PATIENCE_S = 20


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        yield made


def camera(interval_s: float = BY_HAND, trigger: TriggerMode = TriggerMode.SOFTWARE, **options: Any) -> CameraSettings:
    usual = {**SMALL, "interval_ms": 5}
    settings = CameraSettings(trigger=trigger, trigger_interval_s=interval_s, options={**usual, **options})
    return replace(settings, frame_timeout_s=0.3)


class Room:
    """A showing, and what it told."""

    def __init__(self, workspace: Workspace, settings: CameraSettings, most: int | None = None) -> None:
        self.workspace = workspace
        self.recipe = Recipe(RECIPE, camera=settings)
        workspace.recipes.save(self.recipe)
        self.told: queue.SimpleQueue[Shown] = queue.SimpleQueue()
        self.ends: queue.SimpleQueue[InspectorError | None] = queue.SimpleQueue()
        self.showing = Showing(workspace, self.recipe, self._shown, self.ends.put, most=most)

    def _shown(self, shown: Shown, _frame: Frame) -> None:
        self.told.put(shown)

    def take(self) -> Shown:
        self.showing.take()
        return self.told.get(timeout=PATIENCE_S)

    def ended(self) -> InspectorError | None:
        return self.ends.get(timeout=PATIENCE_S)

    @property
    def parts(self) -> list[str]:
        return sorted(example.part for example in self.workspace.ledger.examples(RECIPE))


def test_a_recipe_without_a_model_takes_a_part_each_time_it_is_asked(workspace: Workspace) -> None:
    room = Room(workspace, camera())
    room.showing.start()
    assert [room.take().part for _ in range(3)] == ["shown-00001", "shown-00002", "shown-00003"]
    room.showing.stop()
    assert room.ended() is None
    assert room.parts == ["shown-00001", "shown-00002", "shown-00003"]
    assert workspace.ledger.records() == []


def test_what_was_asked_for_before_the_stop_is_kept(workspace: Workspace) -> None:
    room = Room(workspace, camera())
    room.showing.start()
    for _ in range(3):
        room.showing.take()
    room.showing.stop()
    room.showing.stop()
    assert len(room.parts) == room.showing.parts.kept == 3


@pytest.mark.parametrize(
    "settings", [camera(trigger=TriggerMode.HARDWARE), camera(interval_s=0.001)], ids=["hardware", "paced"]
)
def test_parts_that_come_by_themselves_are_kept_until_there_are_as_many_as_wanted(
    workspace: Workspace, settings: CameraSettings
) -> None:
    room = Room(workspace, settings, most=4)
    room.showing.start()
    assert room.ended() is None
    assert room.showing.full
    assert len(room.parts) == 4
    with pytest.raises(DeviceError, match="come by themselves"):
        room.showing.take()
    room.showing.stop()


def test_a_picture_that_never_came_is_said_and_the_next_one_is_kept(workspace: Workspace) -> None:
    room = Room(workspace, camera(lose_every=2))
    room.showing.start()
    said = [room.take() for _ in range(3)]
    room.showing.stop()
    assert [bool(one.part) for one in said] == [True, False, True]
    assert "no picture came" in said[1].why


def test_the_last_one_can_be_taken_back_while_the_camera_is_open_and_after(workspace: Workspace) -> None:
    room = Room(workspace, camera())
    room.showing.start()
    for _ in range(3):
        room.take()
    assert room.showing.parts.take_back() == "shown-00003"
    room.showing.stop()
    assert room.showing.parts.take_back() == "shown-00002"
    assert room.parts == ["shown-00001"]


def test_a_camera_that_is_lost_ends_it_and_what_was_shown_stays(workspace: Workspace) -> None:
    room = Room(workspace, camera(disconnect_after=2))
    room.showing.start()
    for _ in range(2):
        room.take()
    room.showing.take()
    problem = room.ended()
    assert isinstance(problem, CameraLost)
    assert "unplugged" in str(problem)
    assert len(room.parts) == 2
    again = Room(workspace, camera(start=10))
    again.showing.start()
    assert again.take().part == "shown-00003"
    again.showing.stop()


def test_a_full_disk_ends_it_in_plain_words_and_the_camera_is_free(workspace: Workspace) -> None:
    (workspace.path / "settings.toml").write_text("free_space_mb = 1000000\n", encoding="utf-8")
    with Workspace.open(workspace.path) as tight:
        room = Room(tight, camera())
        room.showing.start()
        room.showing.take()
        problem = room.ended()
        assert isinstance(problem, StoreError)
        assert "nearly full" in str(problem)
        assert room.parts == []
        with tight.station_lock():
            room.showing.stop()


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        (CameraSettings("simulated", source="nowhere", trigger_interval_s=0), CameraLost, "nowhere"),
        (CameraSettings("no-such-plug-in"), DeviceError, "no-such-plug-in"),
        (camera(colour=True), RecipeError, "colour"),
    ],
    ids=["no camera", "no plug-in", "wrong option"],
)
def test_a_camera_that_does_not_open_is_said_at_the_start_and_holds_nothing(
    workspace: Workspace, settings: CameraSettings, kind: type[InspectorError], words: str
) -> None:
    room = Room(workspace, settings)
    with pytest.raises(kind, match=words):
        room.showing.start()
    with workspace.station_lock():
        assert room.ends.empty()


def test_a_camera_has_one_user_at_a_time(workspace: Workspace) -> None:
    first, second = Room(workspace, camera()), Room(workspace, camera())
    first.showing.start()
    with pytest.raises(StoreError, match="good parts are being shown"):
        second.showing.start()
    first.take()
    first.showing.stop()
    with workspace.station_lock(), pytest.raises(StoreError, match="a station already runs"):
        second.showing.start()
    second.showing.start()
    second.showing.stop()
    assert len(first.parts) == 1


# -- the capture alone, over cameras that misbehave


def capture(open_camera: Callable[[], Camera], frames: list[Frame], ends: list[InspectorError | None]) -> Capture:
    return Capture(camera(), open_camera, on_frame=frames.append, on_end=ends.append)


def test_the_camera_is_opened_and_closed_once_in_one_thread(workspace: Workspace) -> None:
    made: list[PlainCamera] = []

    def opened() -> Camera:
        made.append(PlainCamera())
        assert threading.current_thread().name == "capture"
        return made[-1]

    frames: list[Frame] = []
    ends: list[InspectorError | None] = []
    running = capture(opened, frames, ends)
    running.start()
    running.take()
    running.stop()
    assert [frame.status for frame in frames] == [FrameStatus.OK]
    assert ends == [None]
    assert len(made) == 1
    with pytest.raises(DeviceError, match="closed"):
        made[0].trigger(2)


def test_a_stop_waits_for_the_picture_under_way() -> None:
    held = HeldCamera()
    frames: list[Frame] = []
    running = capture(lambda: held, frames, [])
    running.start()
    running.take()
    assert held.asked.acquire(timeout=PATIENCE_S)
    running.end()
    held.go.set()
    running.stop()
    assert [frame.status for frame in frames] == [FrameStatus.OK]


def test_a_bug_of_a_plug_in_gives_the_camera_back_and_is_not_hidden() -> None:
    seen: list[threading.ExceptHookArgs] = []
    before, threading.excepthook = threading.excepthook, seen.append
    ends: list[InspectorError | None] = []
    try:
        running = capture(BuggyCamera, [], ends)
        running.start()
        running.take()
        running.stop()
    finally:
        threading.excepthook = before
    assert ends == [None]
    assert [one.exc_type for one in seen] == [ZeroDivisionError]
