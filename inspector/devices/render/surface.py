"""One part's own surface before light falls on it: how it is turned, where it lies, and what chance put on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inspector.devices.render.flange import CHAMFER, HOLE, HOLES, HUB, STREAK_TURNS, Flange, flange
from inspector.domain import Floats
from inspector.opencv import cv2


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A piece of a Surface: `at` cuts it out of each map; across, down: px from its point, as maps."""

    at: tuple[slice, slice]
    across: Floats
    down: Floats


@dataclass(slots=True, eq=False)
class Surface:
    """A part under construction; the maps are side x side float32 and are changed in place by defects and marks.

    relief: height in px on top of the turned profile. tone: factor on all reflected light. gloss: factor on the
    highlights. cover: where there is metal, 0 to 1. rotation_rad: how far the part is turned in its fixture.
    """

    part: Flange
    rotation_rad: float
    relief: Floats
    tone: Floats
    gloss: Floats
    cover: Floats

    def hole_centres(self) -> tuple[tuple[float, float], ...]:
        return tuple(self.part.hole_centre(which, self.rotation_rad) for which in range(HOLES))

    def window(self, x: float, y: float, reach: float) -> Window:
        """The maps' square of `reach` px around a point, cut at the border."""
        side = self.part.side
        left, right = max(0, math.floor(x - reach)), min(side, math.ceil(x + reach) + 1)
        top, bottom = max(0, math.floor(y - reach)), min(side, math.ceil(y + reach) + 1)
        down, across = np.mgrid[top:bottom, left:right].astype(np.float32)
        return Window((slice(top, bottom), slice(left, right)), across - np.float32(x), down - np.float32(y))

    def place_on_face(self, chance: np.random.Generator, clear_px: float) -> tuple[float, float]:
        """A point (x, y) of the flat face, `clear_px` away from bore, rim and holes where there is room for that."""
        radius, middle = self.part.radius, self.part.middle
        low, high = HUB * radius + 0.6 * clear_px, (1 - 1.5 * CHAMFER) * radius - clear_px
        x = y = middle
        for _ in range(40):
            reach = math.sqrt(chance.uniform(low**2, max(high, low + 1.0) ** 2))
            angle = chance.uniform(0, 2 * math.pi)
            x, y = middle + reach * math.cos(angle), middle + reach * math.sin(angle)
            nearest = min(math.hypot(x - hx, y - hy) for hx, hy in self.hole_centres())
            if nearest > (HOLE + CHAMFER) * radius + 0.8 * clear_px:
                break
        return x, y


def fresh_surface(part: Flange, rotation_rad: float) -> Surface:
    """The part as the drawing wants it, turned by `rotation_rad`."""
    size = (part.side, part.side)
    turn = cv2.getRotationMatrix2D((part.middle, part.middle), -math.degrees(rotation_rad), 1.0).astype(np.float32)
    holes = cv2.warpAffine(part.holes, turn, size)
    return Surface(
        part=part,
        rotation_rad=rotation_rad,
        relief=np.asarray(cv2.warpAffine(part.relief, turn, size), dtype=np.float32),
        tone=np.asarray(1.0 - 0.42 * cv2.warpAffine(part.lettering, turn, size), dtype=np.float32),
        gloss=np.ones(size, np.float32),
        cover=np.asarray(part.shell * (1.0 - holes), dtype=np.float32),
    )


def slopes(surface: Surface, turning: Floats) -> tuple[Floats, Floats]:
    """Slopes along the radius and along the turning marks (height px per px); `turning`: slope of the marks."""
    part = surface.part
    down_x = cv2.Sobel(surface.relief, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down_y = cv2.Sobel(surface.relief, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    radial = part.slope + turning + down_x * part.x + down_y * part.y
    along = down_y * part.x - down_x * part.y
    return radial, along


@lru_cache(maxsize=4)
def _streaks(width: int, height: int) -> Floats:
    """Tool marks unrolled to (two turns, radius), periodic in the turn: long along the mark, short across."""
    reach = _reach(flange(width, height))
    chance = np.random.default_rng(20_240)
    field = np.zeros((STREAK_TURNS, reach), np.float32)
    for long, across, weight in ((60, 0.45, 1.0), (20, 0.7, 0.55), (150, 1.6, 0.8)):
        noise = np.tile(chance.standard_normal(field.shape, dtype=np.float32), (3, 1))
        marks = cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=long)[STREAK_TURNS : 2 * STREAK_TURNS]
        field += weight * marks / marks.std()
    return np.asarray(np.tile(field / field.std(), (2, 1)), dtype=np.float32)


def _reach(part: Flange) -> int:
    return math.ceil(part.middle * math.sqrt(2)) + 2


def turning_marks(
    size: tuple[int, int], lot: np.random.Generator, chance: np.random.Generator
) -> tuple[Floats, Floats]:
    """What the tool left: (radial slope, streak) maps; the tool's edge belongs to the lot, the rest to the part.

    size: (width, height) of the picture.
    """
    part = flange(*size)
    pitch = lot.uniform(0.016, 0.026) * part.radius
    radius = np.arange(_reach(part))
    feed = np.sin(2 * math.pi * radius / pitch + chance.uniform(0, 2 * math.pi)) * lot.uniform(0.018, 0.035)
    rough = chance.standard_normal(len(radius))
    rings = feed + 0.030 * rough + 0.022 * np.convolve(rough, np.ones(5) / 2.2, mode="same")
    slope = cv2.remap(rings.astype(np.float32)[None, :], *part.radius_map, cv2.INTER_LINEAR)
    start = int(chance.integers(STREAK_TURNS))
    turned = _streaks(*size)[start : start + STREAK_TURNS]
    streak = cv2.remap(turned, *part.turn_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(slope, dtype=np.float32), np.asarray(streak, dtype=np.float32)
