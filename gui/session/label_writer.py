"""How labels reach the ledger: in the order they were given, also when their record is still on its way to disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from inspector.domain import Label
from inspector.errors import InspectorError, StoreError
from inspector.store.ledger import Ledger


class LabelWriter(QObject):
    """Writes in the background; `failed` (InspectorError) for a label that could not be written.

    A person may be faster than the ledger's writer: the labels of an inspection that is not on disk yet wait for
    `now_durable`. watch: asks for that call.
    """

    failed = Signal(object)

    def __init__(self, ledger: Ledger, watch: Callable[[str], None], work: Background) -> None:
        super().__init__(work)
        self._ledger = ledger
        self._watch = watch
        self._work = work
        self._queues: dict[str, deque[tuple[Label, Callable[[], object]]]] = {}
        self._sending: set[str] = set()
        self._again: set[str] = set()

    def write(self, label: Label, done: Callable[[], object]) -> None:
        """`done` is called in the main thread once the label is on disk."""
        queue = self._queues.setdefault(label.inspection_id, deque())
        queue.append((label, done))
        if len(queue) == 1:
            self._watch(label.inspection_id)
            self._send(label.inspection_id)

    def now_durable(self, ids: Collection[str]) -> None:
        """These inspections are on disk."""
        for inspection_id in ids:
            if inspection_id in self._sending:
                self._again.add(inspection_id)  # it may have been looked for a moment too early
            elif inspection_id in self._queues:
                self._send(inspection_id)

    def _send(self, inspection_id: str) -> None:
        label, _ = self._queues[inspection_id][0]
        self._sending.add(inspection_id)
        self._work.run(
            lambda: self._append(label),
            lambda written: self._sent(inspection_id) if written else self._wait(inspection_id),
            lambda error: self._unsent(inspection_id, error),
        )

    def _append(self, label: Label) -> bool:
        """In the background: False where the record is not on disk yet. Raises StoreError for any other reason."""
        if not self._is_on_disk(label.inspection_id):
            self._ledger.counts()  # a ledger that cannot even be read is a fault, not a matter of waiting
            return False
        self._ledger.add_label(label)
        return True

    def _is_on_disk(self, inspection_id: str) -> bool:
        try:
            self._ledger.record(inspection_id)
        except StoreError:
            return False
        return True

    def _sent(self, inspection_id: str) -> None:
        _, done = self._queues[inspection_id][0]
        done()
        self._next(inspection_id)

    def _wait(self, inspection_id: str) -> None:
        self._sending.discard(inspection_id)
        if inspection_id in self._again:
            self._again.discard(inspection_id)
            self._send(inspection_id)

    def _unsent(self, inspection_id: str, error: InspectorError) -> None:
        self.failed.emit(error)
        self._next(inspection_id)

    def _next(self, inspection_id: str) -> None:
        self._sending.discard(inspection_id)
        self._again.discard(inspection_id)
        queue = self._queues[inspection_id]
        queue.popleft()
        if queue:
            self._send(inspection_id)
        else:
            del self._queues[inspection_id]
