"""How a study runs: in a process of its own or here, with its progress, and ended when asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from inspector.errors import TrainingError
from inspector.learning.runs import Progress, Run
from inspector.studies.answer import Answer

Found = TypeVar("Found")
OnStep = Callable[[Progress], None]
Advance = Callable[[int, int], None]


class Study(Protocol):
    """One question under way. `run` in one thread, `cancel` from any other."""

    def run(self, on_step: OnStep) -> Answer:
        """The answer; raises InspectorError, also where it was cancelled."""

    def cancel(self) -> None:
        """End it soon; nothing is changed. `run` then raises TrainingError."""


class InProcess(Generic[Found]):
    """A study that a process of its own makes.

    start: starts that, and is given (done, total) to call on its way. answered: puts what it found into words.
    """

    def __init__(self, start: Callable[[Advance], Run[Found]], answered: Callable[[Found], Answer]) -> None:
        self._start = start
        self._answered = answered
        self._run: Run[Found] | None = None
        self._cancelled = False

    def run(self, on_step: OnStep) -> Answer:
        def advance(done: int, total: int) -> None:
            _go_on(self._cancelled)
            on_step(Progress("comparing", done, total))

        _go_on(self._cancelled)
        self._run = self._start(advance)
        if self._cancelled:  # asked for while the process was starting
            self._run.cancel()
        for step in self._run.progress():
            on_step(step)
        return self._answered(self._run.result)

    def cancel(self) -> None:
        self._cancelled = True
        if self._run is not None:
            self._run.cancel()


class Here:
    """A study that is made in the thread that runs it. work: is given (done, total) to call on its way."""

    def __init__(self, step: str, work: Callable[[Advance], Answer]) -> None:
        self._step = step
        self._work = work
        self._cancelled = False

    def run(self, on_step: OnStep) -> Answer:
        def advance(done: int, total: int) -> None:
            _go_on(self._cancelled)
            on_step(Progress(self._step, done, total))

        advance(0, 0)
        return self._work(advance)

    def cancel(self) -> None:
        self._cancelled = True


def _go_on(cancelled: bool) -> None:
    if cancelled:
        raise TrainingError("the study was cancelled; nothing was changed")
