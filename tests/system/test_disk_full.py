"""A disk that is really full or really read-only: said plainly, nothing acknowledged lost, nothing corrupt."""

from __future__ import annotations

import os
import queue
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from inspector.errors import StoreError
from inspector.store.entry import Entry
from inspector.store.ledger import Ledger
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer
from tests.unit.store_entries import entry, pictured
from tests.unit.test_store_versions import card

ROOT = Path(__file__).parent.parent.parent
OPEN = """
import sys
from pathlib import Path
from inspector.errors import StoreError
from inspector.store.workspace import Workspace
try:
    Workspace.open(Path(sys.argv[1]))
except StoreError as error:
    print(error)
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux may mount a small disk to fill"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def remount(disk: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", disk], check=True)


def fill(disk: Path) -> Path:
    """Take all that is left."""
    ballast = disk / "ballast"
    with pytest.raises(OSError, match="No space left"), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65536)
    return ballast


def written_until_the_fault(workspace: Workspace, entries: Iterable[Entry]) -> tuple[list[str], StoreError]:
    """Submit until the writer refuses; return what it acknowledged, and its reason."""
    acknowledged: list[str] = []
    faults: queue.SimpleQueue[StoreError] = queue.SimpleQueue()
    under_way = threading.Semaphore(200)  # a line waits for its parts; the disk must be the first to give up

    def durable(ids: Sequence[str]) -> None:
        acknowledged.extend(ids)
        under_way.release(len(ids))

    def fault(error: StoreError) -> None:
        faults.put(error)
        under_way.release()

    writer = Writer(
        lambda: workspace.ledger, workspace.images, on_durable=durable, on_fault=fault, commit_ms=2, free_space_mb=0
    )
    with writer, pytest.raises(StoreError) as refused:
        for each in entries:
            assert under_way.acquire(timeout=10)
            writer.submit(each)
    reason = faults.get(timeout=10)
    assert faults.empty() and str(refused.value) == str(reason)
    return acknowledged, reason


def assert_whole(folder: Path, acknowledged: list[str]) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Workspace.open(folder) as workspace:
        records = workspace.ledger.records(limit=None, newest_first=False)
        assert [record.inspection.id for record in records] == acknowledged
        for record in records:
            if record.inspection.frame_digest in workspace.ledger.pictures():
                workspace.images.get(record.inspection.frame_digest, verify=True)
        assert workspace.ledger.verify() is None


def test_pictures_that_fill_the_disk_stop_the_line_and_lose_nothing(disk: Path) -> None:
    folder = disk / "workspace"
    with Workspace.create(folder) as workspace:
        endless = (pictured(n, height=120, width=160) for n in range(10_000))
        acknowledged, fault = written_until_the_fault(workspace, endless)
        assert str(folder) in str(fault) and "the disk is full (0 MB free): free some space" in str(fault)
        assert not [path for path in workspace.images.files() if path.suffix != ".png"]
    assert acknowledged
    remount(disk, "size=30m")
    assert_whole(folder, acknowledged)


def test_rows_that_fill_the_disk_stop_the_line_and_lose_nothing(disk: Path) -> None:
    folder = disk / "workspace"
    with Workspace.create(folder) as workspace:
        endless = (entry(n) for n in range(1_000_000))
        acknowledged, fault = written_until_the_fault(workspace, endless)
        assert "ledger.db: the disk is full" in str(fault) and "free some space" in str(fault)
    assert len(acknowledged) > 100
    remount(disk, "size=30m")
    assert_whole(folder, acknowledged)


def test_work_goes_on_once_there_is_room_again(disk: Path) -> None:
    folder = disk / "workspace"
    with Workspace.create(folder) as workspace:
        before = entry(1)
        workspace.ledger.append([before])
        ballast = fill(disk)
        with pytest.raises(StoreError, match="disk is full"):
            workspace.images.put_many([pictured(n).pixels for n in range(9)])  # type: ignore[misc]
        ballast.unlink()
        after = pictured(2)
        assert after.pixels is not None
        workspace.images.put(after.pixels)
        workspace.ledger.append([after])
    assert_whole(folder, [before.inspection.id, after.inspection.id])


def test_an_old_ledger_that_cannot_be_copied_is_not_migrated(disk: Path) -> None:
    path = disk / "ledger.db"
    old = ROOT / "tests" / "data" / "ledger_v1.sql"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(old.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    ballast = fill(disk)
    with pytest.raises(StoreError, match=r"ledger\.db: .*free some space|cannot be opened"):
        Ledger(path)
    ballast.unlink()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    with closing(Ledger(path)) as ledger:
        assert len(ledger.records()) == 3


def test_a_model_that_does_not_fit_is_not_published(disk: Path, tmp_path: Path) -> None:
    content = os.urandom(4_000_000)
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / "model.tflite").write_bytes(content)
    with Workspace.create(disk / "workspace") as workspace:
        with pytest.raises(StoreError, match="the disk is full"):
            workspace.versions.publish(tmp_path / "trained", card(1, content))
        assert workspace.versions.list("cap") == []
        assert list((workspace.path / "models" / "cap").iterdir()) == []


def test_a_workspace_on_a_read_only_disk_is_refused(disk: Path) -> None:
    folder = disk / "workspace"
    Workspace.create(folder).close()
    remount(disk, "ro")
    for attempt in (Workspace.open, Workspace.create):
        with pytest.raises(StoreError, match="workspace: the disk is read-only: make it writable"):
            attempt(folder)
    with pytest.raises(StoreError, match="the disk is read-only"):
        Workspace.create(disk / "another")
    remount(disk, "rw")
    Workspace.open(folder).close()


def test_a_ledger_on_a_read_only_disk_is_said_plainly(disk: Path) -> None:
    Workspace.create(disk / "workspace").close()
    remount(disk, "ro")
    with pytest.raises(StoreError, match=r"ledger\.db: .*check that its folder can be written to"):
        Ledger(disk / "workspace" / "ledger.db")


def test_a_user_without_permission_is_told_so(tmp_path: Path) -> None:
    """Root may write anywhere, so this is tried as another user."""
    folder = tmp_path / "workspace"
    Workspace.create(folder).close()
    for parent in (folder, tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv, to act as another user, is not installed")
    nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c"]
    if subprocess.run([*nobody, "import inspector.store"], cwd=ROOT, check=False, capture_output=True).returncode:
        pytest.skip("another user may not run this Python or read this project")
    done = subprocess.run([*nobody, OPEN, folder], cwd=ROOT, check=True, capture_output=True, text=True)
    assert f"{folder}: this user may not write here: ask for the permission" in done.stdout
