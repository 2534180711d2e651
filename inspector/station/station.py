"""Holds a line together: two threads, their queue, the three promises, and one state that everybody can ask for."""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from inspector.clock import Clock, SystemClock
from inspector.devices.camera import Camera
from inspector.devices.line import Line, LineMessage
from inspector.domain import Decision, Frame, Inspection, Part, Timing
from inspector.errors import DeviceError, InspectorError
from inspector.pipeline.assemble import Setup, inspect, unjudged
from inspector.recipe import TriggerMode
from inspector.station.acquisition import IDLE_S, Acquisition, Request, numbered_part
from inspector.station.events import (
    Durable,
    Fault,
    PartInspected,
    StateChanged,
    StationEvent,
    StationState,
    StationStatus,
)
from inspector.store.entry import Entry
from inspector.store.writer import Writer

log = logging.getLogger(__name__)

FRAMES_WAITING = 8

Ready: TypeAlias = "queue.SimpleQueue[InspectorError | None]"  # what went wrong in a thread's beginning, None: nothing
OpensWriter = Callable[[Callable[[Sequence[str]], None], Callable[[InspectorError], None]], Writer]


class Station:
    """One camera, one line, one recipe at a time.

    open_camera: called in the camera thread, and again after a loss. open_line: called by `start`.
    open_writer: makes the writer, given what to call on acknowledgement and on fault.
    on_event: called from several threads; returns at once and never raises.
    name_part: names the parts of a hardware-triggered line, where nobody calls `trigger`.
    prove: raises ModelError where a setup must not judge parts; asked at each start and before each swap.
    keep_pictures: store each part's picture; without, a record can be read and not replayed or learned from.
    """

    def __init__(
        self,
        name: str,
        setup: Setup,
        *,
        open_camera: Callable[[], Camera],
        open_line: Callable[[], Line],
        open_writer: OpensWriter,
        on_event: Callable[[StationEvent], None],
        clock: Clock | None = None,
        name_part: Callable[[int], Part] = numbered_part,
        prove: Callable[[Setup], None] = lambda _setup: None,
        keep_pictures: bool = True,
    ) -> None:
        self.name = name
        self._setup = setup
        self._open_line = open_line
        self._open_writer = open_writer
        self._on_event = on_event
        self._clock = clock or SystemClock()
        self._name_part = name_part
        self._prove = prove
        self._keep_pictures = keep_pictures
        self._acquisition = Acquisition(
            setup.recipe.camera,
            open_camera,
            hand_on=self._hand_on,
            arrived=self._arrived,
            on_fault=self._tell_fault,
            clock=self._clock,
        )
        self._frames: queue.Queue[tuple[Request, Frame]] = queue.Queue(FRAMES_WAITING)
        self._lock = threading.Lock()
        self._state = StationState.STOPPED
        self._fault = ""
        self._counts: Counter[str] = Counter()
        self._decisions: Counter[Decision] = Counter()
        self._closing = threading.Event()
        self._no_more_frames = threading.Event()
        self._underway: tuple[Request, Frame] | None = None
        self._threads: list[threading.Thread] = []
        self._writer: Writer | None = None
        self._line: Line | None = None

    # What people and programs ask of it

    @property
    def status(self) -> StationStatus:
        with self._lock:
            return StationStatus(
                state=self._state,
                fault=self._fault,
                recipe_id=self._setup.recipe_id,
                model_id=self._setup.model.model_id if self._setup.model else "",
                triggers=self._counts["triggers"],
                inspections=self._counts["inspections"],
                recorded=self._counts["recorded"],
                late=self._counts["late"],
                refused=self._counts["refused"],
                decisions=dict(self._decisions),
            )

    def start(self) -> None:
        """Open line, writer and camera, then take triggers. Raises InspectorError, and is stopped again."""
        if self._threads:
            raise DeviceError(f"station {self.name}: it was started before; stop it first")
        self._closing.clear()
        self._no_more_frames.clear()
        self._writer = self._open_writer(self._recorded, self._fail)
        self._become(StationState.STARTING, fault="")
        ready: Ready = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._thread, args=(loop, ready), name=name, daemon=True)
            for name, loop in (("camera", self._camera_loop), ("inspect", self._inspect_loop))
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._line = self._open_line()  # while the camera opens and the model proves itself
            for _ in self._threads:
                problem = ready.get()
                if problem is not None:
                    raise problem
        except InspectorError:
            self.stop()
            raise
        self._become(StationState.RUNNING, StationState.STARTING)

    def stop(self) -> None:
        """Finish what was triggered, make it durable, give the devices back. May be called twice."""
        self._become(StationState.STOPPED, StationState.STARTING, StationState.RUNNING, StationState.PAUSED)
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._threads = []
        self._account_for_the_rest()
        self._become(StationState.STOPPED)  # while the writer can still note it
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._line is not None:
            self._line.close()
            self._line = None
        self._become(StationState.STOPPED, StationState.FAULTED)

    def pause(self) -> None:
        """Take no more triggers until `resume`; parts under way are finished."""
        self._become(StationState.PAUSED, StationState.RUNNING)

    def resume(self) -> None:
        self._become(StationState.RUNNING, StationState.PAUSED)

    def trigger(self, part: Part) -> int:
        """Ask for the Inspection of one Part; returns the trigger's number.

        Raises DeviceError, counted as refused, while the station is not running: the gate then stays closed; and
        where the camera has its own trigger.
        """
        if self._setup.recipe.camera.trigger is TriggerMode.HARDWARE:
            raise DeviceError("the recipe's camera is triggered by hardware: its frames come by themselves")
        ns = self._clock.ns()
        with self._lock:  # a stop that comes now either refuses this trigger or finds it waiting
            number, state = self._count(), self._state
            if number:
                self._acquisition.ask(Request(number, part, ns))
        if not number:
            raise DeviceError(f"station {self.name}: it is {state}, not running; start it to inspect parts")
        return number

    def swap(self, setup: Setup) -> None:
        """Change model, limits or regions between two parts. Raises DeviceError (another camera, line), ModelError."""
        if (setup.recipe.camera, setup.recipe.line) != (self._setup.recipe.camera, self._setup.recipe.line):
            raise DeviceError(f"recipe {setup.recipe.name}: another camera or line; stop the station to change over")
        self._prove(setup)
        self._setup = setup
        self._on_event(StateChanged(self.status))

    # Camera thread

    def _camera_loop(self, ready: Ready) -> None:
        try:
            if _started(self._acquisition.open, ready):
                while not self._camera_finished:
                    self._acquisition.take()
        finally:  # whatever happens, the inspect thread must not wait for frames for ever
            self._no_more_frames.set()
            self._acquisition.close()

    @property
    def _camera_finished(self) -> bool:
        return self._closing.is_set() and (self._faulted or not self._acquisition.waiting)

    def _count(self) -> int:
        """The next trigger's number, 0 (and one refused) while the station takes none; the caller holds the lock."""
        running = self._state is StationState.RUNNING
        self._counts["triggers" if running else "refused"] += 1
        return self._counts["triggers"] if running else 0

    def _arrived(self, ns: int) -> Request | None:
        with self._lock:
            number = self._count()
        return Request(number, self._name_part(number), ns) if number else None

    def _hand_on(self, request: Request, frame: Frame) -> None:
        """Wait for the inspect thread rather than drop a frame; only a fault ends the waiting."""
        while True:
            try:
                self._frames.put((request, frame), timeout=IDLE_S)
                return
            except queue.Full:
                if self._faulted:
                    self._finish(request, frame, self._unjudged(request, frame))
                    return

    # Inspect thread

    def _inspect_loop(self, ready: Ready) -> None:
        if not _started(lambda: self._prove(self._setup), ready):
            return
        while not (self._no_more_frames.is_set() and self._frames.empty()):
            try:
                self._underway = self._frames.get(timeout=IDLE_S)
            except queue.Empty:
                continue
            self._inspect_one(*self._underway)

    def _inspect_one(self, request: Request, frame: Frame) -> None:
        setup = self._setup
        if self._faulted:
            inspection = self._unjudged(request, frame)
        else:
            inspection = inspect(frame, request.part, setup, self.name, uuid.uuid4().hex)
            self._tell_line(request, inspection, setup)
        self._underway = None
        self._finish(request, frame, inspection)

    def _tell_line(self, request: Request, inspection: Inspection, setup: Setup) -> None:
        """The first promise: the line hears on time, or the message is void."""
        expires_ns = request.ns + int(setup.recipe.line.deadline_ms * 1e6)
        if self._clock.ns() > expires_ns:
            with self._lock:
                self._counts["late"] += 1
        assert self._line is not None  # opened before the thread that judges, closed after it
        try:
            self._line.send(LineMessage(request.number, request.part, inspection.verdict, expires_ns))
        except DeviceError as error:
            self._fail(error)

    def _finish(self, request: Request, frame: Frame, inspection: Inspection) -> None:
        """The second and the third promise: into the ledger, then onto the screen."""
        timing = Timing(self._clock.now(), request.number, request.ns, frame.taken_ns, self._clock.ns())
        pixels = frame.pixels if self._keep_pictures else None
        recipe, _, _ = inspection.recipe_id.partition("@")  # the one that judged: a swap may have come in between
        if self._writer is not None:
            try:
                self._writer.submit(Entry(inspection, timing, recipe, pixels))
            except InspectorError as error:
                self._fail(error)
        with self._lock:
            self._counts["inspections"] += 1
            self._decisions[inspection.verdict.decision] += 1
        self._on_event(PartInspected(inspection, timing, frame))

    def _unjudged(self, request: Request, frame: Frame) -> Inspection:
        return unjudged(frame, request.part, self._setup, self.name, uuid.uuid4().hex)

    def _account_for_the_rest(self) -> None:
        """After a fault: whatever was triggered and not judged still becomes a record."""
        left = [self._underway] if self._underway else []
        self._underway = None
        while not self._frames.empty():
            left.append(self._frames.get())
        for request, frame in left + self._acquisition.drain():
            self._finish(request, frame, self._unjudged(request, frame))

    # Any thread

    @property
    def _faulted(self) -> bool:
        return self._state is StationState.FAULTED

    def _recorded(self, ids: Sequence[str]) -> None:
        with self._lock:
            self._counts["recorded"] += len(ids)
        self._on_event(Durable(tuple(ids)))

    def _thread(self, loop: Callable[[Ready], None], ready: Ready) -> None:
        """The top of both threads: a fault of ours goes into the log with its traceback, and the line stands still."""
        try:
            loop(ready)
        except Exception as error:
            log.exception("the %s thread died", threading.current_thread().name)
            words = f"a fault in the program ({type(error).__name__}: {error}); the log has the details"
            self._fail(InspectorError(words))

    def _fail(self, error: InspectorError) -> None:
        log.error("station %s takes no more triggers: %s", self.name, error)
        self._become(StationState.FAULTED, fault=str(error))
        self._on_event(Fault(str(error), error.exit_code))

    def _tell_fault(self, error: DeviceError | None) -> None:
        """The camera is lost, or back again (None); neither hides what stopped the line."""
        message = str(error) if error else ""
        with self._lock:
            if self._faulted:
                return
            self._fault = message
        self._on_event(Fault(message, DeviceError.exit_code))

    def _become(self, state: StationState, *only_from: StationState, fault: str | None = None) -> None:
        """Change the state, from any or `only_from` some: who looked first must not undo a fault that came since."""
        with self._lock:
            if only_from and self._state not in only_from:
                return
            self._state = state
            if fault is not None:
                self._fault = fault
        self._on_event(StateChanged(self.status))


def _started(begin: Callable[[], None], ready: Ready) -> bool:
    """Whether a thread's own beginning went well; `start` hears of it in any case."""
    problem: InspectorError | None = None
    try:
        begin()
    except InspectorError as error:
        problem = error
    finally:
        ready.put(problem)
    return problem is None
