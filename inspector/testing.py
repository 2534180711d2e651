"""What a camera or a line output must do to belong to a station, as tests that a plug-in author derives from.

    class TestMyCamera(CameraContract):
        @pytest.fixture
        def backend(self): return MyBackend()

        @pytest.fixture
        def settings(self): return CameraSettings(backend="mine", source="4711")

Each class says in its fixtures what it needs. Needs pytest; nothing in production imports this file.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from inspector.devices.camera import Camera, CameraBackend, CameraState
from inspector.devices.line import Line, LineBackend, LineMessage
from inspector.domain import Decision, Frame, FrameStatus, Part, Reason, Verdict
from inspector.errors import CameraLost, DeviceError, LineLost, RecipeError, TriggerTimeout
from inspector.recipe import CameraSettings, LineSettings, TriggerMode

_REASONS = {
    Decision.OK: Reason.BELOW_LIMITS,
    Decision.NG: Reason.ABOVE_REJECT_LIMIT,
    Decision.RECHECK: Reason.BETWEEN_LIMITS,
    Decision.UNFIT: Reason.TOO_DARK,
}


class ManualClock:
    """A Clock that stands still until somebody waits: devices that take `wait` and a clock are tested in no time."""

    def __init__(self) -> None:
        self._ns = 1_000_000_000
        self._began = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self._began + timedelta(microseconds=self._ns / 1000)

    def ns(self) -> int:
        return self._ns

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._ns += round(seconds * 1e9)


def shot(camera: Camera, number: int, timeout_s: float = 2.0) -> Frame:
    """Trigger an armed camera by software and wait for the frame."""
    camera.trigger(number)
    return camera.next_frame(timeout_s)


class CameraContract(ABC):
    """The text of inspector.devices.camera as tests; derive, and give the two fixtures.

    missing_source: a source that no camera of the backend has. exclusive: whether a second open of the same camera is
    refused (true for hardware). wait_s: how long the tests wait where nothing is to come.
    """

    missing_source = "no-such-camera"
    exclusive = True
    wait_s = 0.05

    @pytest.fixture
    @abstractmethod
    def backend(self) -> CameraBackend:
        """The backend under test."""

    @pytest.fixture
    @abstractmethod
    def settings(self) -> CameraSettings:
        """Settings under which it opens a camera that gives complete pictures."""

    @pytest.fixture
    def camera(self, backend: CameraBackend, settings: CameraSettings) -> Iterator[Camera]:
        with backend.open(settings) as camera:
            yield camera

    @pytest.fixture
    def armed(self, camera: Camera) -> Camera:
        camera.arm(TriggerMode.SOFTWARE)
        return camera

    def test_discovered_cameras_say_how_to_open_them(self, backend: CameraBackend, settings: CameraSettings) -> None:
        for info in backend.discover():
            assert info.backend == settings.backend
            assert info.source
            assert info.label

    def test_states_follow_the_calls(self, backend: CameraBackend, settings: CameraSettings) -> None:
        camera = backend.open(settings)
        states = [camera.state]
        camera.arm(TriggerMode.SOFTWARE)
        states.append(camera.state)
        camera.disarm()
        states.append(camera.state)
        camera.close()
        states.append(camera.state)
        assert states == [CameraState.READY, CameraState.ARMED, CameraState.READY, CameraState.CLOSED]

    def test_a_trigger_brings_its_own_frame(self, armed: Camera) -> None:
        frame = shot(armed, 41)
        assert frame.trigger == 41
        assert frame.status is FrameStatus.OK
        assert frame.camera == armed.name != ""
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.ndim == 2 or frame.pixels.shape[2:] == (3,)
        assert frame.pixels.size > 0

    def test_frames_come_in_the_order_of_their_triggers(self, armed: Camera) -> None:
        armed.trigger(7)
        armed.trigger(8)
        assert [armed.next_frame(2.0).trigger, armed.next_frame(2.0).trigger] == [7, 8]

    def test_sequence_and_time_rise(self, armed: Camera) -> None:
        frames = [shot(armed, number) for number in (1, 2, 3)]
        assert frames[0].sequence < frames[1].sequence < frames[2].sequence
        assert frames[0].taken_ns <= frames[1].taken_ns <= frames[2].taken_ns
        assert all(frame.taken_at.utcoffset() == timedelta(0) for frame in frames)
        assert [frame.skipped for frame in frames] == [0, 0, 0]

    def test_a_frame_owns_its_pixels(self, armed: Camera) -> None:
        first = shot(armed, 1)
        kept = first.pixels.copy()
        with pytest.raises(ValueError, match="read-only"):
            first.pixels[0, 0] = 0
        others = [shot(armed, number).pixels for number in range(2, 24)]
        assert np.array_equal(first.pixels, kept), "the driver wrote into a frame that was already delivered"
        assert not any(np.shares_memory(first.pixels, other) for other in others)

    def test_no_trigger_no_frame(self, armed: Camera) -> None:
        with pytest.raises(TriggerTimeout, match="no frame"):
            armed.next_frame(self.wait_s)
        assert armed.state is CameraState.ARMED
        assert shot(armed, 2).trigger == 2

    def test_disarm_drops_what_is_under_way(self, armed: Camera) -> None:
        armed.trigger(1)
        armed.disarm()
        armed.arm(TriggerMode.SOFTWARE)
        assert shot(armed, 2).trigger == 2

    def test_a_trigger_needs_an_armed_camera(self, camera: Camera) -> None:
        with pytest.raises(DeviceError, match="arm"):
            camera.trigger(1)
        with pytest.raises(DeviceError, match="arm"):
            camera.next_frame(self.wait_s)

    def test_a_hardware_trigger_is_not_pulled_by_software(self, camera: Camera) -> None:
        camera.arm(TriggerMode.HARDWARE)
        with pytest.raises(DeviceError, match="hardware"):
            camera.trigger(1)

    def test_close_may_be_called_twice_and_is_final(self, armed: Camera) -> None:
        armed.close()
        armed.close()
        assert armed.state is CameraState.CLOSED
        with pytest.raises(DeviceError, match="closed"):
            armed.trigger(1)

    def test_an_error_within_the_block_closes_too(self, backend: CameraBackend, settings: CameraSettings) -> None:
        with pytest.raises(ZeroDivisionError), backend.open(settings) as camera:
            _ = 1 / 0
        assert camera.state is CameraState.CLOSED
        with backend.open(settings) as again:
            assert again.state is CameraState.READY

    def test_a_second_owner_is_refused(self, camera: Camera, backend: CameraBackend, settings: CameraSettings) -> None:
        if not self.exclusive:
            backend.open(settings).close()
        else:
            with pytest.raises(CameraLost, match="open"):
                backend.open(settings)
        camera.arm(TriggerMode.SOFTWARE)
        assert shot(camera, 1).status is FrameStatus.OK

    def test_a_missing_camera_is_named(self, backend: CameraBackend, settings: CameraSettings) -> None:
        with pytest.raises(CameraLost, match=self.missing_source):
            backend.open(replace(settings, source=self.missing_source))

    def test_a_misspelt_option_is_refused(self, backend: CameraBackend, settings: CameraSettings) -> None:
        wrong = replace(settings, options={**settings.options, "exposre": 1})
        with pytest.raises(RecipeError, match="exposre"):
            backend.open(wrong)

    def test_parameters_keep_their_limits(self, camera: Camera) -> None:
        for parameter in camera.parameters():
            assert parameter.minimum <= parameter.value <= parameter.maximum
            if parameter.locked:
                continue
            for wanted in (parameter.minimum, parameter.maximum, parameter.value):
                assert camera.set_parameter(parameter.name, wanted) == pytest.approx(wanted, abs=parameter.increment)
            with pytest.raises(DeviceError, match=parameter.name):
                camera.set_parameter(parameter.name, parameter.maximum + 1)
            now = next(p for p in camera.parameters() if p.name == parameter.name)
            assert now.value == pytest.approx(parameter.value, abs=parameter.increment)

    def test_an_unknown_parameter_is_named(self, camera: Camera) -> None:
        with pytest.raises(DeviceError, match="colour_of_the_box"):
            camera.set_parameter("colour_of_the_box", 1.0)

    def test_exposure_and_gain_of_the_recipe_are_applied(
        self, backend: CameraBackend, settings: CameraSettings
    ) -> None:
        with backend.open(settings) as camera:
            adjustable = [p for p in camera.parameters() if p.name in ("exposure_us", "gain_db")]
            wanted = {
                p.name: camera.set_parameter(p.name, p.minimum + 0.001 * (p.maximum - p.minimum)) for p in adjustable
            }
        with backend.open(replace(settings, **wanted)) as camera:  # type: ignore[arg-type]
            camera.arm(TriggerMode.SOFTWARE)
            frame = shot(camera, 1)
        assert {name: getattr(frame, name) for name in wanted} == pytest.approx(wanted, rel=1e-3)


class LineContract(ABC):
    """The text of inspector.devices.line as tests; derive, and give the fixtures.

    drives: whether there is a gate at all; where there is, `gate_opened_for` asks the real one.
    """

    drives = True

    @pytest.fixture
    @abstractmethod
    def backend(self) -> LineBackend:
        """The backend under test."""

    @pytest.fixture
    @abstractmethod
    def settings(self) -> LineSettings:
        """Settings under which it opens a working line."""

    @abstractmethod
    def gate_opened_for(self, line: Line, trigger: int) -> bool:
        """Whether the part of this trigger was let through to the good ones."""

    @abstractmethod
    def now_ns(self) -> int:
        """The monotonic time that the line lives by."""

    @pytest.fixture
    def line(self, backend: LineBackend, settings: LineSettings) -> Iterator[Line]:
        line = backend.open(settings)
        yield line
        line.close()

    def message(self, trigger: int, decision: Decision, left_s: float = 10.0) -> LineMessage:
        """A verdict that expires `left_s` from now."""
        part = Part(serial=f"{trigger:06d}", lot="L1")
        expires_ns = self.now_ns() + int(left_s * 1e9)
        return LineMessage(trigger, part, Verdict(decision, _REASONS[decision]), expires_ns)

    def test_only_ok_opens_the_gate(self, line: Line) -> None:
        for trigger, decision in enumerate(Decision, start=1):
            line.send(self.message(trigger, decision))
            assert self.gate_opened_for(line, trigger) is (self.drives and decision is Decision.OK)

    def test_the_gate_is_closed_before_anybody_speaks(self, line: Line) -> None:
        assert not self.gate_opened_for(line, 1)

    def test_a_part_without_verdict_is_rejected(self, line: Line) -> None:
        line.send(self.message(1, Decision.OK))
        line.send(self.message(3, Decision.OK))
        assert not self.gate_opened_for(line, 2)

    def test_an_expired_verdict_never_takes_effect(self, line: Line) -> None:
        with contextlib.suppress(LineLost):
            line.send(self.message(1, Decision.OK, left_s=-0.001))
        assert not self.gate_opened_for(line, 1)
        line.send(self.message(2, Decision.OK))
        assert self.gate_opened_for(line, 2) is self.drives
        assert not self.gate_opened_for(line, 1)

    def test_close_may_be_called_twice_and_shuts_the_gate(self, line: Line) -> None:
        line.close()
        line.close()
        if self.drives:
            with pytest.raises(LineLost):
                line.send(self.message(1, Decision.OK))
        assert not self.gate_opened_for(line, 1)

    def test_a_line_can_be_opened_again(self, line: Line, backend: LineBackend, settings: LineSettings) -> None:
        line.close()
        again = backend.open(settings)
        again.send(self.message(5, Decision.OK))
        assert self.gate_opened_for(again, 5) is self.drives
        again.close()

    def test_a_misspelt_option_is_refused(self, backend: LineBackend, settings: LineSettings) -> None:
        with pytest.raises(RecipeError, match="delai_ms"):
            backend.open(replace(settings, options={**settings.options, "delai_ms": 1}))
