"""When a camera without hardware has its next frame: states, triggers and pace, for pictures read or rendered here."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from inspector.clock import Clock, SystemClock
from inspector.devices.camera import CameraState, Parameter
from inspector.domain import Frame, FrameStatus, Pixels
from inspector.errors import CameraLost, DeviceError, TriggerTimeout
from inspector.recipe import TriggerMode

Wait = Callable[[float], None]
NO_PIXELS: Pixels = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What one trigger brought; exposure_us and gain_db as in Frame."""

    pixels: Pixels
    status: FrameStatus = FrameStatus.OK
    exposure_us: float | None = None
    gain_db: float | None = None


class PlayedCamera(ABC):
    """A Camera whose frames come from this program; who derives from it says only what a frame shows.

    interval_s: the pace of the frames under hardware trigger, where nobody calls `trigger`; such frames are numbered
    from 1 at each arm. clock, wait: where time comes from and how it is spent.
    """

    def __init__(self, name: str, interval_s: float, clock: Clock | None = None, wait: Wait = time.sleep) -> None:
        self._name = name
        self._interval_ns = int(interval_s * 1e9)
        self._clock = clock or SystemClock()
        self._wait = wait
        self._state = CameraState.READY
        self._mode = TriggerMode.SOFTWARE
        self._asked: deque[int] = deque()
        self._arrived = 0
        self._due_ns = 0
        self._sequence = 0
        self._skipped = 0

    @abstractmethod
    def _take(self, number: int) -> Taken | None:
        """The picture for trigger `number`, None where the frame got lost on its way. Raises CameraLost."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> CameraState:
        return self._state

    def parameters(self) -> Sequence[Parameter]:
        return ()

    def set_parameter(self, name: str, value: float) -> float:
        raise DeviceError(f"{self._name}: {name} cannot be set to {value:g}: its pictures are already taken")

    def arm(self, trigger: TriggerMode) -> None:
        self._require_open()
        self._mode = trigger
        self._asked.clear()
        self._arrived = 0
        self._due_ns = self._clock.ns() + self._interval_ns
        self._state = CameraState.ARMED

    def disarm(self) -> None:
        self._asked.clear()
        if self._state is CameraState.ARMED:
            self._state = CameraState.READY

    def trigger(self, number: int) -> None:
        self._require_armed()
        if self._mode is TriggerMode.HARDWARE:
            raise DeviceError(f"{self._name}: armed for hardware triggers; a software trigger has no effect")
        self._asked.append(number)

    def next_frame(self, timeout_s: float) -> Frame:
        self._require_armed()
        deadline_ns = self._clock.ns() + int(timeout_s * 1e9)
        while (number := self._next_number(deadline_ns)) is not None:
            try:
                taken = self._take(number)
            except CameraLost:
                self._state = CameraState.LOST
                raise
            self._sequence += 1
            if taken is not None:
                return self._frame(taken, number)
            self._skipped += 1
        raise TriggerTimeout(f"{self._name}: no frame came within {timeout_s:g} s")

    def _next_number(self, deadline_ns: int) -> int | None:
        """The number of the next frame that comes before the deadline; where none does, the time is waited out."""
        if self._asked:
            return self._asked.popleft()
        comes = self._mode is TriggerMode.HARDWARE and self._due_ns <= deadline_ns
        left_ns = (self._due_ns if comes else deadline_ns) - self._clock.ns()
        if left_ns > 0:
            self._wait(left_ns / 1e9)
        if not comes:
            return None
        self._due_ns = max(self._due_ns, self._clock.ns()) + self._interval_ns
        self._arrived += 1
        return self._arrived

    def _frame(self, taken: Taken, number: int) -> Frame:
        skipped, self._skipped = self._skipped, 0
        return Frame(
            pixels=taken.pixels,
            camera=self._name,
            sequence=self._sequence,
            trigger=number,
            taken_at=self._clock.now(),
            taken_ns=self._clock.ns(),
            exposure_us=taken.exposure_us,
            gain_db=taken.gain_db,
            status=taken.status,
            skipped=skipped,
        )

    def _require_open(self) -> None:
        if self._state is CameraState.LOST:
            raise CameraLost(f"{self._name}: the camera is lost; open it again")
        if self._state is CameraState.CLOSED:
            raise DeviceError(f"{self._name}: the camera is closed; open it first")

    def _require_armed(self) -> None:
        self._require_open()
        if self._state is not CameraState.ARMED:
            raise DeviceError(f"{self._name}: the camera does not expect triggers; arm it first")

    def close(self) -> None:
        self._asked.clear()
        self._state = CameraState.CLOSED

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
