"""What a network is shown in fine-tuning besides the pictures themselves: light first, since that is what changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from inspector.domain import Pixels
from inspector.errors import TrainingError
from inspector.opencv import cv2

_WHITE = 255.0
_DARKEST = 1e-3  # zero to the power of any gamma stays zero; a part in the dark does not


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a view may be changed at random, each time anew and evenly within the range.

    gamma, gain: largest change of the exponent and of the factor on grey levels, as a natural logarithm (0.35: a
    third darker to two fifths brighter). offset: largest shift of grey levels, as a share of the range. noise: largest
    standard deviation of sensor noise, as a share of the range. blur_px: largest Gaussian blur, standard deviation in
    pixels of the view. crop: largest share of a side that is cut away. turn_deg: largest rotation. mirror: whether a
    part may be seen in a mirror, across and down; not where a letter or a thread direction is inspected.
    """

    gamma: float = 0.35
    gain: float = 0.35
    offset: float = 0.08
    noise: float = 0.012
    blur_px: float = 0.5
    crop: float = 0.15
    turn_deg: float = 0.0
    mirror: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


DEFAULT = Augmentation()
_LARGEST = {"gamma": 2.0, "gain": 2.0, "offset": 0.5, "noise": 0.5, "blur_px": 10.0, "crop": 0.5, "turn_deg": 180.0}
_YES_NO = {"yes": True, "no": False}


def parse(table: Mapping[str, Any]) -> Augmentation:
    """From JSON values. Raises TrainingError with key, expected and received."""
    known = {field.name for field in fields(Augmentation)}
    for key, value in table.items():
        if key not in known:
            raise TrainingError(f"augmentation: expected one of {', '.join(sorted(known))}, received {key!r}")
        if key == "mirror":
            if not isinstance(value, bool):
                raise TrainingError(f"augmentation: mirror: expected yes or no, received {value!r}")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST[key]:
            raise TrainingError(
                f"augmentation: {key}: expected a number from 0 to {_LARGEST[key]:g}, received {value!r}"
            )
    return Augmentation(**table)


def parse_words(text: str) -> Augmentation:
    """From words as typed: "gain=0.2,mirror=no"; what is not named keeps its default. Raises TrainingError."""
    table: dict[str, Any] = {}
    for word in filter(None, (piece.strip() for piece in text.split(","))):
        key, _, value = word.partition("=")
        try:
            table[key.strip()] = _YES_NO[value.strip()] if value.strip() in _YES_NO else float(value)
        except ValueError:
            raise TrainingError(f"augmentation: expected words like gain=0.2,mirror=no, received {word!r}") from None
    return parse(table)


def augment(pixels: Pixels, how: Augmentation, rng: np.random.Generator) -> Pixels:
    """A changed copy of a view (height, width, 3), uint8; the same for the same state of `rng`."""
    lit = cv2.LUT(_moved(pixels, how, rng), _light(how, rng))
    return _noisy(np.asarray(lit, dtype=np.uint8), how, rng)


def augment_mask(mask: Pixels, how: Augmentation, rng: np.random.Generator) -> Pixels:
    """The mask (height, width) of a view, moved as `augment` moves the view with the same state of `rng`."""
    return _moved(mask, how, rng)


def _moved(pixels: Pixels, how: Augmentation, rng: np.random.Generator) -> Pixels:
    """Cut, turned and mirrored in one resampling, so that it is blurred once."""
    height, width = pixels.shape[:2]
    scale = 1.0 / (1.0 - rng.uniform(0.0, how.crop))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), rng.uniform(-1, 1) * how.turn_deg, scale)
    room = (scale - 1.0) / 2
    matrix[:, 2] += rng.uniform(-room, room, 2) * np.array([width, height])
    moved = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    across, down = rng.integers(0, 2, 2) * how.mirror
    moved = moved[:: -1 if down else 1, :: -1 if across else 1]
    sigma = rng.uniform(0.0, how.blur_px)
    return np.ascontiguousarray(moved if sigma < 0.1 else cv2.GaussianBlur(moved, (0, 0), sigma))


def _light(how: Augmentation, rng: np.random.Generator) -> Pixels:
    """(256,) uint8: each grey level under another light."""
    gamma, gain = np.exp(rng.uniform(-1, 1, 2) * (how.gamma, how.gain))
    levels = np.maximum(np.arange(256) / _WHITE, _DARKEST) ** gamma * gain + rng.uniform(-1, 1) * how.offset
    return np.asarray(np.clip(np.rint(levels * _WHITE), 0, 255), dtype=np.uint8)


def _noisy(pixels: Pixels, how: Augmentation, rng: np.random.Generator) -> Pixels:
    """The same noise in all three channels: most factory cameras are grey."""
    deviation = rng.uniform(0.0, how.noise) * _WHITE
    if not deviation:
        return pixels
    noise = rng.standard_normal(pixels.shape[:2], dtype=np.float32)[..., np.newaxis] * np.float32(deviation)
    return np.asarray(np.clip(np.rint(pixels + noise), 0, 255), dtype=np.uint8)


def sheet(views: list[Pixels], how: Augmentation, columns: int = 8, seed: int = 0) -> Pixels:
    """A picture for people: each row one view as it is, then `columns - 1` changes of it, 4 px apart.

    views: of one size, at least one.
    """
    rows = []
    for number, pixels in enumerate(views):
        rng = np.random.default_rng((seed, number))
        cells = [pixels, *(augment(pixels, how, rng) for _ in range(columns - 1))]
        rows.append(np.concatenate([_framed(cell) for cell in cells], axis=1))
    return np.concatenate(rows, axis=0)


def _framed(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.copyMakeBorder(pixels, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(255, 255, 255)), np.uint8)
