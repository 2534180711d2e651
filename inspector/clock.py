"""Two clocks: UTC for records, monotonic for durations; an argument wherever time matters, so that tests own it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a component reads the time."""

    def now(self) -> datetime:
        """UTC, for records; it may jump when the PC's clock is set."""
        ...

    def ns(self) -> int:
        """Monotonic nanoseconds, for durations and deadlines."""
        ...


class SystemClock:
    """The PC's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ns(self) -> int:
        return time.monotonic_ns()
