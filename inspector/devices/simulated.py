"""A camera over a line that does not exist: rendered parts, real effects of exposure and gain, faults on request.

Options in the recipe's [camera.options], all optional:
  seed = 0, width = 640, height = 480     the line and the sensor's size
  start = 0                               picture number of trigger 0, so that a later session goes on where one ended;
                                          -1 shows picture 0 at trigger 1
                                          a later session goes on where the last ended
  pictures_per_part = 1, bracket_stops = 0.5, parts_per_lot = 50
  drift_per_part = 0.0, drift_from = 0    the light ages, from a part on
  position_scatter_px = 5.0, rotation_scatter_deg = 6.0
  defects = { scratch = 0.04, ... }       share of the parts per class; what is not named does not appear
  first_part = { burr = 60, ... }         the part from which a class appears
  interval_ms = 500                       pace under hardware trigger
  preload = 0                             render this many pictures when opened and repeat them (for load tests)
Faults, counted in triggers since the camera was opened, for tests and demonstrations:
  lose_every = 0           each n-th frame never comes
  incomplete_every = 0     each n-th frame lacks its lower part
  fail_at = 0              this frame comes without a picture
  disconnect_after = 0     the camera is lost after this many frames
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inspector.clock import Clock
from inspector.devices.camera import CameraInfo, Parameter
from inspector.devices.played import NO_PIXELS, PlayedCamera, Taken, Wait
from inspector.devices.render import (
    DEFECT_CLASSES,
    DefectShare,
    LineProgram,
    RenderedPart,
    RenderSettings,
    Sensor,
    defect_of,
    part_of,
    render_part,
)
from inspector.domain import FrameStatus, Part, Pixels
from inspector.errors import CameraLost, DeviceError, RecipeError
from inspector.parsing import Section
from inspector.recipe import CameraSettings

SOURCE = "line-1"
NOMINAL_EXPOSURE_US = 4000.0
_RANGES = {"exposure_us": (20.0, 200_000.0, 1.0), "gain_db": (0.0, 24.0, 0.1)}
_MANY = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Faults:
    """Which frames go wrong, counted from 1 since the camera was opened; 0 = never."""

    lose_every: int = 0
    incomplete_every: int = 0
    fail_at: int = 0
    disconnect_after: int = 0


@dataclass(frozen=True, slots=True)
class SimulatedOptions:
    """[camera.options], validated; the file's docstring says what each means."""

    render: RenderSettings
    start: int
    interval_s: float
    preload: int
    faults: Faults


def read_options(options: Mapping[str, Any]) -> SimulatedOptions:
    """Validate a recipe's camera options. Raises RecipeError naming key, expected and received."""
    section = Section(options, "recipe", "camera.options")
    default = RenderSettings()
    try:
        render = RenderSettings(
            seed=section.integer("seed", default.seed, 0, _MANY),
            width=section.integer("width", default.width, 96, 8192),
            height=section.integer("height", default.height, 96, 8192),
            program=_read_program(section),
            position_scatter_px=section.number("position_scatter_px", default.position_scatter_px, 0.0, 500.0),
            rotation_scatter_deg=section.number("rotation_scatter_deg", default.rotation_scatter_deg, 0.0, 180.0),
        )
    except ValueError as error:
        raise RecipeError(f"recipe: [camera.options] {error}") from error
    read = SimulatedOptions(
        render=render,
        start=section.integer("start", 0, -1, _MANY),
        interval_s=section.number("interval_ms", 500.0, 1.0, 3_600_000.0) / 1000,
        preload=section.integer("preload", 0, 0, 1000),
        faults=Faults(**{fault.name: section.integer(fault.name, 0, 0, _MANY) for fault in dataclasses.fields(Faults)}),
    )
    section.refuse_unknown()
    return read


def _read_program(section: Section) -> LineProgram:
    default = LineProgram()
    shares, first = section.section("defects"), section.section("first_part")
    usual = {entry.defect_class: entry.share for entry in default.defects} if not section.table("defects") else {}
    defects = tuple(
        DefectShare(name, shares.number(name, usual.get(name, 0.0), 0.0, 1.0), first.integer(name, 0, 0, _MANY))
        for name in DEFECT_CLASSES
    )
    shares.refuse_unknown()
    first.refuse_unknown()
    return LineProgram(
        defects=tuple(entry for entry in defects if entry.share > 0),
        drift_per_part=section.number("drift_per_part", default.drift_per_part, -0.5, 0.5),
        drift_from=section.integer("drift_from", default.drift_from, 0, _MANY),
        parts_per_lot=section.integer("parts_per_lot", default.parts_per_lot, 1, _MANY),
        pictures_per_part=section.integer("pictures_per_part", default.pictures_per_part, 1, 1000),
        bracket_stops=section.number("bracket_stops", default.bracket_stops, 0.0, 4.0),
    )


class SimulatedBackend:
    """Opens the one simulated line."""

    def __init__(self, clock: Clock | None = None, wait: Wait = time.sleep) -> None:
        self._clock = clock
        self._wait = wait

    def discover(self) -> Sequence[CameraInfo]:
        return (CameraInfo("simulated", SOURCE, "simulated line: turned flanges, rendered"),)

    def open(self, settings: CameraSettings) -> SimulatedCamera:
        """Raises CameraLost for a source that is not there, RecipeError for a wrong option."""
        options = read_options(settings.options)
        if settings.source not in ("", SOURCE):
            raise CameraLost(f"there is no simulated camera {settings.source!r}; expected {SOURCE!r} or nothing")
        camera = SimulatedCamera(options, self._clock, self._wait)
        for name, value in (("exposure_us", settings.exposure_us), ("gain_db", settings.gain_db)):
            if value is not None:
                camera.set_parameter(name, value)
        return camera


class SimulatedCamera(PlayedCamera):
    """A camera that shows picture start + n of the rendered line for trigger n, and knows the truth about it."""

    def __init__(self, options: SimulatedOptions, clock: Clock | None, wait: Wait) -> None:
        super().__init__(f"simulated:{SOURCE}", options.interval_s, clock, wait)
        self._options = options
        self._settings = {"exposure_us": NOMINAL_EXPOSURE_US, "gain_db": 0.0}
        self._taken = 0
        self._ready = [self._render(number) for number in range(options.preload)]

    def part(self, number: int) -> Part:
        """The part that trigger `number` shows."""
        return part_of(self._options.render, self._picture(number))

    def truth(self, number: int) -> str:
        """What is really on that part: GOOD or the defect class."""
        return defect_of(self._options.render, self._picture(number))

    def parameters(self) -> Sequence[Parameter]:
        return tuple(
            Parameter(name, self._settings[name], low, high, step, locked=False)
            for name, (low, high, step) in _RANGES.items()
        )

    def set_parameter(self, name: str, value: float) -> float:
        self._require_open()
        if name not in _RANGES:
            raise DeviceError(f"{self.name}: there is no parameter {name!r}; expected one of {', '.join(_RANGES)}")
        low, high, step = _RANGES[name]
        if not low <= value <= high:
            raise DeviceError(f"{self.name}: {name}: expected {low:g} to {high:g}, received {value:g}")
        self._settings[name] = round(round(value / step) * step, 6)
        if self._ready:
            self._ready = [self._render(number) for number in range(len(self._ready))]
        return self._settings[name]

    def _picture(self, number: int) -> int:
        picture = max(0, self._options.start + number)
        return picture % self._options.preload if self._options.preload else picture

    def _render(self, number: int) -> RenderedPart:
        light = self._settings["exposure_us"] / NOMINAL_EXPOSURE_US
        return render_part(self._options.render, number, Sensor(light, 10 ** (self._settings["gain_db"] / 20)))

    def _take(self, number: int) -> Taken | None:
        faults = self._options.faults
        if faults.disconnect_after and self._taken >= faults.disconnect_after:
            raise CameraLost(f"{self.name}: the camera was unplugged after {self._taken} frames; plug it in again")
        self._taken += 1
        if _is_nth(self._taken, faults.lose_every):
            return None
        if self._taken == faults.fail_at:
            return self._as_taken(NO_PIXELS, FrameStatus.FAILED)
        picture = self._picture(number)
        pixels = (self._ready[picture] if self._ready else self._render(picture)).pixels
        if _is_nth(self._taken, faults.incomplete_every):
            return self._as_taken(_without_lower_part(pixels), FrameStatus.INCOMPLETE)
        return self._as_taken(pixels, FrameStatus.OK)

    def _as_taken(self, pixels: Pixels, status: FrameStatus) -> Taken:
        return Taken(pixels, status, self._settings["exposure_us"], self._settings["gain_db"])


def _is_nth(count: int, every: int) -> bool:
    return every > 0 and count % every == 0


def _without_lower_part(pixels: Pixels) -> Pixels:
    """What is left of a picture when its last packets were lost."""
    broken = np.array(pixels)
    broken[len(broken) * 2 // 3 :] = 0
    return broken
