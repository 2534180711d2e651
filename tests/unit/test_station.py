"""Every trigger becomes exactly one Inspection, whatever the camera, the line, the disk or the program do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import Decision, FrameStatus, Part, Reason
from inspector.errors import CameraLost, DeviceError
from inspector.pipeline.assemble import Setup
from inspector.recipe import CameraSettings, Limits, TriggerMode
from inspector.station import Durable, PartInspected, StateChanged, StationState
from inspector.store.workspace import Workspace
from tests.unit.stations import BrightnessModel, BrokenModel, Line, small_recipe

OPEN = Limits(1000.0, 1000.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        yield made


def decisions(line: Line) -> list[Decision]:
    return [event.inspection.verdict.decision for event in line.events if isinstance(event, PartInspected)]


def test_each_trigger_is_one_inspection_one_record_and_one_word_to_the_line(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    line.run(12)
    status = line.station.status
    assert (status.triggers, status.inspections, status.recorded, status.refused) == (12, 12, 12, 0)
    records = workspace.ledger.records(limit=100, newest_first=False)
    assert [record.timing.trigger for record in records] == list(range(1, 13))
    assert [event.trigger for event in line.gates[0].log] == list(range(1, 13))
    assert sum(status.decisions.values()) == 12
    assert all(workspace.images.has(record.inspection.frame_digest) for record in records)


def test_the_line_hears_before_the_ledger_and_the_ledger_before_the_screen(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    line.run(3)
    shown = [event for event in line.events if isinstance(event, PartInspected)]
    for event in shown:
        told = next(entry for entry in line.gates[0].log if entry.trigger == event.timing.trigger)
        assert told.acted_ns <= event.timing.verdict_ns
    durable = [one for event in line.events if isinstance(event, Durable) for one in event.ids]
    assert sorted(durable) == sorted(event.inspection.id for event in shown)


def test_only_ok_opens_the_gate(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe(), BrightnessModel(level=80))
    line.run(10)
    for event in line.events:
        if isinstance(event, PartInspected):
            opened = line.gates[0].opened_for(event.timing.trigger)
            assert opened == (event.inspection.verdict.decision is Decision.OK)


def test_a_lost_frame_is_an_unfit_inspection_and_the_gate_stays_closed(workspace: Workspace) -> None:
    recipe = replace(small_recipe(lose_every=2), limits=OPEN)
    line = Line(workspace, recipe)
    line.run(4)
    assert decisions(line) == [Decision.OK, Decision.UNFIT, Decision.OK, Decision.UNFIT]
    lost = workspace.ledger.records(decision=Decision.UNFIT)
    assert {record.inspection.verdict.reason for record in lost} == {Reason.FRAME_MISSING}
    assert {record.inspection.frame_status for record in lost} == {FrameStatus.MISSING}
    assert not line.gates[0].opened_for(2)


def test_incomplete_and_failed_frames_are_never_judged(workspace: Workspace) -> None:
    line = Line(workspace, replace(small_recipe(incomplete_every=2, fail_at=1), limits=OPEN))
    line.run(2)
    assert decisions(line) == [Decision.UNFIT, Decision.UNFIT]
    assert all(record.inspection.scores is None for record in workspace.ledger.records())


def test_a_camera_that_is_unplugged_is_told_and_found_again(workspace: Workspace) -> None:
    line = Line(workspace, replace(small_recipe(disconnect_after=2), limits=OPEN))
    line.run(3)
    assert decisions(line) == [Decision.OK, Decision.OK, Decision.UNFIT]
    assert any("unplugged" in message for message in line.faults())
    assert line.station.status.recorded == 3
    line.run(1)
    assert decisions(line)[-1] is Decision.OK


def test_a_camera_that_is_not_there_is_said_at_the_start(workspace: Workspace) -> None:
    recipe = replace(small_recipe(), camera=CameraSettings("simulated", source="nowhere"))
    line = Line(workspace, recipe)
    with pytest.raises(CameraLost, match="nowhere"):
        line.station.start()
    assert line.station.status.state is StationState.STOPPED


def test_a_line_that_is_lost_stops_the_station_and_loses_no_record(workspace: Workspace) -> None:
    line = Line(workspace, replace(small_recipe({"lose_after": 2}), limits=OPEN))
    line.station.start()
    for number in range(3):
        line.station.trigger(Part(f"{number}"))
    assert line.faulted.wait(10)
    with pytest.raises(DeviceError, match="faulted, not running"):
        line.station.trigger(Part("late"))
    line.station.stop()
    status = line.station.status
    assert (status.triggers, status.recorded, status.refused) == (3, 3, 1)
    assert not line.gates[0].opened_for(3)
    assert "controller" in status.fault


def test_a_bug_in_the_model_stops_the_line_and_still_records_every_part(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(workspace, small_recipe(), BrokenModel())
    line.station.start()
    for number in range(3):
        with_fault = not line.faulted.is_set()
        if with_fault:
            line.station.trigger(Part(f"{number}"))
    assert line.faulted.wait(10)
    line.station.stop()
    status = line.station.status
    assert status.recorded == status.triggers
    records = workspace.ledger.records()
    assert {record.inspection.verdict.reason for record in records} == {Reason.PROGRAM_FAULT}
    assert not any(line.gates[0].opened_for(record.timing.trigger) for record in records)
    assert "ZeroDivisionError: a bug" in caplog.text


def test_a_full_disk_stops_the_line_in_plain_words(workspace: Workspace) -> None:
    line = Line(workspace, replace(small_recipe(), limits=OPEN))
    line.free_space_mb = 10**9
    line.station.start()
    line.station.trigger(Part("1"))
    assert line.faulted.wait(10)
    line.station.stop()
    assert "MB free" in line.station.status.fault
    assert line.station.status.recorded == 0


def test_triggers_are_refused_and_counted_while_paused(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    line.station.start()
    line.station.pause()
    with pytest.raises(DeviceError, match="paused, not running"):
        line.station.trigger(Part("1"))
    line.station.resume()
    line.station.trigger(Part("2"))
    line.station.stop()
    status = line.station.status
    assert (status.triggers, status.recorded, status.refused) == (1, 1, 1)


def test_a_model_is_swapped_between_parts_and_each_record_names_its_own(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    line.station.start()
    line.station.trigger(Part("1"))
    line.station.swap(Setup(line.setup.recipe, BrightnessModel("v2-other")))
    line.station.stop()
    line.run(1)
    newest = workspace.ledger.records(limit=1)[0]
    assert newest.inspection.model_id == "v2-other"
    swapped = [
        event for event in line.events if isinstance(event, StateChanged) and event.status.model_id == "v2-other"
    ]
    assert swapped


def test_another_camera_needs_a_stop(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    with pytest.raises(DeviceError, match="stop the station"):
        line.station.swap(line.with_recipe(camera=CameraSettings("folder")))


def test_without_a_model_nothing_passes(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe())
    line.station.swap(Setup(line.setup.recipe, None))
    line.run(2)
    assert decisions(line) == [Decision.UNFIT, Decision.UNFIT]
    assert not line.gates[0].opened_for(1)


def test_hardware_frames_are_triggers_and_lost_ones_are_records(workspace: Workspace) -> None:
    recipe = small_recipe(interval_ms=5, lose_every=3)
    recipe = replace(recipe, limits=OPEN, camera=replace(recipe.camera, trigger=TriggerMode.HARDWARE))
    line = Line(workspace, recipe)
    enough = 7
    line.station.start()
    while line.station.status.inspections < enough:
        assert not line.faulted.wait(0.01)
    with pytest.raises(DeviceError, match="triggered by hardware"):
        line.station.trigger(Part("1"))
    line.station.stop()
    status = line.station.status
    assert status.recorded == status.inspections >= enough
    assert status.decisions[Decision.UNFIT] >= 2


def test_a_late_verdict_is_counted_and_its_message_void(workspace: Workspace) -> None:
    recipe = replace(small_recipe(), limits=OPEN)
    line = Line(workspace, replace(recipe, line=replace(recipe.line, deadline_ms=0.001)))
    line.run(2)
    assert line.station.status.late == 2
    assert not line.gates[0].opened_for(1)
    assert line.station.status.recorded == 2


def test_a_station_may_keep_records_without_pictures(workspace: Workspace) -> None:
    line = Line(workspace, small_recipe(), keep_pictures=False)
    line.run(2)
    assert line.station.status.recorded == 2
    assert list(workspace.images.files()) == []


def test_replaying_a_frame_repeats_its_inspection(workspace: Workspace) -> None:
    from inspector.pipeline.assemble import inspect

    line = Line(workspace, small_recipe())
    line.run(4)
    for event in line.events:
        if isinstance(event, PartInspected):
            again = inspect(event.frame, event.inspection.part, line.setup, "line-1", "another id")
            assert again == event.inspection
