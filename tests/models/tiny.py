"""A pretrained network small enough for tests: two strided blocks below the cut, two 1 x 1 convolutions above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inspector.domain import Box, Pixels, View
from models.backbones.registry import Backbone

SIDE = 64


def _build(keras: Any, height: int, width: int) -> Any:
    layers = keras.layers
    image = layers.Input((height, width, 3), name="view")
    x = image
    for number, filters in enumerate((4, 6, 8)):
        x = layers.Conv2D(filters, 3, 2, "same", use_bias=False, name=f"down{number}")(x)
        x = layers.BatchNormalization(name=f"down{number}_bn")(x)
        x = layers.ReLU(6.0, name=f"down{number}_relu")(x)
    for number in range(3):
        y = layers.Conv2D(12, 1, use_bias=False, name=f"level{number}_expand")(x)
        y = layers.ReLU(6.0, name=f"level{number}_relu")(y)
        x = layers.Add(name=f"level{number}_add")([x, layers.Conv2D(8, 1, use_bias=False, name=f"level{number}")(y)])
    return keras.Model(image, x)


def _fill(model: Any, _file: Path, _published: bool) -> None:
    random = np.random.default_rng(7)
    for layer in model.layers:
        if layer.weights and not layer.name.endswith("_bn"):
            layer.set_weights([random.normal(0.0, 0.5, one.shape).astype(np.float32) for one in layer.get_weights()])


TINY = Backbone(
    name="tiny",
    build=_build,
    find_weights=lambda _: Path(__file__),
    look=lambda: Path(__file__),
    advice=lambda: "",
    fill=_fill,
    mean=127.0,
    scale=128.0,
    height=SIDE,
    width=SIDE,
    levels=("level0_relu", "level1_relu", "level2_relu"),
    source="drawn by lot",
    licence="Apache-2.0",
)


class Drawn:
    """Views that are drawn instead of read: by a name such as "hole-3", whose kind decides what is on them.

    The mask of a picture goes by the picture's own name.
    """

    height = width = SIDE

    def get(self, name: str) -> View:
        kind, number = name.split("-")
        return View(plate(kind, int(number)), Box(0, 0, SIDE, SIDE), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))

    def mask(self, name: str, _view: View) -> Pixels:
        kind, number = name.split("-")
        return faulty(kind, int(number))


def plate(kind: str, seed: int) -> Pixels:
    """A noisy grey plate, with a fine chequered patch where it has a fault."""
    random = np.random.default_rng((seed, len(kind)))
    pixels = random.normal(120.0, 8.0, (SIDE, SIDE))
    board = np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 90.0 - 45.0
    pixels += np.where(faulty(kind, seed), board, 0.0)
    return np.repeat(np.clip(pixels, 0, 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def faulty(kind: str, seed: int) -> Pixels:
    """(SIDE, SIDE), 255 where the plate has its fault."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    if kind != "good":
        y, x = np.random.default_rng((seed, len(kind), 1)).integers(4, SIDE - 20, 2)
        mask[y : y + 16, x : x + 16] = 255
    return mask
