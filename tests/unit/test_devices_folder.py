"""A folder as a camera: its order, its end, and what happens when files or the folder go bad under way."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.devices.camera import CameraState
from inspector.devices.folder import FolderBackend, FolderCamera
from inspector.domain import FrameStatus
from inspector.errors import CameraLost, DeviceError, RecipeError, TriggerTimeout
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, TriggerMode
from inspector.testing import ManualClock, shot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "parts"
    place.mkdir()
    for number in (1, 2, 10):
        write_picture(np.full((20, 30), number, np.uint8), place / f"part{number}.png")
    return place


def opened(folder: Path, clock: ManualClock | None = None, **options: object) -> FolderCamera:
    clock = clock or ManualClock()
    settings = CameraSettings(backend="folder", source=str(folder), options=options)
    camera = FolderBackend(clock, clock.wait).open(settings)
    camera.arm(TriggerMode.SOFTWARE)
    return camera


def shown(camera: FolderCamera, count: int) -> list[int]:
    return [int(shot(camera, number).pixels[0, 0]) for number in range(count)]


def test_pictures_come_as_a_person_counts_them_and_begin_again(folder: Path) -> None:
    assert shown(opened(folder), 5) == [1, 2, 10, 1, 2]


def test_other_files_and_hidden_ones_are_no_parts(folder: Path) -> None:
    (folder / "notes.txt").write_text("lot 7")
    shutil.copy(folder / "part1.png", folder / ".part0.png")
    (folder / "part5.png.d").mkdir()
    assert [path.name for path in opened(folder).files] == ["part1.png", "part2.png", "part10.png"]


def test_a_pattern_chooses_the_files(folder: Path) -> None:
    assert shown(opened(folder, pattern="part1*.png"), 2) == [1, 10]
    with pytest.raises(CameraLost, match=r"\*\.bmp"):
        opened(folder, pattern="*.bmp")


def test_without_loop_the_end_is_a_lost_camera(folder: Path) -> None:
    camera = opened(folder, loop=False)
    assert shown(camera, 3) == [1, 2, 10]
    with pytest.raises(CameraLost, match="all 3 pictures have been shown"):
        shot(camera, 4)
    assert camera.state is CameraState.LOST
    with pytest.raises(CameraLost, match="open it again"):
        camera.trigger(5)
    camera.close()
    assert camera.state is CameraState.CLOSED


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n rubbish", b"no picture at all"])
def test_a_corrupt_file_is_a_failed_frame_and_the_next_one_is_fine(
    folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "part2.png").write_bytes(content)
    camera = opened(folder)
    frames = [shot(camera, number) for number in (1, 2, 3)]
    assert [frame.status for frame in frames] == [FrameStatus.OK, FrameStatus.FAILED, FrameStatus.OK]
    assert frames[1].trigger == 2
    assert frames[1].pixels.shape == (0, 0)
    assert "part2.png" in caplog.text


def test_a_colour_picture_stays_a_colour_picture(folder: Path) -> None:
    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 0] = 200
    write_picture(red, folder / "part0.png")
    assert np.array_equal(shot(opened(folder), 1).pixels, red)


def test_pictures_may_differ_in_size(folder: Path) -> None:
    write_picture(np.zeros((40, 50), np.uint8), folder / "part3.png")
    camera = opened(folder)
    assert [shot(camera, number).pixels.shape for number in range(3)] == [(20, 30), (20, 30), (40, 50)]


def test_one_file_deleted_under_way_is_a_failed_frame(folder: Path) -> None:
    camera = opened(folder)
    (folder / "part2.png").unlink()
    assert [shot(camera, number).status for number in range(3)] == [FrameStatus.OK, FrameStatus.FAILED, FrameStatus.OK]


@pytest.mark.parametrize("emptied", [True, False])
def test_a_folder_that_goes_away_under_way_is_a_lost_camera(folder: Path, emptied: bool) -> None:
    camera = opened(folder)
    shot(camera, 1)
    for path in folder.iterdir():
        path.unlink()
    if not emptied:
        folder.rmdir()
    with pytest.raises(CameraLost, match="gone or was emptied"):
        shot(camera, 2)
    assert camera.state is CameraState.LOST


def test_the_folder_can_be_opened_again_when_it_is_back(folder: Path, tmp_path: Path) -> None:
    camera = opened(folder)
    folder.rename(tmp_path / "unplugged")
    with pytest.raises(CameraLost):
        shot(camera, 1)
    camera.close()
    (tmp_path / "unplugged").rename(folder)
    assert shown(opened(folder), 1) == [1]


@pytest.mark.parametrize(
    ("name", "says"), [("nowhere", "no such folder"), ("parts/part1.png", "received a file"), ("empty", "no picture")]
)
def test_what_is_no_folder_of_pictures_is_said_in_plain_words(folder: Path, name: str, says: str) -> None:
    (folder.parent / "empty").mkdir()
    with pytest.raises(CameraLost, match=says):
        opened(folder.parent / name)


def test_a_recipe_without_a_folder_is_told_so() -> None:
    with pytest.raises(CameraLost, match="source"):
        FolderBackend().open(CameraSettings(backend="folder"))


@pytest.mark.parametrize("options", [{"loop": "yes"}, {"pattern": 3}, {"interval_ms": 0}, {"looop": True}])
def test_wrong_options_name_their_key(folder: Path, options: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=next(iter(options))):
        opened(folder, **options)


def test_exposure_cannot_be_set_on_pictures_that_are_taken(folder: Path) -> None:
    camera = opened(folder)
    assert camera.parameters() == ()
    with pytest.raises(DeviceError, match="already taken"):
        camera.set_parameter("exposure_us", 100)
    settings = CameraSettings(backend="folder", source=str(folder), exposure_us=500.0)
    assert FolderBackend().open(replace(settings, gain_db=3.0)).state is CameraState.READY


def test_under_hardware_trigger_pictures_come_at_their_pace(folder: Path) -> None:
    clock = ManualClock()
    camera = opened(folder, clock, interval_ms=100)
    camera.arm(TriggerMode.HARDWARE)
    with pytest.raises(TriggerTimeout):
        camera.next_frame(0.04)
    began = clock.ns()
    frames = [camera.next_frame(1.0) for _ in range(3)]
    assert [frame.trigger for frame in frames] == [1, 2, 3]
    assert [(frame.taken_ns - began) // 1_000_000 for frame in frames] == [60, 160, 260]


def test_waiting_for_nothing_takes_the_time_that_was_given(folder: Path) -> None:
    clock = ManualClock()
    camera = opened(folder, clock)
    began = clock.ns()
    with pytest.raises(TriggerTimeout, match=r"0\.25 s"):
        camera.next_frame(0.25)
    assert clock.ns() - began == 250_000_000
