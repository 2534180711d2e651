"""Pruning: the smallest weights of the 1 x 1 convolutions become zeros that neither take space nor time.

Zhu, Gupta 2017 (gradual, polynomial), by tensorflow-model-optimization.
"""

from __future__ import annotations

from typing import Any

import tensorflow_model_optimization as tfmot
import tf_keras as keras

from models.optimisation.twin import Twin

SPARSITY = 0.7  # LiteRT's sparse kernels set in where two thirds of the weights are zeros
_GROWING = 0.6  # of the steps; the others mend what the zeros broke


def prunable(twin: Twin, steps: int) -> Any:
    """The twin with a mask on each 1 x 1 convolution, which grows to SPARSITY while it learns."""
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=0.0,
        final_sparsity=SPARSITY,
        begin_step=0,
        end_step=max(1, round(steps * _GROWING)),
        frequency=max(1, steps // 20),
    )

    def masked(layer: Any) -> Any:
        if type(layer) is keras.layers.Conv2D and tuple(layer.kernel_size) == (1, 1):
            return tfmot.sparsity.keras.prune_low_magnitude(layer, pruning_schedule=schedule)
        return layer

    network = keras.models.clone_model(twin.copy(), clone_function=masked)
    counting = tfmot.sparsity.keras.UpdatePruningStep()
    counting.set_model(network)
    counting.on_train_begin()  # each call in training counts one step on from here
    return network


def stripped(network: Any) -> Any:
    """The network without its masks, the zeros in its weights."""
    for layer in network.layers:
        if hasattr(layer, "pruning_obj"):
            layer.pruning_obj.weight_mask_op()  # the last step of learning has moved the zeros
    return tfmot.sparsity.keras.strip_pruning(network)
