"""A workspace is made, found, refused in plain words, and run by one station at a time."""

from __future__ import annotations

import dataclasses
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from inspector.domain import Box, Example
from inspector.errors import RecipeError, StoreError
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.store.workspace import Workspace
from tests.unit.store_entries import entry, picture, pictured

ROOT = Path(__file__).parent.parent.parent
HOLD = """
import sys
from pathlib import Path
from inspector.store.workspace import Workspace
with Workspace.open(Path(sys.argv[1])) as workspace, workspace.station_lock():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "Werk 3 – ä%20"
    Workspace.create(path).close()
    return path


def test_a_new_workspace_has_a_place_for_everything(folder: Path) -> None:
    names = {"ledger.db", "recipes", "models", "images", "cache", "snapshots"}
    assert names <= {path.name for path in folder.iterdir()}
    with Workspace.open(folder) as workspace:
        assert workspace.path == folder
        assert (workspace.cache, workspace.snapshots) == (folder / "cache", folder / "snapshots")
        assert workspace.recipes.list() == [] and workspace.versions.list("cap") == []
        assert workspace.settings.free_space_mb == 500


def test_making_a_workspace_again_keeps_what_it_holds(folder: Path) -> None:
    with Workspace.create(folder) as workspace:
        workspace.ledger.append([pictured(1)])
    with Workspace.create(folder) as workspace:
        assert len(workspace.ledger.records()) == 1


def test_a_folder_without_a_workspace_is_said_plainly(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StoreError, match=r"no workspace here: expected a folder with ledger\.db"):
            Workspace.open(path)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_cannot_be_made_on_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file: the operating system says: File exists"):
        Workspace.create(tmp_path / "file")


def test_the_stations_own_settings_are_read(folder: Path) -> None:
    (folder / "settings.toml").write_text('station = "line-9"\nfree_space_mb = 7\n')
    with Workspace.open(folder) as workspace:
        assert (workspace.settings.station, workspace.settings.free_space_mb) == ("line-9", 7)


def test_wrong_settings_are_named(folder: Path) -> None:
    (folder / "settings.toml").write_text('free_space_mb = "much"\n')
    with pytest.raises(RecipeError, match=r"settings\.toml: free_space_mb: expected a whole number"):
        Workspace.open(folder)


def test_a_newer_workspace_is_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="version 99, written by a newer Inspector"):
        Workspace.open(folder)


def test_a_second_station_is_refused_while_the_first_runs(folder: Path) -> None:
    with Workspace.open(folder) as first, Workspace.open(folder) as second:
        with first.station_lock():
            with pytest.raises(StoreError, match="a station already runs on this workspace"), second.station_lock():
                pytest.fail("two stations on one workspace")
            second.ledger.log_event("review", None, {})
        with second.station_lock():
            pass


def test_the_process_that_runs_the_station_is_named_and_a_kill_frees_the_workspace(folder: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as station:
        assert station.stdout is not None and station.stdout.readline() == "held\n"
        with Workspace.open(folder) as workspace:
            with pytest.raises(StoreError, match=rf"\(process {station.pid}\)"), workspace.station_lock():
                pytest.fail("two stations on one workspace")
            station.send_signal(signal.SIGKILL)
            station.wait()
            with workspace.station_lock():
                assert (folder / "station.lock").read_text().isdigit()


def test_files_that_nothing_needs_are_found(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        kept = pictured(1)
        assert kept.pixels is not None
        names = workspace.images.put_many([kept.pixels, *(picture(n) for n in range(2, 7))])
        workspace.ledger.append([kept])
        workspace.ledger.add_examples("cap", [Example(names[1], "good", "P1", mask_digest=names[2])])
        recipe = Recipe("cap", roi=Box(0, 0, 40, 40))
        for template in names[3:5]:  # the second one runs, the first one ran
            locate = LocateSettings(LocateMode.TEMPLATE, template, Box(0, 0, 16, 16))
            workspace.recipes.save(dataclasses.replace(recipe, locate=locate))
        assert workspace.orphans() == [workspace.images.path(names[5])]
        assert [record.inspection.id for record in workspace.ledger.records()] == [kept.inspection.id]


def test_what_marks_a_defect_in_a_snapshot_is_needed(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        mask, loose = workspace.images.put_many([picture(1), picture(2)])
        file = workspace.snapshots / "s.json"
        file.write_text(f'{{"entries": [{{"mask": "{mask}"}}, {{}}]}}', encoding="utf-8")
        assert workspace.orphans() == [workspace.images.path(loose)]
        file.write_text("[]", encoding="utf-8")
        with pytest.raises(StoreError, match=r"s\.json: not a readable snapshot"):
            workspace.orphans()


OPENED_WITHOUT = """
import sys
from pathlib import Path
from inspector.store.workspace import Workspace
with Workspace.open(Path(sys.argv[1])) as workspace:
    print(workspace.inspected, "sqlalchemy" in sys.modules)
    workspace.ledger.events()
    print(workspace.inspected, "sqlalchemy" in sys.modules)
"""


def test_a_current_ledger_is_opened_when_it_is_first_needed(folder: Path) -> None:
    with Workspace.create(folder) as workspace:
        workspace.ledger.append([entry(number, serial="x") for number in range(3)])
    said = subprocess.check_output([sys.executable, "-c", OPENED_WITHOUT, str(folder)], text=True, cwd=ROOT)
    assert said.split() == ["3", "False", "3", "True"], "loading SQLAlchemy takes longer than a first verdict may"


def test_every_thread_gets_the_same_ledger(folder: Path) -> None:
    Workspace.create(folder).close()
    with Workspace.open(folder) as workspace, ThreadPoolExecutor(8) as threads:
        together = threading.Barrier(8)

        def opened(_: int) -> int:
            together.wait()
            return id(workspace.ledger)

        assert len(set(threads.map(opened, range(8)))) == 1
