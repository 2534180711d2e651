"""Synthetic defects, drawn on pictures of good parts: scratches, spots, stains, chipped rims, misplaced pieces and
regions of another finish.

They stand in for defects that nobody has seen yet (CutPaste, Li et al. 2021; DRAEM, Zavrtanik et al. 2021). What a
model makes of them says nothing of how many real defects escape, and is called synthetic wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inspector.domain import Floats, Pixels
from inspector.opencv import cv2

Random = np.random.Generator

_SUBPIXELS = 3  # bits of a fraction, for lines that are not jagged
_FAINTEST_LEVELS = 8.0  # of grey: what is drawn stands out from an even part, too
_TEXTURE_PIXELS = 8.0  # what varies within so many is texture, not light


def drawn(view: Pixels, other: Pixels, rng: Random) -> Pixels:
    """A copy of a good view (height, width, 3), uint8, with one synthetic defect; the same for the same state of `rng`.

    other: a good view of the same size, from which a piece may be taken.
    """
    kind = rng.random()
    if kind < _FINISHES:
        changed = _finished_otherwise(view, other, rng)
    elif kind < _FINISHES + _PIECES:
        changed = _misplaced(view, other, rng)
    else:
        draw = _DRAWINGS[int(rng.choice(len(_DRAWINGS), p=_SHARES))]
        changed = _painted(view, draw(view.shape[0], view.shape[1], rng), rng)
    return np.asarray(np.clip(np.rint(changed), 0, 255), dtype=np.uint8)


def _painted(view: Pixels, mask: Floats, rng: Random) -> Floats:
    """The masked pixels darker or brighter by about what the part's own grey levels vary; darker twice as often."""
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 2.0))
    strength = rng.choice((-1.0, -1.0, 1.0)) * rng.uniform(0.6, 3.0) * max(_FAINTEST_LEVELS, float(view.std()))
    if rng.random() < 0.4:
        soft = soft * (1 + 0.5 * _clouds(mask.shape[0], mask.shape[1], 1.5, rng))
    grey = bool((view[..., :1] == view).all())
    colours = np.ones(3) if grey else 1 + 0.3 * rng.standard_normal(3)
    return np.asarray(view + (soft * strength)[..., np.newaxis] * colours, dtype=np.float32)


def _misplaced(view: Pixels, other: Pixels, rng: Random) -> Floats:
    """A piece of another good part, turned and under another light, laid where it does not belong."""
    sides = view.shape[:2]
    height, width = (max(4, int(np.exp(rng.uniform(np.log(0.03), np.log(0.35))) * side)) for side in sides)
    top, left = rng.integers(0, sides[0] - height), rng.integers(0, sides[1] - width)
    from_top, from_left = rng.integers(0, sides[0] - height), rng.integers(0, sides[1] - width)
    piece = other[from_top : from_top + height, from_left : from_left + width].astype(np.float32)
    piece = piece[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))] * rng.uniform(0.75, 1.3) + rng.uniform(-15, 15)
    mask: Floats = np.ones((height, width), np.float32)
    if rng.random() < 0.5:
        round_ = np.zeros_like(mask)
        cv2.ellipse(round_, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 1.0, -1)
        mask = np.asarray(cv2.GaussianBlur(round_, (0, 0), rng.uniform(0.4, 2.0)), dtype=np.float32)
    changed = view.astype(np.float32)
    under = changed[top : top + height, left : left + width]
    under += (piece - under) * mask[..., np.newaxis]
    return changed


def _finished_otherwise(view: Pixels, other: Pixels, rng: Random) -> Floats:
    """A region with a sharp edge that is darker or brighter and whose texture is stronger, fainter or another part's:
    a step of grinding, a lack of coating, a film.
    """
    mask = cv2.GaussianBlur(_region(view.shape[0], view.shape[1], rng), (0, 0), rng.uniform(0.4, 2.5))
    light = cv2.GaussianBlur(view.astype(np.float32), (0, 0), rng.uniform(4, 16))
    if rng.random() < 0.5:
        texture = (view - light) * np.exp(rng.uniform(-1, 1))
    else:
        turned = other[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))].astype(np.float32)
        texture = (turned - cv2.GaussianBlur(turned, (0, 0), _TEXTURE_PIXELS)) * np.exp(rng.uniform(-0.5, 1))
    step = rng.choice((-1, 1)) * rng.uniform(0.15, 1.2) * max(_FAINTEST_LEVELS, float(view.std()))
    return np.asarray(view + (light + step + texture - view) * mask[..., np.newaxis], dtype=np.float32)


def _region(height: int, width: int, rng: Random) -> Floats:
    """What lies on the smaller side of a line, most often nearly along a side of the picture, or a band or a corner."""
    along_a_side = rng.choice((0, np.pi / 2)) + rng.normal(0, 0.15)
    turn = along_a_side if rng.random() < 0.7 else rng.uniform(0, np.pi)
    down, across = np.mgrid[:height, :width].astype(np.float32)
    down, across = down / height - 0.5, across / width - 0.5
    over = across * np.cos(turn) + down * np.sin(turn)
    edge = rng.uniform(-0.35, 0.45)
    inside = over > edge
    if rng.random() < 0.5:
        inside &= over < edge + rng.uniform(0.08, 0.6)
    if rng.random() < 0.4:
        inside &= down * np.cos(turn) - across * np.sin(turn) > rng.uniform(-0.4, 0.2)
    return np.asarray(inside if inside.mean() < 0.5 else ~inside, dtype=np.float32)


def _scratch(height: int, width: int, rng: Random) -> Floats:
    """One or two lines that wander."""
    mask = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        step, steps = rng.uniform(0.08, 0.6) * width / 12, 12
        headings = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.18, steps))
        path = np.cumsum(step * np.stack([np.cos(headings), np.sin(headings)], axis=1), axis=0)
        points = np.rint((path + rng.uniform(0, 1, 2) * (width, height)) * 2**_SUBPIXELS).astype(np.int32)
        cv2.polylines(mask, [points], False, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA, _SUBPIXELS)
    return mask


def _spot(height: int, width: int, rng: Random) -> Floats:
    """A blob with a frayed outline."""
    radius = np.exp(rng.uniform(np.log(0.01), np.log(0.06))) * width
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(1, 2.5)
    down, across = np.mgrid[:height, :width].astype(np.float32)
    down, across = down - rng.uniform(0, height), across - rng.uniform(0, width)
    along = (across * np.cos(turn) + down * np.sin(turn)) / stretch
    beside = down * np.cos(turn) - across * np.sin(turn)
    outline = np.hypot(along, beside) / radius + 0.35 * _clouds(height, width, max(1.5, radius / 3), rng)
    return np.asarray(outline < 1, dtype=np.float32)


def _stain(height: int, width: int, rng: Random) -> Floats:
    """Patches of a random shape over 2 to 15 % of the part."""
    clouds = _clouds(height, width, rng.uniform(0.025, 0.1) * width, rng)
    return np.asarray(0.6 * (clouds > np.quantile(clouds, rng.uniform(0.85, 0.98))), dtype=np.float32)


def _chip(height: int, width: int, rng: Random) -> Floats:
    """What is missing at a side of the picture."""
    down, across = np.mgrid[:height, :width].astype(np.float32)
    sides = (across / width, down / height, 1 - across / width, 1 - down / height)
    side = int(rng.integers(4))
    along = sides[(side + 1) % 4] - rng.uniform(0, 1)
    depth = rng.uniform(0.02, 0.15) * np.maximum(0, 1 - (along / rng.uniform(0.05, 0.3)) ** 2)
    frayed = depth * (1 + 0.3 * _clouds(height, width, rng.uniform(0.01, 0.06) * width, rng))
    return np.asarray(sides[side] < frayed, dtype=np.float32)


def _clouds(height: int, width: int, scale: float, rng: Random) -> Floats:
    """(height, width) smooth noise with a deviation of 1; scale: of its patches, in pixels."""
    factor = max(1, int(scale / 2))
    small = rng.standard_normal((height // factor + 3, width // factor + 3), dtype=np.float32)
    blurred = cv2.GaussianBlur(small, (0, 0), scale / factor)
    large = cv2.resize(blurred, (width + 2 * factor, height + 2 * factor), interpolation=cv2.INTER_CUBIC)
    noise = large[factor : factor + height, factor : factor + width]
    return np.asarray(noise / (noise.std() + 1e-6), dtype=np.float32)


_FINISHES, _PIECES = 0.21, 0.32
_DRAWINGS: tuple[Callable[[int, int, Random], Floats], ...] = (_scratch, _spot, _stain, _chip)
_SHARES = (0.4, 0.33, 0.17, 0.1)
