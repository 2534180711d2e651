"""The head: what is folded into it, whom it weighs how, and what it does with noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.domain import Floats
from inspector.pipeline.classify import defect_score
from models.head import Head, defect_scores, fit, mean_of

QUIET = np.zeros(4, dtype=np.float32)


def clouds(counts: tuple[int, ...], apart: float = 3.0, seed: int = 0) -> tuple[Floats, np.ndarray]:
    """Points of 4 features around one corner per class, on scales that differ a thousandfold."""
    random = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(counts)), counts)
    features = random.normal(0.0, 1.0, (len(truth), 4))
    features[np.arange(len(truth)), truth] += apart
    scales, offsets = np.array([1.0, 1000.0, 0.01, 5.0]), np.array([0.0, 3.0, -7.0, 100.0])
    return (features * scales + offsets).astype(np.float32), truth


def test_two_classes_are_told_apart_on_features_of_any_scale() -> None:
    features, truth = clouds((40, 40))
    head = fit(features, QUIET, truth, 0.03)
    assert (head.logits(features).argmax(axis=1) == truth).mean() > 0.9
    assert head.weights.dtype == head.bias.dtype == np.float32


def test_two_classes_get_two_logits_that_mirror_each_other() -> None:
    features, truth = clouds((10, 10))
    head = fit(features, QUIET, truth, 0.03)
    logits = head.logits(features)
    assert np.allclose(logits[:, 0], -logits[:, 1], atol=1e-4)


def test_a_rare_class_weighs_as_much_as_a_frequent_one() -> None:
    features, truth = clouds((300, 12), apart=2.0)
    head = fit(features, QUIET, truth, 0.03)
    named = head.logits(features).argmax(axis=1)
    assert (named[truth == 1] == 1).mean() > 0.75


def test_five_classes_of_which_one_has_a_single_picture() -> None:
    features, truth = clouds((20, 10, 5, 1))
    head = fit(features, QUIET, truth, 0.03)
    assert head.weights.shape == (4, 4)
    assert np.isfinite(head.weights).all()


def test_the_mean_of_heads_says_what_they_say_on_average() -> None:
    features, truth = clouds((30, 30))
    heads = [fit(features[some::2], QUIET, truth[some::2], 0.03) for some in (0, 1)]
    said = np.mean([head.logits(features) for head in heads], axis=0)
    assert np.allclose(mean_of(heads).logits(features), said, atol=1e-3)


def test_the_same_examples_make_the_same_head() -> None:
    features, truth = clouds((15, 9, 4))
    first, second = (fit(features, QUIET, truth, 0.003) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.bias, second.bias)


def test_a_feature_that_never_changes_has_no_say() -> None:
    features, truth = clouds((20, 20))
    features[:, 3] = 12.5
    head = fit(features, QUIET, truth, 0.03)
    assert np.abs(head.weights[:, 3]).max() < 1e-6


def test_pictures_that_are_all_alike_make_a_head_all_the_same() -> None:
    head = fit(np.ones((6, 4), dtype=np.float32), QUIET, np.array([0, 0, 0, 1, 1, 1]), 0.03)
    assert np.isfinite(head.weights).all()
    assert np.allclose(head.logits(np.ones((1, 4), dtype=np.float32)), 0.0, atol=1e-3)


def test_a_feature_that_is_almost_still_cannot_shout() -> None:
    """Blown up to the size of the others, its last bit would outweigh them."""
    features, truth = clouds((20, 20))
    features[:, 2] = 1.0 + 1e-5 * truth + np.random.default_rng(1).normal(0, 1e-7, 40)
    head = fit(features[:, [0, 2, 3]], QUIET[:3], truth, 0.03)
    nudged = features[:, [0, 2, 3]].copy()
    nudged[:, 1] += 1e-5
    assert np.abs(head.logits(nudged) - head.logits(features[:, [0, 2, 3]])).max() < 0.01


def test_a_noisy_feature_weighs_less() -> None:
    features, truth = clouds((50, 50))
    noise = np.array([4 * features[:, 0].std(), 0.0, 0.0, 0.0], dtype=np.float32)
    calm, shaken = fit(features, QUIET, truth, 0.03), fit(features, noise, truth, 0.03)
    assert np.abs(shaken.weights[:, 0]).max() < np.abs(calm.weights[:, 0]).max() / 3


@given(st.integers(0, 1000))
def test_a_head_behind_a_shift_says_the_same_of_unshifted_features(seed: int) -> None:
    random = np.random.default_rng(seed)
    head = Head(random.normal(0, 1, (3, 5)).astype(np.float32), random.normal(0, 1, 3).astype(np.float32))
    features, shift = random.normal(0, 1, (7, 5)).astype(np.float32), random.normal(0, 1, 5).astype(np.float32)
    assert np.allclose(head.behind(shift).logits(features), head.logits(features + shift), atol=1e-4)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8))
def test_the_defect_score_is_the_stations_own(logits: list[float]) -> None:
    values = np.array([logits], dtype=np.float32)
    assert defect_scores(values)[0] == pytest.approx(defect_score(values[0], 0), abs=1e-9)
