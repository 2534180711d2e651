"""Ctrl+C, a service manager's stop and a kill, each on the real command: what was triggered is on record, always."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import FrameStatus
from inspector.recipe import CameraSettings, TriggerMode
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import CAMERA, pictures, ready_workspace

ROOT = Path(__file__).parents[2]
INTERRUPTED = 130
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as Unix has them")
ENDINGS = [signal.SIGINT, signal.SIGTERM]


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process that takes signals as one in a terminal does."""
    with subprocess.Popen(
        [sys.executable, "-m", "inspector", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def station(place: Path, *more: str) -> list[str]:
    return ["station", "--recipe", RECIPE, "--headless", "--json", "--verbose", "--workspace", str(place), *more]


def wait_for_parts(process: subprocess.Popen[str], count: int) -> list[str]:
    """Read what the station says until that many parts have their verdict; returns their serials."""
    assert process.stderr is not None
    seen: list[str] = []
    while len(seen) < count:
        line = process.stderr.readline()
        assert line, f"the station ended after {len(seen)} parts"
        if line.startswith("INFO part "):
            seen.append(line.split()[2].rstrip(":"))
    return seen


def assert_whole(place: Path) -> list[str]:
    """The ledger is whole, nobody holds the workspace; returns the recorded serials, the oldest first."""
    with closing(sqlite3.connect(place / "ledger.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Workspace.open(place) as workspace, workspace.station_lock():
        assert workspace.ledger.verify() is None
        records = workspace.ledger.records(limit=None, newest_first=False)
        came = [record.inspection for record in records if record.inspection.frame_status is not FrameStatus.MISSING]
        assert all(workspace.images.has(inspection.frame_digest) for inspection in came)
        return [record.inspection.part.serial for record in records]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_station_that_is_told_to_end_finishes_its_parts_and_ends_well(tmp_path: Path, ending: signal.Signals) -> None:
    place = ready_workspace(tmp_path)
    with started(*station(place)) as process:
        seen = wait_for_parts(process, 4)
        process.send_signal(ending)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    told = json.loads(out)
    assert told["triggers"] == told["inspections"] == told["records"] >= 4
    recorded = assert_whole(place)
    assert len(recorded) == told["records"]
    assert recorded[:4] == seen
    assert "Traceback" not in err


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_hardware_line_that_is_told_to_end_ends_as_well(tmp_path: Path, ending: signal.Signals) -> None:
    options = {**CAMERA.options, "interval_ms": 10}
    place = ready_workspace(tmp_path, camera=replace(CAMERA, trigger=TriggerMode.HARDWARE, options=options))
    with started(*station(place)) as process:
        wait_for_parts(process, 4)
        process.send_signal(ending)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    told = json.loads(out)
    assert told["triggers"] == told["records"] == len(assert_whole(place))


def test_a_stop_while_frames_are_lost_waits_for_them_and_records_them(tmp_path: Path) -> None:
    options = {**CAMERA.options, "lose_every": 2}
    place = ready_workspace(tmp_path, camera=replace(CAMERA, options=options, frame_timeout_s=0.2))
    with started(*station(place)) as process:
        wait_for_parts(process, 2)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    told = json.loads(out)
    assert process.returncode == 0
    assert told["unfit"] >= 1
    assert told["triggers"] == told["records"] == len(assert_whole(place))


def test_a_long_pause_between_two_parts_does_not_hold_up_the_end(tmp_path: Path) -> None:
    place = ready_workspace(tmp_path, camera=replace(CAMERA, trigger_interval_s=3600.0))
    with started(*station(place)) as process:
        wait_for_parts(process, 1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert len(assert_whole(place)) == 1


def test_a_killed_station_leaves_a_whole_ledger_and_a_free_workspace(tmp_path: Path) -> None:
    place = ready_workspace(tmp_path)
    with started(*station(place)) as process:
        wait_for_parts(process, 12)
        process.kill()
        process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    before = assert_whole(place)
    with started(*station(place, "--parts", "3")) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert json.loads(out)["records"] == 3
    after = assert_whole(place)
    assert after[: len(before)] == before
    assert len(after) == len(set(after)) == len(before) + 3, "no serial is given twice"


def test_a_running_station_keeps_a_second_one_out_and_says_who_it_is(tmp_path: Path) -> None:
    place = ready_workspace(tmp_path)
    with started(*station(place)) as first:
        wait_for_parts(first, 1)
        with started(*station(place)) as second:
            _, err = second.communicate(timeout=30)
        assert second.returncode == 6
        assert f"process {first.pid}" in err
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)
    assert first.returncode == 0


def test_a_station_whose_pictures_run_out_keeps_rejecting_until_it_is_ended(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", ["1.png", "2.png", "3.png"])
    camera = CameraSettings("folder", str(folder), trigger_interval_s=0.02, options={"loop": False})
    place = ready_workspace(tmp_path, camera=camera)
    with started(*station(place, "--parts", "6")) as process:
        out, err = process.communicate(timeout=30)
    told = json.loads(out)
    assert (told["triggers"], told["records"], told["unfit"]) == (6, 6, 3)
    assert "all 3 pictures have been shown" in err
    assert process.returncode == 5


def test_an_interrupted_folder_leaves_the_old_result_and_nothing_beside_it(tmp_path: Path) -> None:
    place = ready_workspace(tmp_path)
    folder = pictures(tmp_path / "pictures", ["0.png"], side=600)
    for number in range(1, 4000):
        os.link(folder / "0.png", folder / f"{number}.png")
    out = tmp_path / "results" / "out.csv"
    out.parent.mkdir()
    out.write_text("the old result", encoding="utf-8")
    words = ["inspect-folder", str(folder), "--recipe", RECIPE, "--out", str(out), "--workspace", str(place)]
    with started(*words) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("inspecting"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        told, err = process.communicate(timeout=30)
    assert (process.returncode, told) == (INTERRUPTED, "")
    assert err.splitlines()[-1] == "inspector: interrupted"
    assert out.read_text(encoding="utf-8") == "the old result"
    assert [path.name for path in out.parent.iterdir()] == ["out.csv"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_stations_ended_at_odd_moments_lose_nothing_they_triggered(tmp_path: Path) -> None:
    place = ready_workspace(tmp_path)
    recorded = 0
    for number in range(20):
        with started(*station(place)) as process:
            wait_for_parts(process, 1 + number)
            process.send_signal(ENDINGS[number % 2])
            out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        recorded += json.loads(out)["triggers"]
        assert len(assert_whole(place)) == recorded
