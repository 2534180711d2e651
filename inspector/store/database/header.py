"""What the ledger's file says of itself, asked with nothing but SQLite: whose it is, its version, how far it counts.

SQLAlchemy takes longer to load than everything else that a station needs for its first verdict.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from inspector.errors import StoreError
from inspector.store.database import faults

# Counts the migrations. It stands in the file's own user_version, so that an older program can tell a newer ledger.
VERSION = 3
# "INSP": tells a ledger from any other SQLite file.
APPLICATION_ID = 0x494E5350


def is_current(path: Path) -> bool:
    """Whether a ledger is there that needs no migration. Raises StoreError as `version` does, or for a damage."""
    with faults.plainly(path):
        if not path.exists():
            return False
        with closing(sqlite3.connect(path)) as opened:
            return version(opened, path) == VERSION


def inspections(path: Path) -> int:
    """How many inspections a current ledger holds. Raises StoreError where it cannot be read."""
    with faults.plainly(path), closing(sqlite3.connect(path)) as opened:
        return int(_scalar(opened, "SELECT coalesce(max(number), 0) FROM inspections"))


def latest_event(path: Path, kind: str, recipe: str) -> str | None:
    """The newest event of a kind in a current ledger: its detail as JSON text, None where there is none."""
    query = "SELECT detail FROM events WHERE kind = ? AND recipe = ? ORDER BY number DESC LIMIT 1"
    with faults.plainly(path), closing(sqlite3.connect(path)) as opened:
        row = opened.execute(query, (kind, recipe)).fetchone()
    return None if row is None else str(row[0])


def version(opened: sqlite3.Connection, path: Path) -> int:
    """The ledger's version, 0 for an empty file. Raises StoreError where it is none of ours, or a newer one."""
    found = int(_scalar(opened, "PRAGMA user_version"))
    if _scalar(opened, "PRAGMA application_id") != APPLICATION_ID:
        if _scalar(opened, "SELECT count(*) FROM sqlite_master"):
            raise StoreError(f"{path}: this SQLite file is not a ledger of Inspector: choose another workspace")
        return 0
    if found > VERSION:
        raise StoreError(
            f"{path}: the ledger has version {found}, written by a newer Inspector; this one reads up to "
            f"version {VERSION}: install the newer Inspector, or choose another workspace (nothing was changed)"
        )
    return found


def _scalar(opened: sqlite3.Connection, statement: str) -> Any:
    return opened.execute(statement).fetchone()[0]
