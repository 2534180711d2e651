"""Channels of like range, and not a digit of what the network computes changed, whatever picture comes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from inspector.domain import Floats
from models.backbones.efficientnet_lite import Stage, build
from models.export.evening import even_out

SIDE = 64
LOW, HIGH = -127 / 128, 1.0
STAGES = (Stage(1, 3, 1, 1, 16), Stage(2, 3, 2, 6, 24), Stage(3, 5, 2, 6, 40))


def network(last: str = "b4_depthwise_relu") -> Any:
    """Small, with weights by chance, whose channels differ a hundredfold as those of a real one do."""
    whole = build(keras, SIDE, SIDE, STAGES)
    random = np.random.default_rng(0)
    for layer in whole.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            count = layer.gamma.shape[0]
            size = np.exp(random.normal(0, 1.2, count))
            beta = random.normal(0.2, 0.2, count) * size
            layer.set_weights([0.5 * size, beta, random.normal(0, 0.1, count), random.uniform(0.5, 2.0, count)])
        elif layer.weights:
            shape = layer.kernel.shape
            fan_in = np.prod(shape[:2]) * (1 if "depthwise" in layer.name else shape[2])
            layer.kernel.assign(random.normal(0, 1 / np.sqrt(fan_in), shape))
    return keras.Model(whole.input, whole.get_layer(last).output)


def grey(count: int, seed: int) -> Floats:
    """Pictures of few levels, smooth and rough, and plain black and white."""
    random = np.random.default_rng(seed)
    rough = random.uniform(LOW, HIGH, (count, SIDE, SIDE, 1))
    smooth = np.full((count, SIDE, SIDE, 1), 0.1) + rough / 10
    plain = np.stack([np.full((SIDE, SIDE, 1), level) for level in (LOW, HIGH)])
    half = np.where(np.arange(SIDE) % 2 == 0, LOW, HIGH)[np.newaxis, np.newaxis, :, np.newaxis]
    stripes = np.broadcast_to(half, (1, SIDE, SIDE, 1))
    together = np.concatenate([rough, smooth, plain, stripes, stripes.transpose(0, 2, 1, 3)])
    return np.repeat(together, 3, axis=3).astype(np.float32)


def colour(count: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    return random.choice([LOW, HIGH], (count, SIDE, SIDE, 3)).astype(np.float32)


def answers(model: Any, inputs: Floats) -> Floats:
    return np.asarray(model.predict_on_batch(inputs))


def channels(model: Any, name: str, inputs: Floats) -> Floats:
    shown = keras.Model(model.input, model.get_layer(name).output)
    return np.abs(np.asarray(shown.predict_on_batch(inputs))).max(axis=(0, 1, 2))


@pytest.mark.parametrize(("taught", "unseen"), [(grey(4, 0), grey(6, 1)), (colour(4, 0), colour(12, 1))])
def test_the_network_says_of_every_picture_what_it_said(taught: Floats, unseen: Floats) -> None:
    model = network()
    before = answers(model, unseen)
    weights = [one.copy() for one in model.get_weights()]
    even_out(model, taught, LOW, HIGH)
    assert any(not np.array_equal(one, other) for one, other in zip(model.get_weights(), weights, strict=True))
    assert np.allclose(answers(model, unseen), before, rtol=1e-4, atol=1e-4)


def test_behind_the_first_layer_each_channel_reaches_as_far_as_a_grey_picture_can_bring_it() -> None:
    model, inputs = network(), grey(4, 0)
    before = channels(model, "stem_relu", inputs)
    even_out(model, inputs, LOW, HIGH)
    after = channels(model, "stem_relu", inputs)
    low = (before > 0.05) & (before < 3.0)
    assert low.sum() > 5, "the network has channels worth enlarging"
    assert (after[low] > 1.2 * before[low]).all()
    assert after.max() <= 6.0


def test_of_coloured_pictures_more_can_come_and_the_first_layer_is_enlarged_less() -> None:
    of_grey, of_colour = network(), network()
    even_out(of_grey, grey(4, 0), LOW, HIGH)
    even_out(of_colour, colour(4, 0), LOW, HIGH)
    gain = of_grey.get_layer("stem_bn").gamma.numpy() / of_colour.get_layer("stem_bn").gamma.numpy()
    assert (np.abs(gain) > 0.999).all() and (np.abs(gain) > 1.05).any()


@pytest.mark.parametrize(
    "chain", [("b1_project_bn", "b2_project_bn", "b2_add"), ("b3_project_bn", "b4_project_bn", "b4_add")]
)
def test_the_channels_of_linear_ends_come_near_each_other_along_a_whole_chain(chain: tuple[str, ...]) -> None:
    model, inputs = network("b5_depthwise_relu"), grey(4, 0)
    before = [channels(model, name, inputs) for name in chain]
    even_out(model, inputs, LOW, HIGH)
    after = [channels(model, name, inputs) for name in chain]
    together = np.max(after, axis=0)
    assert together.min() > 0.6 * together.max()
    assert np.max(before, axis=0).min() < 0.2 * np.max(before, axis=0).max()
    first, *others = (now / was for now, was in zip(after, before, strict=True))
    assert all(np.allclose(first, other, rtol=1e-3) for other in others), "what is added has one factor"


@pytest.mark.parametrize("last", ["b2_add", "b1_project_bn"])
def test_a_chain_that_leads_out_of_the_network_is_left_alone(last: str) -> None:
    model = network(last)
    before = model.get_layer("b1_project_bn").gamma.numpy()
    expected = answers(model, grey(2, 1))
    even_out(model, grey(2, 0), LOW, HIGH)
    assert np.array_equal(model.get_layer("b1_project_bn").gamma.numpy(), before)
    assert np.allclose(answers(model, grey(2, 1)), expected, rtol=1e-4, atol=1e-4)


def test_a_sum_with_something_that_cannot_be_enlarged_is_left_alone() -> None:
    keras.utils.set_random_seed(1)
    image = keras.Input((SIDE, SIDE, 3))
    start = keras.layers.Conv2D(4, 1, name="start")(image)
    norm = keras.layers.BatchNormalization(name="norm")(keras.layers.Conv2D(4, 1)(start))
    added = keras.layers.Add()([start, norm])  # one side has no norm to take the factor
    model = keras.Model(image, keras.layers.Conv2D(2, 1)(added))
    even_out(model, colour(2, 0), LOW, HIGH)
    assert np.array_equal(model.get_layer("norm").gamma.numpy(), np.ones(4))


def test_a_network_without_anything_to_even_out_is_as_it_was() -> None:
    image = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(image, keras.layers.Conv2D(2, 3, activation="relu")(image))
    before = [one.copy() for one in model.get_weights()]
    even_out(model, colour(1, 0), LOW, HIGH)
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), before, strict=True))
