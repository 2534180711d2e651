"""The only crossing from the station's threads to the screen: the newest of everything, and one signal that says so."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from inspector.domain import Decision
from inspector.station import Durable, Fault, PartInspected, StateChanged, StationEvent, StationStatus

REJECTS = 8
LOOK_MS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What a look at the station shows. Each field is None or empty where nothing new came since the last look.

    rejects: newest first, the last eight whatever was seen of them before. durable: ids of watched inspections that
    are on disk now.
    """

    newest: PartInspected | None
    rejects: tuple[PartInspected, ...]
    status: StationStatus | None
    fault: Fault | None
    durable: frozenset[str]


class Mailbox:
    """Keeps the newest of each kind of event; its size does not depend on how long nobody looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending = False
        self._newest: PartInspected | None = None
        self._rejects: deque[PartInspected] = deque(maxlen=REJECTS)
        self._status: StationStatus | None = None
        self._fault: Fault | None = None
        self._watched: set[str] = set()
        self._durable: set[str] = set()

    def watch(self, inspection_id: str) -> None:
        """From now on, tell when this inspection is on disk; the others' going to disk is nobody's news."""
        with self._lock:
            self._watched.add(inspection_id)

    def put(self, event: StationEvent) -> bool:
        """Take an event in any thread; True when the reader has to be told."""
        with self._lock:
            if not self._sort(event):
                return False
            told, self._pending = self._pending, True
            return not told

    def _sort(self, event: StationEvent) -> bool:
        """Whether there is anything new to see."""
        match event:
            case PartInspected():
                self._newest = event
                if event.inspection.verdict.decision is not Decision.OK:
                    self._rejects.appendleft(event)
            case StateChanged():
                self._status = event.status
            case Fault():
                self._fault = event
            case Durable():
                arrived = self._watched.intersection(event.ids)
                self._watched -= arrived
                self._durable |= arrived
                return bool(arrived)
        return True

    def take(self) -> Glance:
        with self._lock:
            glance = Glance(self._newest, tuple(self._rejects), self._status, self._fault, frozenset(self._durable))
            self._newest = self._status = self._fault = None
            self._durable.clear()
            self._pending = False
            return glance


class Bridge(QObject):
    """Call it with a StationEvent in any thread; `news` follows in the main thread, and `take` gives the newest.

    Never a frame in a queued signal: a screen that is slow for a moment would collect them by the gigabyte. Here at
    most one empty signal is under way, whatever the station does, and looks are at least `look_ms` apart: more a
    person cannot see.
    """

    news = Signal()
    _knock = Signal()

    def __init__(self, parent: QObject | None = None, look_ms: int = LOOK_MS) -> None:
        super().__init__(parent)
        self._mailbox = Mailbox()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(look_ms)
        self._rest.timeout.connect(self.news)
        self._knock.connect(self._rest.start, Qt.ConnectionType.QueuedConnection)

    def __call__(self, event: StationEvent) -> None:
        if self._mailbox.put(event):
            self._knock.emit()

    def take(self) -> Glance:
        """What is new since the last look."""
        return self._mailbox.take()

    def watch(self, inspection_id: str) -> None:
        """Ask for news when this inspection is on disk (Glance.durable)."""
        self._mailbox.watch(inspection_id)
