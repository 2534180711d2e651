"""The simulated camera: what it shows, what it knows, and each fault it can be asked for."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.devices.camera import CameraState
from inspector.devices.render import RenderSettings, render_part
from inspector.devices.simulated import SimulatedBackend, SimulatedCamera, read_options
from inspector.domain import GOOD, FrameStatus
from inspector.errors import CameraLost, DeviceError, RecipeError, TriggerTimeout
from inspector.recipe import CameraSettings, TriggerMode
from inspector.testing import ManualClock, shot

SMALL = {"width": 160, "height": 120}


def opened(exposure_us: float | None = None, gain_db: float | None = None, **options: object) -> SimulatedCamera:
    clock = ManualClock()
    settings = CameraSettings(exposure_us=exposure_us, gain_db=gain_db, options={**SMALL, **options})
    camera = SimulatedBackend(clock, clock.wait).open(settings)
    camera.arm(TriggerMode.SOFTWARE)
    return camera


def brightness(camera: SimulatedCamera) -> float:
    return float(shot(camera, 1).pixels.mean())


def test_a_trigger_shows_its_part_whatever_was_triggered_before() -> None:
    one, other = opened(seed=3), opened(seed=3)
    shot(other, 9)
    assert np.array_equal(shot(one, 4).pixels, shot(other, 4).pixels)
    assert np.array_equal(shot(one, 5).pixels, render_part(RenderSettings(3, 160, 120), 5).pixels)


def test_a_later_session_goes_on_where_the_last_ended() -> None:
    assert np.array_equal(shot(opened(), 12).pixels, shot(opened(start=10), 2).pixels)
    assert opened(start=10).part(2) == opened().part(12)
    assert np.array_equal(shot(opened(start=-1), 1).pixels, shot(opened(), 0).pixels)


def test_it_knows_the_truth_about_each_trigger() -> None:
    camera = opened(defects={"scratch": 0.3, "missing_hole": 0.3}, start=50)
    truths = [camera.truth(number) for number in range(20)]
    assert set(truths) == {GOOD, "scratch", "missing_hole"}
    assert truths == [camera.truth(number) for number in range(20)]
    assert len({camera.part(number).group for number in range(20)}) == 20


def test_only_the_named_defects_appear_and_from_their_part_on() -> None:
    camera = opened(defects={"burr": 0.5}, first_part={"burr": 30})
    assert {camera.truth(number) for number in range(30)} == {GOOD}
    assert {camera.truth(number) for number in range(30, 60)} == {GOOD, "burr"}
    usual = {opened().truth(number) for number in range(200)}
    assert usual == {GOOD, "burr", "dent", "missing_hole", "scratch", "stain"}


def test_exposure_and_gain_really_change_the_picture() -> None:
    nominal = brightness(opened())
    assert brightness(opened(exposure_us=2000.0)) == pytest.approx(0.5 * nominal, rel=0.05)
    assert brightness(opened(gain_db=6.0206)) == pytest.approx(2.0 * nominal, rel=0.15)
    camera = opened()
    camera.set_parameter("exposure_us", 100.0)
    frame = shot(camera, 1)
    assert frame.pixels.mean() < 0.1 * nominal
    assert (frame.exposure_us, frame.gain_db) == (100.0, 0.0)


def test_a_parameter_snaps_to_its_step() -> None:
    camera = opened()
    assert camera.set_parameter("exposure_us", 1234.4) == 1234.0
    assert camera.set_parameter("gain_db", 3.14) == 3.1


@pytest.mark.parametrize(("name", "value"), [("exposure_us", 1.0), ("gain_db", 25.0)])
def test_a_value_out_of_range_is_answered_with_the_range(name: str, value: float) -> None:
    ranges = {"exposure_us": "20 to 200000", "gain_db": "0 to 24"}
    camera = opened()
    with pytest.raises(DeviceError, match=f"{name}: expected {ranges[name]}, received {value:g}"):
        camera.set_parameter(name, value)
    with pytest.raises(DeviceError, match=ranges[name]):
        opened(**{name: value})


def test_a_lost_frame_is_a_time_out_and_counted_in_the_next() -> None:
    camera = opened(lose_every=3)
    assert [shot(camera, number).skipped for number in (1, 2)] == [0, 0]
    with pytest.raises(TriggerTimeout):
        shot(camera, 3)
    after = shot(camera, 4)
    assert (after.trigger, after.skipped, after.sequence) == (4, 1, 4)
    assert shot(camera, 5).skipped == 0


def test_an_incomplete_frame_lacks_its_lower_part() -> None:
    camera = opened(incomplete_every=2)
    whole, broken = shot(camera, 1), shot(camera, 2)
    assert (whole.status, broken.status) == (FrameStatus.OK, FrameStatus.INCOMPLETE)
    assert broken.pixels[:80].any()
    assert not broken.pixels[80:].any()


def test_a_failed_frame_has_no_picture_but_its_trigger() -> None:
    camera = opened(fail_at=2)
    assert shot(camera, 11).status is FrameStatus.OK
    failed = shot(camera, 12)
    assert (failed.status, failed.trigger, failed.pixels.shape) == (FrameStatus.FAILED, 12, (0, 0))
    assert shot(camera, 13).status is FrameStatus.OK


def test_a_disconnected_camera_is_lost_until_opened_again() -> None:
    camera = opened(disconnect_after=2)
    shot(camera, 1)
    shot(camera, 2)
    with pytest.raises(CameraLost, match="unplugged"):
        shot(camera, 3)
    assert camera.state is CameraState.LOST
    with pytest.raises(CameraLost):
        camera.arm(TriggerMode.SOFTWARE)
    camera.close()
    assert shot(opened(disconnect_after=2), 3).status is FrameStatus.OK


def test_under_hardware_trigger_a_lost_frame_shows_in_the_next_one() -> None:
    camera = opened(interval_ms=100, lose_every=2)
    camera.arm(TriggerMode.HARDWARE)
    frames = [camera.next_frame(1.0) for _ in range(3)]
    assert [frame.trigger for frame in frames] == [1, 3, 5]
    assert [frame.skipped for frame in frames] == [0, 1, 1]


def test_preloaded_pictures_repeat() -> None:
    camera = opened(preload=3, defects={"stain": 0.5})
    frames = [shot(camera, number) for number in range(6)]
    assert np.array_equal(frames[1].pixels, frames[4].pixels)
    assert not np.array_equal(frames[0].pixels, frames[1].pixels)
    assert camera.part(1) == camera.part(4)
    assert camera.truth(2) == camera.truth(5)
    before = frames[0].pixels.mean()
    camera.set_parameter("exposure_us", 1000.0)
    assert shot(camera, 0).pixels.mean() < 0.4 * before


def test_only_one_line_is_simulated() -> None:
    backend = SimulatedBackend()
    assert [info.source for info in backend.discover()] == ["line-1"]
    assert backend.open(CameraSettings(source="line-1", options=SMALL)).state is CameraState.READY
    with pytest.raises(CameraLost, match=r"line-2.*line-1"):
        backend.open(CameraSettings(source="line-2"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"width": 20}, "width: expected a whole number from 96"),
        ({"seed": -1}, "seed"),
        ({"defects": {"crack": 0.1}}, "crack: unknown key"),
        ({"defects": {"dent": 1.5}}, "dent: expected a number from 0 to 1"),
        ({"defects": {"dent": 0.6, "stain": 0.6}}, "add up to at most 1"),
        ({"first_part": {"dnt": 3}}, "dnt: unknown key"),
        ({"lose_every": "often"}, "lose_every"),
        ({"drift": -0.1}, "drift: unknown key"),
        ({"defects": 0.1}, "defects: expected a table"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        read_options(options)
