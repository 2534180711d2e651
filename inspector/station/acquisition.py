"""From triggers to frames: makes every call into one camera, and answers each trigger with a Frame, come what may."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from inspector.clock import Clock
from inspector.devices.camera import Camera, CameraState
from inspector.domain import Frame, FrameStatus, Part
from inspector.errors import DeviceError, TriggerTimeout
from inspector.recipe import CameraSettings, TriggerMode

log = logging.getLogger(__name__)

IDLE_S = 0.02
_RECONNECT_AFTER_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """One trigger: the station's running number, the part it belongs to, when it came (monotonic)."""

    number: int
    part: Part
    ns: int


def numbered_part(number: int) -> Part:
    """The name of a part on a line that reads no serials: its running number."""
    return Part(serial=f"{number:08d}")


def missing_frame(number: int, camera: str, clock: Clock) -> Frame:
    """The Frame of a trigger that no picture came for."""
    return Frame(
        pixels=np.zeros((0, 0), np.uint8),
        camera=camera,
        sequence=-1,
        trigger=number,
        taken_at=clock.now(),
        taken_ns=clock.ns(),
        status=FrameStatus.MISSING,
    )


class Acquisition:
    """One camera and the triggers that wait for it; `take` is called in a loop by one thread, which `open`s it too.

    A camera that is lost is looked for again every second; meanwhile each trigger gets a MISSING frame.
    hand_on: takes each Request with its Frame. arrived: makes the Request of a frame that came by a hardware trigger,
    None while the station takes no parts. on_fault: why it is gone, None when it is back.
    """

    def __init__(
        self,
        settings: CameraSettings,
        open_camera: Callable[[], Camera],
        *,
        hand_on: Callable[[Request, Frame], None],
        arrived: Callable[[int], Request | None],
        on_fault: Callable[[DeviceError | None], None],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._open_camera = open_camera
        self._hand_on = hand_on
        self._arrived = arrived
        self._on_fault = on_fault
        self._clock = clock
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._camera: Camera | None = None
        self._lost_ns = 0
        self._idle = threading.Event()

    def ask(self, request: Request) -> None:
        """Queue one software trigger; from any thread, without waiting."""
        self._requests.put(request)

    @property
    def waiting(self) -> bool:
        return not self._requests.empty()

    def drain(self) -> list[tuple[Request, Frame]]:
        """The triggers that will not be served any more, each with a MISSING frame."""
        left = []
        while self.waiting:
            request = self._requests.get()
            left.append((request, self._missing(request.number)))
        return left

    def open(self) -> None:
        """Open and arm the camera. Raises DeviceError."""
        camera = self._open_camera()
        try:
            camera.arm(self._settings.trigger)
        except DeviceError:
            camera.close()
            raise
        self._camera = camera

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()
            self._camera = None

    def take(self) -> None:
        """Serve the next trigger, or wait a moment for one."""
        self._look_for_lost_camera()
        if self._settings.trigger is TriggerMode.HARDWARE:
            self._take_arrived()
        else:
            self._take_requested()

    def _look_for_lost_camera(self) -> None:
        if self._camera is not None or self._clock.ns() - self._lost_ns < _RECONNECT_AFTER_NS:
            return
        try:
            self.open()
        except DeviceError as error:
            log.info("the camera is still away: %s", error)
            self._lost_ns = self._clock.ns()
        else:
            self._on_fault(None)

    def _lose(self, error: DeviceError) -> None:
        self.close()
        self._lost_ns = self._clock.ns()
        self._on_fault(error)

    def _take_requested(self) -> None:
        try:
            request = self._requests.get(timeout=IDLE_S)
        except queue.Empty:
            return
        frame = self._missing(request.number)
        try:
            frame = self._frame_for(request)
        finally:  # also where a camera's own bug ends this thread: the part is accounted for
            self._hand_on(request, frame)

    def _frame_for(self, request: Request) -> Frame:
        """The Frame of one trigger, MISSING where none came before its time was up."""
        deadline_ns = request.ns + int(self._settings.frame_timeout_s * 1e9)
        camera = self._camera
        if camera is None or self._clock.ns() >= deadline_ns:
            return self._missing(request.number)
        try:
            camera.trigger(request.number)
            while (left_ns := deadline_ns - self._clock.ns()) > 0:
                frame = camera.next_frame(left_ns / 1e9)
                if frame.trigger == request.number:
                    return frame
                log.warning("dropped a late frame of trigger %d while waiting for %d", frame.trigger, request.number)
        except TriggerTimeout as error:
            log.warning("trigger %d: %s", request.number, error)
            if camera.state is CameraState.LOST:
                self._lose(error)
        except DeviceError as error:
            self._lose(error)
        return self._missing(request.number)

    def _take_arrived(self) -> None:
        """A frame that came by itself is a trigger, and so is each one that the camera lost before it."""
        if self._camera is None:
            self._idle.wait(IDLE_S)
            return
        try:
            frame = self._camera.next_frame(IDLE_S)
        except TriggerTimeout as error:
            if self._camera.state is CameraState.LOST:
                self._lose(error)
            return
        except DeviceError as error:
            self._lose(error)
            return
        for lost in range(frame.skipped, -1, -1):
            request = self._arrived(frame.taken_ns)
            if request is not None:
                came = replace(frame, trigger=request.number) if lost == 0 else self._missing(request.number)
                self._hand_on(request, came)

    def _missing(self, number: int) -> Frame:
        return missing_frame(number, self._settings.backend, self._clock)
