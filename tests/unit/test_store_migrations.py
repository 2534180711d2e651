"""A ledger of any age opens as one of this program, or is refused by name and left as it was."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

import inspector.store
from inspector.domain import Box
from inspector.errors import StoreError
from inspector.store.database import header, schema
from inspector.store.entry import Shadow
from inspector.store.ledger import Ledger
from tests.unit.store_entries import entry

OLD = Path(__file__).parent.parent / "data" / "ledger_v1.sql"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as the first version wrote it: three inspections, a label, an event."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD.read_text(encoding="utf-8"))
    return path


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_ledger_is_durable_and_known_as_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(Ledger(path)) as ledger, ledger._reading() as opened:
        assert opened.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert opened.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert opened.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 5000
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "user_version") == header.VERSION
    assert pragma(path, "application_id") == header.APPLICATION_ID


def test_the_migrations_lead_to_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_each_migration_counts_one_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(inspector.store.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == f"{header.VERSION:04d}"
    assert len(list(scripts.walk_revisions())) == header.VERSION


def test_an_old_ledger_is_brought_up_to_date_with_all_it_holds(old: Path) -> None:
    with closing(Ledger(old)) as ledger:
        assert [record.inspection.id for record in ledger.records(newest_first=False)] == ["first", "second", "third"]
        label = ledger.record("second").label
        assert label is not None and (label.who, label.defect_class, label.note) == ("mia", "dent", "by eye")
        assert label.regions == (Box(1, 2, 3, 4),)
        assert ledger.events()[0].detail == {"model": "v1-0123abcd"}
        assert ledger.golden("cap") == {}
        assert ledger.verify() is None
        ledger.append([entry(4)])
        assert ledger.verify() is None
    assert pragma(old, "user_version") == header.VERSION


def test_a_ledger_of_the_second_version_keeps_its_golden_parts_and_takes_challengers(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((OLD.parent / "ledger_v2.sql").read_text(encoding="utf-8"))
    with closing(Ledger(path)) as ledger:
        assert ledger.golden("cap") == {"L1/S1": "dent"}
        assert [example.digest for example in ledger.examples("cap")] == ["ab"]
        assert ledger.verify() is None
        assert ledger.shadow_counts([record.inspection.recipe_id for record in ledger.records()], "v2") == {}
    assert pragma(path, "user_version") == header.VERSION
    assert pragma(path.with_name("ledger-v2.backup.db"), "user_version") == 2


@pytest.mark.parametrize("change", ["UPDATE shadows SET decision = 'ok'", "DELETE FROM shadows"])
def test_what_a_challenger_said_cannot_be_changed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "ledger.db"
    made = entry(1)
    with closing(Ledger(path)) as ledger:
        ledger.append([made], (), [Shadow(made.inspection.id, "v2", made.inspection.verdict)])
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="can only be appended to"),
    ):
        connection.execute(change)


def test_an_old_ledger_is_copied_before_it_is_changed(old: Path) -> None:
    Ledger(old).close()
    backup = old.with_name("ledger-v1.backup.db")
    assert pragma(backup, "user_version") == 1
    assert "golden" not in tables(backup)
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM inspections").fetchone() == (3,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_current_ledger_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        Ledger(tmp_path / "ledger.db").close()
    assert list(tmp_path.glob("*backup*")) == []


def test_a_migration_that_fails_changes_nothing(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE golden (something TEXT)")
    with pytest.raises(OperationalError, match="golden already exists"):
        Ledger(old)
    assert pragma(old, "user_version") == 1
    assert "examples" not in tables(old)


def test_a_newer_ledger_is_refused_by_name_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {header.VERSION + 5}")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(StoreError) as refused:
        Ledger(path)
    words = str(refused.value)
    assert str(path) in words
    assert f"version {header.VERSION + 5}" in words and f"version {header.VERSION}:" in words
    assert "install the newer Inspector" in words
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert list(tmp_path.glob("*backup*")) == []


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a ledger of Inspector"):
        Ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, but a text that is long enough" * 40, b"\x00\x01\x02" * 99])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged or is no ledger"):
        Ledger(path)
    assert path.read_bytes() == content


def test_a_damaged_ledger_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(Ledger(path)) as ledger:
        ledger.append([entry(n) for n in range(200)])
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"ledger\.db: the file is damaged"), closing(Ledger(path)) as ledger:
        ledger.records()


def test_a_folder_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Ledger(tmp_path / "nowhere" / "ledger.db")


def test_programs_that_start_together_make_one_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    together = threading.Barrier(4)

    def start(number: int) -> None:
        together.wait()
        with closing(Ledger(path)) as ledger:
            ledger.append([entry(number)])

    with ThreadPoolExecutor(4) as programs:
        list(programs.map(start, range(4)))
    with closing(Ledger(path)) as ledger:
        assert len(ledger.records()) == 4
        assert ledger.verify() is None


def test_a_ledger_that_another_program_keeps_locked_is_said_plainly(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program keeps the ledger locked"):
            Ledger(old, busy_timeout_s=0.05)
    Ledger(old).close()


def test_opening_a_current_ledger_does_not_load_the_migrations(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    code = (
        "import sys; from pathlib import Path; from inspector.store.ledger import Ledger; "
        "Ledger(Path(sys.argv[1])).close(); print([name for name in ('alembic', 'mako') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
