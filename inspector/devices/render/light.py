"""How light makes a picture of a part: anisotropic highlights, soft shadow on the belt, lens and sensor.

The highlight is the slope form of an anisotropic Beckmann lobe (Ward 1992, "Measuring and modeling anisotropic
reflection"): turning marks run around the centre, so that facets tilt far along the radius and hardly along the mark,
which gives turned metal its bow-tie shine. The sensor adds shot and read noise as in EMVA 1288.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inspector.devices.render.flange import flange
from inspector.domain import Floats, Pixels
from inspector.opencv import cv2

_AMBIENT = 0.15
_DIFFUSE = 0.14
_SHADOW = 0.62
_FULL_WELL = 9_000.0
_READ_NOISE = 0.003
_LENS_BLUR_PX = 0.55
_NOISE_LENGTH = 1 << 20


@dataclass(frozen=True, slots=True)
class Lamp:
    """Where a lamp stands: tilt_x, tilt_y of the half vector between it and the lens, per unit of height.

    A facet whose height falls by as much per px mirrors it into the lens. power: of its highlight.
    """

    tilt_x: float
    tilt_y: float
    power: float


# A bar light at the upper left, and a weaker one opposite, so that no side of a chamfer is black.
LAMPS = (Lamp(-0.26, -0.30, 0.85), Lamp(0.42, 0.22, 0.55))


@dataclass(frozen=True, slots=True)
class Finish:
    """What one part's turning left: widths of the highlight along the mark and along the radius, and its tone."""

    along: float = 0.19
    radial: float = 0.42
    tone: float = 1.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """light: relative to the nominal exposure. gain: as a factor; it multiplies the noise too."""

    light: float = 1.0
    gain: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Lit:
    """Per lamp, its tilt resolved along the radius and along the turning mark."""

    radial: tuple[Floats, ...]
    along: tuple[Floats, ...]


@lru_cache(maxsize=4)
def _lamps_on(width: int, height: int) -> _Lit:
    part = flange(width, height)
    return _Lit(
        radial=tuple(lamp.tilt_x * part.x + lamp.tilt_y * part.y for lamp in LAMPS),
        along=tuple(lamp.tilt_y * part.x - lamp.tilt_x * part.y for lamp in LAMPS),
    )


def shade(size: tuple[int, int], radial: Floats, along: Floats, gloss: Floats, finish: Finish) -> Floats:
    """Radiance of the part's surface, 1 = white.

    size: (width, height) of the picture. radial, along: surface slopes. gloss: factor on the highlights. All
    side x side float32.
    """
    lit = _lamps_on(*size)
    shine = np.zeros_like(radial)
    for lamp, lamp_radial, lamp_along in zip(LAMPS, lit.radial, lit.along, strict=True):
        across, around = lamp_radial + radial, lamp_along + along
        across *= across
        around *= around
        across *= np.float32(-1 / finish.radial**2)
        around *= np.float32(-1 / finish.along**2)
        across += around
        shine += np.float32(lamp.power) * cv2.exp(across)
    shine *= gloss
    facing = 1.0 - np.float32(1.6) * (radial * lit.radial[0] + along * lit.along[0])
    body = np.float32(_AMBIENT) + np.float32(_DIFFUSE) * np.maximum(facing, 0.0)
    steep = 1.0 + radial * radial + along * along
    shine += body * (np.float32(0.45) + np.float32(0.55) / steep)
    shine *= np.float32(finish.tone)
    return shine


def cast_shadow(cover: Floats, reach_px: float) -> Floats:
    """How much of the belt's light a part of coverage `cover` takes away, 0 to 1; same shape.

    A long soft shadow away from the key light and a tight one where the part touches the belt.
    """
    small = cv2.resize(cover, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    key = LAMPS[0]
    move = np.array([[1, 0, -key.tilt_x * reach_px / 4], [0, 1, -key.tilt_y * reach_px / 4]], np.float32)
    moved = cv2.warpAffine(small, move, (small.shape[1], small.shape[0]))
    soft = cv2.GaussianBlur(moved, (0, 0), max(0.6, reach_px * 0.05))
    touch = cv2.GaussianBlur(small, (0, 0), max(0.6, reach_px * 0.06))
    both = cv2.resize(1.0 - (1.0 - _SHADOW * soft) * (1.0 - 0.45 * touch), (cover.shape[1], cover.shape[0]))
    return np.asarray(both, dtype=np.float32)


@lru_cache(maxsize=4)
def _lens(width: int, height: int) -> Floats:
    """Vignetting (cos^4 law) and the slow fall-off away from the key light, as a factor."""
    x = (np.arange(width, dtype=np.float32) - width / 2) / width
    y = (np.arange(height, dtype=np.float32) - height / 2) / width
    field = x[None, :] ** 2 + y[:, None] ** 2
    vignette = 1.0 / (1.0 + 0.55 * field) ** 2
    falloff = 1.0 - 0.10 * (x[None, :] + y[:, None])
    return np.asarray(vignette * falloff, dtype=np.float32)


@lru_cache(maxsize=4)
def _noise(length: int) -> Floats:
    """A long record of white noise; each picture takes a stretch of `length` from it, which costs nothing."""
    return np.random.default_rng(4_711).standard_normal(_NOISE_LENGTH + length, dtype=np.float32)


def expose(radiance: Floats, sensor: Sensor, chance: np.random.Generator) -> Pixels:
    """What the sensor makes of the scene: (height, width) uint8."""
    height, width = radiance.shape
    scene = np.asarray(cv2.GaussianBlur(radiance, (0, 0), _LENS_BLUR_PX), dtype=np.float32)
    scene *= _lens(width, height)
    scene *= np.float32(sensor.light)
    np.clip(scene, 0.0, 1.6, out=scene)
    sigma = np.sqrt(scene * np.float32(1 / _FULL_WELL) + np.float32(_READ_NOISE**2))
    start = int(chance.integers(_NOISE_LENGTH))
    sigma *= _noise(scene.size)[start : start + scene.size].reshape(scene.shape)
    scene += sigma
    scene *= np.float32(255.0 * sensor.gain)
    return np.asarray(cv2.convertScaleAbs(np.maximum(scene, 0.0)), dtype=np.uint8)
