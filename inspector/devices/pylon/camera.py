"""What one open Basler camera does with triggers, broken frames and its own removal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import numpy as np

from inspector.clock import Clock, SystemClock
from inspector.devices.camera import CameraState, Parameter
from inspector.devices.pylon.features import Features, Sdk
from inspector.domain import Frame, FrameStatus, Pixels
from inspector.errors import CameraLost, DeviceError, TriggerTimeout
from inspector.recipe import TriggerMode

_BUFFERS = 16
NO_PIXELS: Pixels = np.zeros((0, 0), np.uint8)


class PylonCamera:
    """An InstantCamera of the SDK; frames come in the order of their triggers, one buffer each.

    handle: open already. trigger_input: the input for hardware triggers. ready_timeout_s: how long a software trigger
    may wait until the camera can take it. on_close: called once the camera is given back.
    """

    def __init__(
        self,
        sdk: Sdk,
        handle: Any,
        name: str,
        *,
        trigger_input: str = "Line1",
        ready_timeout_s: float = 1.0,
        hidden: frozenset[str] = frozenset(),
        on_close: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._sdk = sdk
        self._handle = handle
        self._name = name
        self._trigger_input = trigger_input
        self._ready_timeout_s = ready_timeout_s
        self._on_close = on_close
        self._clock = clock or SystemClock()
        self._features = Features(sdk, handle, name, hidden)
        self._state = CameraState.READY
        self._mode = TriggerMode.SOFTWARE
        self._pending: deque[int] = deque()
        self._overdue = False
        self._last_block = -1
        self._arrived = 0
        self._sequence = 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> CameraState:
        if self._state in (CameraState.READY, CameraState.ARMED) and self._handle.IsCameraDeviceRemoved():
            self._state = CameraState.LOST
        return self._state

    def parameters(self) -> Sequence[Parameter]:
        with self._sdk_calls():
            return self._features.all()

    def set_parameter(self, name: str, value: float) -> float:
        with self._sdk_calls():
            return self._features.set(name, value)

    def arm(self, trigger: TriggerMode) -> None:
        """A camera that is armed already begins anew: pending triggers and frames are forgotten."""
        with self._sdk_calls():
            self._handle.StopGrabbing()
            self._handle.TriggerSelector.SetValue("FrameStart")
            self._handle.TriggerMode.SetValue("On")
            self._handle.TriggerSource.SetValue(self._trigger_source(trigger))
            self._mode = trigger
            self._arrived = 0
            self._start()
        self._state = CameraState.ARMED

    def _trigger_source(self, trigger: TriggerMode) -> str:
        if trigger is TriggerMode.SOFTWARE:
            return "Software"
        inputs = [name for name in self._handle.TriggerSource.Symbolics if name != "Software"]
        if self._trigger_input not in inputs:
            known = ", ".join(inputs)
            raise DeviceError(f"{self._name}: trigger_input: expected one of {known}; received {self._trigger_input}")
        return self._trigger_input

    def _start(self) -> None:
        self._pending.clear()
        self._overdue = False
        self._last_block = -1
        self._handle.MaxNumBuffer.SetValue(_BUFFERS)
        self._handle.StartGrabbing(self._sdk.pylon.GrabStrategy_OneByOne)

    def disarm(self) -> None:
        self._pending.clear()
        if self.state is CameraState.ARMED:
            with self._sdk_calls():
                self._handle.StopGrabbing()
            self._state = CameraState.READY

    def trigger(self, number: int) -> None:
        """Raises TriggerTimeout where the camera cannot take another trigger in time."""
        with self._sdk_calls():
            self._require_armed()
            if self._mode is TriggerMode.HARDWARE:
                raise DeviceError(f"{self._name}: armed for hardware triggers; a software trigger has no effect")
            if self._overdue:
                self._forget_overdue()
            # The SDK drops a trigger that comes before the camera is ready for it, and says nothing.
            wait_ms = int(self._ready_timeout_s * 1000)
            if not self._handle.WaitForFrameTriggerReady(wait_ms, self._sdk.pylon.TimeoutHandling_Return):
                self._require_present()
                raise TriggerTimeout(f"{self._name}: not ready for trigger {number} within {wait_ms} ms")
            self._handle.ExecuteSoftwareTrigger()
            self._pending.append(number)

    def _forget_overdue(self) -> None:
        """After a time-out: drop the frames that came late; one that never came must not shift the numbers."""
        while self._pending:
            with self._retrieve(0) as result:
                if not result.IsValid():
                    self._handle.StopGrabbing()
                    self._start()
                    return
            self._pending.popleft()
        self._overdue = False

    def next_frame(self, timeout_s: float) -> Frame:
        with self._sdk_calls():
            self._require_armed()
            with self._retrieve(round(timeout_s * 1000)) as result:
                if result.IsValid():
                    return self._frame(result)
            self._require_present()
            self._overdue = bool(self._pending)
            raise TriggerTimeout(f"{self._name}: no frame came within {timeout_s:g} s")

    def _retrieve(self, timeout_ms: int) -> Any:
        return self._handle.RetrieveResult(timeout_ms, self._sdk.pylon.TimeoutHandling_Return)

    def _frame(self, result: Any) -> Frame:
        block = int(result.BlockID)
        lost = max(0, block - self._last_block - 1) if self._last_block >= 0 else 0
        self._last_block = block
        self._sequence += 1
        status = self._status(result)
        pixels = NO_PIXELS if status is FrameStatus.FAILED else self._pixels(result)
        self._arrived += 1
        number = self._pending.popleft() if self._pending else self._arrived
        return Frame(
            pixels=pixels,
            camera=self._name,
            sequence=self._sequence,
            trigger=number,
            taken_at=self._clock.now(),
            taken_ns=self._clock.ns(),
            exposure_us=self._features.value("exposure_us"),
            gain_db=self._features.value("gain_db"),
            status=status,
            skipped=lost,
        )

    def _status(self, result: Any) -> FrameStatus:
        """A buffer that holds a part of a picture is INCOMPLETE, one without picture FAILED."""
        if result.GrabSucceeded():
            return FrameStatus.OK
        known = result.Width > 0 and result.Height > 0 and result.PixelType != self._sdk.pylon.PixelType_Undefined
        return FrameStatus.INCOMPLETE if known and self._is_plain(result) else FrameStatus.FAILED

    def _is_plain(self, result: Any) -> bool:
        return bool(result.PixelType in (self._sdk.pylon.PixelType_Mono8, self._sdk.pylon.PixelType_RGB8packed))

    def _pixels(self, result: Any) -> Pixels:
        """Grey or RGB pixels, copied: the driver wants its buffer back."""
        if self._is_plain(result):
            with result.GetArrayZeroCopy() as borrowed:
                return np.array(borrowed)
        converter = self._sdk.pylon.ImageFormatConverter()
        converter.OutputPixelFormat = self._sdk.pylon.PixelType_RGB8packed
        return np.array(converter.Convert(result).GetArray())

    def _require_armed(self) -> None:
        self._require_present()
        if self._state is CameraState.CLOSED:
            raise DeviceError(f"{self._name}: the camera is closed; open it first")
        if self._state is not CameraState.ARMED:
            raise DeviceError(f"{self._name}: the camera does not expect triggers; arm it first")

    def _require_present(self) -> None:
        if self.state is CameraState.LOST:
            raise CameraLost(f"{self._name}: the camera was unplugged or lost its power; plug it in again")

    @contextmanager
    def _sdk_calls(self) -> Iterator[None]:
        """Turn what the SDK throws into our own errors: lost where the device has gone, else what it says."""
        self._require_present()
        try:
            yield
        except self._sdk.genicam.GenericException as error:
            self._require_present()
            raise DeviceError(f"{self._name}: {self._sdk.words(error)}") from error

    def close(self) -> None:
        if self._state is CameraState.CLOSED:
            return
        self._state = CameraState.CLOSED
        self._pending.clear()
        for give_back in (self._handle.StopGrabbing, self._handle.Close, self._handle.DestroyDevice):
            # A device that has gone refuses some of these; the rest must happen all the same.
            with suppress(self._sdk.genicam.GenericException):
                give_back()
        self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
