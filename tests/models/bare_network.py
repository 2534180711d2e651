"""`python -m tests.models.bare_network FILE`: a yardstick: EfficientNet-Lite0 in int8, its last layer averaged."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np

from models.backbones import efficientnet_lite, registry
from models.export.conversion import INT8, KerasNetwork


def build(keras: Any, height: int, width: int) -> Any:
    network = efficientnet_lite.LITE0.build(keras, height, width)
    return keras.Model(network.input, keras.layers.GlobalAveragePooling2D(name="pooled")(network.output))


if __name__ == "__main__":
    lite0 = dataclasses.replace(registry.find("efficientnet-lite0"), build=build, levels=("pooled",))
    bare = KerasNetwork(lite0, lite0.find_weights(None), True, lite0.height, lite0.width)
    random = np.random.default_rng(0)
    views = [random.integers(0, 256, (lite0.height, lite0.width, 3)).astype(np.uint8) for _ in range(4)]
    Path(sys.argv[1]).write_bytes(bare.convert(INT8, views))
