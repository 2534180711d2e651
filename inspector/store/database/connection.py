"""How the ledger's file is opened: durable, checked for its version, brought up to date behind a backup copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from inspector.errors import StoreError
from inspector.store.database import faults, header
from inspector.store.disk import sync_file, sync_folder


def connect(path: Path, busy_timeout_s: float) -> Engine:
    """Open the ledger at `path`, made or migrated where needed.

    busy_timeout_s: how long a write waits for another program's.
    Raises StoreError for a file of a newer program, a file that is no ledger, and the world's faults.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_timeout_s, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with plainly(path):
            with suppress(OSError):  # SQLite says it better
                path.touch()  # SQLite's own new file shuts out the group that shares a station, whatever the umask
            _bring_up_to_date(engine, path)
    except StoreError:
        engine.dispose()
        raise
    return engine


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """As `faults.plainly`, for what SQLAlchemy has wrapped too."""
    with faults.plainly(path):
        try:
            yield
        except DBAPIError as error:
            said = faults.in_plain_words(error.orig, path) if isinstance(error.orig, sqlite3.Error) else None
            if said is None:
                raise
            raise said from error


def for_writing(engine: Engine) -> Engine:
    """The same connections, but each transaction takes the write lock at once.

    A transaction that reads first and writes later can fail as busy without waiting.
    """
    return engine.execution_options(begin="BEGIN IMMEDIATE")


def _prepare(raw: sqlite3.Connection, _record: object) -> None:
    # Python's own transaction control would commit before a migration's CREATE TABLE; `_begin` takes its place.
    raw.isolation_level = None
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA synchronous = FULL")  # NORMAL lost acknowledged rows at a power cut


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _version(connection: Connection, path: Path) -> int:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return header.version(raw, path)


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        version = _version(connection, path)
    if version == header.VERSION:
        return
    if version == 0:
        _keep_a_write_ahead_log(engine)
    with for_writing(engine).begin() as connection:
        version = _version(connection, path)  # another program may have migrated it while this one waited
        if version == header.VERSION:
            return
        if version > 0:
            _back_up(path, version)
        _migrate(connection)


def _keep_a_write_ahead_log(engine: Engine) -> None:
    """Readers never wait for the writer; the mode stays with the file."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _back_up(path: Path, version: int) -> None:
    copy = path.with_name(f"{path.stem}-v{version}.backup{path.suffix}")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    sync_file(copy)
    sync_folder(copy.parent)


def _migrate(connection: Connection) -> None:
    # Alembic takes as long to import as everything else here, and a ledger is nearly always current.
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(__file__).parent.parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
