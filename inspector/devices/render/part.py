"""Picture number k of a rendered line: everything it shows follows from the settings and k alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inspector.devices.render.defects import add_defect, add_harmless_marks
from inspector.devices.render.flange import flange
from inspector.devices.render.light import Finish, Sensor, cast_shadow, expose, shade
from inspector.devices.render.program import RenderSettings, defect_of, light_of, part_index, part_of
from inspector.devices.render.surface import fresh_surface, slopes, turning_marks
from inspector.domain import GOOD, Floats, Part, Pixels
from inspector.opencv import cv2

_LOT, _PART, _PICTURE = 1, 2, 3
_DAMAGED = 0.3
NOMINAL = Sensor()


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPart:
    """A picture and the truth about it.

    pixels: (height, width) uint8. defect_class: GOOD or the defect. mask: (height, width) uint8, 255 on the defect.
    """

    part: Part
    pixels: Pixels
    defect_class: str
    mask: Pixels


def render_part(settings: RenderSettings, number: int, sensor: Sensor = NOMINAL) -> RenderedPart:
    """Render picture `number` (0 = the first) as `sensor` sees it; the same arguments give the same pixels."""
    size = (settings.width, settings.height)
    index = part_index(settings, number)
    lot = np.random.default_rng([settings.seed, _LOT, index // settings.program.parts_per_lot])
    own = np.random.default_rng([settings.seed, _PART, index])
    shot = np.random.default_rng([settings.seed, _PICTURE, number])
    spread = math.radians(settings.rotation_scatter_deg)
    surface = fresh_surface(flange(*size), float(own.uniform(-spread, spread)))
    finish = Finish(along=lot.uniform(0.17, 0.21), radial=lot.uniform(0.38, 0.46), tone=lot.uniform(0.96, 1.04))
    turning, streak = turning_marks(size, lot, own)
    add_harmless_marks(surface, own)
    defect_class = defect_of(settings, number)
    mask = np.zeros((settings.height, settings.width), np.uint8)
    damage = add_defect(surface, defect_class, own) if defect_class != GOOD else None
    radial, along = slopes(surface, turning)
    metal = shade(size, radial, along, surface.gloss * (1.0 + 0.11 * streak), finish)
    metal *= surface.tone * (1.0 + 0.035 * streak + 0.7 * turning)
    shift = shot.uniform(-settings.position_scatter_px, settings.position_scatter_px, 2).astype(np.float32)
    scene = _on_belt(size, metal, surface.cover, shift, shot)
    if damage is not None:
        mask[_placed(damage, size, shift) > _DAMAGED] = 255
    light = light_of(settings, number) * math.exp(settings.exposure_scatter * shot.standard_normal())
    pixels = expose(scene, Sensor(sensor.light * light, sensor.gain), shot)
    return RenderedPart(part_of(settings, number), pixels, defect_class, mask)


def _on_belt(size: tuple[int, int], metal: Floats, cover: Floats, shift: Floats, chance: np.random.Generator) -> Floats:
    """Lay the part on the belt, `shift` (x, y) px away from the middle: radiance of the scene."""
    width, height = size
    belt = _belt(width, height)
    left = int(chance.integers(belt.shape[1] - width))
    there = _placed(cover, size, shift)
    scene = belt[:, left : left + width] * (1.0 - cast_shadow(there, 0.125 * cover.shape[0]))
    scene *= 1.0 - there
    scene += _placed(metal * cover, size, shift)
    return np.asarray(scene, dtype=np.float32)


def _placed(layer: Floats, size: tuple[int, int], shift: Floats) -> Floats:
    """A part's map in the picture's own place; size: (width, height)."""
    middle = (layer.shape[0] - 1) / 2
    place = np.array([[1, 0, size[0] / 2 - middle + shift[0]], [0, 1, size[1] / 2 - middle + shift[1]]], np.float32)
    return np.asarray(cv2.warpAffine(layer, place, size), dtype=np.float32)


@lru_cache(maxsize=4)
def _belt(width: int, height: int) -> Floats:
    """A stretch of rubber belt, wider than the picture: fine weave, wear and dust, around a sixth of white."""
    chance = np.random.default_rng(7_001)
    shape = (height, width + 512)
    noise = chance.standard_normal(shape, dtype=np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), 0.8)
    wear = cv2.GaussianBlur(chance.standard_normal(shape, dtype=np.float32), (0, 0), sigmaX=60, sigmaY=4)
    x, y = np.arange(shape[1], dtype=np.float32), np.arange(height, dtype=np.float32)
    weave = np.sin(x[None, :] * 1.05) * np.sin(y[:, None] * 1.05)
    belt = 0.175 + 0.020 * grain / grain.std() + 0.010 * wear / wear.std() + 0.012 * weave
    return np.asarray(np.clip(belt, 0.02, 1.0), dtype=np.float32)
