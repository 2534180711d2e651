"""How a Keras network becomes a LiteRT file; the only module that loads TensorFlow, and only when one is built."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its sums change with the load; features must not

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from inspector.domain import Floats, Pixels
from models.backbones.registry import Backbone

INT8, FLOAT16, FLOAT32 = "int8", "float16", "float32"
_BATCH = 16
_THREADS = 2


class KerasNetwork:
    """A pretrained network up to its three levels, as Keras runs it: what every exported file is held against."""

    def __init__(self, backbone: Backbone, weights: Path, published: bool, height: int, width: int) -> None:
        _quiet()
        keras.utils.set_random_seed(0)
        self._backbone = backbone
        self._shape = (1, height, width, 3)
        self._maps = backbone.level_maps(keras, weights, published, height, width)

    def features(self, views: Sequence[Pixels]) -> Floats:
        """(n, features) float32: the three levels averaged over all places, fine to coarse."""
        batches = [views[start : start + _BATCH] for start in range(0, len(views), _BATCH)]
        return np.concatenate([self._pooled(np.stack(batch)) for batch in batches])

    def _pooled(self, batch: Pixels) -> Floats:
        maps = self._maps.predict_on_batch(self._normalised(batch))
        return np.concatenate([np.asarray(one, dtype=np.float32).mean(axis=(1, 2)) for one in maps], axis=1)

    def _normalised(self, pixels: Pixels) -> Floats:
        return (pixels.astype(np.float32) - np.float32(self._backbone.mean)) / np.float32(self._backbone.scale)

    def convert(self, quantisation: str, views: Sequence[Pixels]) -> bytes:
        """The LiteRT file, float32 maps as outputs. views: what int8 takes the ranges of its tensors from.

        int8: 8-bit weights (per channel) and activations, int8 input (Jacob et al. 2018). float16: weights stored in
        16 bits, computed in 32.
        """
        converter = tf.lite.TFLiteConverter.from_concrete_functions([self._frozen()])
        if quantisation == INT8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: self._calibration(views)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tf.int8
        elif quantisation == FLOAT16:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the converter's remarks are about graphs with other input types
            return bytes(converter.convert())

    def _frozen(self) -> Any:
        """Variables as constants: the converter does not follow those of Keras 3 by itself."""
        levels = self._maps
        traced = tf.function(lambda view: levels(view, training=False))
        view = tf.TensorSpec(self._shape, tf.float32, name="view")
        return convert_variables_to_constants_v2(traced.get_concrete_function(view))

    def _calibration(self, views: Sequence[Pixels]) -> Iterator[list[Floats]]:
        for pixels in views:
            yield [self._normalised(pixels[np.newaxis])]
        # A ramp of all grey levels makes the input's range the whole of 0 to 255, so that no pixel is rounded.
        _, height, width, _ = self._shape
        ramp = np.linspace(0.0, 255.0, width).round().astype(np.uint8)
        yield [self._normalised(np.broadcast_to(ramp[np.newaxis, np.newaxis, :, np.newaxis], (1, height, width, 3)))]


def _quiet() -> None:
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(_THREADS)  # a station may be at work on the same PC
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # too late to ask: this process has built a network before
        return
