"""When inspections become durable: pictures first, then rows in one commit, then the acknowledgement."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Self

from inspector.errors import StoreError
from inspector.store.disk import require_free
from inspector.store.entry import Entry, Note, Shadow
from inspector.store.images import ImageStore

if TYPE_CHECKING:
    from inspector.store.ledger import Ledger

_log = logging.getLogger(__name__)

_GROUP = 100  # a larger one saves no time, and keeps its first entry waiting for its last
_NOTE_WAITS_S = 1.0

_Beside = Note | Shadow  # what is kept where it can be, and stops no line where it cannot


class Writer:
    """One thread that writes what is submitted, in groups, and never drops any of it silently.

    ledger: called in that thread, when there is something to write: opening it must not delay the first verdict.
    on_durable: called with the ids of each group once it can no longer be lost. on_fault: called once, with the
    reason; from then on nothing more is taken. Both are called from the writer's thread (on_fault for a full queue
    from the submitting one) and must not raise.
    commit_ms: how long a group collects. queue_size: entries that may wait for the disk before it counts as a fault.
    free_space_mb: below this the writer stops instead of filling the disk.
    """

    def __init__(
        self,
        ledger: Callable[[], Ledger],
        images: ImageStore,
        *,
        on_durable: Callable[[Sequence[str]], None],
        on_fault: Callable[[StoreError], None],
        commit_ms: float = 30,
        queue_size: int = 500,
        free_space_mb: int = 500,
    ) -> None:
        self._ledger = ledger
        self._images = images
        self._on_durable = on_durable
        self._on_fault = on_fault
        self._commit_s = commit_ms / 1000
        self._free_space_mb = free_space_mb
        self._queue: queue.SimpleQueue[Entry | _Beside | None] = queue.SimpleQueue()
        self._queue_size = queue_size
        self._guard = threading.Lock()
        self._fault: StoreError | None = None
        self._closed = False
        self._undurable = 0
        self._waiting = 0  # entries alone: what is kept beside them must not fill the queue for them
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def fault(self) -> StoreError | None:
        return self._fault

    @property
    def undurable(self) -> int:
        """Entries taken and not acknowledged; after a fault: those that were lost."""
        return self._undurable

    def submit(self, entry: Entry) -> None:
        """Take one entry without waiting for the disk. Raises StoreError where it cannot be remembered."""
        with self._guard:
            if self._fault is not None:
                raise StoreError(str(self._fault))
            if self._closed:
                raise StoreError(f"{self._images.folder}: the writer is closed; start the station again")
            if self._waiting < self._queue_size:
                self._undurable += 1
                self._waiting += 1
                self._queue.put(entry)
                return
        fault = StoreError(
            f"{self._images.folder}: the disk is too slow: {self._queue_size} inspections wait to be written; "
            "use a faster disk, fewer or smaller pictures, or a slower line"
        )
        self._fail(fault)
        raise fault

    def note(self, note: Note | Shadow) -> None:
        """Keep what happened beside the parts; it shares a part's commit, or waits a second for one.

        It is kept after a fault too where the ledger still takes it; where not, the log has it. A Shadow comes after
        the Entry it is about.
        """
        with self._guard:
            if not self._closed:
                self._queue.put(note)
                return
        _not_kept(note, "the writer is closed")

    def close(self) -> None:
        """Write what was taken, then end."""
        with self._guard:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        finished, group = False, list[Entry | _Beside]()
        try:
            while group := self._next_group():
                self._write(group)
            finished = True
        except StoreError as error:
            self._fail(error)
            finished = True
            self._keep_notes(group)
        finally:
            if not finished:  # our own bug: the thread ends with its traceback, and the line must hear of it
                _log.critical("the ledger's writer ended by a fault of the program", exc_info=True)
                self._fail(
                    StoreError(f"{self._images.folder}: the writer ended by a fault of the program; see the log")
                )

    def _next_group(self) -> list[Entry | _Beside]:
        """Wait for one, then collect what comes within commit_ms of the first entry; empty means the end."""
        group: list[Entry | _Beside] = []
        each = self._queue.get()
        until = time.monotonic() + _NOTE_WAITS_S
        while each is not None:
            group.append(each)
            if isinstance(each, Entry):
                with self._guard:
                    self._waiting -= 1
                until = min(until, time.monotonic() + self._commit_s)
            if len(group) == _GROUP:
                return group
            try:
                each = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return group
        if group:
            self._queue.put(None)
        return group

    def _write(self, group: Sequence[Entry | _Beside]) -> None:
        entries = [each for each in group if isinstance(each, Entry)]
        notes = [each for each in group if isinstance(each, Note)]
        challenged = [each for each in group if isinstance(each, Shadow)]
        require_free(self._images.folder, self._free_space_mb)
        pictured = [(entry.inspection, entry.picture) for entry in entries if entry.picture is not None]
        digests = self._images.put_many([picture for _, picture in pictured])
        for digest, (inspection, _) in zip(digests, pictured, strict=True):
            if digest != inspection.frame_digest:
                raise ValueError(f"inspection {inspection.id} is not of the picture that came with it")
        self._ledger().append(entries, notes, challenged)
        with self._guard:
            self._undurable -= len(entries)
        if entries:
            self._on_durable([entry.inspection.id for entry in entries])

    def _keep_notes(self, unwritten: Sequence[Entry | _Beside]) -> None:
        """After a fault: the words on what happened are worth a try, one by one, until the end is said."""
        for each in chain(unwritten, iter(self._queue.get, None)):
            if isinstance(each, Note):
                try:
                    self._ledger().append((), [each])
                except StoreError as error:
                    _not_kept(each, str(error))
            elif isinstance(each, Shadow):
                _not_kept(each, "the writer ended")

    def _fail(self, fault: StoreError) -> None:
        with self._guard:
            first = self._fault is None
            self._fault = self._fault or fault
        if first:
            self._on_fault(fault)


def _not_kept(note: _Beside, why: str) -> None:
    if isinstance(note, Note):
        _log.warning("not in the ledger: %s %s: %s", note.kind, note.detail, why)
    else:
        _log.warning("not in the ledger: challenger %s on %s: %s", note.model_id, note.inspection_id, why)
