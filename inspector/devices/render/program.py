"""What the rendered line makes: which part has which defect, its serial and lot, and how the light ages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.domain import GOOD, Part

DEFECT_CLASSES = ("burr", "dent", "missing_hole", "scratch", "stain")
PART_NUMBER = "FL-120"
_GOLDEN_RATIO = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class DefectShare:
    """share: of all parts, 0 to 1, that show the defect, counted from the part `from_part` (0 = the first) on."""

    defect_class: str
    share: float
    from_part: int = 0

    def __post_init__(self) -> None:
        if self.defect_class not in DEFECT_CLASSES:
            raise ValueError(f"defect_class: expected one of {', '.join(DEFECT_CLASSES)}, received {self.defect_class}")
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share of {self.defect_class}: expected 0 to 1, received {self.share}")


@dataclass(frozen=True, slots=True)
class LineProgram:
    """The mix on the line and how it changes.

    defects: one entry per class that appears; the rest of the parts is good.
    drift_per_part: relative change of the light from one part to the next, from the part `drift_from` on
        (-0.002 loses 18 % in 100 parts); the light stays between 0.3 and 2.5 times the nominal.
    parts_per_lot: a new lot brings another tool edge, so another surface.
    pictures_per_part: pictures in a row of one physical part, which share its serial and its defect; between them
        the part may shift in its fixture but does not turn.
    bracket_stops: exposure steps (factors of 2) between the pictures of one part.
    """

    defects: tuple[DefectShare, ...] = tuple(DefectShare(name, 0.04) for name in DEFECT_CLASSES)
    drift_per_part: float = 0.0
    drift_from: int = 0
    parts_per_lot: int = 50
    pictures_per_part: int = 1
    bracket_stops: float = 0.5

    def __post_init__(self) -> None:
        total = sum(entry.share for entry in self.defects)
        if total > 1.0 + 1e-9:
            raise ValueError(f"defects: the shares must add up to at most 1, received {total:g}")
        if min(self.parts_per_lot, self.pictures_per_part) < 1:
            raise ValueError("parts_per_lot and pictures_per_part: expected at least 1")


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """One rendered line: the same settings and number always give the same picture.

    width, height: of the picture in pixels, each at least 96.
    position_scatter_px, rotation_scatter_deg: largest misplacement of a part in its fixture.
    exposure_scatter: standard deviation of the light from picture to picture, as a factor's exponent of e.
    """

    seed: int = 0
    width: int = 640
    height: int = 480
    program: LineProgram = LineProgram()
    position_scatter_px: float = 5.0
    rotation_scatter_deg: float = 6.0
    exposure_scatter: float = 0.025

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 96:
            raise ValueError(f"width and height: expected at least 96, received {self.width} x {self.height}")
        if self.seed < 0:
            raise ValueError(f"seed: expected 0 or more, received {self.seed}")


def part_index(settings: RenderSettings, number: int) -> int:
    """Which physical part (0 = the first) picture `number` shows."""
    return number // settings.program.pictures_per_part


def part_of(settings: RenderSettings, number: int) -> Part:
    """The Part that picture `number` shows."""
    index = part_index(settings, number)
    lot = index // settings.program.parts_per_lot
    return Part(serial=f"{index + 1:06d}", lot=f"S{settings.seed}-L{lot + 1:03d}", part_number=PART_NUMBER)


def defect_of(settings: RenderSettings, number: int) -> str:
    """The ground truth of picture `number`: GOOD or a defect class.

    Parts are dealt out along the golden-ratio sequence (a one-dimensional low-discrepancy sequence, Niederreiter
    1992), so that any stretch of parts holds each class close to its share.
    """
    index = part_index(settings, number)
    start = float(np.random.default_rng([settings.seed, 0]).random())
    position = (start + index * _GOLDEN_RATIO) % 1.0
    for entry in settings.program.defects:
        if entry.from_part > index:
            continue
        if position < entry.share:
            return entry.defect_class
        position -= entry.share
    return GOOD


def light_of(settings: RenderSettings, number: int) -> float:
    """How bright the light is for picture `number`, relative to the nominal: ageing and bracketing, no chance."""
    program = settings.program
    aged = (1.0 + program.drift_per_part) ** max(0, part_index(settings, number) - program.drift_from)
    step = number % program.pictures_per_part - (program.pictures_per_part - 1) / 2
    return float(min(max(aged, 0.3), 2.5) * 2.0 ** (step * program.bracket_stops))
