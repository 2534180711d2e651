"""How classes are told apart: one linear layer on pooled features, fitted so that rare classes weigh as much."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from inspector.domain import Floats

MAX_ITERATIONS = 200
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """logits = features @ weights.T + bias. weights: (classes, features) float32; bias: (classes,) float32."""

    weights: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """(n, classes) raw scores of (n, features)."""
        return np.asarray(features @ self.weights.T + self.bias, dtype=np.float32)


def fit(features: Floats, truth: npt.NDArray[np.intp], classes: int, strength: float) -> Head:
    """Class-balanced multinomial logistic regression with an L2 penalty of 1 / (2 * strength).

    features: (n, features) as the network gives them; they are standardised for the fit, and the standardisation is
    folded into the weights. truth: (n,) class indices; each class must occur. Deterministic.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread < 1e-6] = 1.0  # a channel that never changes says nothing, and must not be blown up
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    with warnings.catch_warnings():
        # Far enough is decided by the cross-validated figures, not by the last digit of the loss.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((features - mean) / spread, truth)
    if len(model.classes_) != classes:
        raise ValueError(f"expected {classes} classes in the truth, received {len(model.classes_)}")
    return _folded(model.coef_, model.intercept_, mean, spread)


def _folded(weights: npt.NDArray[Any], bias: npt.NDArray[Any], mean: Floats, spread: Floats) -> Head:
    if len(bias) == 1:
        # Of two classes scikit-learn keeps one log-odds; as two logits it is shared out evenly.
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    folded = weights.astype(np.float64) / spread
    return Head(folded.astype(np.float32), (bias - folded @ mean.astype(np.float64)).astype(np.float32))


def defect_scores(logits: Floats) -> npt.NDArray[np.float64]:
    """(n,) log-odds of any defect against good, which is class 0, of (n, classes) logits: Scores.defect of many."""
    values = logits.astype(np.float64)
    return np.asarray(np.logaddexp.reduce(values[:, 1:], axis=1) - values[:, 0])
