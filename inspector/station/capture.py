"""One camera whose pictures nobody judges: each part that comes, or is asked for, becomes one Frame."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from inspector.clock import Clock, SystemClock
from inspector.devices.camera import Camera
from inspector.domain import Frame, Part
from inspector.errors import DeviceError, InspectorError
from inspector.recipe import CameraSettings, TriggerMode
from inspector.station.acquisition import Acquisition, Request

_NOBODY = Part("")


class Capture:
    """Triggered as the recipe's line is: by hardware, at its pace, or by `take` where a person has to ask.

    on_frame: takes each Frame, a MISSING one where no picture came; an InspectorError that it raises ends the capture.
    on_end: called once, after everything else: why it ended by itself, None where it was stopped. Both are called in
    the camera's thread. A camera that is lost ends it.
    """

    def __init__(
        self,
        settings: CameraSettings,
        open_camera: Callable[[], Camera],
        *,
        on_frame: Callable[[Frame], None],
        on_end: Callable[[InspectorError | None], None],
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._on_frame = on_frame
        self._on_end = on_end
        self._clock = clock or SystemClock()
        self._acquisition = Acquisition(
            settings,
            open_camera,
            hand_on=self._hand_on,
            arrived=self._request,
            on_fault=self._lose,
            clock=self._clock,
        )
        self._triggers = 0
        self._due_ns = self._clock.ns()
        self._lost: DeviceError | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the camera. Raises InspectorError, and then `on_end` is not called."""
        ready: queue.SimpleQueue[InspectorError | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="capture", daemon=True)
        self._thread.start()
        problem = ready.get()
        if problem is not None:
            self._thread.join()
            raise problem

    def take(self) -> None:
        """Ask for one picture; from any thread, without waiting."""
        self._acquisition.ask(self._request(self._clock.ns()))

    def end(self) -> None:
        """Take what was asked for, then give the camera back; from any thread, without waiting."""
        self._stopping.set()

    def stop(self) -> None:
        """As `end`, and returns when that is done. May be called twice."""
        self.end()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ready: queue.SimpleQueue[InspectorError | None]) -> None:
        try:
            self._acquisition.open()
        except InspectorError as error:
            ready.put(error)
            return
        ready.put(None)
        problem: InspectorError | None = None
        try:
            while not self._finished:
                self._pace()
                self._acquisition.take()
        except InspectorError as error:
            problem = error
        finally:  # a bug ends this thread with its traceback, and the camera is given back all the same
            self._acquisition.close()
            self._on_end(problem or self._lost)

    @property
    def _finished(self) -> bool:
        return self._lost is not None or (self._stopping.is_set() and not self._acquisition.waiting)

    def _pace(self) -> None:
        """Where nothing else triggers and nobody has to, this does."""
        settings = self._settings
        if settings.trigger is TriggerMode.HARDWARE or settings.by_hand or self._stopping.is_set():
            return
        if self._clock.ns() >= self._due_ns:
            self._due_ns = self._clock.ns() + int(settings.trigger_interval_s * 1e9)
            self.take()

    def _request(self, ns: int) -> Request:
        self._triggers += 1
        return Request(self._triggers, _NOBODY, ns)

    def _hand_on(self, _request: Request, frame: Frame) -> None:
        if self._lost is None:
            self._on_frame(frame)

    def _lose(self, error: DeviceError | None) -> None:
        self._lost = error
