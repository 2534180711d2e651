"""A model's float network once more on tf_keras, the only Keras that tensorflow-model-optimization works on.

Importing that package makes TensorFlow's Keras tf_keras for the whole process: so this is a process of its own.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as where the reference was made
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf
import tf_keras as keras

from inspector.domain import Floats, Pixels
from inspector.errors import TrainingError
from models.backbones.registry import Backbone
from models.export.lite import normalised

SAME = 1e-3  # of a feature; the two Keras call the same kernels, what differs is the order of sums
_BATCH = 16
_THREADS = 2


class Twin:
    """maps: a tf_keras.Model of normalised views with the three levels as outputs, fine to coarse.

    adapted: weights in place of the pretrained ones.
    """

    def __init__(
        self, backbone: Backbone, weights: Path, published: bool, seed: int, adapted: Sequence[Floats] | None = None
    ) -> None:
        _quiet()
        keras.utils.set_random_seed(seed)
        self.backbone = backbone
        self.shape = (1, backbone.height, backbone.width, 3)
        self.maps = backbone.level_maps(keras, weights, published, backbone.height, backbone.width)
        if adapted is not None:
            self.maps.set_weights(list(adapted))

    def features(self, views: Sequence[Pixels]) -> Floats:
        """(n, features) float32 of views (height, width, 3), uint8."""
        batches = [np.stack(views[start : start + _BATCH]) for start in range(0, len(views), _BATCH)]
        answers = (self.maps(normalised(batch, self.backbone), training=False) for batch in batches)
        return np.concatenate([np.asarray(pooled(maps)) for maps in answers])

    def copy(self) -> Any:
        """The same network with weights of its own."""
        copied = keras.models.clone_model(self.maps)
        copied.set_weights(self.maps.get_weights())
        return copied


def pooled(maps: Sequence[Any]) -> Any:
    """(n, features): the levels' maps averaged over all places and joined, as a tensor."""
    return tf.concat([tf.reduce_mean(one, axis=(1, 2)) for one in maps], axis=1)


def prove_equal(twin: Twin, views: Mapping[str, Pixels], reference: Mapping[str, Floats]) -> float:
    """The largest difference between the twin and what Keras 3 made of the same views, by digest.

    Raises TrainingError where they are not the same network: nothing that follows would mean anything.
    """
    ours = twin.features(list(views.values()))
    theirs = np.stack([reference[digest] for digest in views])
    difference = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else float("inf")
    if not difference <= SAME:
        raise TrainingError(
            f"{twin.backbone.name} on tf_keras is not the network that was trained: its features differ by up to "
            f"{difference:.2g} on {len(views)} views (at most {SAME} expected); name the weights file that the model "
            "was trained with"
        )
    return difference


def _quiet() -> None:
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(_THREADS)  # a station may be at work on the same PC
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # too late to ask: this process has built a network before
        return
