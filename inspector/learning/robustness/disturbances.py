"""What can go wrong between the part and the pixels, one axis each, and in which steps it is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inspector.domain import Pixels
from inspector.opencv import cv2


@dataclass(frozen=True, slots=True)
class Scene:
    """What a disturbance needs to know of a picture: the part's centre (x, y) in pixels, and a seed for its noise."""

    centre: tuple[float, float]
    seed: int


Disturb = Callable[[Pixels, float, Scene], Pixels]


@dataclass(frozen=True, slots=True)
class Axis:
    """One kind of disturbance. A value lies a whole number of `precision` away from `neutral`, which changes nothing.

    below, above: how many of them the outward sweep tries on each side, the nearest first; () where there is no side.
    words: how a range is said, with {low} and {high}; signed: whether a value is said with its sign.
    disturb: (pixels, value, scene) to a picture of the same shape, uint8; the same arguments give the same pixels.
    """

    name: str
    unit: str
    words: str
    neutral: float
    precision: float
    below: tuple[int, ...]
    above: tuple[int, ...]
    disturb: Disturb
    signed: bool = False

    def value(self, count: int) -> float:
        return round(self.neutral + count * self.precision, 6)

    def shown(self, value: float) -> str:
        return f"{value:+g}" if self.signed and value else f"{value:g}"


_LEVELS = np.arange(256, dtype=np.float64)


def _by_level(pixels: Pixels, levels: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Pixels:
    """Each grey level becomes another; what leaves the range of the sensor is cut off, as the sensor does."""
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table), dtype=np.uint8)


def _light(pixels: Pixels, percent: float, _: Scene) -> Pixels:
    return _by_level(pixels, _LEVELS * (1 + percent / 100))


def _offset(pixels: Pixels, levels: float, _: Scene) -> Pixels:
    return _by_level(pixels, _LEVELS + levels)


def _gamma(pixels: Pixels, gamma: float, _: Scene) -> Pixels:
    return _by_level(pixels, 255 * (_LEVELS / 255) ** gamma)


def _blur(pixels: Pixels, sigma_px: float, _: Scene) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _smear(pixels: Pixels, across: int, down: int) -> Pixels:
    kernel = np.full((down + 1, across + 1), 1 / ((down + 1) * (across + 1)), dtype=np.float32)
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _motion_across(pixels: Pixels, length_px: float, _: Scene) -> Pixels:
    return _smear(pixels, round(length_px), 0)


def _motion_down(pixels: Pixels, length_px: float, _: Scene) -> Pixels:
    return _smear(pixels, 0, round(length_px))


def _moved(pixels: Pixels, matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Pixels:
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _shift_across(pixels: Pixels, shift_px: float, _: Scene) -> Pixels:
    return _moved(pixels, np.array([[1, 0, shift_px], [0, 1, 0]], dtype=np.float64))


def _shift_down(pixels: Pixels, shift_px: float, _: Scene) -> Pixels:
    return _moved(pixels, np.array([[1, 0, 0], [0, 1, shift_px]], dtype=np.float64))


def _rotation(pixels: Pixels, degrees: float, scene: Scene) -> Pixels:
    return _moved(pixels, cv2.getRotationMatrix2D(scene.centre, degrees, 1.0).astype(np.float64))


def _noise(pixels: Pixels, sigma: float, scene: Scene) -> Pixels:
    """The same noise for one picture at every strength: only its size changes from step to step."""
    noise = np.random.default_rng(scene.seed).standard_normal(pixels.shape, dtype=np.float32)
    return np.clip(np.rint(pixels + np.float32(sigma) * noise), 0, 255).astype(np.uint8)


def _jpeg(pixels: Pixels, quality: float, _: Scene) -> Pixels:
    """The colour order does not matter to the loss in brightness; it is kept right for the loss in colour."""
    colour = pixels.ndim == 3
    stored = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if colour else pixels
    content = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])[1]
    read = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), dtype=np.uint8) if colour else read


_PX = (1, 2, 4, 6, 10, 16, 24, 40)

# Light is a gain, offset a stray light; both are cut off at black and white. A shift repeats the picture's border.
AXES = (
    Axis(
        "light",
        "%",
        "light {low} to {high} %",
        0,
        1,
        (-5, -10, -20, -30, -45, -60, -75),
        (5, 10, 20, 35, 50, 75, 100, 150),
        _light,
        True,
    ),
    Axis(
        "offset",
        "grey levels",
        "offset {low} to {high} grey levels",
        0,
        1,
        (-4, -8, -16, -24, -40, -60),
        (4, 8, 16, 24, 40, 60),
        _offset,
        True,
    ),
    Axis("gamma", "", "gamma {low} to {high}", 1, 0.05, (-2, -4, -6, -8, -12), (2, 4, 8, 12, 20, 30), _gamma),
    Axis("blur", "px", "blur to {high} px (sigma)", 0, 0.1, (), (5, 10, 15, 20, 30, 40, 60), _blur),
    Axis("motion_across", "px", "motion blur across to {high} px", 0, 1, (), _PX, _motion_across),
    Axis("motion_down", "px", "motion blur down to {high} px", 0, 1, (), _PX, _motion_down),
    Axis(
        "shift_across",
        "px",
        "shift across {low} to {high} px",
        0,
        1,
        tuple(-px for px in _PX),
        _PX,
        _shift_across,
        True,
    ),
    Axis("shift_down", "px", "shift down {low} to {high} px", 0, 1, tuple(-px for px in _PX), _PX, _shift_down, True),
    Axis(
        "rotation",
        "degrees",
        "turn {low} to {high} degrees",
        0,
        0.5,
        tuple(-n for n in (1, 2, 4, 8, 16, 30, 60)),
        (1, 2, 4, 8, 16, 30, 60),
        _rotation,
        True,
    ),
    Axis("noise", "grey levels", "noise to {high} grey levels", 0, 0.5, (), (2, 4, 8, 16, 24, 40, 60), _noise),
    Axis("jpeg", "quality", "JPEG quality {low} and better", 100, 5, (-1, -2, -5, -10, -14, -17, -19), (), _jpeg),
)
