"""Line outputs without hardware: none at all, and a simulated gate that opens for nothing but a timely OK.

Options of the simulated gate in the recipe's [line.options]:
  delay_ms = 0      how long the controller takes to act on a verdict
  lose_after = 0    the controller stops answering after this many verdicts (0 = never)
  log_length = 10000
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from inspector.clock import Clock, SystemClock
from inspector.devices.line import LineMessage
from inspector.domain import Decision
from inspector.errors import LineLost
from inspector.parsing import Section
from inspector.recipe import LineSettings


class NoLineBackend:
    """For a station that only looks: each verdict is accepted, nothing is driven."""

    def open(self, settings: LineSettings) -> NoLine:
        Section(settings.options, "recipe", "line.options").refuse_unknown()
        return NoLine()


class NoLine:
    """A line output that drives nothing."""

    def send(self, message: LineMessage) -> None:
        """Nobody listens, so nothing can be late."""

    def close(self) -> None:
        """There is nothing to give back."""


class GateAction(StrEnum):
    """What the gate did about one verdict; it opens for one part and closes behind it."""

    OPENED = "opened"
    KEPT_CLOSED = "kept closed"
    TOO_LATE = "too late, kept closed"
    LOST = "not received, kept closed"


@dataclass(frozen=True, slots=True)
class GateEvent:
    """One line of the gate's log; acted_ns is monotonic."""

    trigger: int
    part: str
    decision: Decision
    action: GateAction
    acted_ns: int

    def __str__(self) -> str:
        return f"trigger {self.trigger}, part {self.part}: {self.decision} -> {self.action}"


class SimulatedLineBackend:
    """Opens a simulated sorting gate."""

    def __init__(self, clock: Clock | None = None, wait: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock or SystemClock()
        self._wait = wait

    def open(self, settings: LineSettings) -> SimulatedLine:
        """Raises RecipeError for a wrong option."""
        section = Section(settings.options, "recipe", "line.options")
        line = SimulatedLine(
            delay_s=section.number("delay_ms", 0.0, 0.0, 60_000.0) / 1000,
            lose_after=section.integer("lose_after", 0, 0, 1_000_000_000),
            log_length=section.integer("log_length", 10_000, 1, 10_000_000),
            clock=self._clock,
            wait=self._wait,
        )
        section.refuse_unknown()
        return line


class SimulatedLine:
    """A sorting gate that stands closed, so that a part without a verdict goes to the rejects."""

    def __init__(
        self, *, delay_s: float, lose_after: int, log_length: int, clock: Clock, wait: Callable[[float], None]
    ) -> None:
        self._delay_s = delay_s
        self._lose_after = lose_after
        self._clock = clock
        self._wait = wait
        self._received = 0
        self._closed = False
        self._log: deque[GateEvent] = deque(maxlen=log_length)

    @property
    def log(self) -> tuple[GateEvent, ...]:
        """What happened to each part, oldest first; the last `log_length` of them."""
        return tuple(self._log)

    def opened_for(self, trigger: int) -> bool:
        """Whether the part of this trigger went to the good ones."""
        return any(event.trigger == trigger and event.action is GateAction.OPENED for event in self._log)

    def send(self, message: LineMessage) -> None:
        """Raises LineLost when the controller is away, or took so long that the verdict had expired."""
        if self._closed or (self._lose_after and self._received >= self._lose_after):
            self._note(message, GateAction.LOST)
            raise LineLost(
                f"simulated line: the controller did not take the verdict on part {message.part.group}; "
                "the gate stays closed; check the controller and start the line again"
            )
        self._received += 1
        came_late = self._clock.ns() >= message.expires_ns
        if self._delay_s and not came_late:
            self._wait(self._delay_s)
        if self._clock.ns() >= message.expires_ns:
            self._note(message, GateAction.TOO_LATE)
            if not came_late:
                raise LineLost(
                    f"simulated line: the controller took {self._delay_s * 1000:g} ms, too long for the verdict on "
                    f"part {message.part.group}; the gate stays closed"
                )
            return
        opens = message.verdict.decision is Decision.OK
        self._note(message, GateAction.OPENED if opens else GateAction.KEPT_CLOSED)

    def close(self) -> None:
        self._closed = True

    def _note(self, message: LineMessage, action: GateAction) -> None:
        event = GateEvent(message.trigger, message.part.group, message.verdict.decision, action, self._clock.ns())
        self._log.append(event)
