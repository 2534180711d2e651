"""Kernels brought to 8 bits so that each rounding makes good, in the weights that come after it, what it cost.

To the nearest step, every weight's error reaches the layer's output, and of a pretrained network that is most of the
noise that the 8 bits bring. The inputs of a layer go together, though, so what one weight is off can be taken back by
others: Optimal Brain Quantization (Frantar and Alistarh 2022) in the fixed order of GPTQ (Frantar et al. 2023), with
the second moments of the layer's inputs on the user's own views. Nothing is trained, no label is used, and the file is
neither larger nor slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from inspector.domain import Floats
from models.export.running import in_pieces

Doubles = npt.NDArray[np.float64]

_STEPS = 127  # on either side of zero; the converter gives the largest weight of each output this one
_SAMPLES, _SAMPLES_OF_A_CHANNEL = 2048, 256  # places at which inputs are looked at: of all channels together, of each
_WIDEST = 2048  # inputs of one output; the moments of more take longer to invert than the gain is worth
_DAMPING = 0.01  # of the mean second moment: what no view has moved stays where it was
_BATCH = 4
_BLOCK = 64  # weights after which the rest is brought up to date at once: the same sums, in faster pieces


def round_kernels(network: Any, inputs: Floats) -> None:
    """Put the kernels of a keras.Model, in place, on the steps that 8 bits per output channel have.

    inputs: (n, height, width, 3) normalised, like those to come. The converter finds these very steps again, since
    each output's largest weight stays the largest.
    """
    with threadpool_limits(1):  # TensorFlow's threads and those of narrow products would wait for each other
        for layer, seen in _looked_at(network, inputs):
            kernel = layer.kernel.numpy()
            layer.kernel.assign(_rows_back(_on_steps(_rows(layer, kernel), _moments(seen)), layer, kernel.shape))


@dataclass(frozen=True, slots=True)
class _Axis:
    """How a kernel of `size` steps along one side of a map: `places` times by `stride`, `missing` added around it."""

    size: int
    stride: int
    places: int
    missing: int

    @classmethod
    def of(cls, layer: Any, axis: int, side: int) -> _Axis:
        size, stride = layer.kernel_size[axis], layer.strides[axis]
        places = -(-side // stride) if layer.padding == "same" else (side - size) // stride + 1
        return cls(size, stride, places, max((places - 1) * stride + size - side, 0))

    @property
    def edges(self) -> tuple[int, int]:
        return self.missing // 2, self.missing - self.missing // 2

    def draw(self, count: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
        return random.integers(0, self.places, count) * self.stride


def _windows(layer: Any, maps: Floats, count: int, random: np.random.Generator) -> Floats:
    """(count, kernel's places, channels): what a convolution sees of maps (n, height, width, channels), by chance."""
    down, across = _Axis.of(layer, 0, maps.shape[1]), _Axis.of(layer, 1, maps.shape[2])
    padded = np.pad(maps, [(0, 0), down.edges, across.edges, (0, 0)])
    picture, row, column = random.integers(0, len(maps), count), down.draw(count, random), across.draw(count, random)
    offsets = [(y, x) for y in range(down.size) for x in range(across.size)]
    return np.stack([padded[picture, row + y, column + x] for y, x in offsets], axis=1)


def _looked_at(network: Any, inputs: Floats) -> Iterator[tuple[Any, Floats]]:
    """Each convolution with what it saw: (groups, samples, inputs), a group for each channel of a depthwise one."""
    layers = [layer for layer in network.layers if _can_be_rounded(layer)]
    # With the input before them they are a list, however many there are.
    seen = keras.Model(network.input, [network.input, *(layer.input for layer in layers)])
    windows: list[list[Floats]] = [[] for _ in layers]
    random = np.random.default_rng(0)
    pieces = -(-len(inputs) // _BATCH)

    def look(outputs: list[Floats]) -> None:
        for layer, maps, kept in zip(layers, outputs[1:], windows, strict=True):
            wanted = _SAMPLES_OF_A_CHANNEL if _depthwise(layer) else _SAMPLES
            kept.append(_windows(layer, maps, -(-wanted // pieces), random))

    in_pieces(seen, inputs, _BATCH, look)
    for layer, kept in zip(layers, windows, strict=True):
        together = np.concatenate(kept)
        kept.clear()
        yield layer, together.transpose(2, 0, 1) if _depthwise(layer) else together.reshape(1, len(together), -1)


def _can_be_rounded(layer: Any) -> bool:
    if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        return False
    if layer.dilation_rate != (1, 1) or layer.data_format != "channels_last":
        return False
    if _depthwise(layer):
        return bool(layer.depth_multiplier == 1)
    return layer.groups == 1 and int(np.prod(layer.kernel.shape[:3])) <= _WIDEST


def _depthwise(layer: Any) -> bool:
    return isinstance(layer, keras.layers.DepthwiseConv2D)


def _rows(layer: Any, kernel: Floats) -> Doubles:
    """(groups, inputs, outputs)."""
    height, width, inputs, outputs = kernel.shape
    if _depthwise(layer):
        return np.asarray(kernel.reshape(height * width, inputs).T[:, :, np.newaxis], dtype=np.float64)
    return np.asarray(kernel.reshape(1, height * width * inputs, outputs), dtype=np.float64)


def _rows_back(rows: Doubles, layer: Any, shape: Sequence[int]) -> Floats:
    back = rows[:, :, 0].T if _depthwise(layer) else rows[0]
    return np.asarray(back.reshape(shape), dtype=np.float32)


def _moments(inputs: Floats) -> Doubles:
    """(groups, inputs, inputs): the mean products of what a layer's inputs (groups, samples, inputs) are."""
    moments: Doubles = np.asarray(inputs.transpose(0, 2, 1) @ inputs, dtype=np.float64) / inputs.shape[1]
    diagonal = np.einsum("gii->gi", moments)
    diagonal += np.maximum(_DAMPING * diagonal.mean(axis=1, keepdims=True), 1e-9)
    return moments


def _on_steps(weights: Doubles, moments: Doubles) -> Doubles:
    """(groups, inputs, outputs), one input after the other; what each is off goes into those still to come."""
    weights, result = weights.copy(), np.empty_like(weights)
    step = np.abs(weights).max(axis=1) / _STEPS
    unit = np.where(step > 0, step, 1.0)
    largest = np.abs(weights).argmax(axis=1)
    # The upper factor of the inverse: its row i is how the others answer best to a change of i, i's forerunners fixed.
    answer = np.linalg.cholesky(np.linalg.inv(moments)).transpose(0, 2, 1)
    count = weights.shape[1]
    for start in range(0, count, _BLOCK):
        end = min(start + _BLOCK, count)
        errors = np.empty((len(weights), end - start, weights.shape[2]))
        for place in range(start, end):
            now = weights[:, place]
            steps = np.clip(np.rint(now / unit), -_STEPS, _STEPS)
            steps = np.where(largest == place, np.copysign(_STEPS, now), steps)  # or the converter would scale anew
            result[:, place] = steps * step
            error = (now - result[:, place]) / answer[:, place, place, np.newaxis]
            weights[:, place + 1 : end] -= answer[:, place, place + 1 : end, np.newaxis] * error[:, np.newaxis]
            errors[:, place - start] = error
        weights[:, end:] -= answer[:, start:end, end:].transpose(0, 2, 1) @ errors
    return result
