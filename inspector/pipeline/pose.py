"""How a part lies that may also be turned: its fiducial, looked for at every angle and place that the recipe allows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inspector.domain import Affine, Box, Pixels, TurnedBox
from inspector.opencv import cv2
from inspector.recipe import LocateSettings

_COARSE_SIDE_PX = 16
_SURROUNDINGS = 0.75  # of the fiducial's shorter side
_FLAT_LEVELS = 4.0  # of grey: a deviation that is noise alone
_POSES = 8  # that are followed from the coarsest copies on: as many as a bolt circle has holes
_STILL_IN = 0.2  # of correlation below the best: what a coarse copy may hide
_CLEARLY = (
    0.05  # of correlation, above every other turn: of flanges turned wrongly none had it (docs/decisions/turned.md)
)
_BESIDE = 2  # first steps: what is no further away is the same turn


@dataclass(frozen=True, slots=True)
class _Pose:
    """A fiducial's middle (x, y) in pixels of the Frame, how it is turned there, and its correlation (-1 to 1)."""

    x: float
    y: float
    turn_deg: float
    match: float = -1.0


def turned(grey: Pixels, template: Pixels, roi: Box, taught: Box, settings: LocateSettings) -> Box | None:
    """The region `roi` where the part lies now; None where its fiducial is not found, or matches at two turns alike.

    The part turns about the middle of the region, up to settings.turn_deg either way, and its fiducial then strays up
    to search_px. What was turned wrongly would be judged all the same: where in doubt, it is not located.
    """
    factor = 2 ** max(0, int(math.log2(min(template.shape) / _COARSE_SIDE_PX)))
    rows, columns = (side // factor * factor for side in template.shape)
    template = template[:rows, :columns]
    if template.min() == template.max() or rows > grey.shape[0] or columns > grey.shape[1]:
        return None  # a plain surface matches everywhere
    mark = taught.x + columns / 2, taught.y + rows / 2
    poses = _followed(grey, template, roi, mark, settings, factor)
    found, finest = max(poses, key=_match), _finest_deg(template)
    if found.match < settings.min_match or abs(found.turn_deg) > settings.turn_deg + finest:
        return None
    others = [pose.match for pose in poses if _apart_deg(pose, found) > _BESIDE * 2 * factor * finest]
    if max(others, default=-1.0) > found.match - _CLEARLY:
        return None
    middle = roi.x + roi.width / 2, roi.y + roi.height / 2
    x, y = Affine.turning(found.turn_deg, mark, (found.x, found.y)).at(*middle)
    place = round(x - roi.width / 2), round(y - roi.height / 2), roi.width, roi.height
    return TurnedBox(*place, found.turn_deg) if found.turn_deg else Box(*place)


def _followed(
    grey: Pixels, template: Pixels, roi: Box, mark: tuple[float, float], settings: LocateSettings, factor: int
) -> list[_Pose]:
    """The best matches of all turns, at most _POSES.

    Both pictures are first brought to their local contrast: the lamp does not turn with the part, so its highlights lie
    elsewhere on it. Not the fiducial is turned but the picture, back, so that all of the fiducial counts and nothing
    else: the normalised cross-correlation (Lewis, 1995), first on copies shrunk by the factor, a power of two, in steps
    in which the fiducial's corners move a pixel, then about the best ones on larger copies, down to steps of half a
    pixel of the Frame. mark: the fiducial's middle as it was taught, in pixels of the Frame.
    """
    rows, columns = template.shape
    finest = _finest_deg(template)
    step = 2 * factor * finest
    middle = (roi.x + roi.width / 2, roi.y + roi.height / 2)
    around = math.ceil(_SURROUNDINGS * min(rows, columns))
    far = math.dist(middle, mark) + math.hypot(rows, columns) / 2 + math.sqrt(2) * settings.search_px + around
    left, top = (max(0, math.floor(place - far)) for place in middle)
    near = grey[top : math.ceil(middle[1] + far), left : math.ceil(middle[0] + far)]  # nowhere else can it be
    seen, template = _local_contrast(near, around), _local_contrast(template, around)
    level = _Level(seen, template, (left, top), factor)
    fan = [_Pose(*Affine.turning(turn, middle, middle).at(*mark), turn) for turn in _fan(settings.turn_deg, step)]
    poses = _promising(_peaks([level.best(pose, settings.search_px) for pose in fan]))
    while step > finest:
        step, factor = step / 2, max(1, factor // 2)
        level = _Level(seen, template, (left, top), factor)
        poses = _promising([_refined(level, pose, step) for pose in poses])
    return poses


class _Level:
    """A piece of the Frame and a fiducial, both shrunk by a whole factor; the fiducial's sides are multiples of it.

    corner: of the piece, (x, y) in pixels of the Frame.
    """

    def __init__(self, piece: Pixels, template: Pixels, corner: tuple[int, int], factor: int) -> None:
        self.factor = factor
        self._corner = corner
        self._piece, self._template = _shrunk(piece, factor), _shrunk(template, factor)

    def best(self, near: _Pose, reach_px: float) -> _Pose:
        """The best match at a pose's own turn, at most so many pixels of the Frame away from it, right and down."""
        steps = math.ceil(reach_px / self.factor)
        rows, columns = (side + 2 * steps for side in self._template.shape)
        left, top = self._corner
        place = (near.x - left) / self.factor - 0.5, (near.y - top) / self.factor - 0.5  # of pixels' middles
        turning = Affine.turning(near.turn_deg, ((columns - 1) / 2, (rows - 1) / 2), place)
        window = cv2.warpAffine(
            self._piece,
            np.array(turning).reshape(2, 3),
            (columns, rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        _, match, _, (right, down) = cv2.minMaxLoc(cv2.matchTemplate(window, self._template, cv2.TM_CCOEFF_NORMED))
        moved = (right - steps) * self.factor, (down - steps) * self.factor
        x, y = Affine.turning(near.turn_deg, (0.0, 0.0), (near.x, near.y)).at(*moved)
        return _Pose(x, y, near.turn_deg, float(match))


def _local_contrast(pixels: Pixels, around_px: int) -> Pixels:
    """How far each pixel stands out of the square around it, in deviations of that square; 128 where it does not."""
    values = pixels.astype(np.float32)
    mean = cv2.blur(values, (around_px, around_px))
    squares = cv2.sqrBoxFilter(values, cv2.CV_32F, (around_px, around_px))
    deviation = np.sqrt(np.maximum(squares - mean * mean, 0.0))
    return np.asarray(np.clip(128.0 + 40.0 * (values - mean) / (deviation + _FLAT_LEVELS), 0, 255), dtype=np.uint8)


def _shrunk(pixels: Pixels, factor: int) -> Pixels:
    rows, columns = (side // factor for side in pixels.shape)
    whole = pixels[: rows * factor, : columns * factor]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _fan(most_deg: float, step_deg: float) -> Iterator[float]:
    """Whole steps from -most to most, and a little beyond."""
    count = math.ceil(most_deg / step_deg)
    return (step_deg * number for number in range(-count, count + 1))


def _peaks(poses: Sequence[_Pose]) -> list[_Pose]:
    """Of poses in order of their turns those that no neighbour surpasses."""
    matches = [-math.inf, *(pose.match for pose in poses), -math.inf]
    beside = zip(poses, matches, matches[2:], strict=False)
    return [pose for pose, before, after in beside if pose.match >= max(before, after)]


def _promising(poses: Sequence[_Pose]) -> list[_Pose]:
    best = sorted(poses, key=_match, reverse=True)[:_POSES]
    return [pose for pose in best if pose.match >= best[0].match - _STILL_IN]


def _refined(level: _Level, pose: _Pose, step_deg: float) -> _Pose:
    """Turned on by steps as long as it matches better: a coarse copy can be out by more than one."""
    best = level.best(pose, 2 * level.factor)
    while True:
        beside = (round((best.turn_deg + step + 180) % 360 - 180, 6) for step in (-step_deg, step_deg))
        better = max((level.best(replace(best, turn_deg=turn), 2 * level.factor) for turn in beside), key=_match)
        if better.match <= best.match:
            return best
        best = better


def _finest_deg(template: Pixels) -> float:
    """In which its corners move by half a pixel."""
    return math.degrees(1 / math.hypot(*template.shape))


def _apart_deg(one: _Pose, other: _Pose) -> float:
    return abs((one.turn_deg - other.turn_deg + 180) % 360 - 180)


def _match(pose: _Pose) -> float:
    return pose.match
