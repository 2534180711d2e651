"""The shape of the rendered part: a turned flange with bore, hub, bolt circle and lettering, as maps in pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats
from inspector.opencv import cv2

# All lengths are shares of the outer radius.
BORE = 0.27
HUB = 0.43
GROOVE = 0.90
BOLT_CIRCLE = 0.675
HOLE = 0.088
HOLES = 6
CHAMFER = 0.030
_TEXT = "FL-120 1.4301"
STREAK_TURNS = 1024

FixedMap = tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]


@dataclass(frozen=True, slots=True, eq=False)
class Flange:
    """What all parts of one picture size have in common; side x side float32 maps, the part's centre in the middle.

    radius: outer radius in pixels. x, y: direction from the centre (unit vectors). r: distance from the centre, px.
    slope: radial slope of the turned profile (height px per px). shell: coverage of the part without its bolt holes,
    0 to 1. holes: coverage of the six holes before rotation. relief: height of the hole chamfers, px. lettering: the
    laser marking, 0 to 1.
    turn_map: where in a (STREAK_TURNS, radius) picture each pixel of the face looks up its tool marks, and
    radius_map: where in a (1, radius) one; both in OpenCV's fixed-point form for remap.
    """

    side: int
    radius: float
    x: Floats
    y: Floats
    r: Floats
    slope: Floats
    shell: Floats
    holes: Floats
    relief: Floats
    lettering: Floats
    turn_map: FixedMap
    radius_map: FixedMap

    @property
    def middle(self) -> float:
        return (self.side - 1) / 2

    def hole_centre(self, which: int, rotation_rad: float) -> tuple[float, float]:
        """Centre (x, y) in the map of one bolt hole of a part turned by `rotation_rad`."""
        angle = rotation_rad + 2 * math.pi * which / HOLES
        reach = BOLT_CIRCLE * self.radius
        return self.middle + reach * math.cos(angle), self.middle + reach * math.sin(angle)


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


@lru_cache(maxsize=4)
def flange(width: int, height: int) -> Flange:
    """The flange that fills most of a width x height picture."""
    radius = 0.43 * min(height, 0.8 * width)
    side = 2 * math.ceil(radius * 1.1) + 1
    axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
    across, down = np.meshgrid(axis, axis)
    r = np.maximum(np.hypot(across, down), 0.5).astype(np.float32)
    x, y = (across / r).astype(np.float32), (down / r).astype(np.float32)
    shell = np.clip(radius - r + 0.5, 0, 1) * np.clip(r - BORE * radius + 0.5, 0, 1)
    holes, relief = _bolt_circle(side, radius, across, down)
    theta = (np.arctan2(down, across) / (2 * math.pi) % 1.0 * STREAK_TURNS).astype(np.float32)
    return Flange(
        side=side,
        radius=radius,
        x=x,
        y=y,
        r=r,
        slope=_turned_slope(radius, r),
        shell=shell.astype(np.float32),
        holes=holes,
        relief=relief,
        lettering=_lettering(radius, across, down),
        turn_map=_fixed(r, theta),
        radius_map=_fixed(r, np.zeros_like(r)),
    )


def _fixed(x: Floats, y: Floats) -> FixedMap:
    whole, part = cv2.convertMaps(x, y, cv2.CV_16SC2)
    return np.asarray(whole, dtype=np.int16), np.asarray(part, dtype=np.uint16)


def _turned_slope(radius: float, r: Floats) -> Floats:
    """dh/dr of the profile: bore chamfer, hub step, run-out groove, outer chamfer."""
    share = np.linspace(0.0, 1.2, 2400, dtype=np.float32)
    profile = (
        CHAMFER * 0.8 * smoothstep(BORE, BORE + CHAMFER, share)
        - 0.055 * smoothstep(HUB - 0.016, HUB + 0.016, share)
        - 0.010 * smoothstep(GROOVE - 0.020, GROOVE - 0.002, share)
        + 0.010 * smoothstep(GROOVE + 0.002, GROOVE + 0.020, share)
        - CHAMFER * 0.8 * np.clip((share - (1 - CHAMFER)) / CHAMFER, 0, 1)
    )
    slopes = np.gradient(profile, share)
    # An edge sharper than a pixel would show as stairs.
    width = max(1, round(1.6 / radius / float(share[1])))
    slopes = np.convolve(slopes, np.ones(width) / width, mode="same")
    return np.asarray(np.interp(r / radius, share, slopes), dtype=np.float32)


def _bolt_circle(side: int, radius: float, across: Floats, down: Floats) -> tuple[Floats, Floats]:
    """Coverage of the holes, and the height of their chamfers."""
    holes = np.zeros((side, side), np.float32)
    relief = np.zeros((side, side), np.float32)
    hole, chamfer = HOLE * radius, 0.9 * CHAMFER * radius
    for which in range(HOLES):
        angle = 2 * math.pi * which / HOLES
        reach = BOLT_CIRCLE * radius
        distance = np.hypot(across - reach * math.cos(angle), down - reach * math.sin(angle)).astype(np.float32)
        np.maximum(holes, np.clip(hole - distance + 0.5, 0, 1), out=holes)
        relief -= 0.8 * chamfer * np.clip((hole + chamfer - distance) / chamfer, 0, 1)
    return holes, relief


def _lettering(radius: float, across: Floats, down: Floats) -> Floats:
    """The laser marking on an arc between hub and bolt circle, 0 to 1."""
    tall = 64
    (wide, _), _ = cv2.getTextSize(_TEXT, cv2.FONT_HERSHEY_SIMPLEX, 1.6, 4)
    strip = np.zeros((tall, wide), np.uint8)
    cv2.putText(strip, _TEXT, (0, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 4, cv2.LINE_AA)
    letter = 0.105 * radius
    mid = 0.503 * radius
    arc = wide * letter / tall
    angle = np.arctan2(down, across) - math.pi / 2
    angle = (angle + math.pi) % (2 * math.pi) - math.pi
    # Shrunk by the lens of remap, thin strokes would break up: soften them to the pixel they will have.
    soft = cv2.GaussianBlur(strip, (0, 0), 0.45 * tall / letter)
    across_strip = (0.5 - angle * mid / arc) * wide
    down_strip = (np.hypot(across, down) - mid) / letter * tall + tall / 2
    text = cv2.remap(soft, across_strip.astype(np.float32), down_strip.astype(np.float32), cv2.INTER_AREA)
    return np.asarray(text.astype(np.float32) / 255.0, dtype=np.float32)
