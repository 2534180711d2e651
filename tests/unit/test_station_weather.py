"""What a factory does to a station: fast triggers, late frames, bugs in plug-ins, people who press every button."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import psutil
import pytest

from inspector.clock import Clock
from inspector.devices.camera import Camera
from inspector.domain import Decision, FrameStatus, Part, Reason, Record, picture_digest
from inspector.errors import DeviceError
from inspector.pipeline.assemble import Setup
from inspector.recipe import Limits, Recipe, TriggerMode
from inspector.station import StateChanged, StationState
from inspector.store.workspace import Workspace
from tests.unit.odd_devices import (
    BuggyCamera,
    BurstCamera,
    HeldCamera,
    OddClock,
    PlainCamera,
    TardyCamera,
    picture_of,
)
from tests.unit.stations import BrightnessModel, Line, small_recipe

OPEN = Limits(1000.0, 1000.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        yield made


class CameraLine(Line):
    """A line with a camera of the test's own."""

    def __init__(
        self, workspace: Workspace, camera: PlainCamera, recipe: Recipe | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(workspace, recipe or replace(small_recipe(), limits=OPEN), clock=clock)
        self.camera = camera

    def open_camera(self) -> Camera:
        self.cameras += 1
        return self.camera


def records(workspace: Workspace) -> list[Record]:
    return workspace.ledger.records(limit=None, newest_first=False)


def patient(recipe: Recipe, timeout_s: float) -> Recipe:
    return replace(recipe, limits=OPEN, camera=replace(recipe.camera, frame_timeout_s=timeout_s))


def by_hardware(recipe: Recipe) -> Recipe:
    return replace(recipe, limits=OPEN, camera=replace(recipe.camera, trigger=TriggerMode.HARDWARE))


def assert_in_step(line: Line) -> None:
    """Every trigger is one inspection and one record, under its own number."""
    status = line.station.status
    assert status.triggers == status.inspections == status.recorded == sum(status.decisions.values())
    numbers = [record.timing.trigger for record in records(line.workspace)]
    assert sorted(numbers) == list(range(1, status.triggers + 1))


# The camera


def test_triggers_faster_than_the_camera_all_become_records_in_order(workspace: Workspace) -> None:
    camera = HeldCamera()
    line = CameraLine(workspace, camera, patient(small_recipe(), 30.0))
    line.station.start()
    line.send(*(f"{number:03d}" for number in range(40)))
    assert camera.asked.acquire(timeout=10)
    camera.go.set()
    line.station.stop()
    assert_in_step(line)
    assert [record.inspection.part.serial for record in records(workspace)] == [f"{n:03d}" for n in range(40)]


def test_a_trigger_whose_time_is_up_asks_the_camera_for_nothing(workspace: Workspace) -> None:
    clock = OddClock()
    camera = HeldCamera()
    line = CameraLine(workspace, camera, patient(small_recipe(), 1.0), clock)
    line.station.start()
    line.send("first", "second", "third")
    assert camera.asked.acquire(timeout=10)
    clock.ahead_ns = 2_000_000_000
    camera.go.set()
    line.station.stop()
    assert camera.taken == 1
    assert [record.inspection.frame_status for record in records(workspace)] == ["ok", "missing", "missing"]
    assert_in_step(line)


def test_a_late_frame_is_never_taken_for_the_next_part(workspace: Workspace) -> None:
    line = CameraLine(workspace, TardyCamera(), patient(small_recipe(), 5.0))
    line.run(6)
    for record in records(workspace):
        if record.inspection.frame_status is FrameStatus.OK:
            assert record.inspection.frame_digest == picture_digest(picture_of(record.timing.trigger))
    found = Counter(record.inspection.frame_status for record in records(workspace))
    assert found == {FrameStatus.MISSING: 3, FrameStatus.OK: 3}
    assert_in_step(line)


def test_stopping_while_a_frame_is_awaited_records_it_as_missing(workspace: Workspace) -> None:
    line = Line(workspace, patient(small_recipe(lose_every=1), 0.2))
    line.station.start()
    line.send("lost")
    line.station.stop()
    assert [record.inspection.verdict.reason for record in records(workspace)] == [Reason.FRAME_MISSING]
    assert_in_step(line)


def test_two_lost_frames_at_once_are_two_records(workspace: Workspace) -> None:
    line = Line(workspace, patient(small_recipe(lose_every=1), 0.1))
    line.station.start()
    line.send("a", "b")
    line.station.stop()
    assert [record.inspection.part.serial for record in records(workspace)] == ["a", "b"]


def test_a_bug_in_a_camera_stops_the_line_and_loses_no_part(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    line = CameraLine(workspace, BuggyCamera(good_frames=2), patient(small_recipe(), 30.0))
    line.station.start()
    line.send("1", "2", "3")
    assert line.faulted.wait(10)
    line.station.stop()
    assert "ZeroDivisionError" in line.station.status.fault
    assert "a bug of the plug-in" in caplog.text
    assert [record.inspection.frame_status for record in records(workspace)][2] is FrameStatus.MISSING
    assert_in_step(line)


def test_a_camera_whose_opening_has_a_bug_leaves_a_faulted_station_that_stops(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(CameraLine):
        def open_camera(self) -> Camera:
            raise KeyError("a bug in the plug-in's open")

    line = Broken(workspace, PlainCamera())
    line.station.start()
    assert line.faulted.wait(10)
    assert line.station.status.state is StationState.FAULTED
    line.station.stop()
    assert "KeyError" in line.station.status.fault
    assert "the camera thread died" in caplog.text


# Hardware triggers


def run_bursts(workspace: Workspace, skipped: Sequence[int]) -> CameraLine:
    camera = BurstCamera(skipped)
    line = CameraLine(workspace, camera, by_hardware(small_recipe()))
    line.station.start()
    camera.go.set()
    for _ in range(len(skipped) + sum(skipped)):
        assert line.inspected.acquire(timeout=10)
    return line


def test_each_frame_that_a_burst_lost_is_a_record_of_its_own(workspace: Workspace) -> None:
    line = run_bursts(workspace, [0, 3, 0, 2])
    line.station.stop()
    statuses = [record.inspection.frame_status.value for record in records(workspace)]
    assert statuses == ["ok", *["missing"] * 3, "ok", "ok", *["missing"] * 2, "ok"]
    assert_in_step(line)


def test_a_trigger_by_hand_on_a_hardware_line_is_refused_and_not_counted(workspace: Workspace) -> None:
    line = run_bursts(workspace, [0])
    with pytest.raises(DeviceError, match="triggered by hardware"):
        line.station.trigger(Part("by hand"))
    line.station.stop()
    assert line.station.status.triggers == 1
    assert_in_step(line)


def test_parts_of_a_hardware_line_are_named_in_the_order_they_came(workspace: Workspace) -> None:
    line = run_bursts(workspace, [1, 0])
    line.station.stop()
    assert [record.inspection.part.serial for record in records(workspace)] == ["00000001", "00000002", "00000003"]


def test_hardware_frames_during_a_pause_are_counted_as_refused(workspace: Workspace) -> None:
    line = Line(workspace, by_hardware(small_recipe(interval_ms=2)))
    line.station.start()
    assert line.inspected.acquire(timeout=10)
    line.station.pause()
    while line.station.status.refused < 3:
        assert not line.faulted.wait(0.005)
    line.station.stop()
    assert_in_step(line)


# The people


def test_starting_and_stopping_leaves_no_thread_and_no_open_file(workspace: Workspace) -> None:
    assert_nothing_is_left(workspace, times=15)


@pytest.mark.slow
def test_two_hundred_starts_leave_no_thread_and_no_open_file(workspace: Workspace) -> None:
    assert_nothing_is_left(workspace, times=200)


def assert_nothing_is_left(workspace: Workspace, times: int) -> None:
    line = Line(workspace, small_recipe())
    line.run(2)
    this = psutil.Process()
    threads, files = threading.active_count(), this.num_fds() if hasattr(this, "num_fds") else this.num_handles()
    for _ in range(times):
        line.run(1)
    assert threading.active_count() == threads
    assert (this.num_fds() if hasattr(this, "num_fds") else this.num_handles()) <= files
    assert_in_step(line)


def test_triggers_from_many_hands_while_it_stops_are_refused_or_recorded(workspace: Workspace) -> None:
    line = Line(workspace, patient(small_recipe(), 30.0))
    tried: Counter[bool] = Counter()
    over = threading.Event()

    def press() -> None:
        while not over.is_set():
            try:
                line.station.trigger(Part("any"))
            except DeviceError:
                tried[False] += 1
                over.wait(0.0005)
            else:
                tried[True] += 1
                line.inspected.acquire(timeout=10)

    line.station.start()
    hand = threading.Thread(target=press)
    hand.start()
    for _ in range(4):
        assert line.station.status.state is StationState.RUNNING
        line.station.stop()
        line.station.start()
    over.set()
    line.inspected.release()
    hand.join()
    line.station.stop()
    status = line.station.status
    assert (status.triggers, status.refused) == (tried[True], tried[False])
    assert_in_step(line)


def test_pausing_and_resuming_under_load_loses_nothing(workspace: Workspace) -> None:
    line = Line(workspace, patient(small_recipe(), 30.0))
    line.station.start()
    over = threading.Event()

    def press() -> None:
        for button in cycle((line.station.pause, line.station.resume)):
            button()
            if over.wait(0.0005):
                return

    hand = threading.Thread(target=press)
    hand.start()
    taken = 0
    for number in range(100):
        try:
            line.station.trigger(Part(f"{number}"))
            taken += 1
        except DeviceError:
            over.wait(0.0005)
    over.set()
    hand.join()
    line.station.stop()
    assert (line.station.status.triggers, line.station.status.refused) == (taken, 100 - taken)
    assert_in_step(line)


def test_a_pause_finishes_the_parts_under_way(workspace: Workspace) -> None:
    camera = HeldCamera()
    line = CameraLine(workspace, camera, patient(small_recipe(), 30.0))
    line.station.start()
    line.send("1", "2", "3")
    line.station.pause()
    camera.go.set()
    for _ in range(3):
        assert line.inspected.acquire(timeout=10)
    assert line.station.status.state is StationState.PAUSED
    line.station.stop()
    assert_in_step(line)


def test_buttons_pressed_out_of_turn_change_nothing(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    line.station.pause()
    line.station.resume()
    line.station.stop()
    line.station.start()
    line.station.resume()
    with pytest.raises(DeviceError, match="started before"):
        line.station.start()
    line.station.pause()
    line.station.pause()
    line.station.stop()
    line.station.stop()
    states = [event.status.state.value for event in line.events if isinstance(event, StateChanged)]
    assert states == ["stopped", "starting", "running", "paused", "stopped", "stopped", "stopped"]


def test_models_swapped_under_load_each_sign_their_own_records(workspace: Workspace) -> None:
    line = Line(workspace, patient(small_recipe(), 30.0))
    other = replace(line.setup.recipe, name="other", limits=Limits(-999.0, -999.0))
    setups = (line.setup, Setup(other, BrightnessModel("v2-other")))
    line.station.start()
    over = threading.Event()

    def swap() -> None:
        for setup in cycle(setups):
            line.station.swap(setup)
            if over.wait(0.0005):
                return

    hand = threading.Thread(target=swap)
    hand.start()
    for number in range(60):
        line.send(f"{number}")
        assert line.inspected.acquire(timeout=10)
    over.set()
    hand.join()
    line.station.stop()
    signed = {(record.inspection.recipe_id, record.inspection.model_id) for record in records(workspace)}
    assert signed == {(setup.recipe.id, setup.model.model_id) for setup in setups if setup.model}
    for record in records(workspace):
        assert record.inspection.recipe_id.startswith(f"{record.recipe}@")
        rejected = record.inspection.verdict.decision is Decision.NG
        assert rejected == (record.recipe == "other")
    assert_in_step(line)


# The clock, and names


def test_a_date_set_back_with_each_part_changes_neither_order_nor_durations(workspace: Workspace) -> None:
    line = CameraLine(workspace, PlainCamera(), patient(small_recipe(), 30.0), OddClock())
    line.run(5)
    found = records(workspace)
    assert [record.timing.trigger for record in found] == [1, 2, 3, 4, 5]
    dates = [record.timing.inspected_at for record in found]
    assert dates == sorted(dates, reverse=True)
    assert all(0 <= record.timing.cycle_ms < 60_000 for record in found)
    assert workspace.ledger.verify() is None


NAMES = ["Größe 5 µm", "部品-7", "a/b\\c", "\u202eevil", "'; DROP TABLE inspections; --", " "]


@pytest.mark.parametrize("serial", NAMES)
def test_whatever_a_scanner_reads_is_kept_as_the_serial(workspace: Workspace, serial: str) -> None:
    line = Line(workspace, small_recipe())
    line.station.start()
    line.station.trigger(Part(serial, lot=serial, part_number=serial))
    line.station.stop()
    assert [record.inspection.part for record in records(workspace)] == [Part(serial, serial, serial)]
    assert workspace.ledger.verify() is None
