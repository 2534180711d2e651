"""Where pictures lie: PNG files named by the digest of their pixels, durable before anything refers to them."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from inspector.domain import Pixels, picture_digest
from inspector.errors import PictureError, StoreError
from inspector.pictures import MIN_SIDE_PX, encode_png, read_picture, read_size
from inspector.store.disk import plainly, sync_folder

_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".part"


@contextmanager
def _from_backup() -> Iterator[None]:
    try:
        yield
    except PictureError as error:
        raise StoreError(f"{error}; put its copy from a backup of the workspace in its place") from error


class ImageStore:
    """The pictures under one folder, images/ab/ab....png. Every method may be called from any thread.

    writers: threads that encode and write at once; the work runs outside the interpreter's lock, and a disk takes
    several fsyncs together for the price of one.
    """

    def __init__(self, folder: Path, writers: int = 2) -> None:
        self.folder = folder
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="pictures")

    def close(self) -> None:
        self._writers.shutdown()

    def path(self, digest: str) -> Path:
        """Where the picture lies or would lie. Raises StoreError for what is no digest."""
        if not _DIGEST.fullmatch(digest):
            raise StoreError(f"{self.folder}: expected a picture's digest (64 hex digits), received {digest!r}")
        return self.folder / digest[:2] / f"{digest}.png"

    def has(self, digest: str) -> bool:
        return self.path(digest).exists()

    def get(self, digest: str, *, verify: bool = False) -> Pixels:
        """Grey (height, width) or RGB (height, width, 3), uint8. Raises StoreError where it is missing or damaged.

        verify: also compare each pixel with the digest, not just what the PNG's own checksums cover.
        """
        path = self._there(digest)
        with _from_backup():
            pixels = read_picture(path)
        if verify and (received := picture_digest(pixels)) != digest:
            raise StoreError(
                f"{path}: the picture was changed: expected digest {digest[:12]}, received {received[:12]}; "
                "put its copy from a backup of the workspace in its place"
            )
        return pixels

    def size(self, digest: str) -> tuple[int, int]:
        """Height and width, without decoding a pixel. Raises StoreError where it is missing or damaged."""
        path = self._there(digest)
        with _from_backup():
            return read_size(path)

    def _there(self, digest: str) -> Path:
        path = self.path(digest)
        if not path.exists():
            raise StoreError(f"{path}: the picture is not in this workspace; it was not kept, or its file was removed")
        return path

    def put(self, pixels: Pixels) -> str:
        """Store one picture durably and return its digest."""
        return self.put_many([pixels])[0]

    def put_many(self, pictures: Sequence[Pixels]) -> list[str]:
        """Store pictures durably and return their digests, in order; a picture that is there is not written again.

        Raises StoreError, also for pictures too small to be read again. At a fault some of them may be stored.
        """
        self._refuse_tiny(pictures)
        with plainly(self.folder):
            digests = list(self._writers.map(picture_digest, pictures))
            missing = {digest: pixels for digest, pixels in zip(digests, pictures, strict=True) if not self.has(digest)}
            for digest in missing:
                self.path(digest).parent.mkdir(parents=True, exist_ok=True)
            written = [self._writers.submit(self._write, digest, pixels) for digest, pixels in missing.items()]
            wait(written)  # also after a fault: nothing goes on behind the caller's back
            for each in written:
                each.result()
            self._sync_names(digests)
        return digests

    def _refuse_tiny(self, pictures: Sequence[Pixels]) -> None:
        for height, width in (pixels.shape[:2] for pixels in pictures):
            if min(height, width) < MIN_SIDE_PX:
                raise StoreError(
                    f"{self.folder}: a picture of {width} x {height} pixels; expected at least "
                    f"{MIN_SIDE_PX} x {MIN_SIDE_PX}: make the camera's region larger"
                )

    def _write(self, digest: str, pixels: Pixels) -> None:
        """Written and synced under a name of its own, so that no crash leaves half a picture under a digest."""
        target = self.path(digest)
        unfinished = target.with_name(f"{digest}.{os.getpid()}-{threading.get_ident()}{_UNFINISHED}")
        try:
            with unfinished.open("wb") as file:
                file.write(encode_png(pixels))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def _sync_names(self, digests: Iterable[str]) -> None:
        """Also of pictures that were there: whoever wrote them may not have come this far."""
        folders = {self.path(digest).parent for digest in digests}
        for folder in folders | {parent.parent for parent in folders}:
            sync_folder(folder)

    def files(self) -> Iterator[Path]:
        """Every file in the store, finished or not."""
        return (path for path in sorted(self.folder.glob("*/*")) if path.is_file())

    def orphans(self, needed: set[str]) -> list[Path]:
        """Files that nothing refers to: what a crash between picture and row left behind. They count as nothing."""
        return [path for path in self.files() if path.suffix != ".png" or path.stem not in needed]
