"""Triggers a station at a steady pace, where no sensor and no controller does."""

from __future__ import annotations

import threading
from collections.abc import Callable

from inspector.clock import Clock, SystemClock
from inspector.domain import Part
from inspector.errors import DeviceError
from inspector.station.station import Station


class Pacer:
    """Triggers every interval_s until `stop`, or until `parts` were triggered.

    name_part: names the k-th part, counted from `first`. A trigger that the station refuses (paused, faulted) is
    tried again an interval later with the same part: a simulated line stands still with its station.
    """

    def __init__(
        self,
        station: Station,
        interval_s: float,
        name_part: Callable[[int], Part],
        *,
        first: int = 1,
        parts: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._station = station
        self._interval_ns = int(interval_s * 1e9)
        self._name_part = name_part
        self._next = first
        self._end = None if parts is None else first + parts
        self._clock = clock or SystemClock()
        self._stopping = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pacer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more triggers; returns when none is under way."""
        self._stopping.set()
        self._thread.join()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether all parts were triggered within the time."""
        return self._done.wait(timeout_s)

    def _run(self) -> None:
        due_ns = self._clock.ns()
        while self._end is None or self._next < self._end:
            wait_ns = due_ns - self._clock.ns()
            if self._stopping.wait(max(0.0, wait_ns / 1e9)):
                return
            try:
                self._station.trigger(self._name_part(self._next))
                self._next += 1
            except DeviceError:
                due_ns = self._clock.ns()
            due_ns += self._interval_ns
        self._done.set()
