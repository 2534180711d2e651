"""How a changed network learns to say again what the float one says, on the user's own views and without labels.

Distillation (Hinton, Vinyals, Dean 2015) with the features as hints (FitNets, Romero et al. 2015): the head is frozen,
so what has to be kept is what the head reads. No label can mislead it, and none is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from inspector.domain import Pixels
from models.export.lite import normalised
from models.head import Head
from models.optimisation.twin import Twin, pooled

BATCH = 8


def distil(
    student: Any,
    twin: Twin,
    head: Head,
    views: Sequence[Pixels],
    *,
    steps: int,
    rate: float,
    seed: int,
    on_step: Callable[[int], None],
) -> None:
    """Fine-tune `student` in place; batch norm stays as it is, since the batches are too small to measure it.

    on_step(k) is called before step k and, with `steps`, at the end. rate: the highest, falling to 0 along a cosine.
    """
    freeze_norms(student)
    features = twin.features(views)
    spread = features.std(axis=0) + np.median(features.std(axis=0)) + 1e-6
    logits = head.logits(features)
    learn = _step(student, twin, head, spread, float(logits.var()) + 1e-6)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, max(1, steps)), clipnorm=1.0)
    student.optimizer = optimizer
    random = np.random.default_rng(seed)
    for step in range(steps):
        on_step(step)
        learn(tf.constant(normalised(_batch(views, random), twin.backbone)), optimizer)
    on_step(steps)


def freeze_norms(network: Any) -> None:
    for layer in network.layers:
        inner = getattr(layer, "layer", layer)
        if isinstance(inner, keras.layers.BatchNormalization):
            layer.trainable = inner.trainable = False


def _batch(views: Sequence[Pixels], random: np.random.Generator) -> Pixels:
    """Views in a chance order, each mirrored by chance: the mirrors are what the head was fitted on too."""
    drawn = [views[index] for index in random.integers(0, len(views), BATCH)]
    return np.stack([view[:: random.choice((1, -1)), :: random.choice((1, -1))] for view in drawn])


def _step(student: Any, twin: Twin, head: Head, spread: Any, logit_spread: float) -> Any:
    weights = tf.constant(head.weights.T)

    def learn(inputs: Any, optimizer: Any) -> None:
        wanted = pooled(twin.maps(inputs, training=False))
        with tf.GradientTape() as tape:
            error = pooled(student(inputs, training=True)) - wanted
            features = tf.reduce_mean(tf.square(error / spread))
            logits = tf.reduce_mean(tf.square(error @ weights)) / logit_spread
            loss = features + logits
        variables = student.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return tf.function(learn)
