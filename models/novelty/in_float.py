"""The same model behind the network in float32: what whoever measures the cost of eight bits holds the model against.

Nothing is learned anew: what is remembered comes from the eight-bit network, so that only the network differs.
"""

from __future__ import annotations

from pathlib import Path

from inspector.store.disk import write_whole
from models.backbones.registry import Backbone
from models.novelty.graph import attach_novelty
from models.novelty.model import Model


def write_in_float(file: Path, backbone: Backbone, weights: Path | None, model: Model) -> None:
    """Whole or not at all. weights: a file in place of the installed one. Raises TrainingError and StoreError."""
    from models.export.conversion import FLOAT32, KerasNetwork  # TensorFlow takes seconds to load

    keras = KerasNetwork(backbone, backbone.find_weights(weights), weights is None, backbone.height, backbone.width)
    write_whole(file, attach_novelty(keras.convert(FLOAT32, ()), model))
