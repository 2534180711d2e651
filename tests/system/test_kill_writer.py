"""kill -9 at any moment: what was acknowledged is there, what was not is whole or absent, and nothing is corrupt."""

from __future__ import annotations

import os
import random
import select
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from inspector.store.workspace import Workspace
from tests.system.writing_station import READY

ROOT = Path(__file__).parent.parent.parent
MORE_THAN_IT_CAN = 1_000_000


def acknowledged_until_killed(folder: Path, seed: int, after_s: float) -> list[str]:
    """Let a station write, kill it `after_s` after its first moment, and return all that it acknowledged."""
    command = [sys.executable, "-m", "tests.system.writing_station", str(folder), str(MORE_THAN_IT_CAN), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as station:
        assert station.stdout is not None
        assert station.stdout.readline().decode().strip() == READY
        pipe = station.stdout.fileno()
        said, until = b"", time.monotonic() + after_s
        while (left := until - time.monotonic()) > 0:
            if select.select([pipe], [], [], left)[0]:
                said += os.read(pipe, 65536)
        station.kill()
        while rest := os.read(pipe, 65536):
            said += rest
        station.wait()
    assert station.returncode == -9
    return said.decode().split("\n")[:-1]


def assert_nothing_was_lost(folder: Path, acknowledged: list[str]) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Workspace.open(folder) as workspace:
        recorded = {record.inspection.id: record for record in workspace.ledger.records(limit=None)}
        assert set(acknowledged) <= set(recorded)
        assert sum(workspace.ledger.counts().values()) == len(recorded)
        for record in recorded.values():
            assert workspace.images.has(record.inspection.frame_digest), "a row without its picture"
        for each in acknowledged:
            workspace.images.get(recorded[each].inspection.frame_digest, verify=True)
        assert workspace.ledger.verify() is None
        orphans = workspace.orphans()
        assert not {path.stem for path in orphans} & {record.inspection.frame_digest for record in recorded.values()}
        for path in orphans:
            if path.suffix == ".png":  # not counted, but the next part that looks alike will rely on it
                workspace.images.get(path.stem, verify=True)


def kill_again_and_again(folder: Path, times: int) -> int:
    """Kill station after station on one workspace; return how many entries were acknowledged in all."""
    Workspace.create(folder).close()
    moments = random.Random(20250301)
    acknowledged: list[str] = []
    for seed in range(times):
        acknowledged += acknowledged_until_killed(folder, seed, moments.uniform(0.0, 0.4))
        assert_nothing_was_lost(folder, acknowledged)
    with Workspace.open(folder) as workspace, workspace.station_lock():
        assert len(set(acknowledged)) == len(acknowledged)
    return len(acknowledged)


@pytest.mark.timeout(120)
def test_a_station_killed_three_times_has_lost_nothing(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path / "workspace", 3) > 0


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_station_killed_fifty_times_has_lost_nothing(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path / "workspace", 50) > 50


def test_a_station_that_is_left_alone_writes_everything(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    Workspace.create(folder).close()
    command = [sys.executable, "-m", "tests.system.writing_station", str(folder), "70", "0"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    acknowledged = done.stdout.split()[1:]
    assert len(acknowledged) == 70
    assert_nothing_was_lost(folder, acknowledged)
