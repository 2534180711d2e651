"""How well a network's features fit the user's classes, told without splitting or fitting anything by trial."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats

Numbers = npt.NDArray[np.float64]

_ROUNDS = 100
_SAME = 1e-3  # of the ratio of the two precisions: the evidence no longer moves


def logme(features: Floats, truth: npt.NDArray[np.intp]) -> float:
    """The largest log marginal evidence of a linear model per picture, averaged over the classes; larger is better.

    features: (n, d). truth: (n,) class indices. LogME: K. You, Y. Liu, J. Wang and M. Long, "LogME: Practical
    Assessment of Pre-trained Models for Transfer Learning" (ICML 2021), each class against the others.
    """
    left, squares = _directions(features.astype(np.float64))
    return float(np.mean([_evidence(left, squares, features.shape, truth == one) for one in np.unique(truth)]))


def _directions(values: Numbers) -> tuple[Numbers, Numbers]:
    """The left singular vectors of (n, d) values, (n, k), and the k squared singular values, without those at zero.

    By the eigenvalues of the smaller of the two products, which is several times as fast as by the values themselves.
    """
    n, width = values.shape
    squares, vectors = np.linalg.eigh(values @ values.T if n <= width else values.T @ values)
    # Directions without any spread carry nothing, and would be divided by zero.
    carrying = squares > squares.max(initial=0.0) * max(n, width) * np.finfo(np.float64).eps
    squares, vectors = squares[carrying], vectors[:, carrying]
    return (vectors if n <= width else values @ vectors / np.sqrt(squares)), squares


def _evidence(left: Numbers, squares: Numbers, shape: tuple[int, ...], wanted: npt.NDArray[np.bool_]) -> float:
    """The evidence of Bayesian linear regression at its best prior precision alpha and noise precision beta."""
    n, width = shape
    target = wanted.astype(np.float64)
    shares = (left.T @ target) ** 2  # of the target's square, along each direction of the features
    outside = max(float(target @ target - shares.sum()), 0.0)
    alpha, beta = 1.0, 1.0
    for _ in range(_ROUNDS):
        ratio = alpha / beta
        size, misfit = _solved(shares, squares, outside, ratio)
        gamma = float((squares / (squares + ratio)).sum())  # how many directions the data decide
        alpha = gamma / max(size, 1e-12)
        beta = (n - gamma) / max(misfit, 1e-12)
        if abs(alpha / beta - ratio) <= _SAME * ratio:
            break
    size, misfit = _solved(shares, squares, outside, alpha / beta)
    fitted = n * np.log(beta) + width * np.log(alpha) - n * np.log(2 * np.pi) - beta * misfit - alpha * size
    certainty = np.log(alpha + beta * squares).sum() + (width - len(squares)) * np.log(alpha)
    return float((fitted - certainty) / (2 * n))


def _solved(shares: Numbers, squares: Numbers, outside: float, ratio: float) -> tuple[float, float]:
    """The squared size of the best weights under this ratio of precisions, and their squared misfit."""
    size = float((shares * squares / (squares + ratio) ** 2).sum())
    misfit = outside + float((shares * (ratio / (squares + ratio)) ** 2).sum())
    return size, misfit
