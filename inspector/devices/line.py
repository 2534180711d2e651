"""What a line output must do: take each verdict on time, and stand still (reject) when nobody speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from inspector.domain import Part, Verdict
from inspector.recipe import LineSettings


@dataclass(frozen=True, slots=True)
class LineMessage:
    """One verdict on its way to the line. A message past `expires_ns` (monotonic) must never take effect."""

    trigger: int
    part: Part
    verdict: Verdict
    expires_ns: int


class Line(Protocol):
    """One open line output. `send` is called from the inspect thread only and must return before the deadline."""

    def send(self, message: LineMessage) -> None:
        """Hand over one verdict. Raises LineLost when the controller did not take it in time."""
        ...

    def close(self) -> None:
        """Give the output back; the gate stays closed. May be called twice."""
        ...


class LineBackend(Protocol):
    """A plug-in of the group inspector.lines: a class made without arguments."""

    def open(self, settings: LineSettings) -> Line: ...
