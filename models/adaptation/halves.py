"""Where a pretrained network is cut: what lies below sees edges and textures and is kept; what lies above is tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from inspector.domain import Floats
from inspector.errors import TrainingError
from models.backbones.registry import Backbone

STRIDE = 8  # of the cut: fine enough for small defects, and most of the arithmetic at full size lies below it
LOWEST_RATE = 0.3  # of the layer right above the cut; the topmost has 1 (discriminative rates, Howard, Ruder 2018)


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """whole: normalised (n, height, width, 3) to three maps, as Backbone.level_maps. lower: to the cut.

    cut: its output. The two share their layers: what is tuned in the upper half is tuned in the whole.
    """

    whole: Any
    lower: Any
    cut: Any

    @property
    def above(self) -> list[Any]:
        """The layers that are tuned, from the cut upwards."""
        below = {layer.name for layer in self.lower.layers}
        return [layer for layer in self.whole.layers if layer.name not in below]

    def upper(self) -> Any:
        """keras.Model from the cut's output to the maps of the three levels."""
        return keras.Model(self.cut, self.whole.outputs)

    def weights(self) -> list[Floats]:
        """Of the whole, as they are now."""
        return [np.asarray(one) for one in self.whole.get_weights()]

    def put(self, weights: Sequence[Floats]) -> None:
        self.whole.set_weights(list(weights))


def averaged(levels: Sequence[Any]) -> Any:
    """The three levels averaged over all places, (n, features)."""
    average = keras.layers.GlobalAveragePooling2D()
    return keras.layers.Concatenate()([average(level) for level in levels])


def halve(backbone: Backbone, file: Path, published: bool, height: int, width: int) -> Halves:
    """Load the pretrained network and cut it where as little as possible has to be carried across.

    Raises TrainingError where its weights are missing, or where it has no such place.
    """
    whole = backbone.level_maps(keras, file, published, height, width)
    candidates = [layer for layer in whole.layers if _rows(layer) == -(-height // STRIDE) and _divides(layer, whole)]
    if not candidates:
        raise TrainingError(f"backbone {backbone.name} cannot be adapted: it has no one layer at a stride of {STRIDE}")
    narrow = min(reversed(candidates), key=lambda layer: int(layer.output.shape[-1]))
    halves = Halves(whole, keras.Model(whole.input, narrow.output), narrow.output)
    for layer in whole.layers:
        # The statistics of ImageNet are steadier than those of a few dozen parts.
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    for layer in halves.lower.layers:
        layer.trainable = False
    return halves


def _rows(layer: Any) -> int | None:
    shape: tuple[int | None, ...] = getattr(layer.output, "shape", ())
    return shape[1] if len(shape) == 4 else None


def _divides(layer: Any, whole: Any) -> bool:
    """Whether everything goes through this layer: the outputs can be computed from it alone."""
    try:
        keras.Model(layer.output, whole.outputs)
    except ValueError:
        return False
    return True


class LayeredAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW (Loshchilov and Hutter 2019) with a factor on the learning rate for each variable, by its path."""

    def __init__(self, factors: dict[str, float], **settings: Any) -> None:
        super().__init__(**settings)
        self._factors = factors

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        # On TensorFlow this is its own variable, whose name is the path and a number.
        path = getattr(variable, "path", None) or variable.name.partition(":")[0]
        super().update_step(gradient, variable, learning_rate * self._factors.get(path, 1.0))


def rates(layers: Sequence[Any]) -> dict[str, float]:
    """By the path of each variable: rising evenly from LOWEST_RATE to 1 through the layers, given from below."""
    steps = np.linspace(LOWEST_RATE, 1.0, len(layers))
    return {one.path: float(rate) for layer, rate in zip(layers, steps, strict=True) for one in layer.trainable_weights}
