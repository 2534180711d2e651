"""A station without a window watches its own line: when, for how long, and what it leaves in the ledger."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.cli.guarding import guarded
from inspector.devices.render.light import Sensor
from inspector.learning.watching import ALARM
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import ready_workspace, settle
from tests.unit.watched_lines import Line, taught_room


def watchers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "guard"]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    workspace, recipe = taught_room(tmp_path, parts=30)
    with workspace:
        line = Line(workspace, recipe)
        line.run(60, Sensor(light=0.75), keep=False)
        yield line


class Heard(logging.Handler):
    """Tells when an alarm was logged, by how nice a thread, and which ones watched while parts went by."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm = threading.Event()
        self.niceness = 0
        self.watchers: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("watch: ALARM"):
            if sys.platform == "linux":
                self.niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
            self.alarm.set()
        elif record.getMessage().startswith("part "):
            self.watchers.update(watchers())


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    handler = Heard()
    logging.getLogger().addHandler(handler)
    with caplog.at_level(logging.INFO):
        yield handler
    logging.getLogger().removeHandler(handler)


def test_an_alarm_comes_by_itself(line: Line, heard: Heard) -> None:
    with guarded(line.workspace, line.recipe, every_s=0.001):
        assert heard.alarm.wait(30)
    assert watchers() == []
    [event] = line.workspace.ledger.events(recipe=RECIPE)
    assert event.kind == ALARM and event.detail["signals"][0] == "light"


@pytest.mark.skipif(sys.platform != "linux", reason="only there can one thread step back")
def test_it_stands_behind_the_line(line: Line, heard: Heard) -> None:
    with guarded(line.workspace, line.recipe, every_s=0.001):
        assert heard.alarm.wait(30)
    assert heard.niceness == max(5, os.getpriority(os.PRIO_PROCESS, 0))


def test_the_end_of_the_station_does_not_wait_for_the_next_look(line: Line) -> None:
    with guarded(line.workspace, line.recipe):
        assert watchers() == ["guard"]
    assert watchers() == []
    assert line.workspace.ledger.events(recipe=RECIPE) == []


def test_nothing_is_watched_without_a_model_or_when_it_is_off(line: Line) -> None:
    with guarded(line.workspace, replace(line.recipe, model_id=""), every_s=0.001):
        assert watchers() == []
    off = replace(line.workspace, settings=replace(line.workspace.settings, watch_every_min=0))
    with guarded(off, line.recipe):
        assert watchers() == []


@pytest.mark.parametrize(("every_min", "expected"), [(15, {"guard"}), (0, set())])
def test_a_headless_station_watches_as_its_settings_say(
    tmp_path: Path, heard: Heard, every_min: int, expected: set[str]
) -> None:
    place = ready_workspace(tmp_path)
    settle(place, watch_every_min=every_min)
    words = ["station", "--recipe", RECIPE, "--headless", "--parts", "3", "--verbose", "--workspace", str(place)]
    assert main(words) == 0
    assert heard.watchers == expected
    assert watchers() == []
    with Workspace.open(place) as workspace:
        assert workspace.inspected == 3
