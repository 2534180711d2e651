"""A network on many inputs: nothing is lost at the ends of pieces, and all of them have one size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inspector.domain import Floats
from models.export.running import in_pieces


class Network:
    """What in_pieces asks of a keras.Model; remembers how many inputs came at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def predict_on_batch(self, inputs: Floats) -> list[Any]:
        self.sizes.append(len(inputs))
        return [inputs, 2.0 * inputs.astype(np.float64)]


@pytest.mark.parametrize(
    ("count", "most", "sizes"),
    [(10, 8, [5, 5]), (10, 4, [4, 4, 4]), (16, 8, [8, 8]), (3, 8, [3]), (1, 4, [1]), (9, 8, [5, 5])],
)
def test_every_input_is_answered_once_and_in_order_by_pieces_of_one_size(
    count: int, most: int, sizes: list[int]
) -> None:
    network, inputs = Network(), np.arange(3.0 * count, dtype=np.float32).reshape(count, 3)
    pieces = in_pieces(network, inputs, most, list)
    assert network.sizes == sizes
    assert np.array_equal(np.concatenate([first for first, _ in pieces]), inputs)
    assert np.array_equal(np.concatenate([second for _, second in pieces]), 2 * inputs)


def test_outputs_are_float32_whatever_the_network_gives() -> None:
    [[first, second]] = in_pieces(Network(), np.ones((2, 3), dtype=np.float32), 4, list)
    assert {first.dtype, second.dtype} == {np.dtype(np.float32)}
