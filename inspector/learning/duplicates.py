"""Which pictures show one physical part: by the marks it has for itself, once what all parts share is taken away.

Two pictures of one product look alike whatever the part; a part shot twice also has the same scratches, streaks and
grain, under any light. So each picture is (1) brought to a small square of its local contrast, which light and gamma
hardly change, (2) freed of the mean of the pictures most like it, laid over it, and what is left, its own marks, is
(3) compared by normalised cross-correlation after the best shift (Lewis, "Fast normalized cross-correlation", 1995).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, Pixels
from inspector.opencv import cv2

SIDE = 160  # px of a sketch
COHORT = 32  # pictures whose mean is what all parts share
MIN_COHORT = 8  # with fewer, it cannot be told from what one part has for itself
SAME_PART = 0.82  # agreement from which two pictures are of one part
AMONG_FEW = 0.93  # the same with the smallest cohort
SAME_SHOT = 0.97  # the same without a cohort, where only one shot stored anew is as like as that
_FINE, _COARSE = 1.0, 4.0  # px of a sketch: what is finer is noise and JPEG, what is coarser is light
_NOISE = 2.0 / 128  # local contrast that a sensor makes of nothing, as a share of the brightness
_LARGEST = 3.0
_STEPS = 40.0  # marks are kept as bytes
_GLANCE, _SHIFT = 64, 1  # px: side of what the first look compares, and its largest shift
_CANDIDATES = 10
_REACH = SIDE // 8  # px: how far two pictures of one part may be out of line
_LIKE_SIZE = 1.15  # pictures cut out by hand may differ that much in size and show their part at one scale
_TILES = 5
_BARE = 0.17  # of a picture's local contrast: what noise and small shifts make of one part, shot over and over
_PLAIN = 0.02  # root mean square below which there is nothing to compare
_POOL = 512
_ROWS = 256

Bytes = npt.NDArray[np.int8]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A picture made small to be compared. grey: (SIDE, SIDE) uint8; height, width: of the picture, px."""

    digest: str
    part: str
    grey: Pixels
    height: int
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What one picture has for itself. plane: (SIDE, SIDE) int8; cohort: how many pictures it was freed of."""

    sketch: Sketch
    plane: Bytes
    cohort: int

    @property
    def values(self) -> Floats:
        return np.asarray(self.plane, np.float32) / np.float32(_STEPS)

    @property
    def bare(self) -> bool:
        """Whether there are none: the picture shows noise, and what all the others show."""
        texture, own = _strength(_texture(self.sketch)), _strength(self.values)
        return texture > _PLAIN and own < _BARE * texture


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """Two pictures, by digest, that show one part. agreement: the correlation of their own marks, up to 1."""

    first: str
    second: str
    agreement: float


def sketch_of(pixels: Pixels, digest: str, part: str) -> Sketch:
    """pixels: grey (height, width) or RGB (height, width, 3), uint8."""
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return Sketch(digest, part, np.asarray(small, np.uint8), *pixels.shape[:2])


def _tapered(length: int) -> Floats:
    """Flat in the middle and falling to nothing at the ends, so that the border of a picture is no mark."""
    return np.asarray(np.minimum(1.0, 3.0 * np.hanning(length + 2)[1:-1]), np.float32)


_WINDOW = np.asarray(np.outer(_tapered(SIDE), _tapered(SIDE)), np.float32)
_DOWN, _RIGHT = (np.mgrid[:SIDE, :SIDE].astype(np.float32) - (SIDE - 1) / 2) / (SIDE / 2)


def _texture(sketch: Sketch) -> Floats:
    """Local contrast, (SIDE, SIDE): band-passed and divided by its own local strength; 0 where all is plain."""
    grey = sketch.grey.astype(np.float32)
    band = cv2.GaussianBlur(grey, (0, 0), _FINE) - cv2.GaussianBlur(grey, (0, 0), _COARSE)
    strength = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), _COARSE))
    noise = _NOISE * max(float(grey.mean()), 1.0)
    return np.asarray(np.clip(band / (strength + noise), -_LARGEST, _LARGEST) * _WINDOW, np.float32)


def _strength(plane: Floats) -> float:
    return float(np.sqrt((plane**2).mean()))


class Cohort:
    """What the parts of a line share. It is learned from a fair sample, or many shots of one part would be common."""

    def __init__(self, sketches: Sequence[Sketch]) -> None:
        self._drawn = sorted(sketches, key=lambda one: hashlib.sha256(one.digest.encode()).digest())[:_POOL]
        self._textures = [_texture(one) for one in self._drawn]
        self._spectra = [_spectrum(texture) for texture in self._textures]
        self._glances = np.stack([_glance(texture) for texture in self._textures]) if self._drawn else None

    def marks(self, sketch: Sketch) -> Marks:
        """Own marks of one picture, which may be of the sample or not."""
        texture = _texture(sketch)
        if _strength(texture) <= _PLAIN:  # what it lacks of the others is no mark
            return Marks(sketch, np.zeros((SIDE, SIDE), np.int8), COHORT)
        nearest = self._nearest(sketch, texture)
        own = _freed(texture, self._laid_over(texture, nearest)) if len(nearest) >= MIN_COHORT else texture
        return Marks(sketch, np.asarray(np.clip(np.rint(own * _STEPS), -127, 127), np.int8), len(nearest))

    def _nearest(self, sketch: Sketch, texture: Floats) -> list[int]:
        """Places in the sample, at most COHORT: one for each part, and none of the picture's own."""
        if self._glances is None:
            return []
        chosen: dict[str, int] = {}
        for place in np.argsort(-(self._glances @ _glance(texture)), kind="stable"):
            other = self._drawn[place]
            if other.digest != sketch.digest and other.part != sketch.part:
                chosen.setdefault(other.part, int(place))
            if len(chosen) == COHORT:
                break
        return list(chosen.values())

    def _laid_over(self, texture: Floats, places: Sequence[int]) -> Floats:
        """The mean of these of the sample, each shifted to where it fits best."""
        own = _spectrum(texture)
        total = np.zeros_like(texture)
        for place in places:
            total += np.roll(self._textures[place], _best_shift(own, self._spectra[place]), (0, 1))
        return np.asarray(total / len(places), np.float32)


def _best_shift(own: Floats, other: Floats) -> tuple[int, int]:
    """By how much the other is to be moved to fit best, at most _REACH: (down, right); by the planes' spectra."""
    fit = cv2.idft(cv2.mulSpectrums(own, other, 0, conjB=True))
    near = np.roll(fit, (_REACH, _REACH), (0, 1))[: 2 * _REACH + 1, : 2 * _REACH + 1]
    down, right = np.unravel_index(int(near.argmax()), near.shape)
    return int(down) - _REACH, int(right) - _REACH


def _freed(plane: Floats, common: Floats) -> Floats:
    """What of a plane neither the common one explains nor a small shift, turn or stretch of it.

    Source: the tangent distance of Simard, LeCun and Denker, "Efficient pattern recognition", 1992.
    """
    own = plane - common  # never more than once: a few shots of the part itself may be in the mean
    down, right = np.gradient(common)
    moves = (down, right, right * _DOWN - down * _RIGHT, right * _RIGHT + down * _DOWN)
    basis = np.stack([move.ravel() for move in moves], axis=1)
    weights = np.linalg.lstsq(basis.T @ basis, basis.T @ own.ravel(), rcond=None)[0]
    return np.asarray(own - (basis @ weights).reshape(plane.shape), np.float32)


def _unit(values: Floats) -> Floats:
    """Rows of mean 0 and length 1; of zeros where there is nothing to see."""
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    plain = length < _PLAIN * np.sqrt(values.shape[-1])
    return np.asarray(np.where(plain, 0.0, centred / np.maximum(length, 1e-9)), np.float32)


def _glance(plane: Floats) -> Floats:
    return _unit(_resized(plane, _GLANCE, _GLANCE).ravel())


def _resized(plane: Floats, width: int, height: int) -> Floats:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _spectrum(plane: Floats) -> Floats:
    return np.asarray(cv2.dft(plane), np.float32)


def search(
    wanted: Sequence[Marks], among: Sequence[Marks], *, across_parts: bool, on_progress: OnProgress | None = None
) -> list[Match]:
    """For each wanted picture those that show its part, as (wanted, other); equal digests are no pair.

    across_parts: leave out pairs that are known to be of one part. on_progress: (done, total) wanted pictures.
    """
    found = []
    looked_at: set[frozenset[str]] = set()
    with ThreadPoolExecutor(2, thread_name_prefix="search") as pool:
        for done, (one, candidates) in enumerate(_candidates(wanted, among, across_parts), start=1):
            pairs = {frozenset((one.sketch.digest, other.sketch.digest)): other for other in candidates}
            others = [other for pair, other in pairs.items() if pair not in looked_at]
            looked_at.update(pairs)
            for other, agreement in zip(others, pool.map(partial(_agreement, one), others), strict=True):
                if agreement >= _needed(min(one.cohort, other.cohort)):
                    found.append(Match(one.sketch.digest, other.sketch.digest, round(agreement, 4)))
            if on_progress:
                on_progress(done, len(wanted))
    return found


def same_shot(first: Sketch, second: Sketch) -> bool:
    """Whether one part lay still for two pictures: by themselves, with no others to tell what all parts share."""
    alone = Cohort([])
    return _agreement(alone.marks(first), alone.marks(second)) >= SAME_SHOT


def _needed(cohort: int) -> float:
    """The fewer others a picture could be freed of, the more of what all parts share is left in its marks."""
    return SAME_SHOT if cohort < MIN_COHORT else float(np.interp(cohort, (MIN_COHORT, COHORT), (AMONG_FEW, SAME_PART)))


def _candidates(
    wanted: Sequence[Marks], among: Sequence[Marks], across_parts: bool
) -> Iterator[tuple[Marks, list[Marks]]]:
    """Each wanted picture with the few whose marks are most like its own at a glance."""
    if not among:
        return
    shifted = _shifted_glances(among)
    parts, digests = (np.array([getattr(one.sketch, name) for one in among]) for name in ("part", "digest"))
    for start in range(0, len(wanted), _ROWS):
        rows = wanted[start : start + _ROWS]
        middle = _shifted_glances(rows)[len(shifted) // 2]
        likeness = np.max([middle @ glances.T for glances in shifted], axis=0)
        for one, values in zip(rows, likeness, strict=True):
            values[digests == one.sketch.digest] = -1.0
            if across_parts:
                values[parts == one.sketch.part] = -1.0
            places = np.argpartition(-values, min(_CANDIDATES, len(among) - 1))[:_CANDIDATES]
            yield one, [among[place] for place in places if values[place] > 0.0]


def _shifted_glances(marks: Sequence[Marks]) -> list[Floats]:
    """(pictures, pixels) for each small shift: the whole of one picture fits into the middle of another."""
    values = np.stack([_resized(one.values, _GLANCE, _GLANCE) for one in marks])
    side, shifts = _GLANCE - 2 * _SHIFT, range(2 * _SHIFT + 1)
    return [_unit(values[:, y : y + side, x : x + side].reshape(len(marks), -1)) for y in shifts for x in shifts]


def _agreement(one: Marks, other: Marks) -> float:
    """Of two pictures as they stand, or else with their parts at one scale where they differ a little in size."""
    first, second = one.values, other.values
    best = _agreement_of(first, second)
    tall, wide = other.sketch.height / one.sketch.height, other.sketch.width / one.sketch.width
    alike = all(1 / _LIKE_SIZE < ratio < _LIKE_SIZE for ratio in (tall, wide))
    if best < SAME_PART and alike and (tall, wide) != (1.0, 1.0):
        best = max(best, _agreement_of(first, _resized(second, round(SIDE * wide), round(SIDE * tall))))
    return best


def _agreement_of(first: Floats, second: Floats) -> float:
    """The correlation at the best shift, over all or over half of the marks: what moves beside a part disturbs less."""
    whole = _laid_together(first, second)
    one, other = (_tiles(plane) for plane in whole)
    strength = np.sqrt((one * one).sum(axis=1) * (other * other).sum(axis=1))
    if strength.sum() <= SIDE * SIDE * _PLAIN**2:
        return 0.0
    correlation = (one * other).sum(axis=1) / np.maximum(strength, 1e-9)
    order = np.argsort(correlation)
    half = np.searchsorted(np.cumsum(strength[order]), strength.sum() / 2)
    over_all = _unit(whole[0].ravel()) @ _unit(whole[1].ravel())
    return max(float(correlation[order[half]]), float(over_all))


def _laid_together(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """What two planes share at their best shift."""
    size = [cv2.getOptimalDFTSize(max(pair) + _REACH) for pair in zip(first.shape, second.shape, strict=True)]
    down, right = _best_shift(*(_spectrum(_padded(plane, size)) for plane in (first, second)))
    top, left = max(0, down), max(0, right)
    height = min(len(first), len(second) + down) - top
    width = min(first.shape[1], second.shape[1] + right) - left
    other = second[top - down : top - down + height, left - right : left - right + width]
    return first[top : top + height, left : left + width], other


def _padded(plane: Floats, size: Sequence[int]) -> Floats:
    wide = np.zeros(size, np.float32)
    wide[: plane.shape[0], : plane.shape[1]] = plane
    return wide


def _tiles(plane: Floats) -> Floats:
    """(_TILES * _TILES, pixels), each of mean 0; what does not divide is left out at the end."""
    height, width = plane.shape[0] // _TILES, plane.shape[1] // _TILES
    whole = plane[: height * _TILES, : width * _TILES].reshape(_TILES, height, _TILES, width)
    tiles = whole.transpose(0, 2, 1, 3).reshape(_TILES * _TILES, height * width)
    return np.asarray(tiles - tiles.mean(axis=1, keepdims=True), np.float32)
