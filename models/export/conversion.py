"""A pretrained network as Keras runs it; with models.export.lite the only modules that load TensorFlow to export."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its sums change with the load; features must not

import keras
import numpy as np
import tensorflow as tf

from inspector.domain import Floats, Pixels
from models.backbones import macs
from models.backbones.registry import Backbone
from models.export.evening import even_out
from models.export.lite import FLOAT16, FLOAT32, INT8, calibration, convert, normalised
from models.export.rounding import round_kernels
from models.export.running import Found, in_pieces

__all__ = ["FLOAT16", "FLOAT32", "INT8", "KerasNetwork", "pretrained"]

_BATCH = 8
_READY_VIEWS = 16  # twice as many bring nothing more
_READY_PIXELS = _READY_VIEWS * 256 * 256  # of larger views fewer show as many places
_THREADS = 2


class KerasNetwork:
    """A pretrained network up to its three levels, as Keras runs it: what every exported file is held against."""

    def __init__(
        self,
        backbone: Backbone,
        weights: Path,
        published: bool,
        height: int,
        width: int,
        adapted: Sequence[Floats] | None = None,
    ) -> None:
        _quiet()
        keras.utils.set_random_seed(0)
        self._backbone = backbone
        self._shape = (1, height, width, 3)
        self._maps = backbone.level_maps(keras, weights, published, height, width)
        if adapted is not None:
            self._maps.set_weights(list(adapted))

    def features(self, views: Sequence[Pixels]) -> Floats:
        """(n, features) float32: the three levels averaged over all places, fine to coarse."""
        return np.concatenate(self._seen(views, _averaged))

    def maps(self, views: Sequence[Pixels]) -> list[Floats]:
        """The three levels of some views, (n, rows, columns, channels) float32 each, fine to coarse."""
        return [np.concatenate(level) for level in zip(*self._seen(views, list), strict=True)]

    def _seen(self, views: Sequence[Pixels], look: Callable[[list[Floats]], Found]) -> list[Found]:
        return in_pieces(self._maps, normalised(np.stack(views), self._backbone), _BATCH, look)

    def convert(self, quantisation: str, views: Sequence[Pixels]) -> bytes:
        """The LiteRT file, float32 maps as outputs. views: what int8 takes its ranges from, and how to round."""
        if quantisation != INT8:
            return convert(self._maps, self._shape, quantisation)
        before = self._maps.get_weights()
        try:
            self._make_ready(views)
            return convert(self._maps, self._shape, INT8, lambda: calibration(views, self._backbone))
        finally:
            self._maps.set_weights(before)

    def _make_ready(self, views: Sequence[Pixels]) -> None:
        """The weights as eight bits bear them best."""
        black, white = normalised(np.array([0, 255], dtype=np.uint8), self._backbone)
        height, width = self._shape[1:3]
        count = min(_READY_VIEWS, max(1, _READY_PIXELS // (height * width)))
        inputs = normalised(np.stack(views[:count]), self._backbone)
        even_out(self._maps, inputs, float(black), float(white))
        round_kernels(self._maps, inputs)


@functools.lru_cache(maxsize=1)
def pretrained(backbone: Backbone, weights: Path, published: bool, height: int, width: int) -> KerasNetwork:
    """A KerasNetwork as it was published. The last one is kept: what is quantised is verified a little later."""
    return KerasNetwork(backbone, weights, published, height, width)


def _averaged(levels: list[Floats]) -> Floats:
    return np.concatenate([one.mean(axis=(1, 2)) for one in levels], axis=1)


def cost(backbone: Backbone) -> int:
    """Multiply-accumulates of one view at the backbone's own input size, counted in Keras's graph of its levels."""
    _quiet()
    return macs.count(backbone.outline(keras))


def _quiet() -> None:
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(_THREADS)  # a station may be at work on the same PC
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # too late to ask: this process has built a network before
        return
