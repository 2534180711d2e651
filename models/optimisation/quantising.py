"""Quantisation-aware training: the network feels the 8 bits while it learns, and takes its ranges along into the file.

Jacob et al. 2018, by tensorflow-model-optimization.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow_model_optimization as tfmot
import tf_keras as keras

from inspector.domain import Pixels
from inspector.errors import TrainingError
from models.backbones.registry import Backbone
from models.export.lite import normalised
from models.optimisation.twin import Twin

_LOW, _HIGH = ("output_min:0", "post_activation_min:0"), ("output_max:0", "post_activation_max:0")


def aware(twin: Twin, views: Sequence[Pixels]) -> Any:
    """The twin with a quantiser behind every layer, each with the range that it really has on the views.

    Raises TrainingError where the backbone has a layer that cannot be quantised so.
    """
    network = twin.copy()
    even_out(network)
    try:
        quantised = tfmot.quantization.keras.quantize_model(network)
    except (RuntimeError, ValueError, AttributeError) as error:
        raise TrainingError(f"{twin.backbone.name} has a layer that cannot be trained quantised: {error}") from error
    inputs = normalised(np.stack(views), twin.backbone)
    quantised(inputs[:1], training=True)  # the weights' ranges are those of their last use in training
    _calibrate(quantised, network, inputs)
    fix_input_range(quantised, twin.backbone)
    return quantised


def even_out(network: Any) -> None:
    """Bring each channel of a depthwise kernel to a largest weight of 1, and make it good in the batch norm behind.

    The package gives a depthwise kernel one range for all channels, whose weights differ a hundredfold. The network
    computes what it did (cross-layer equalisation, Nagel et al. 2019); the converter folds the norm back in, and so
    the file has a scale for each channel.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D) and not layer.use_bias:
            norm = layer.outbound_nodes[0].outbound_layer
            if isinstance(norm, keras.layers.BatchNormalization):
                (kernel,) = layer.get_weights()
                gamma, beta, mean, variance = norm.get_weights()
                largest = np.maximum(np.abs(kernel).max(axis=(0, 1, 3)), 1e-12)
                layer.set_weights([kernel / largest[:, np.newaxis]])
                norm.set_weights([gamma * largest, beta, mean / largest, variance])


def fix_input_range(quantised: Any, backbone: Backbone) -> None:
    """Each grey level enters as an 8-bit value of its own, whatever levels the views happened to show."""
    _assign(quantised.layers[1].weights, (0 - backbone.mean) / backbone.scale, (255 - backbone.mean) / backbone.scale)


def _calibrate(quantised: Any, network: Any, inputs: Any) -> None:
    """Moving averages would need thousands of steps from the -6 to 6 that the package begins with."""
    known = {layer.name for layer in network.layers}
    wrappers = [layer for layer in quantised.layers if layer.name.removeprefix("quant_") in known - {layer.name}]
    ranged = [layer for layer in wrappers if any(weight.name.endswith(_HIGH) for weight in layer.weights)]
    outputs = [network.get_layer(layer.name.removeprefix("quant_")).output for layer in ranged]
    shown = keras.Model(network.input, [[keras.backend.min(one), keras.backend.max(one)] for one in outputs])
    lows, highs = np.full(len(ranged), 0.0), np.full(len(ranged), 0.0)
    for start in range(0, len(inputs), 8):
        found = np.array(shown(inputs[start : start + 8], training=False))
        lows, highs = np.minimum(lows, found[:, 0]), np.maximum(highs, found[:, 1])
    for layer, low, high in zip(ranged, lows, highs, strict=True):
        _assign(layer.weights, low, high)


def _assign(weights: Sequence[Any], low: float, high: float) -> None:
    for weight in weights:
        if weight.name.endswith((*_LOW, "quantize_layer_min:0")):
            weight.assign(low)
        elif weight.name.endswith((*_HIGH, "quantize_layer_max:0")):
            weight.assign(high)
