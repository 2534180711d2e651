"""The line contract, held by every line output of our own."""

from __future__ import annotations

import time

import pytest

from inspector.devices.line import Line
from inspector.devices.lines import NoLineBackend, SimulatedLine, SimulatedLineBackend
from inspector.recipe import LineSettings
from inspector.testing import LineContract, ManualClock


class TestNoLine(LineContract):
    drives = False

    @pytest.fixture
    def backend(self) -> NoLineBackend:
        return NoLineBackend()

    @pytest.fixture
    def settings(self) -> LineSettings:
        return LineSettings(backend="none")

    def gate_opened_for(self, line: Line, trigger: int) -> bool:
        return False

    def now_ns(self) -> int:
        return time.monotonic_ns()


class TestSimulatedLine(LineContract):
    clock = ManualClock()

    @pytest.fixture
    def backend(self) -> SimulatedLineBackend:
        return SimulatedLineBackend(self.clock, self.clock.wait)

    @pytest.fixture
    def settings(self) -> LineSettings:
        return LineSettings(backend="simulated")

    def gate_opened_for(self, line: Line, trigger: int) -> bool:
        assert isinstance(line, SimulatedLine)
        return line.opened_for(trigger)

    def now_ns(self) -> int:
        return self.clock.ns()
