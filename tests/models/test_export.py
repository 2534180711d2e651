"""The file that is shipped: a head of any size on the real network, its outputs by name, and when it is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Floats, View
from inspector.pipeline.assemble import view_of
from inspector.recipe import Limits, Recipe
from models.backbones import registry
from models.export.graph import attach
from models.export.speed import measure
from models.export.verification import Agreement, agreement_of, compare
from models.head import Head, defect_scores
from models.network import Extractor, FeatureNetwork
from tests.models.conftest import Trained
from tests.models.plates import RECIPE, plate

BACKBONE = registry.find("efficientnet-lite0")


def head_of(network: FeatureNetwork, classes: int, seed: int = 0) -> Head:
    random = np.random.default_rng(seed)
    weights = random.normal(0.0, 0.1, (classes, len(network.shift))).astype(np.float32)
    return Head(weights, random.normal(0.0, 1.0, classes).astype(np.float32))


def view(kind: str = "hole", seed: int = 80_000) -> View:
    return view_of(plate(kind, seed), Recipe(RECIPE), None, BACKBONE.height, BACKBONE.width)


def run(content: bytes, pixels: np.ndarray) -> dict[str, Floats]:
    interpreter = Interpreter(model_content=content, num_threads=2)
    entry = (pixels.astype(int) - 128).astype(np.int8)[np.newaxis]
    outputs = interpreter.get_signature_runner("serving_default")(view=entry)
    return {name: np.array(value[0]) for name, value in outputs.items()}


@pytest.mark.parametrize("classes", [2, 3, 9])
def test_outputs_are_found_by_name_and_have_their_shapes(trained: Trained, classes: int) -> None:
    network = trained.network
    outputs = run(attach(network.content, head_of(network, classes)), view().pixels)
    assert {name: value.shape for name, value in outputs.items()} == {
        "logits": (classes,),
        "embedding": (len(network.shift),),
        "heat": (14, 14, classes),
    }
    assert {value.dtype for value in outputs.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("seed", range(4))
def test_the_mean_of_each_classes_heat_is_its_logit(trained: Trained, seed: int) -> None:
    network = trained.network
    outputs = run(attach(network.content, head_of(network, 4, seed)), view(seed=90_000 + seed).pixels)
    assert np.allclose(outputs["heat"].mean(axis=(0, 1)), outputs["logits"], atol=2e-4)


def test_the_logits_are_the_heads_own_on_the_embedding(trained: Trained) -> None:
    network = trained.network
    head = head_of(network, 5)
    outputs = run(attach(network.content, head), view().pixels)
    assert np.allclose(head.logits(outputs["embedding"]), outputs["logits"], atol=1e-4)


def test_scores_are_fine_enough_to_have_no_ties(trained: Trained) -> None:
    """Of 8 bits, which is what a quantised head gives, a hundred parts would share many."""
    network = trained.network
    content = attach(network.content, head_of(network, 2))
    interpreter = Interpreter(model_content=content, num_threads=2)
    runner = interpreter.get_signature_runner("serving_default")
    logits = set()
    for seed in range(60):
        pixels = view("good", seed).pixels
        logits.add(float(runner(view=(pixels.astype(int) - 128).astype(np.int8)[np.newaxis])["logits"][0, 0]))
    assert len(logits) == 60


def test_a_head_for_another_network_is_a_fault_of_the_program(trained: Trained) -> None:
    network = trained.network
    short = Head(np.zeros((2, 7), dtype=np.float32), np.zeros(2, dtype=np.float32))
    with pytest.raises(ValueError, match="reads 7 features, the network gives 2496"):
        attach(network.content, short)


def test_an_extractor_gives_what_the_shipped_file_gives(trained: Trained) -> None:
    network = trained.network
    embedding = run(attach(network.content, head_of(network, 6)), view().pixels)["embedding"]
    extractor = Extractor(network.content, network.shift, BACKBONE)
    assert np.array_equal(extractor.features(view().pixels), embedding + network.shift)


class Saying:
    """A classifier that gives each view's score out of a list, in order."""

    def __init__(self, scores: Floats) -> None:
        self._scores = iter(scores.tolist())

    def classify(self, _: View) -> Saying:
        self.defect = next(self._scores)
        return self


COUNT = 100
BAND = Limits(-1.0, 1.0)


def agreement(error: Floats, limits: Limits = BAND) -> Agreement:
    """What is found where a file's scores are off by `error` from Keras's, which run from -5 to 5."""
    expected = np.linspace(-5.0, 5.0, COUNT)
    features = np.stack([np.zeros(COUNT), expected], axis=1).astype(np.float32)
    head = Head(np.eye(2, dtype=np.float32), np.zeros(2, dtype=np.float32))
    assert np.allclose(defect_scores(head.logits(features)), expected, atol=1e-6)
    views = dict.fromkeys(map(str, range(COUNT)), view())
    reference = {str(index): row for index, row in enumerate(features)}
    return compare(Saying(expected + error), views, reference, head, limits)


def test_a_file_that_says_the_same_is_accepted() -> None:
    found = agreement(np.zeros(COUNT))
    assert found == Agreement(COUNT, 1.0, 1.0, (40, 40), (0, 0), 1.0, 0.0)
    assert found.holds


def test_a_little_noise_is_accepted_and_measured() -> None:
    found = agreement(np.random.default_rng(0).normal(0, 0.1, COUNT))
    assert found.holds
    assert 0.1 < found.max_difference < 0.5
    assert 0.99 < found.correlation < 1.0


def test_a_file_that_decides_otherwise_is_refused() -> None:
    error = np.zeros(COUNT)
    error[-8:] = -9.0  # eight clear defects of eighty clear cases would pass
    found = agreement(error)
    assert (found.sure, found.contradicted) == ((40, 40), (8, 0))
    assert found.agreement < 0.97
    assert not found.holds
    assert "contradicts it on 8 of 40 clear rejects and 0 of 40 clear passes" in str(found)


def test_a_file_that_loses_clear_defects_is_refused_however_many_good_parts_it_is_right_about() -> None:
    """Nine of twenty would pass, which is few of two hundred views and of the parts to come."""
    expected = np.concatenate([np.linspace(-9.0, -3.0, 180), np.linspace(3.0, 6.0, 20)])
    error = np.zeros(200)
    error[-9:] = -8.0
    unseen = [-6.0] * 900 + [5.0] * 100
    found = agreement_of(expected, expected + error, BAND, unseen)
    assert found.contradicted == (9, 0)
    assert round(found.agreement, 3) == 0.955  # 45 of 100 defects
    assert not replace(found, agreement=0.99).holds and not replace(found, contradicted=(0, 0)).holds


def test_a_few_of_the_views_may_be_luck() -> None:
    found = replace(agreement(np.zeros(COUNT)), agreement=0.98)
    assert replace(found, contradicted=(3, 3)).holds
    assert not replace(found, contradicted=(6, 0)).holds
    assert not replace(found, contradicted=(0, 6)).holds


def test_what_lies_near_a_limit_by_luck_does_not_decide() -> None:
    """Seven scores just above the limit fall below it, by an error that is small for everything else."""
    expected = np.linspace(-5.0, 5.0, COUNT)
    chance = np.random.default_rng(1)
    error = chance.normal(0, 0.05, COUNT)
    lying = (expected >= 1.0) & (expected < 1.75)
    few = agreement_of(expected[~lying], (expected + error)[~lying], BAND, expected)
    many = np.concatenate([expected[~lying], np.full(3, 1.001)])
    unlucky = agreement_of(many, many + np.append(error[~lying], [-0.05] * 3), BAND, expected)
    assert (few.contradicted, unlucky.contradicted) == ((0, 0), (3, 0))
    assert few.agreement > 0.99 and unlucky.agreement > 0.99
    assert unlucky.holds


def test_what_an_error_does_is_reckoned_for_the_parts_that_were_left_out() -> None:
    """Learned views lie far from the limits; of parts to come half are near."""
    expected = np.where(np.arange(COUNT) % 2, 9.0, -9.0)
    received = expected + np.where(np.arange(COUNT) % 4 < 2, 0.5, -0.5)
    unseen = [-9.0, 9.0, 1.25, 1.25]
    assert agreement_of(expected, received, BAND).agreement == 1.0
    assert agreement_of(expected, received, BAND, unseen).agreement == 0.75  # two of four, every other time
    assert not agreement_of(expected, received, BAND, unseen).holds


def test_the_share_is_exact() -> None:
    """An error of -0.6 takes what lies less than that above a limit across it, and nothing else."""
    expected = np.linspace(-5.0, 5.0, COUNT)
    found = agreement_of(expected, expected - 0.6, BAND)
    assert found.agreement == round(1 - float(((expected >= 1.0) & (expected < 1.6)).sum()) / 80, 4)
    crossing = ((expected >= -1.0) & (expected < -0.4)) | ((expected >= 1.0) & (expected < 1.6))
    assert found.same_verdict == round(1 - float(crossing.mean()), 4)


def test_where_nothing_is_sure_nothing_can_be_contradicted() -> None:
    found = agreement_of(np.zeros(4), np.full(4, 0.5), BAND)
    assert (found.agreement, found.sure, found.contradicted) == (1.0, (0, 0), (0, 0))


def test_a_file_that_ranks_otherwise_is_refused_even_if_it_decides_alike() -> None:
    error = np.zeros(COUNT)
    error[60:] = np.random.default_rng(0).uniform(0, 40, 40)
    found = replace(agreement(error), agreement=1.0)
    assert found.contradicted == (0, 0)
    assert found.correlation < 0.97
    assert not found.holds


def test_a_file_that_says_one_thing_of_everything_is_refused() -> None:
    found = agreement(-np.linspace(-5.0, 5.0, COUNT))
    assert found.correlation == 0.0
    assert not found.holds


def test_what_lies_in_the_recheck_band_may_fall_to_either_side() -> None:
    error = np.where(np.abs(np.linspace(-5.0, 5.0, COUNT) - 0.8) < 0.15, 0.4, 0.0)
    assert agreement(error).contradicted == (0, 0)
    assert agreement(error, Limits(0.99, 1.0)).contradicted == (0, 3)


def test_speed_is_in_order_and_positive(trained: Trained) -> None:
    speed = measure(trained.model.read_bytes(), 1)
    assert 0 < speed.p50_ms <= speed.p99_ms


def test_equal_vectors_are_written_once_and_the_file_says_the_same(trained: Trained) -> None:
    """An 8-bit network's zero points alone would be a tenth of it."""
    network = trained.network
    content = attach(network.content, head_of(network, 2))
    tail = 2 * 4 * 2 * len(network.shift)
    assert len(content) < len(network.content) - 200_000 + tail
    assert attach(network.content, head_of(network, 2)) == content
