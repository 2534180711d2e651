"""A pacer triggers steadily, counts its parts, and stands still with its station."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.domain import Part
from inspector.station import Pacer
from inspector.store.workspace import Workspace
from tests.unit.stations import Line, small_recipe


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with Workspace.create(tmp_path / "workspace") as workspace:
        made = Line(workspace, small_recipe())
        made.station.start()
        yield made
        made.station.stop()


def named(number: int) -> Part:
    return Part(f"P{number}")


def serials(line: Line) -> list[str]:
    line.station.stop()
    return [record.inspection.part.serial for record in line.workspace.ledger.records(newest_first=False)]


def test_it_triggers_the_parts_it_was_asked_for_and_ends(line: Line) -> None:
    pacer = Pacer(line.station, 0.02, named, parts=4)
    pacer.start()
    assert pacer.wait(10)
    pacer.stop()
    assert serials(line) == ["P1", "P2", "P3", "P4"]


def test_it_goes_on_counting_from_where_it_is_told(line: Line) -> None:
    pacer = Pacer(line.station, 0.02, named, first=41, parts=2)
    pacer.start()
    assert pacer.wait(10)
    pacer.stop()
    assert serials(line) == ["P41", "P42"]


def test_a_part_that_a_paused_station_refuses_is_not_lost(line: Line) -> None:
    line.station.pause()
    pacer = Pacer(line.station, 0.02, named, parts=2)
    pacer.start()
    assert not pacer.wait(0.15)
    line.station.resume()
    assert pacer.wait(10)
    pacer.stop()
    assert serials(line) == ["P1", "P2"]
    assert line.station.status.refused > 0


def test_it_stops_at_once_however_long_the_interval(line: Line) -> None:
    pacer = Pacer(line.station, 3600.0, named)
    pacer.start()
    assert line.inspected.acquire(timeout=10)
    pacer.stop()
    assert serials(line) == ["P1"]
