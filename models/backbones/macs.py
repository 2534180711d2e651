"""What a network costs to run, whatever runs it: its multiply-accumulates for one view."""

from __future__ import annotations

import math
from typing import Any

COUNTED = {"Conv2D", "DepthwiseConv2D", "Dense"}  # all else together is below a hundredth of these


def count(model: Any) -> int:
    """Multiply-accumulates of one view through a keras.Model, from the shapes in its graph.

    Each number of a kernel takes part once at every place of its layer's output.
    """
    return sum(_of(layer) for layer in model.layers if type(layer).__name__ in COUNTED)


def _of(layer: Any) -> int:
    kernel = layer.weights[0]
    places = math.prod(int(side) for side in layer.output.shape[1:-1])
    return places * math.prod(int(side) for side in kernel.shape)
