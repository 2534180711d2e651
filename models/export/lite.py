"""How a network that TensorFlow runs becomes a LiteRT file, whichever Keras it was built with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from inspector.domain import Floats, Pixels
from models.backbones.registry import Backbone

INT8, FLOAT16, FLOAT32, DYNAMIC, AWARE, SPARSE = "int8", "float16", "float32", "dynamic", "aware", "sparse"


def normalised(pixels: Pixels, backbone: Backbone) -> Floats:
    """(..., 3) uint8 as the float32 that the network was trained on."""
    return (pixels.astype(np.float32) - np.float32(backbone.mean)) / np.float32(backbone.scale)


def calibration(views: Sequence[Pixels], backbone: Backbone) -> Iterator[list[Floats]]:
    """What int8 takes the ranges of its tensors from, one (1, height, width, 3) after the other."""
    for pixels in views:
        yield [normalised(pixels[np.newaxis], backbone)]
    # A ramp of all grey levels makes the input's range the whole of 0 to 255, so that no pixel is rounded.
    height, width, _ = views[0].shape
    ramp = np.linspace(0.0, 255.0, width).round().astype(np.uint8)
    yield [normalised(np.broadcast_to(ramp[np.newaxis, np.newaxis, :, np.newaxis], (1, height, width, 3)), backbone)]


def convert(
    network: Any,
    shape: tuple[int, int, int, int],
    quantisation: str,
    representative: Callable[[], Iterator[list[Floats]]] | None = None,
) -> bytes:
    """The LiteRT file of a Keras model for inputs of `shape`, float32 maps as outputs.

    int8: 8-bit weights (per channel) and activations, int8 input (Jacob et al. 2018), with ranges from the
    `representative` inputs. aware: the same, with the ranges that quantisation-aware training put into the network.
    dynamic: 8-bit weights, activations quantised anew in each invoke. float16: weights stored in 16 bits, computed in
    32. sparse: float32, the zeros among the weights left out.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([_frozen(network, shape)])
    if quantisation != FLOAT32:
        converter.optimizations = [
            tf.lite.Optimize.EXPERIMENTAL_SPARSITY if quantisation == SPARSE else tf.lite.Optimize.DEFAULT
        ]
    if quantisation in (INT8, AWARE):
        converter.inference_input_type = tf.int8
    if quantisation == INT8:
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    elif quantisation == FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's remarks are about graphs with other input types
        return bytes(converter.convert())


def _frozen(network: Any, shape: tuple[int, int, int, int]) -> Any:
    """Variables as constants: the converter does not follow those of Keras 3 by itself."""
    traced = tf.function(lambda view: network(view, training=False))
    return convert_variables_to_constants_v2(
        traced.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="view"))
    )
