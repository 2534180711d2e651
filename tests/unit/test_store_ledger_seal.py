"""Nothing in the ledger can be changed through the program, and a change around it is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inspector.domain import GOOD, Box, Label, Stroke
from inspector.errors import StoreError
from inspector.store.ledger import Ledger
from tests.unit.store_entries import NOON, entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with five inspections a..e, a label, an event and a golden part."""
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.append([entry(n, inspection_id=name) for n, name in enumerate("abc")])
    ledger.append([entry(n, inspection_id=name) for n, name in enumerate("de", start=3)])
    ledger.add_label(Label("a", "mia", NOON, GOOD))
    ledger.log_event("fault", "cap", {})
    ledger.add_golden("cap", {"P1": GOOD})
    ledger.close()
    return tmp_path / "ledger.db"


@pytest.fixture
def outside(path: Path) -> Iterator[sqlite3.Connection]:
    """The file in the hands of another program."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def verified(path: Path) -> str | None:
    with closing(Ledger(path)) as ledger:
        return ledger.verify()


def test_marks_touch_no_seal(path: Path, outside: sqlite3.Connection) -> None:
    before = outside.execute("SELECT id, seal FROM inspections").fetchall()
    with closing(Ledger(path)) as ledger:
        ledger.add_label(Label("b", "mia", NOON, "dent", (Box(1, 2, 3, 4), Stroke(((5, 6), (7, 8)), 9))))
    assert outside.execute("SELECT id, seal FROM inspections").fetchall() == before
    assert verified(path) is None


def test_marks_are_kept_as_text_that_needs_no_program(path: Path, outside: sqlite3.Connection) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.add_label(Label("b", "mia", NOON, "dent", (Box(1, 2, 3, 4), Stroke(((5, 6), (7, 8)), 9))))
    (text,) = outside.execute("SELECT regions FROM labels WHERE inspection_id = 'b'").fetchone()
    assert text == '[[1, 2, 3, 4], {"points": [[5, 6], [7, 8]], "width": 9}]'


@pytest.mark.parametrize("text", ["", "[[1, 2, 3]]", '[{"polygon": []}]', "7", "[[1, 2, 3, NaN]]"])
def test_marks_that_another_program_wrote_wrongly_are_said_plainly(
    path: Path, outside: sqlite3.Connection, text: str
) -> None:
    outside.execute("INSERT INTO labels VALUES (9, 'c', 'mia', ?, 'dent', ?, '')", (NOON.isoformat(), text))
    with closing(Ledger(path)) as ledger:
        with pytest.raises(StoreError, match="regions cannot be read"):
            ledger.record("c")
        assert ledger.record("a").label is not None
        assert ledger.verify() is None


@pytest.mark.parametrize("table", ["inspections", "labels", "events", "golden"])
@pytest.mark.parametrize("change", ["UPDATE {} SET recipe = 'other'", "DELETE FROM {}"])
def test_a_row_is_neither_changed_nor_removed(outside: sqlite3.Connection, table: str, change: str) -> None:
    before = outside.execute(f"SELECT * FROM {table}").fetchall()
    statement = change.format(table).replace("recipe", "note" if table == "labels" else "recipe")
    with pytest.raises(sqlite3.IntegrityError, match=r"can only be appended to|stays golden"):
        outside.execute(statement)
    assert before and outside.execute(f"SELECT * FROM {table}").fetchall() == before


def test_an_untouched_ledger_is_verified(path: Path) -> None:
    assert verified(path) is None


def test_an_empty_ledger_is_verified(tmp_path: Path) -> None:
    assert verified(tmp_path / "new.db") is None


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("UPDATE inspections SET decision = 'ok' WHERE id = 'c'", "c"),
        ("UPDATE inspections SET serial = 'S9' WHERE id IN ('b', 'e')", "b"),
        ("UPDATE inspections SET score = NULL WHERE id = 'a'", "a"),
        ("UPDATE inspections SET scores = replace(scores, '1.5', '1.6') WHERE id = 'd'", "d"),
        ("UPDATE inspections SET picture_kept = 1 WHERE id = 'e'", "e"),
        ("DELETE FROM inspections WHERE id = 'b'", "c"),
        ("DELETE FROM inspections WHERE id = 'a'", "b"),
    ],
)
def test_a_forged_row_is_found(path: Path, outside: sqlite3.Connection, forgery: str, found: str) -> None:
    for change in ("update", "delete"):
        outside.execute(f"DROP TRIGGER inspections_no_{change}")
    outside.execute("PRAGMA foreign_keys = OFF")
    outside.execute(forgery)
    assert verified(path) == found


def test_a_row_put_in_between_is_found(path: Path, outside: sqlite3.Connection) -> None:
    names = [row[1] for row in outside.execute("PRAGMA table_info(inspections)") if row[1] not in ("number", "id")]
    columns = ", ".join(f'"{name}"' for name in names)
    outside.execute(
        f"INSERT INTO inspections (number, id, {columns}) "
        f"SELECT 99, 'forged', {columns} FROM inspections WHERE id = 'b'"
    )
    assert verified(path) == "forged"


def test_what_follows_after_reopening_is_sealed_to_what_was_there(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.append([entry(9, inspection_id="f")])
    assert verified(path) is None
    with closing(sqlite3.connect(path)) as connection:
        seals = [row[0] for row in connection.execute("SELECT seal FROM inspections")]
    assert len(set(seals)) == 6
