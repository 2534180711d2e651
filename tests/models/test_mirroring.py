"""A file that looks at a part and its three mirrors says the mean of four single looks, and shows it in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Box, Floats, Pixels, Scores, View
from inspector.errors import TrainingError
from inspector.learning.trainer import LOOKS
from inspector.pipeline.assemble import view_of
from inspector.recipe import Recipe
from models.backbones import registry
from models.export.conversion import FLOAT16, FLOAT32, INT8, KerasNetwork
from models.export.graph import attach
from models.export.mirroring import mirrored
from models.export.verification import check_mean
from models.features import VARIANTS, mirrors
from models.head import Head
from tests.models.conftest import Trained
from tests.models.plates import RECIPE, plate
from tests.models.tiny import SIDE, TINY

BACKBONE = registry.find("efficientnet-lite0")
BACK: tuple[Callable[[Floats], Floats], ...] = (
    lambda heat: heat,
    lambda heat: heat[:, :, ::-1],
    lambda heat: heat[:, ::-1],
    lambda heat: heat[:, ::-1, ::-1],
)


def head_of(features: int) -> Head:
    random = np.random.default_rng(1)
    return Head(random.normal(0, 0.1, (3, features)).astype(np.float32), random.normal(0, 1, 3).astype(np.float32))


def outputs(content: bytes, pixels: Pixels) -> dict[str, Floats]:
    runner = Interpreter(model_content=content, num_threads=1).get_signature_runner("serving_default")
    entry = pixels.astype(np.float32)
    if runner.get_input_details()["view"]["dtype"] is np.int8:
        view = (entry - 128).astype(np.int8)
    else:
        view = (entry - 127) / 128
    return {name: np.array(value) for name, value in runner(view=view[np.newaxis]).items()}


def assert_mean(network: bytes, features: int, pixels: Pixels) -> None:
    head = head_of(features)
    four = outputs(attach(mirrored(network), head), pixels)
    single = [outputs(attach(network, head), look) for look in mirrors(pixels)]
    assert {name: value.shape for name, value in four.items()} == {n: v.shape for n, v in single[0].items()}
    for name in ("logits", "embedding"):
        assert np.allclose(four[name], np.mean([one[name] for one in single], axis=0), atol=1e-4)
        assert not np.allclose(four[name], single[0][name], atol=1e-4)
    heat = np.mean([turn(one["heat"]) for turn, one in zip(BACK, single, strict=True)], axis=0)
    assert np.allclose(four["heat"], heat, atol=1e-4)
    assert not np.allclose(four["heat"], single[0]["heat"], atol=1e-3)


@pytest.mark.parametrize("kind", ["good", "hole"])
def test_it_is_the_mean_of_four_looks_with_the_heat_in_place(trained: Trained, kind: str) -> None:
    pixels = view_of(plate(kind, 91_000), Recipe(RECIPE), None, BACKBONE.height, BACKBONE.width).pixels
    assert_mean(trained.network.content, len(trained.network.shift), pixels)


@pytest.mark.parametrize("quantisation", [INT8, FLOAT16, FLOAT32])
def test_so_it_is_in_every_number_format(quantisation: str) -> None:
    views = [np.repeat(plate("hole", seed)[:SIDE, :SIDE, np.newaxis], 3, axis=2) for seed in range(4)]
    network = KerasNetwork(TINY, Path("none"), True, SIDE, SIDE).convert(quantisation, views)
    assert_mean(network, 36, views[0])


def test_the_most_looks_that_can_be_asked_for_are_those_whose_features_are_kept() -> None:
    assert max(LOOKS) == VARIANTS == len(mirrors(np.zeros((2, 2, 3), np.uint8)))


def test_it_costs_no_space_to_speak_of(trained: Trained) -> None:
    network = trained.network.content
    assert len(mirrored(network)) < len(network) + 20_000


@dataclass(frozen=True)
class Summing:
    """Stands in for a Classifier: its logits are a sum over the view, weighed by place, so that mirrors differ."""

    off: float = 0.0

    def classify(self, view: View) -> Scores:
        total = float((view.pixels[..., 0] * np.arange(view.pixels.shape[1])).mean())
        return Scores("v1", ("good", "hole"), (-total, total + self.off), 0.0, "hole", np.zeros((1, 1)), np.zeros(1))


@dataclass(frozen=True)
class Averaging(Summing):
    def classify(self, view: View) -> Scores:
        looks = [Summing().classify(View(one, view.box, view.to_frame)).logits for one in mirrors(view.pixels)]
        good, hole = np.mean(looks, axis=0)
        return Scores("v1", ("good", "hole"), (good, hole + self.off), 0.0, "hole", np.zeros((1, 1)), np.zeros(1))


def some_views() -> list[View]:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 2, (3, 8, 8, 3)).astype(np.uint8)
    return [View(one, Box(0, 0, 8, 8), (1, 0, 0, 0, 1, 0)) for one in pixels]


def test_a_file_that_says_the_mean_is_accepted() -> None:
    check_mean(Averaging(), Summing(), some_views())


@pytest.mark.parametrize("several", [Summing(), Averaging(off=0.2), Averaging(off=-0.2)])
def test_a_file_that_says_something_else_is_refused_with_the_way_out(several: Summing) -> None:
    with pytest.raises(TrainingError, match=r"off their mean by \d.*train with --looks 1"):
        check_mean(several, Summing(), some_views())
