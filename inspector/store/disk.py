"""What the store asks of the disk: files that survive a power cut, and faults in words that say what to do."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.errors import StoreError

_FULL = "the disk is full ({free} MB free): free some space on it, then start again"
_FORBIDDEN = "this user may not write here: ask for the permission, or choose another workspace"
_FAULTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "the disk is read-only: make it writable, or choose another workspace",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: "the disk reports an input/output error: copy the workspace to another disk and have this one checked",
}


def free_mb(path: Path) -> int:
    """Whole megabytes free for this user on the disk of `path`, which need not exist yet."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free // 1_000_000


def require_free(path: Path, minimum_mb: int) -> None:
    """Raises StoreError where less than `minimum_mb` is free on the disk of `path`."""
    with plainly(path):
        free = free_mb(path)
    if free < minimum_mb:
        raise StoreError(
            f"{path}: the disk is nearly full: expected at least {minimum_mb} MB free (free_space_mb in "
            f"settings.toml), received {free} MB: free some space on it, then start again"
        )


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Say an operating system's fault at `path` as a StoreError: what, where, and what to do."""
    try:
        yield
    except OSError as error:
        words = _FAULTS.get(error.errno or 0, f"the operating system says: {error.strerror or error}")
        raise StoreError(f"{path}: {words.format(free=free_mb(path)) if words is _FULL else words}") from error


def sync_file(path: Path) -> None:
    """Return only once the file's content is on the disk itself."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; without it a power cut may undo a rename."""
    if os.name == "nt":  # Windows writes names with the file, and cannot open a folder
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def beside(file: Path) -> Path:
    """Where to write what then replaces `file`: a name that no other process or thread takes at the same time."""
    return file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.new")


def write_whole(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, durably; its folder is made where it is missing. Raises StoreError."""
    unfinished = beside(file)
    with plainly(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(file.parent)
