"""Which of SQLite's errors are the world's, and how to say them; all others are our own bugs and pass through."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.errors import StoreError
from inspector.store.disk import free_mb

_BUSY = "another program keeps the ledger locked: close that program, then try again"
_DAMAGED = (
    "the file is damaged or is no ledger: keep it aside and put the newest backup copy of the ledger in its place"
)
_WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full ({free} MB free): free some space on it, then start again",
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: "the ledger is read-only: make it writable, or choose another workspace",
    sqlite3.SQLITE_CANTOPEN: "the ledger cannot be opened ({free} MB free): check that its folder can be written to",
    sqlite3.SQLITE_IOERR: "the disk is full or reports an error ({free} MB free): free some space, or have it checked",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Say SQLite's fault with the ledger at `path` as a StoreError: what, where, and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        said = in_plain_words(error, path)
        if said is None:
            raise
        raise said from error


def in_plain_words(error: sqlite3.Error, path: Path) -> StoreError | None:
    """What to say of the world's fault with the ledger at `path`; None for a fault of ours."""
    primary_code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # without details: https://sqlite.org/rescode.html
    words = _WORDS.get(primary_code)
    return StoreError(f"{path}: {words.format(free=free_mb(path))}") if words else None
