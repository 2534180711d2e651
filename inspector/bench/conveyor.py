"""A camera for measuring: rendered parts that never repeat a picture, at no cost worth counting."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np

from inspector.clock import Clock, SystemClock
from inspector.devices.camera import CameraState, Parameter
from inspector.domain import Frame, Pixels
from inspector.errors import DeviceError, TriggerTimeout
from inspector.recipe import TriggerMode


class ConveyorCamera:
    """Shows its pictures in turn, each time moved on by one pixel, so that no two frames have one digest."""

    name = "conveyor"

    def __init__(self, pictures: Sequence[Pixels], clock: Clock | None = None) -> None:
        self._pictures = pictures
        self._clock = clock or SystemClock()
        self._triggers: deque[int] = deque()
        self._taken = 0
        self.state = CameraState.READY

    def parameters(self) -> Sequence[Parameter]:
        return ()

    def set_parameter(self, name: str, value: float) -> float:
        raise DeviceError(f"conveyor: it has no parameter {name} to set to {value}")

    def arm(self, trigger: TriggerMode) -> None:
        if trigger is TriggerMode.HARDWARE:
            raise DeviceError("conveyor: it has no trigger input; use software trigger")
        self.state = CameraState.ARMED

    def disarm(self) -> None:
        self._triggers.clear()
        self.state = CameraState.READY

    def trigger(self, number: int) -> None:
        self._triggers.append(number)

    def next_frame(self, timeout_s: float) -> Frame:
        if not self._triggers:
            raise TriggerTimeout(f"conveyor: no trigger within {timeout_s} s")
        which, moved = self._taken % len(self._pictures), self._taken // len(self._pictures)
        pixels = np.roll(self._pictures[which], moved, axis=1)
        self._taken += 1
        return Frame(pixels, self.name, self._taken, self._triggers.popleft(), self._clock.now(), self._clock.ns())

    def close(self) -> None:
        self.state = CameraState.CLOSED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
