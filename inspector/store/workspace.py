"""Where one station keeps everything, and who may run on it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from inspector import settings
from inspector.errors import StoreError
from inspector.settings import Settings
from inspector.store.database import header
from inspector.store.disk import plainly, sync_folder
from inspector.store.images import ImageStore
from inspector.store.recipes import RecipeStore
from inspector.store.versions import VersionStore

if TYPE_CHECKING:
    from inspector.store.ledger import Ledger

_LEDGER = "ledger.db"
_FOLDERS = ("recipes", "models", "images", "cache", "snapshots")


class _LazyLedger:
    """A ledger that is opened when it is first needed: loading SQLAlchemy must not delay a station's first verdict."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._opened: Ledger | None = None

    def open(self) -> Ledger:
        with self._guard:
            if self._opened is None:
                from inspector.store.ledger import Ledger

                self._opened = Ledger(self._path)
            return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


@dataclass(frozen=True, slots=True)
class Workspace:
    """One folder: ledger.db, settings.toml, recipes/, models/, images/, cache/, snapshots/.

    cache: what can be computed again and may be deleted. snapshots: what each model learnt from.
    """

    path: Path
    settings: Settings
    images: ImageStore
    versions: VersionStore
    recipes: RecipeStore
    _ledger: _LazyLedger

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a workspace, or open the one that is there. Raises StoreError and RecipeError as `open` does."""
        with plainly(path):
            path.mkdir(parents=True, exist_ok=True)
        return cls._open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a workspace that is there.

        Raises StoreError where there is none, where it cannot be written to, or where its ledger is of a newer
        program; RecipeError for a wrong settings.toml.
        """
        with plainly(path):
            there = (path / _LEDGER).exists()
        if not there:
            raise StoreError(
                f"{path}: there is no workspace here: expected a folder with {_LEDGER} in it; "
                "check the path, or make a new workspace"
            )
        return cls._open(path)

    @classmethod
    def _open(cls, path: Path) -> Self:
        with plainly(path):
            for name in _FOLDERS:
                (path / name).mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass  # a read-only disk is found out now, not at the first part
            sync_folder(path)
        ledger = _LazyLedger(path / _LEDGER)
        if not header.is_current(path / _LEDGER):
            ledger.open()
        return cls(
            path=path,
            settings=settings.load(path / "settings.toml"),
            images=ImageStore(path / "images"),
            versions=VersionStore(path / "models"),
            recipes=RecipeStore(path / "recipes"),
            _ledger=ledger,
        )

    @property
    def ledger(self) -> Ledger:
        """Opened at the first call; from any thread."""
        return self._ledger.open()

    @property
    def inspected(self) -> int:
        """How many parts the ledger has seen; asked without opening it."""
        return header.inspections(self.path / _LEDGER)

    def latest_event(self, kind: str, recipe: str) -> dict[str, Any] | None:
        """The detail of the newest event of a kind, None where there is none; asked without opening the ledger."""
        detail = header.latest_event(self.path / _LEDGER, kind, recipe)
        return None if detail is None else dict(json.loads(detail))

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    def close(self) -> None:
        self.images.close()
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def station_lock(self) -> Iterator[None]:
        """Hold this workspace's camera for one user; other programs may still review, label and train.

        Raises StoreError naming the process that holds it. A station that was killed holds nothing.
        """
        path = self.path / "station.lock"
        with plainly(path), path.open("a+b") as file:
            if not _lock(file):
                file.seek(0)
                holder = file.read(20).decode("ascii", "replace").strip() or "unknown"
                raise StoreError(
                    f"{self.path}: a station already runs on this workspace, or good parts are being shown to its "
                    f"camera (process {holder}): stop that first, or choose another workspace"
                )
            file.truncate(0)
            file.write(str(os.getpid()).encode("ascii"))
            file.flush()
            yield

    def orphans(self) -> list[Path]:
        """Files under images/ that no inspection, example, recipe and snapshot needs; they count as nothing."""
        needed = self.ledger.pictures() | self._masks()
        for name in self.recipes.list():
            needed |= {recipe.locate.template for recipe in self.recipes.history(name)}
            needed.add(self.recipes.load(name).locate.template)
        return self.images.orphans(needed)

    def _masks(self) -> set[str]:
        """What marks the defects in the pictures of a snapshot."""
        masks = set()
        for file in self.snapshots.glob("*.json"):
            with plainly(file):
                content = file.read_bytes()
            try:
                masks |= {entry.get("mask", "") for entry in json.loads(content)["entries"]}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise StoreError(f"{file}: not a readable snapshot: {error}") from error
        return masks


def _lock(file: IO[bytes]) -> bool:
    """Take the lock that ends with the open file, even by a kill; False where another one has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(2**30)  # Windows locks bytes against reading; the holder's number stands before them
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
