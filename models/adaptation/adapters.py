"""Few weights beside the many: a low-rank change of each 1 x 1 convolution, merged into it before export."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

RANK = 8
_SEEDS = 2**32  # as many as an initializer takes


class LowRank(keras.layers.Layer):  # type: ignore[misc]
    """A kept 1 x 1 convolution plus a learned change of low rank, zero at first (LoRA, Hu et al. 2022).

    seed: of the weights that it begins with.
    """

    def __init__(self, convolution: Any, rank: int, seed: int) -> None:
        super().__init__(name=f"{convolution.name}_low_rank")
        self._convolution = convolution
        _, _, channels, filters = convolution.kernel.shape
        drawn = keras.initializers.HeNormal(seed)
        self._down = self.add_weight(shape=(channels, rank), initializer=drawn, name="down")
        self._up = self.add_weight(shape=(rank, filters), initializer="zeros", name="up")

    def call(self, seen: Any) -> Any:
        """(n, rows, columns, channels) to (n, rows, columns, filters)."""
        change = keras.ops.matmul(keras.ops.matmul(seen, self._down), self._up)
        return self._convolution(seen) + change

    def compute_output_shape(self, shape: Any) -> Any:
        return self._convolution.compute_output_shape(shape)

    def merge(self) -> None:
        """Put the change into the convolution itself; from here on this layer adds nothing."""
        kernel = self._convolution.kernel
        kernel.assign(kernel + keras.ops.matmul(self._down, self._up)[None, None])
        self._up.assign(keras.ops.zeros_like(self._up))


def with_adapters(upper: Any, seed: int, rank: int = RANK) -> Any:
    """The same keras.Model with a LowRank beside each 1 x 1 convolution, and nothing else to train.

    seed: the same one draws the same weights, whatever else was drawn in this process: a job repeats itself.
    """
    seeds = np.random.default_rng(seed)

    def replaced(layer: Any) -> Any:
        layer.trainable = False
        return LowRank(layer, rank, int(seeds.integers(_SEEDS))) if _is_pointwise(layer) else layer

    return keras.models.clone_model(upper, clone_function=replaced)


def _is_pointwise(layer: Any) -> bool:
    return type(layer) is keras.layers.Conv2D and layer.kernel_size == (1, 1) and layer.strides == (1, 1)


def merge(model: Any) -> None:
    """Merge every adapter of a model: the pretrained network then is the adapted one."""
    for layer in model.layers:
        if isinstance(layer, LowRank):
            layer.merge()
