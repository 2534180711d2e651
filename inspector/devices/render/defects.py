"""What can be wrong with a part, drawn into its surface, and the harmless marks that every part may bear.

Each defect changes height, tone, gloss or outline, and returns where it did so (side x side float32, 0 to 1).
Severity, 0 to 1, is drawn per part: from just visible to plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from inspector.devices.render.flange import BORE, CHAMFER, HOLE, HOLES, smoothstep
from inspector.devices.render.surface import Surface, Window
from inspector.domain import Floats
from inspector.opencv import cv2

_SUBPIXEL_BITS = 4
_FINER = 3
_TEETH = 64


def add_defect(surface: Surface, defect_class: str, chance: np.random.Generator) -> Floats:
    """Put one defect of the named class on the surface; returns its mask."""
    severity = 0.12 + 0.88 * float(chance.beta(1.6, 1.8))
    window, where = _DEFECTS[defect_class](surface, chance, severity)
    mask = np.zeros_like(surface.cover)
    mask[window.at] = where
    return mask


def _stroke(surface: Surface, points: Floats, width_px: float) -> tuple[Window, Floats]:
    """An anti-aliased line through `points` ((n, 2), x and y in px), 0 to 1, thinning out at both ends."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    window = surface.window(float(middle[0]), float(middle[1]), float((high - low).max()) / 2 + 3 * width_px + 3)
    rows, columns = window.across.shape
    canvas = np.zeros((rows * _FINER, columns * _FINER), np.uint8)
    corner = (window.at[1].start, window.at[0].start)
    fixed = np.round(((points - corner + 0.5) * _FINER - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    last = len(fixed) - 1
    for at in range(last):
        strength = 0.3 + 0.7 * min(1.0, 4.0 * min(at, last - at) / last)
        start, end = fixed[at].tolist(), fixed[at + 1].tolist()
        cv2.line(canvas, start, end, int(255 * strength), max(1, round(_FINER * width_px)), cv2.LINE_AA, _SUBPIXEL_BITS)
    fine = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 0.45)
    return window, np.asarray(soft / max(float(soft.max()), 1.0), dtype=np.float32)


def _wander(chance: np.random.Generator, middle: tuple[float, float], length: float, bend: float) -> Floats:
    """Points of a line around `middle`, `length` px long, whose heading drifts by about `bend` radians."""
    steps = 24
    drift = np.full(steps, chance.normal(0, bend) / steps) + chance.normal(0, 0.03, steps)
    heading = chance.uniform(0, 2 * math.pi) + np.cumsum(drift)
    walk = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1) * length / steps, axis=0)
    return np.asarray(walk - walk[steps // 2] + np.array(middle), dtype=np.float32)


def _scratch(surface: Surface, chance: np.random.Generator, severity: float) -> tuple[Window, Floats]:
    radius = surface.part.radius
    line = _wander(chance, surface.place_on_face(chance, 0.05 * radius), radius * (0.24 + 0.65 * severity), 0.5)
    width = radius / 200 * (1.1 + 1.1 * severity)
    window, stroke = _stroke(surface, line, width)
    stroke *= surface.cover[window.at]
    surface.relief[window.at] -= (0.25 + 0.45 * severity) * width * stroke
    # The flanks of a fresh scratch glitter or lie in the dark, by the way they face.
    glitter = 0.36 + 0.30 * severity if chance.random() < 0.7 else -0.38 - 0.25 * severity
    surface.tone[window.at] *= 1.0 + glitter * stroke
    return window, stroke


def _dent(surface: Surface, chance: np.random.Generator, severity: float) -> tuple[Window, Floats]:
    size = surface.part.radius * (0.038 + 0.055 * severity)
    window = surface.window(*surface.place_on_face(chance, size), 1.8 * size)
    angle, squeeze = chance.uniform(0, math.pi), chance.uniform(0.65, 1.0)
    along = (window.across * math.cos(angle) + window.down * math.sin(angle)) / size
    aside = (window.down * math.cos(angle) - window.across * math.sin(angle)) / (size * squeeze)
    square = along * along + aside * aside
    bowl = np.clip(1.0 - square, 0.0, 1.0) ** 2
    rim = np.exp(-((np.sqrt(square) - 1.12) ** 2) / 0.03)
    metal = surface.cover[window.at]
    surface.relief[window.at] += metal * size * (0.20 + 0.16 * severity) * (0.12 * rim - bowl)
    surface.gloss[window.at] *= 1.0 - 0.25 * smoothstep(0.0, 0.4, bowl.astype(np.float32))
    return window, np.where((metal > 0) & (square < 1.2), 1.0, 0.0).astype(np.float32)


def _stain(surface: Surface, chance: np.random.Generator, severity: float) -> tuple[Window, Floats]:
    """A dried film of coolant: a ragged blot with a darker border, dull where the metal should shine."""
    size = surface.part.radius * (0.09 + 0.12 * severity)
    window = surface.window(*surface.place_on_face(chance, 0.5 * size), 2.0 * size)
    angle = np.arctan2(window.down, window.across)
    outline = np.ones_like(angle)
    for wave in range(2, 9):
        outline += chance.normal(0, 0.30 / wave) * np.cos(wave * angle + chance.uniform(0, 2 * math.pi))
    depth = outline - np.hypot(window.across, window.down * chance.uniform(0.75, 1.35)) / size
    coarse = chance.standard_normal((7, 7)).astype(np.float32)
    cloud = cv2.resize(coarse, angle.shape[::-1], interpolation=cv2.INTER_CUBIC)
    depth = (depth + 0.06 * cloud).astype(np.float32)
    film = smoothstep(0.0, 0.30, depth) * surface.cover[window.at]
    ring = film * (1.0 - smoothstep(0.16, 0.55, depth))
    strength = (0.22 + 0.26 * severity) * (1.0 + 0.12 * cloud)
    surface.tone[window.at] *= np.clip(1.0 - strength * (0.6 * film + 0.4 * ring), 0.25, 1.0)
    surface.gloss[window.at] *= 1.0 - 0.40 * film
    return window, film


def _burr(surface: Surface, chance: np.random.Generator, severity: float) -> tuple[Window, Floats]:
    """Metal left standing at an edge: at the rim it sticks out, at the bore or a bolt hole it reaches in."""
    part = surface.part
    height = part.radius * (0.018 + 0.030 * severity)
    centre, edge, outward, span = (part.middle, part.middle), part.radius, 1.0, math.radians(9 + 22 * severity)
    place = chance.random()
    if place > 0.7:
        centre = surface.hole_centres()[int(chance.integers(HOLES))]
        edge, outward, span = HOLE * part.radius, -1.0, math.radians(75 + 110 * severity)
    elif place > 0.45:
        edge, outward, span = BORE * part.radius, -1.0, math.radians(24 + 45 * severity)
    toward = chance.uniform(0, 2 * math.pi)
    x, y = centre[0] + edge * math.cos(toward), centre[1] + edge * math.sin(toward)
    window = surface.window(x, y, edge * min(span, math.pi) / 2 + 2 * height + 2)
    across, down = window.across + (x - centre[0]), window.down + (y - centre[1])
    angle = (np.arctan2(down, across) - toward + math.pi) % (2 * math.pi) - math.pi
    beyond = (np.hypot(across, down) - edge) * outward
    lip = _lip(chance, angle / span, beyond / height, 1.0 / height)
    grain = chance.standard_normal(lip.shape).astype(np.float32)
    surface.cover[window.at] = np.maximum(surface.cover[window.at], lip)
    surface.relief[window.at] += lip * (0.45 * height + 0.35 * cv2.GaussianBlur(grain, (0, 0), 0.7))
    surface.tone[window.at] *= 1.0 + lip * (0.15 + 0.25 * severity)
    return window, lip


def _lip(chance: np.random.Generator, along: Floats, beyond: Floats, pixel: float) -> Floats:
    """Coverage of a ragged lip; along: -0.5 to 0.5 over its length, beyond: heights from the edge, pixel: one px."""
    ragged = np.abs(np.convolve(chance.standard_normal(_TEETH), [0.3, 0.7, 1.0, 0.7, 0.3], mode="same"))
    grid = np.linspace(-0.5, 0.5, _TEETH)
    taper = np.clip(1.0 - (2 * grid) ** 2, 0, 1)
    top = np.interp(along, grid, taper * np.clip(0.3 + 0.5 * ragged, 0, 1.5), left=0.0, right=0.0)
    outer = np.clip((top - beyond) / pixel + 0.5, 0, 1)
    inner = np.clip(1.0 + beyond / np.maximum(0.7 * top, 1e-3), 0, 1)
    return np.asarray(outer * inner * (top > 0.05), dtype=np.float32)


def _missing_hole(surface: Surface, chance: np.random.Generator, severity: float) -> tuple[Window, Floats]:
    """One bolt hole was not drilled; half of the time the drill touched and left a shallow cone."""
    radius = surface.part.radius
    window = surface.window(*surface.hole_centres()[int(chance.integers(HOLES))], (HOLE + 1.5 * CHAMFER) * radius)
    distance = np.hypot(window.across, window.down)
    never = distance < (HOLE + 1.2 * CHAMFER) * radius
    surface.cover[window.at][never] = 1.0
    surface.relief[window.at][never] = 0.0
    if severity < 0.5:
        surface.relief[window.at] -= 0.55 * np.clip(0.04 * radius - distance, 0, None)
    return window, np.where(distance < HOLE * radius, 1.0, 0.0).astype(np.float32)


def add_harmless_marks(surface: Surface, chance: np.random.Generator) -> None:
    """What no inspector would reject: dust, a faint hairline, the arc that the tool left when it was drawn back."""
    part = surface.part
    for _ in range(int(chance.poisson(6))):
        x, y = (int(value) for value in chance.uniform(0.08, 0.92, 2) * part.side)
        surface.tone[y : y + 2, x : x + 2] *= 1.0 + chance.normal(0, 0.11)
    for _ in range(int(chance.poisson(0.7))):
        place = surface.place_on_face(chance, 0.05 * part.radius)
        window, hair = _stroke(surface, _wander(chance, place, part.radius * chance.uniform(0.06, 0.18), 0.3), 1.0)
        surface.tone[window.at] *= 1.0 + chance.normal(0, 0.06) * hair
    if chance.random() < 0.5:
        turns = np.linspace(0, chance.uniform(0.4, 1.6), 40) + chance.uniform(0, 2 * math.pi)
        reach = part.radius * np.linspace(0.5, 0.5 + chance.uniform(0.05, 0.35), 40)
        arc = np.stack([part.middle + reach * np.cos(turns), part.middle + reach * np.sin(turns)], axis=1)
        window, stroke = _stroke(surface, arc.astype(np.float32), 1.0)
        surface.relief[window.at] -= 0.09 * stroke


_DEFECTS: dict[str, Callable[[Surface, np.random.Generator, float], tuple[Window, Floats]]] = {
    "burr": _burr,
    "dent": _dent,
    "missing_hole": _missing_hole,
    "scratch": _scratch,
    "stain": _stain,
}
