"""How classes are told apart: one linear layer on pooled features, fitted so that rare classes weigh as much."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from inspector.domain import Floats

NOISE_WEIGHT = 4.0
MAX_ITERATIONS = 200
TOLERANCE = 1e-2  # of the largest gradient: more digits change no figure (docs/decisions/features.md)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """logits = features @ weights.T + bias. weights: (classes, features) float32; bias: (classes,) float32."""

    weights: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """(n, classes) raw scores of (n, features)."""
        return np.asarray(features @ self.weights.T + self.bias, dtype=np.float32)

    def behind(self, shift: Floats) -> Head:
        """The head that says of features what this one says of features + shift."""
        return Head(self.weights, np.asarray(self.bias + self.weights @ shift, dtype=np.float32))


@contextmanager
def fitting() -> Iterator[None]:
    """Around every `fit`, and around the threads that call it: the settings are the whole process's."""
    # The products are narrow: two threads in one of them, waiting for each other, take ten times as long.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # how far is far enough, the held-out parts say
        yield


def fit(features: Floats, noise: Floats, truth: npt.NDArray[np.intp], strength: float) -> Head:
    """Class-balanced multinomial logistic regression with an L2 penalty of 1 / (2 * strength).

    features: (n, features). noise: (features,) how far quantisation throws each off, as a standard deviation. truth:
    (n,) indices from 0, each class with at least one row. Features are standardised for the fit, and that is folded
    into the weights. Deterministic.
    """
    mean, spread = features.mean(axis=0), _spread(features, noise)
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    standard = features - mean
    standard /= spread
    model.fit(standard, truth)
    return _folded(model.coef_, model.intercept_, mean, spread)


def _spread(features: Floats, noise: Floats) -> Floats:
    """What each feature is divided by: its standard deviation, its noise and the usual deviation, squared and added.

    A channel that is almost still, or that quantisation blurs, would otherwise be blown up to the size of the others:
    its noise would decide, and from few parts the fit cannot know better.
    """
    deviation = features.std(axis=0)
    spread = np.sqrt(deviation**2 + (NOISE_WEIGHT * noise) ** 2 + np.median(deviation) ** 2)
    return np.asarray(np.where(spread > 0.0, spread, 1.0), dtype=np.float32)


def _folded(weights: npt.NDArray[Any], bias: npt.NDArray[Any], mean: Floats, spread: Floats) -> Head:
    if len(bias) == 1:
        # Of two classes scikit-learn keeps one log-odds; as two logits it is shared out evenly.
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    folded = weights.astype(np.float64) / spread
    return Head(folded.astype(np.float32), (bias - folded @ mean.astype(np.float64)).astype(np.float32))


def mean_of(heads: Sequence[Head]) -> Head:
    """What all of them say on average."""
    weights, biases = zip(*((one.weights, one.bias) for one in heads), strict=True)
    return Head(np.mean(weights, axis=0, dtype=np.float32), np.mean(biases, axis=0, dtype=np.float32))


def defect_scores(logits: Floats) -> npt.NDArray[np.float64]:
    """(n,) log-odds of any defect against good, which is class 0, of (n, classes) logits: Scores.defect of many."""
    values = logits.astype(np.float64)
    return np.asarray(np.logaddexp.reduce(values[:, 1:], axis=1) - values[:, 0])
