"""The three promises in bad times: the line on time, the ledger always, the screen the newest; and faults that stay."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.devices.camera import Camera, CameraState
from inspector.devices.line import Line as LineOutput
from inspector.devices.line import LineMessage
from inspector.domain import Decision, Part, Scores, View
from inspector.errors import DeviceError, InspectorError, ModelError, StoreError
from inspector.pipeline.assemble import Setup
from inspector.recipe import CameraSettings, Limits, Recipe
from inspector.station import Durable, Fault, PartInspected, StationEvent, StationState
from inspector.station.station import FRAMES_WAITING
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer
from tests.unit.odd_devices import HeldGate, HeldImages, OddClock, PlainCamera
from tests.unit.stations import BrightnessModel, Line, small_recipe

OPEN = Limits(1000.0, 1000.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        yield made


def open_recipe(frame_timeout_s: float = 30.0) -> Recipe:
    recipe = small_recipe()
    return replace(recipe, limits=OPEN, camera=replace(recipe.camera, frame_timeout_s=frame_timeout_s))


class GatedLine(Line):
    """A line whose gate takes no verdict until it may, and whose camera counts."""

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__(workspace, recipe)
        self.gate = HeldGate()
        self.camera = PlainCamera()

    def open_line(self) -> LineOutput:
        return self.gate

    def open_camera(self) -> Camera:
        return self.camera


# The order


class Diary:
    """Who heard of which part, in the order in which they did."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []

    def heard(self, who: str, of: str) -> None:
        self.entries.append((who, of))


class DiaryGate:
    def __init__(self, line: DiaryLine) -> None:
        self._line = line

    def send(self, message: LineMessage) -> None:
        self._line.diary.heard("line", message.part.serial)

    def close(self) -> None:
        self._line.recorded_at_close = sum(self._line.workspace.ledger.counts().values())


class DiaryWriter(Writer):
    diary: Diary

    def submit(self, entry: Entry) -> None:
        self.diary.heard("ledger", entry.inspection.part.serial)
        super().submit(entry)


class DiaryLine(Line):
    """A line that keeps a diary of its three readers."""

    def __init__(self, workspace: Workspace) -> None:
        self.diary = Diary()
        self.recorded_at_close = 0
        super().__init__(workspace, open_recipe())

    def open_line(self) -> LineOutput:
        return DiaryGate(self)

    def open_writer(
        self, on_durable: Callable[[Sequence[str]], None], on_fault: Callable[[InspectorError], None]
    ) -> Writer:
        made = DiaryWriter(
            lambda: self.workspace.ledger,
            self.images,
            on_durable=on_durable,
            on_fault=on_fault,
            commit_ms=1,
            free_space_mb=0,
        )
        made.diary = self.diary
        return made

    def hear(self, event: StationEvent) -> None:
        if isinstance(event, PartInspected):
            self.diary.heard("screen", event.inspection.part.serial)
        super().hear(event)


def test_the_line_hears_first_then_the_ledger_then_the_screen(workspace: Workspace) -> None:
    line = DiaryLine(workspace)
    line.station.start()
    line.send("a", "b", "c")
    line.station.stop()
    told = [(who, part) for part in "abc" for who in ("line", "ledger", "screen")]
    assert line.diary.entries == told


def test_the_line_is_given_back_only_when_every_part_is_on_disk(workspace: Workspace) -> None:
    line = DiaryLine(workspace)
    line.run(3)
    assert line.recorded_at_close == 3


# A slow disk, a frozen screen, a gate that waits


def test_a_disk_that_does_not_answer_delays_no_verdict(workspace: Workspace) -> None:
    line = Line(workspace, open_recipe())
    images = line.images = HeldImages(workspace.images.folder)
    line.station.start()
    line.send(*(f"{number}" for number in range(50)))
    for _ in range(50):
        assert line.inspected.acquire(timeout=10)
    assert images.asked.acquire(timeout=10)
    assert len(line.gates[0].log) == 50
    assert all(line.gates[0].opened_for(number) for number in range(1, 51))
    assert line.station.status.recorded == 0
    images.go.set()
    line.station.stop()
    images.close()
    assert line.station.status.recorded == 50


class FrozenScreen(Line):
    """A screen that stands still from the first part on, until it may go on."""

    def __init__(self, workspace: Workspace, camera: PlainCamera) -> None:
        self.go = threading.Event()
        self.camera = camera
        super().__init__(workspace, open_recipe())

    def open_camera(self) -> Camera:
        return self.camera

    def hear(self, event: StationEvent) -> None:
        super().hear(event)
        if isinstance(event, PartInspected):
            assert self.go.wait(20)


def test_a_screen_that_freezes_makes_the_camera_wait_instead_of_memory_grow(workspace: Workspace) -> None:
    camera = PlainCamera()
    line = FrozenScreen(workspace, camera)
    line.station.start()
    line.send(*(f"{number}" for number in range(100)))
    assert line.inspected.acquire(timeout=10)
    enough = FRAMES_WAITING + 2  # those that wait, the one on the screen, the one in the camera's hand
    while camera.taken < enough:
        assert not line.faulted.wait(0.01)
    assert not line.faulted.wait(0.1)
    assert camera.taken == enough
    line.go.set()
    line.station.stop()
    assert (line.station.status.triggers, line.station.status.recorded) == (100, 100)


def test_while_a_gate_waits_frames_do_not_pile_up_and_old_triggers_run_out(workspace: Workspace) -> None:
    line = GatedLine(workspace, open_recipe(frame_timeout_s=0.2))
    line.station.start()
    line.send(*(f"{number}" for number in range(60)))
    assert line.gate.asked.acquire(timeout=10)
    while line.camera.taken < FRAMES_WAITING + 2:
        assert not line.faulted.wait(0.01)
    assert not line.faulted.wait(0.25)  # the triggers' time runs out
    assert line.camera.taken == FRAMES_WAITING + 2
    line.gate.go.set()
    line.station.stop()
    status = line.station.status
    assert (status.triggers, status.recorded, len(line.gate.told)) == (60, 60, 60)
    assert status.decisions == {Decision.OK: FRAMES_WAITING + 2, Decision.UNFIT: 60 - FRAMES_WAITING - 2}


def test_a_gate_slower_than_the_deadline_stops_the_line(workspace: Workspace) -> None:
    recipe = open_recipe()
    slow = replace(recipe.line, deadline_ms=20.0, options={"delay_ms": 40})
    line = Line(workspace, replace(recipe, line=slow))
    line.station.start()
    line.send("1")
    assert line.faulted.wait(10)
    line.station.stop()
    assert "too long" in line.station.status.fault
    assert not line.gates[0].opened_for(1)
    assert line.station.status.recorded == 1


# Faults


def test_a_disk_that_breaks_while_the_station_stops_is_told_and_the_stop_ends(workspace: Workspace) -> None:
    line = Line(workspace, open_recipe())
    images = line.images = HeldImages(workspace.images.folder, broken=True)
    line.station.start()
    line.send("1", "2", "3")
    assert images.asked.acquire(timeout=10)
    stopper = threading.Thread(target=line.station.stop)
    stopper.start()
    images.go.set()
    stopper.join(20)
    assert not stopper.is_alive()
    status = line.station.status
    assert (status.state, status.triggers, status.inspections) == (StationState.STOPPED, 3, 3)
    assert "input/output error" in status.fault
    assert any("input/output error" in message for message in line.faults())
    assert status.recorded == 0
    images.close()


def test_after_a_fault_of_the_disk_no_gate_opens_any_more(workspace: Workspace) -> None:
    line = Line(workspace, open_recipe())
    images = line.images = HeldImages(workspace.images.folder, broken=True)
    images.go.set()
    line.station.start()
    line.send("1")
    assert line.faulted.wait(10)
    with pytest.raises(DeviceError, match="faulted"):
        line.send("2")
    line.station.stop()
    assert [event.trigger for event in line.gates[0].log] == [1]
    images.close()


def test_a_station_starts_again_after_its_disk_was_mended(workspace: Workspace) -> None:
    line = Line(workspace, open_recipe())
    images = line.images = HeldImages(workspace.images.folder, broken=True)
    images.go.set()
    line.station.start()
    line.send("1")
    assert line.faulted.wait(10)
    line.station.stop()
    line.images = workspace.images
    line.station.start()
    assert line.station.status.fault == ""
    line.send("2")
    line.station.stop()
    assert line.station.status.recorded == 1
    images.close()


class NoWriter(Line):
    """A line whose ledger cannot be opened, the first time."""

    refuses = True

    def open_writer(
        self, on_durable: Callable[[Sequence[str]], None], on_fault: Callable[[InspectorError], None]
    ) -> Writer:
        if self.refuses:
            raise StoreError("the ledger is locked")
        return super().open_writer(on_durable, on_fault)


def test_a_ledger_that_cannot_be_opened_leaves_the_station_stopped_and_the_line_alone(workspace: Workspace) -> None:
    line = NoWriter(workspace, open_recipe())
    with pytest.raises(StoreError, match="locked"):
        line.station.start()
    assert line.station.status.state is StationState.STOPPED
    assert line.gates == []
    line.refuses = False
    line.run(1)
    assert line.station.status.recorded == 1


class NoGate(GatedLine):
    """A line output that cannot be opened."""

    def open_line(self) -> LineOutput:
        raise DeviceError("the gate's cable is out")


def test_a_gate_that_cannot_be_opened_leaves_the_station_stopped_and_the_camera_given_back(
    workspace: Workspace,
) -> None:
    line = NoGate(workspace, open_recipe())
    with pytest.raises(DeviceError, match="cable is out"):
        line.station.start()
    assert line.station.status.state is StationState.STOPPED
    assert line.camera.state is CameraState.CLOSED


class Doubtful(GatedLine):
    """A model whose proof goes wrong."""

    def __init__(self, workspace: Workspace, fault: Exception) -> None:
        self.fault = fault
        super().__init__(workspace, open_recipe())

    def prove(self, setup: Setup) -> None:
        raise self.fault


def test_a_model_that_fails_its_proof_judges_nothing_and_everything_is_given_back(workspace: Workspace) -> None:
    line = Doubtful(workspace, ModelError("another score than the card's"))
    with pytest.raises(ModelError, match="another score"):
        line.station.start()
    assert line.station.status.state is StationState.STOPPED
    assert line.camera.state is CameraState.CLOSED and line.gate.closed


def test_a_bug_in_the_proof_faults_the_station_instead_of_hanging_its_start(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    line = Doubtful(workspace, ZeroDivisionError("a bug in the proof"))
    line.station.start()
    assert line.faulted.wait(10)
    with pytest.raises(DeviceError, match="faulted"):
        line.station.trigger(Part("1"))
    line.station.stop()
    assert "a bug in the proof" in caplog.text


def faulted_line(workspace: Workspace) -> Line:
    recipe = open_recipe()
    line = Line(workspace, replace(recipe, line=replace(recipe.line, options={"lose_after": 1})))
    line.station.start()
    line.send("1", "2")
    assert line.faulted.wait(10)
    return line


def test_no_button_undoes_a_fault(workspace: Workspace) -> None:
    line = faulted_line(workspace)
    for button in (line.station.pause, line.station.resume, lambda: line.station.swap(line.setup)):
        button()
        assert line.station.status.state is StationState.FAULTED
        with pytest.raises(DeviceError, match="faulted"):
            line.send("3")
    line.station.stop()
    assert line.station.status.recorded == 2


def test_a_fault_stays_readable_after_the_stop_until_the_next_start(workspace: Workspace) -> None:
    line = faulted_line(workspace)
    line.station.stop()
    assert "controller" in line.station.status.fault
    line.station.start()
    assert line.station.status.fault == ""
    line.station.stop()


class FindsCamera(Line):
    """Says when its camera is opened."""

    def __init__(self, workspace: Workspace, recipe: Recipe, clock: OddClock) -> None:
        self.opened = threading.Semaphore(0)
        super().__init__(workspace, recipe, clock=clock)

    def open_camera(self) -> Camera:
        self.opened.release()
        return super().open_camera()


def test_a_camera_that_comes_back_does_not_hide_what_stopped_the_line(workspace: Workspace) -> None:
    clock = OddClock()
    recipe = replace(small_recipe({"lose_after": 2}, disconnect_after=1), limits=OPEN)
    line = FindsCamera(workspace, recipe, clock)
    line.station.start()
    assert line.opened.acquire(timeout=10)
    line.send("1", "2", "3")
    assert line.faulted.wait(10)
    clock.ahead_ns = 3_000_000_000
    assert line.opened.acquire(timeout=10)
    line.station.stop()
    assert "controller" in line.station.status.fault
    assert "controller" in line.faults()[-1]


def test_a_camera_that_comes_back_takes_its_fault_away(workspace: Workspace) -> None:
    clock = OddClock()
    line = FindsCamera(workspace, replace(small_recipe(disconnect_after=1), limits=OPEN), clock)
    found = threading.Event()
    heard = line.hear

    def hear(event: StationEvent) -> None:
        heard(event)
        if isinstance(event, Fault) and not event.message:
            found.set()

    line.station._on_event = hear
    line.station.start()
    line.send("1", "2")
    for _ in range(2):
        assert line.inspected.acquire(timeout=10)
    assert "unplugged" in line.station.status.fault
    clock.ahead_ns = 3_000_000_000
    assert found.wait(10)
    assert line.station.status.fault == ""
    assert line.station.status.state is StationState.RUNNING
    line.station.stop()


def test_what_is_acknowledged_is_in_the_ledger_at_that_moment(workspace: Workspace) -> None:
    absent: list[str] = []

    class Reading(Line):
        def hear(self, event: StationEvent) -> None:
            super().hear(event)
            if isinstance(event, Durable):
                found = {record.inspection.id for record in self.workspace.ledger.records(limit=None)}
                absent.extend(set(event.ids) - found)

    line = Reading(workspace, open_recipe())
    line.run(4)
    assert line.station.status.recorded == 4
    assert absent == []


class Overflowing(BrightnessModel):
    """A model whose numbers have run away."""

    def __init__(self, score: float) -> None:
        super().__init__()
        self._score = score

    def classify(self, view: View) -> Scores:
        return replace(super().classify(view), defect=self._score, logits=(0.0, self._score))


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_opens_no_gate_and_breaks_no_seal(workspace: Workspace, score: float) -> None:
    line = Line(workspace, open_recipe(), Overflowing(score))
    line.run(2)
    assert not line.gates[0].opened_for(1)
    assert workspace.ledger.verify() is None
    decisions = {record.inspection.verdict.decision for record in workspace.ledger.records()}
    assert decisions == {Decision.NG if score == math.inf else Decision.RECHECK}


def test_an_edit_of_the_recipe_file_reaches_no_running_station(workspace: Workspace) -> None:
    recipe = open_recipe()
    workspace.recipes.save(recipe)
    line = Line(workspace, workspace.recipes.load("test"))
    line.station.start()
    workspace.recipes.save(replace(recipe, limits=Limits(-1000.0, -1000.0), camera=CameraSettings("folder")))
    line.send("1")
    line.station.stop()
    [record] = workspace.ledger.records()
    assert record.inspection.verdict.decision is Decision.OK
    assert workspace.recipes.find(record.inspection.recipe_id) == recipe
