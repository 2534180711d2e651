"""LogME against the evidence worked out the long way, and what it must not depend on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.transferability import logme

Numbers = npt.NDArray[np.float64]


def evidence(features: Numbers, wanted: Numbers) -> float:
    """Bayesian linear regression with whole matrices, iterated until it stands (MacKay 1992)."""
    n, width = features.shape
    alpha = beta = 1.0
    for _ in range(300):
        precision = alpha * np.eye(width) + beta * features.T @ features
        weights = beta * np.linalg.solve(precision, features.T @ wanted)
        gamma = width - alpha * np.trace(np.linalg.inv(precision))
        alpha = gamma / (weights @ weights)
        beta = (n - gamma) / ((features @ weights - wanted) ** 2).sum()
    precision = alpha * np.eye(width) + beta * features.T @ features
    weights = beta * np.linalg.solve(precision, features.T @ wanted)
    fitted = width * np.log(alpha) + n * np.log(beta / (2 * np.pi)) - np.linalg.slogdet(precision)[1]
    return float((fitted - beta * ((features @ weights - wanted) ** 2).sum() - alpha * (weights @ weights)) / (2 * n))


@pytest.mark.parametrize(("n", "width"), [(80, 6), (60, 30), (30, 50)])
def test_it_is_the_evidence_of_each_class_against_the_others(n: int, width: int) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(n, width))
    truth = (features[:, 0] + 0.5 * random.normal(size=n) > 0.0).astype(np.intp) + (features[:, 1] > 1.0)
    expected = np.mean([evidence(features, (truth == one).astype(float)) for one in np.unique(truth)])
    assert logme(features.astype(np.float32), truth) == pytest.approx(expected, abs=2e-3)


def test_features_that_tell_the_classes_apart_are_better() -> None:
    random = np.random.default_rng(1)
    truth = np.repeat(np.arange(3), 40)
    blank = random.normal(size=(120, 20)).astype(np.float32)
    telling = blank.copy()
    telling[:, :3] += 3.0 * np.eye(3, dtype=np.float32)[truth]
    assert logme(telling, truth) > logme(blank, truth) + 0.3


def test_the_order_of_pictures_and_of_channels_does_not_matter() -> None:
    random = np.random.default_rng(2)
    features = random.normal(size=(50, 8)).astype(np.float32)
    truth = (features[:, 0] > 0).astype(np.intp)
    order = random.permutation(50)
    shuffled = features[order][:, ::-1]
    assert logme(shuffled, truth[order]) == pytest.approx(logme(features, truth), abs=1e-6)


def test_channels_that_say_the_same_twice_are_no_trouble() -> None:
    random = np.random.default_rng(3)
    features = random.normal(size=(40, 5)).astype(np.float32)
    truth = (features[:, 0] > 0).astype(np.intp)
    assert np.isfinite(logme(np.concatenate([features, features], axis=1), truth))


def test_channels_that_are_always_still_are_no_trouble() -> None:
    features = np.zeros((20, 4), dtype=np.float32)
    features[:, 0] = np.arange(20)
    assert np.isfinite(logme(features, np.arange(20) % 2))
