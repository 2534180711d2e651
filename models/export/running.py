"""A Keras network run on many inputs, in pieces of one size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from inspector.domain import Floats

Found = TypeVar("Found")


def in_pieces(network: Any, inputs: Floats, most: int, look: Callable[[list[Floats]], Found]) -> list[Found]:
    """What `look` finds in the outputs (piece, ...) of a keras.Model of several, for inputs (n, ...), a piece at a
    time: the outputs of one piece of at most `most` are in memory, never of two.

    All pieces are run at one size, the last filled up and cut again: TensorFlow traces a network anew for each size,
    which takes longer than the piece itself.
    """
    size = -(-len(inputs) // -(-len(inputs) // most))

    def outputs(piece: Floats) -> list[Floats]:
        filling = np.repeat(piece[-1:], size - len(piece), axis=0)
        found = network.predict_on_batch(np.concatenate([piece, filling]))
        return [np.asarray(one, dtype=np.float32)[: len(piece)] for one in found]

    return [look(outputs(inputs[start : start + size])) for start in range(0, len(inputs), size)]
