"""A folder as a camera: each trigger shows its next picture, in the order in which a person would count the files.

Options in the recipe's [camera.options]:
  loop = true          begin again after the last picture; false: the camera is lost then
  pattern = "*.png"    which files, as a glob within the folder ("" = all that are named like pictures)
  interval_ms = 500    pace of the frames under hardware trigger
Exposure and gain of the recipe have no effect here: the pictures are already taken.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.clock import Clock
from inspector.devices.camera import CameraInfo
from inspector.devices.played import NO_PIXELS, PlayedCamera, Taken, Wait
from inspector.domain import FrameStatus
from inspector.errors import CameraLost, PictureError
from inspector.parsing import Section
from inspector.pictures import is_picture_name, read_picture
from inspector.recipe import CameraSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FolderOptions:
    loop: bool
    pattern: str
    interval_s: float


def natural_order(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sorting key: part2.png before part10.png."""
    pieces = re.findall(r"\d+|\D+", path.name.casefold())
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces)


class FolderBackend:
    """Opens CameraSettings.source as a folder of pictures."""

    def __init__(self, clock: Clock | None = None, wait: Wait = time.sleep) -> None:
        self._clock = clock
        self._wait = wait

    def discover(self) -> Sequence[CameraInfo]:
        """Nothing: which folder is meant, only a person can say."""
        return ()

    def open(self, settings: CameraSettings) -> FolderCamera:
        """Raises CameraLost where there is no such folder or no picture in it."""
        section = Section(settings.options, "recipe", "camera.options")
        options = FolderOptions(
            loop=section.flag("loop", True),
            pattern=section.text("pattern", ""),
            interval_s=section.number("interval_ms", 500.0, 1.0, 3_600_000.0) / 1000,
        )
        section.refuse_unknown()
        if not settings.source:
            raise CameraLost("recipe: [camera] source: expected the folder of the pictures, received nothing")
        return FolderCamera(Path(settings.source), options, self._clock, self._wait)


class FolderCamera(PlayedCamera):
    """One folder being shown; the list of its files is taken when it is opened."""

    def __init__(self, folder: Path, options: FolderOptions, clock: Clock | None, wait: Wait) -> None:
        super().__init__(f"folder:{folder.name}", options.interval_s, clock, wait)
        self._folder = folder
        self._loop = options.loop
        self._files = _files_in(folder, options.pattern)
        self._shown = 0

    @property
    def files(self) -> Sequence[Path]:
        """The pictures in the order in which triggers show them."""
        return self._files

    def _take(self, number: int) -> Taken:
        if self._shown >= len(self._files) and not self._loop:
            raise CameraLost(
                f"{self._folder}: all {len(self._files)} pictures have been shown; set loop = true to begin again"
            )
        file = self._files[self._shown % len(self._files)]
        self._shown += 1
        try:
            return Taken(read_picture(file))
        except PictureError as error:
            if not self._folder.is_dir() or not any(path.exists() for path in self._files):
                raise CameraLost(f"{self._folder}: the folder has gone or was emptied; bring it back") from None
            log.warning("trigger %d: %s", number, error)
            return Taken(NO_PIXELS, FrameStatus.FAILED)


def _files_in(folder: Path, pattern: str) -> tuple[Path, ...]:
    try:
        found = folder.glob(pattern) if pattern else (path for path in folder.iterdir() if is_picture_name(path))
        files = tuple(sorted((path for path in found if path.is_file()), key=natural_order))
    except FileNotFoundError:
        raise CameraLost(f"{folder}: there is no such folder; check [camera] source, or plug in its drive") from None
    except NotADirectoryError:
        raise CameraLost(f"{folder}: expected a folder of pictures, received a file") from None
    except OSError as error:
        raise CameraLost(f"{folder}: the folder cannot be read: {error.strerror or error}") from error
    if not files:
        what = f"file like {pattern!r}" if pattern else "picture (png, jpg, bmp, tif, webp, pgm, ppm)"
        raise CameraLost(f"{folder}: there is no {what} in this folder")
    return files
