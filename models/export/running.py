"""A Keras network run on many inputs, in pieces of one size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from inspector.domain import Floats


def in_pieces(network: Any, inputs: Floats, most: int) -> Iterator[list[Floats]]:
    """What a keras.Model of several outputs gives for inputs (n, ...), at most `most` at a time: (piece, ...) each.

    All pieces are run at one size, the last filled up and cut again: TensorFlow traces a network anew for each size,
    which takes longer than the piece itself.
    """
    pieces = -(-len(inputs) // most)
    size = -(-len(inputs) // pieces)
    for start in range(0, len(inputs), size):
        piece = inputs[start : start + size]
        filling = np.repeat(piece[-1:], size - len(piece), axis=0)
        found = network.predict_on_batch(np.concatenate([piece, filling]))
        yield [np.asarray(one, dtype=np.float32)[: len(piece)] for one in found]
