"""The contract suites themselves: each check must fail for the camera or the line that breaks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.devices.camera import Camera, CameraState
from inspector.devices.line import Line, LineMessage
from inspector.devices.played import PlayedCamera, Taken
from inspector.domain import Decision, Frame, Pixels
from inspector.errors import TriggerTimeout
from inspector.recipe import TriggerMode
from inspector.testing import CameraContract, LineContract, ManualClock


class Suite(CameraContract):
    """The camera checks, called by hand."""

    __test__ = False

    def backend(self) -> None:  # type: ignore[override]
        """Not needed: each check below gets its camera directly."""

    def settings(self) -> None:  # type: ignore[override]
        """Not needed either."""


class FlatCamera(PlayedCamera):
    """A camera that keeps the contract: pictures of one grey level that rises."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        super().__init__("flat", 0.1, self.clock, self.clock.wait)
        self.level = 0

    def _take(self, number: int) -> Taken | None:
        self.level += 1
        return Taken(np.full((8, 8), self.level, np.uint8))


class BorrowedBuffer(FlatCamera):
    """Delivers frames whose pixels the driver overwrites."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer: Pixels = np.zeros((8, 8), np.uint8)

    def next_frame(self, timeout_s: float) -> Frame:
        frame = super().next_frame(timeout_s)
        self.buffer[:] = frame.pixels
        view = self.buffer.view()
        view.flags.writeable = False
        object.__setattr__(frame, "pixels", view)
        return frame


class WritablePixels(FlatCamera):
    """Delivers frames that anybody may paint on."""

    def next_frame(self, timeout_s: float) -> Frame:
        frame = super().next_frame(timeout_s)
        object.__setattr__(frame, "pixels", frame.pixels.copy())
        return frame


class Forgetful(FlatCamera):
    """Numbers its frames itself."""

    def next_frame(self, timeout_s: float) -> Frame:
        return replace(super().next_frame(timeout_s), trigger=self.level)


class Untriggered(FlatCamera):
    """Delivers frames that nobody asked for."""

    def next_frame(self, timeout_s: float) -> Frame:
        self.trigger(0)
        return super().next_frame(timeout_s)


class Immortal(FlatCamera):
    """Cannot be closed."""

    def close(self) -> None:
        """The accident: nothing is given back."""


class Hoarder(FlatCamera):
    """Keeps triggers from before it was disarmed."""

    def disarm(self) -> None:
        kept = list(self._asked)
        super().disarm()
        self.kept = kept

    def trigger(self, number: int) -> None:
        for old in getattr(self, "kept", []):
            super().trigger(old)
        super().trigger(number)


def armed(camera: PlayedCamera) -> Camera:
    camera.arm(TriggerMode.SOFTWARE)
    return camera


CHECKS = (
    Suite.test_a_trigger_brings_its_own_frame,
    Suite.test_frames_come_in_the_order_of_their_triggers,
    Suite.test_sequence_and_time_rise,
    Suite.test_a_frame_owns_its_pixels,
    Suite.test_no_trigger_no_frame,
    Suite.test_disarm_drops_what_is_under_way,
    Suite.test_close_may_be_called_twice_and_is_final,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_camera_passes(check: object) -> None:
    assert callable(check)
    check(Suite(), armed(FlatCamera()))


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (BorrowedBuffer, Suite.test_a_frame_owns_its_pixels),
        (WritablePixels, Suite.test_a_frame_owns_its_pixels),
        (Forgetful, Suite.test_a_trigger_brings_its_own_frame),
        (Forgetful, Suite.test_frames_come_in_the_order_of_their_triggers),
        (Untriggered, Suite.test_no_trigger_no_frame),
        (Immortal, Suite.test_close_may_be_called_twice_and_is_final),
        (Hoarder, Suite.test_disarm_drops_what_is_under_way),
    ],
)
def test_a_broken_camera_is_caught(broken: type[FlatCamera], check: object) -> None:
    assert callable(check)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(Suite(), armed(broken()))


class BrokenGate:
    """A gate that opens by one rule, whatever the contract says."""

    def __init__(self, clock: ManualClock, rule: str) -> None:
        self.clock = clock
        self.rule = rule
        self.opened: set[int] = set()

    def send(self, message: LineMessage) -> None:
        late = self.clock.ns() >= message.expires_ns
        opens = {
            "everything": not late,
            "late ones too": message.verdict.decision is Decision.OK,
            "all but defects": not late and message.verdict.decision is not Decision.NG,
        }[self.rule]
        if opens:
            self.opened.add(message.trigger)

    def close(self) -> None:
        """The accident: the gate goes on working after it was given back."""


class Gate(LineContract):
    """The line checks, called by hand."""

    __test__ = False

    def __init__(self) -> None:
        self.clock = ManualClock()

    def backend(self) -> None:  # type: ignore[override]
        """Not needed: each check below gets its line directly."""

    def settings(self) -> None:  # type: ignore[override]
        """Not needed either."""

    def gate_opened_for(self, line: Line, trigger: int) -> bool:
        assert isinstance(line, BrokenGate)
        return trigger in line.opened

    def now_ns(self) -> int:
        return self.clock.ns()


@pytest.mark.parametrize(
    ("rule", "check"),
    [
        ("everything", Gate.test_only_ok_opens_the_gate),
        ("all but defects", Gate.test_only_ok_opens_the_gate),
        ("late ones too", Gate.test_an_expired_verdict_never_takes_effect),
        ("everything", Gate.test_close_may_be_called_twice_and_shuts_the_gate),
    ],
)
def test_a_broken_gate_is_caught(rule: str, check: object) -> None:
    assert callable(check)
    suite = Gate()
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(suite, BrokenGate(suite.clock, rule))


def test_the_manual_clock_moves_only_when_somebody_waits() -> None:
    clock = ManualClock()
    before, utc = clock.ns(), clock.now()
    assert clock.ns() == before
    clock.wait(1.5)
    assert clock.ns() - before == 1_500_000_000
    assert (clock.now() - utc).total_seconds() == pytest.approx(1.5)
    camera = FlatCamera()
    assert camera.state is CameraState.READY
    with pytest.raises(TriggerTimeout):
        armed(camera).next_frame(3600.0)
