"""Kernels on the steps of 8 bits: the very steps that the exported file has, and nearer to the float network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Floats
from models.export.conversion import INT8, KerasNetwork
from models.export.evening import even_out
from models.export.lite import normalised
from models.export.rounding import round_kernels
from tests.models.plates import plate
from tests.models.tiny import SIDE, TINY

KINDS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def views(count: int, first: int = 0) -> list[npt.NDArray[np.uint8]]:
    kinds = ("good", "hole")
    plates = (plate(kinds[seed % 2], first + seed)[:SIDE, :SIDE] for seed in range(count))
    return [np.repeat(one[..., np.newaxis], 3, axis=2) for one in plates]


def inputs(count: int, first: int = 0) -> Floats:
    return normalised(np.stack(views(count, first)), TINY)


def network(padding: str = "same", stride: int = 1, **more: Any) -> Any:
    """Two convolutions on a few channels that go together, as those of a real network do."""
    keras.utils.set_random_seed(3)
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(12, 3, 2, "same", use_bias=False, name="stem")(image)
    x = keras.layers.ReLU(6.0)(x)
    x = keras.layers.DepthwiseConv2D(5, stride, padding, use_bias=False, name="depthwise")(x)
    x = keras.layers.ReLU(6.0)(x)
    return keras.Model(image, keras.layers.Conv2D(8, 1, use_bias=False, name="pointwise", **more)(x))


def kernels(model: Any) -> dict[str, Floats]:
    return {layer.name: layer.kernel.numpy() for layer in model.layers if isinstance(layer, KINDS)}


def steps_of(name: str, kernel: Floats) -> npt.NDArray[np.float64]:
    """In units of the 127th part of each output's largest weight."""
    axes = (0, 1, 3) if "depthwise" in name else (0, 1, 2)
    return np.asarray(kernel / np.abs(kernel).max(axis=axes, keepdims=True) * 127, dtype=np.float64)


def to_the_nearest(model: Any) -> None:
    for layer in (layer for layer in model.layers if isinstance(layer, KINDS)):
        kernel = layer.kernel.numpy()
        largest = kernel / steps_of(layer.name, kernel) * 127
        layer.kernel.assign(np.rint(steps_of(layer.name, kernel)) * largest / 127)


@pytest.mark.parametrize(("padding", "stride"), [("same", 1), ("same", 2), ("valid", 1), ("valid", 2)])
def test_views_never_seen_lose_less_than_by_rounding_to_the_nearest(padding: str, stride: int) -> None:
    model, unseen = network(padding, stride), inputs(8, first=1000)
    exact = model.predict_on_batch(unseen)
    rounded = network(padding, stride)
    round_kernels(rounded, inputs(8))
    ours = np.sqrt(np.mean((rounded.predict_on_batch(unseen) - exact) ** 2))
    to_the_nearest(model)
    nearest = np.sqrt(np.mean((model.predict_on_batch(unseen) - exact) ** 2))
    assert 0 < ours < 0.75 * nearest


def test_kernels_lie_on_the_steps_and_each_outputs_largest_weight_is_kept() -> None:
    model = network()
    before = kernels(model)
    round_kernels(model, inputs(4))
    for name, kernel in kernels(model).items():
        steps = steps_of(name, kernel)
        assert np.allclose(steps, np.rint(steps), atol=1e-3)
        axes = (0, 1, 3) if "depthwise" in name else (0, 1, 2)
        assert np.allclose(np.abs(kernel).max(axis=axes), np.abs(before[name]).max(axis=axes), rtol=1e-6)


def test_the_exported_file_has_these_very_steps() -> None:
    backbone = KerasNetwork(TINY, Path("none"), True, SIDE, SIDE)
    interpreter = Interpreter(model_content=backbone.convert(INT8, views(8)))
    interpreter.allocate_tensors()
    written = [
        interpreter.get_tensor(detail["index"])
        for detail in interpreter.get_tensor_details()
        if detail["dtype"] is np.int8 and len(detail["quantization_parameters"]["scales"]) > 1
    ]
    model = TINY.level_maps(keras, Path("none"), True, SIDE, SIDE)
    even_out(model, normalised(np.stack(views(8)), TINY), -127 / 128, 1.0)
    round_kernels(model, normalised(np.stack(views(8)), TINY))
    ours = kernels(model)
    assert len(ours) == 8
    for name, kernel in ours.items():
        wanted = np.rint(steps_of(name, kernel)).transpose(3, 0, 1, 2)
        assert any(one.shape == wanted.shape and np.array_equal(one, wanted) for one in written), name


def test_the_network_itself_is_as_it_was_even_after_an_error() -> None:
    backbone = KerasNetwork(TINY, Path("none"), True, SIDE, SIDE)
    before = backbone.features(views(4))
    backbone.convert(INT8, views(8))
    assert np.array_equal(backbone.features(views(4)), before)
    with pytest.raises(ValueError):
        backbone.convert(INT8, [np.zeros((SIDE, SIDE, 5), np.uint8)])  # five colours
    assert np.array_equal(backbone.features(views(4)), before)


@pytest.mark.parametrize("more", [{"dilation_rate": 2, "padding": "same"}, {"groups": 2}])
def test_a_convolution_of_another_kind_is_left_to_the_converter(more: dict[str, Any]) -> None:
    keras.utils.set_random_seed(5)
    image = keras.Input((SIDE, SIDE, 4))
    first = keras.layers.Conv2D(4, 1, name="first")(image)
    model = keras.Model(image, keras.layers.Conv2D(4, 3, name="other", **more)(first))
    before = kernels(model)
    round_kernels(model, np.random.default_rng(0).normal(size=(2, SIDE, SIDE, 4)).astype(np.float32))
    after = kernels(model)
    assert np.array_equal(after["other"], before["other"])
    assert not np.array_equal(after["first"], before["first"])


def test_a_channel_that_never_answers_and_one_picture_are_no_reason_to_fail() -> None:
    model = network()
    stem = model.get_layer("stem")
    stem.kernel.assign(stem.kernel.numpy() * (np.arange(12) != 4))  # one channel is nothing at all
    round_kernels(model, inputs(1))
    assert all(np.isfinite(kernel).all() for kernel in kernels(model).values())
    assert not kernels(model)["stem"][..., 4].any()
