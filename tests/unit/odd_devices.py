"""Cameras, gates, disks and clocks that misbehave in one known way each, for stations that must bear it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from inspector.clock import SystemClock
from inspector.devices.line import LineMessage
from inspector.devices.played import PlayedCamera, Taken
from inspector.domain import Frame, Pixels
from inspector.errors import StoreError, TriggerTimeout
from inspector.store.images import ImageStore


def picture_of(trigger: int) -> Pixels:
    """A picture that no other trigger shows."""
    return np.random.default_rng(trigger).integers(20, 60, (48, 64), dtype=np.uint8)


class PlainCamera(PlayedCamera):
    """Shows `picture_of` each trigger."""

    def __init__(self) -> None:
        super().__init__("plain", 0.01)
        self.taken = 0

    def _take(self, number: int) -> Taken | None:
        self.taken += 1
        return Taken(picture_of(number))


class TardyCamera(PlainCamera):
    """Delivers each other frame only after the next trigger, and then both, the late one first."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[Frame] = []

    def next_frame(self, timeout_s: float) -> Frame:
        if self._asked:
            self._held.append(super().next_frame(timeout_s))
            if len(self._held) == 1:
                raise TriggerTimeout("tardy: the frame is on its way")
        return self._held.pop(0)


class BuggyCamera(PlainCamera):
    """A plug-in with a bug in it, from one frame on."""

    def __init__(self, good_frames: int = 0) -> None:
        super().__init__()
        self._good_frames = good_frames

    def _take(self, number: int) -> Taken | None:
        if self.taken >= self._good_frames:
            raise ZeroDivisionError("a bug of the plug-in")
        return super()._take(number)


class HeldCamera(PlainCamera):
    """Needs a word before each frame; `asked` counts who waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()

    def _take(self, number: int) -> Taken | None:
        self.asked.release()
        assert self.go.wait(10)
        return super()._take(number)


class BurstCamera(PlainCamera):
    """Under hardware trigger, once it may `go`: a frame for each number in `skipped` (lost before it), then silence."""

    def __init__(self, skipped: Sequence[int]) -> None:
        super().__init__()
        self.go = threading.Event()
        self._bursts = list(skipped)
        self._silence = threading.Event()

    def next_frame(self, timeout_s: float) -> Frame:
        if not self.go.wait(timeout_s) or not self._bursts:
            self._silence.wait(timeout_s)
            raise TriggerTimeout("burst: no part comes")
        return replace(super().next_frame(1.0), skipped=self._bursts.pop(0))


class HeldGate:
    """A line output that takes no verdict until it may, and then all of them."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()
        self.told: list[LineMessage] = []
        self.closed = False

    def send(self, message: LineMessage) -> None:
        self.asked.release()
        assert self.go.wait(10)
        self.told.append(message)

    def close(self) -> None:
        self.closed = True


class HeldImages(ImageStore):
    """A disk that does not answer until it may; `broken`: it then answers with a fault."""

    def __init__(self, folder: Path, *, broken: bool = False) -> None:
        super().__init__(folder)
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()
        self._broken = broken

    def put_many(self, pictures: Sequence[Pixels]) -> list[str]:
        self.asked.release()
        assert self.go.wait(10)
        if self._broken:
            raise StoreError(f"{self.folder}: the disk reports an input/output error")
        return super().put_many(pictures)


class OddClock(SystemClock):
    """A PC whose date is set back a day each time somebody looks; `ahead_ns` moves the monotonic time on."""

    def __init__(self) -> None:
        self._today = datetime(2026, 6, 30, tzinfo=UTC)
        self.ahead_ns = 0

    def now(self) -> datetime:
        self._today -= timedelta(days=1)
        return self._today

    def ns(self) -> int:
        return super().ns() + self.ahead_ns
