"""Basler's real SDK against its emulated camera: faults, removal, folder replay, and what messages say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from inspector.devices.camera import CameraState
from inspector.devices.pylon import PylonBackend, backend
from inspector.devices.pylon.camera import PylonCamera
from inspector.domain import FrameStatus
from inspector.errors import CameraLost, DeviceError, RecipeError, TriggerTimeout
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, TriggerMode
from inspector.testing import shot

pytest.importorskip("pypylon", reason="Basler's SDK is not installed: pip install inspector[basler]")
SMALL = {"emulate": True, "width": 64, "height": 48}


def opened(source: str = "", exposure_us: float | None = None, **options: object) -> PylonCamera:
    settings = CameraSettings("pylon", source, exposure_us=exposure_us, options={**SMALL, **options})
    return PylonBackend().open(settings)


@pytest.fixture
def camera() -> Iterator[PylonCamera]:
    with opened() as camera:
        camera.arm(TriggerMode.SOFTWARE)
        yield camera


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "line"
    folder.mkdir()
    for number in range(3):
        write_picture(np.full((30 + number, 40), 50 * number + 9, np.uint8), folder / f"{number:03d}.png")
    return folder


def sdk_of(camera: PylonCamera) -> Any:
    """The SDK's own camera, to make it misbehave as the emulator can."""
    return camera._handle


def test_the_emulated_camera_is_discovered_by_its_serial() -> None:
    opened().close()
    infos = PylonBackend().discover()
    assert infos[0].backend == "pylon"
    with opened(source=infos[0].source) as camera:
        assert camera.name == f"pylon:{infos[0].source}"
    assert "Emulation" in infos[0].label


def test_a_serial_that_is_not_there_is_told_what_is() -> None:
    with pytest.raises(CameraLost, match=r"'4711'.*found: 0815-0000.*check its cable"):
        opened(source="4711")


def test_an_emulated_camera_that_is_asked_for_is_never_a_real_one_that_happens_to_come_first() -> None:
    real, emulated = (SimpleNamespace(GetSerialNumber=lambda serial=serial: serial) for serial in ("2210", "0815-0000"))
    layer = SimpleNamespace(EnumerateDevices=lambda: [emulated])
    factory = SimpleNamespace(EnumerateDevices=lambda: [real, emulated], CreateTl={"BaslerCamEmu": layer}.__getitem__)
    sdk: Any = SimpleNamespace(pylon=SimpleNamespace(TlFactory=SimpleNamespace(GetInstance=lambda: factory)))
    assert backend._find(sdk, "", emulated=True) is emulated
    assert backend._find(sdk, "", emulated=False) is real
    assert backend._find(sdk, "2210", emulated=True) is real, "who names a camera is told what it cannot do"


def test_pictures_have_the_size_of_the_recipe(camera: PylonCamera) -> None:
    assert shot(camera, 1).pixels.shape == (48, 64)


def test_colour_comes_as_rgb() -> None:
    with opened(colour=True) as camera:
        camera.arm(TriggerMode.SOFTWARE)
        frame = shot(camera, 1)
    assert frame.pixels.shape == (48, 64, 3)
    assert not frame.pixels.flags.writeable


def test_a_raw_bayer_picture_is_turned_into_rgb() -> None:
    with opened() as camera:
        sdk_of(camera).PixelFormat.SetValue("BayerRG8")
        camera.arm(TriggerMode.SOFTWARE)
        assert shot(camera, 1).pixels.shape == (48, 64, 3)


def test_incomplete_buffers_are_delivered_and_said_to_be_incomplete(camera: PylonCamera) -> None:
    shot(camera, 1)
    sdk_of(camera).ForceFailedBufferCount.SetValue(2)
    sdk_of(camera).ForceFailedBuffer.Execute()
    frames = [shot(camera, number) for number in (2, 3, 4)]
    assert [frame.status for frame in frames] == [FrameStatus.INCOMPLETE, FrameStatus.INCOMPLETE, FrameStatus.OK]
    assert [frame.trigger for frame in frames] == [2, 3, 4]
    assert frames[0].pixels.shape == (48, 64)


def test_a_removed_camera_is_lost_and_comes_back(camera: PylonCamera) -> None:
    shot(camera, 1)
    sdk_of(camera).FirePnPCallback.Execute()
    with pytest.raises(CameraLost, match="unplugged"):
        shot(camera, 2)
    assert camera.state is CameraState.LOST
    for call in (camera.parameters, lambda: camera.set_parameter("gain_db", 1.0), lambda: camera.next_frame(0.01)):
        with pytest.raises(CameraLost):
            call()
    camera.close()
    camera.close()
    assert camera.state is CameraState.CLOSED
    with opened() as again:
        again.arm(TriggerMode.SOFTWARE)
        assert shot(again, 3).status is FrameStatus.OK


def test_a_camera_removed_while_a_frame_is_awaited_is_lost(camera: PylonCamera) -> None:
    camera.trigger(1)
    sdk_of(camera).FirePnPCallback.Execute()
    with pytest.raises(CameraLost):
        for _ in range(3):
            camera.next_frame(0.05)


def test_a_camera_removed_before_it_is_armed_is_lost() -> None:
    with opened() as camera:
        sdk_of(camera).FirePnPCallback.Execute()
        assert camera.state is CameraState.LOST
        with pytest.raises(CameraLost):
            camera.arm(TriggerMode.SOFTWARE)
        camera.disarm()


def test_a_late_frame_keeps_the_number_of_its_own_trigger(camera: PylonCamera) -> None:
    camera.trigger(1)
    try:
        late = camera.next_frame(0.0)
    except TriggerTimeout:
        late = camera.next_frame(2.0)
    assert late.trigger == 1
    assert shot(camera, 2).trigger == 2


def test_a_frame_that_never_came_does_not_shift_the_numbers(camera: PylonCamera) -> None:
    """The emulator loses no trigger, so its frame is taken away behind the camera's back."""
    camera.trigger(1)
    handle = sdk_of(camera)
    with handle.RetrieveResult(2000) as stolen:
        assert stolen.GrabSucceeded()
    with pytest.raises(TriggerTimeout, match="no frame"):
        camera.next_frame(0.01)
    assert [shot(camera, number).trigger for number in (2, 3)] == [2, 3]


def test_late_frames_are_dropped_before_the_next_trigger(camera: PylonCamera) -> None:
    camera.trigger(1)
    with suppress(TriggerTimeout):
        camera.next_frame(0.0)
    sdk_of(camera).GetGrabResultWaitObject().Wait(2000)
    assert [shot(camera, number).trigger for number in (2, 3)] == [2, 3]


def test_a_gap_in_the_cameras_own_count_is_reported_as_skipped(camera: PylonCamera) -> None:
    first = shot(camera, 1)
    handle = sdk_of(camera)
    for _ in range(2):
        assert handle.WaitForFrameTriggerReady(1000)
        handle.ExecuteSoftwareTrigger()
        handle.RetrieveResult(2000).Release()
    after = shot(camera, 2)
    assert (first.skipped, after.skipped) == (0, 2)
    assert shot(camera, 3).skipped == 0


def test_no_signal_on_the_input_is_a_time_out() -> None:
    with opened() as camera:
        camera.arm(TriggerMode.HARDWARE)
        assert sdk_of(camera).TriggerSource.GetValue() == "Line1"
        with pytest.raises(TriggerTimeout):
            camera.next_frame(0.02)
        assert camera.state is CameraState.ARMED


def test_an_input_that_the_camera_lacks_is_a_device_error() -> None:
    with (
        opened(trigger_input="Line99") as camera,
        pytest.raises(DeviceError, match=r"expected one of .*Line1.*; received Line99"),
    ):
        camera.arm(TriggerMode.HARDWARE)


def test_out_of_range_says_the_range(camera: PylonCamera) -> None:
    with pytest.raises(DeviceError, match=r"exposure_us: expected 1 to 1e\+07, received 0\.5"):
        camera.set_parameter("exposure_us", 0.5)


def test_a_refused_recipe_does_not_keep_the_camera() -> None:
    with pytest.raises(DeviceError, match="exposure_us"):
        opened(exposure_us=2e7)
    with opened() as again:
        assert again.state is CameraState.READY


def test_the_size_is_locked_while_the_camera_is_armed(camera: PylonCamera) -> None:
    parameters = {parameter.name: parameter for parameter in camera.parameters()}
    assert parameters["width"].locked
    assert not parameters["exposure_us"].locked
    with pytest.raises(DeviceError, match="width is locked"):
        camera.set_parameter("width", 32)
    camera.disarm()
    assert camera.set_parameter("width", 32.4) == 32.0


def test_exposure_is_told_in_each_frame(camera: PylonCamera) -> None:
    camera.set_parameter("exposure_us", 750.0)
    assert shot(camera, 1).exposure_us == pytest.approx(750.0)


def test_a_folder_is_shown_one_picture_per_trigger_and_from_the_start_at_each_arm(pictures: Path) -> None:
    with opened(pictures=str(pictures), width=0, height=0) as camera:
        for _ in range(2):
            camera.arm(TriggerMode.SOFTWARE)
            frames = [shot(camera, number) for number in range(4)]
            assert [int(frame.pixels[0, 0]) for frame in frames] == [9, 59, 109, 9]
        assert [frame.pixels.shape for frame in frames] == [(30, 40), (31, 40), (32, 40), (30, 40)]
        assert {parameter.name for parameter in camera.parameters()} == {"exposure_us", "gain_db"}


def test_a_corrupt_picture_in_the_folder_is_a_failed_frame(pictures: Path) -> None:
    (pictures / "001.png").write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    with opened(pictures=str(pictures), width=0, height=0) as camera:
        camera.arm(TriggerMode.SOFTWARE)
        frames = [shot(camera, number) for number in range(3)]
    assert [frame.status for frame in frames] == [FrameStatus.OK, FrameStatus.FAILED, FrameStatus.OK]
    assert frames[1].pixels.shape == (0, 0)
    assert frames[2].trigger == 2


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CameraLost, match=name):
        opened(pictures=str(tmp_path / name))
    opened().close()


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(RecipeError, match="colour: expected true or false"):
        opened(colour="yes")


def test_without_emulation_no_camera_is_an_answer_in_plain_words() -> None:
    program = (
        "from inspector.devices.pylon import PylonBackend\n"
        "from inspector.recipe import CameraSettings\n"
        "from inspector.errors import CameraLost\n"
        "print(len([c for c in PylonBackend().discover() if 'Emulation' in c.label]))\n"
        "try: PylonBackend().open(CameraSettings('pylon', 'no-such'))\n"
        "except CameraLost as error: print(error)\n"
    )
    clean = {name: value for name, value in os.environ.items() if name != "PYLON_CAMEMU"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=clean)
    assert done.stdout.splitlines()[0] == "0"
    assert "no Basler camera with the serial number 'no-such' answers" in done.stdout


def test_where_the_sdk_is_missing_the_message_says_how_to_get_it() -> None:
    program = (
        "import sys; sys.modules['pypylon'] = None\n"
        "from inspector.errors import DeviceError\n"
        "from inspector.devices.pylon import backend\n"
        "try: backend._sdk()\n"
        "except DeviceError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install inspector[basler]" in done.stdout
