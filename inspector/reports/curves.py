"""The three curves of a report, from truths and raw scores: ROC, precision over recall, and the histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from inspector.recipe import Limits

Point: TypeAlias = tuple[float, float]
_BINS = 24
_FARTHEST = 1e6  # log-odds; a model that overflows stands at the end of the axis
_REACH = 1.0  # how far outside the scores, in their own span, a limit may lie and still be on the axis


@dataclass(frozen=True, slots=True)
class Histogram:
    """Parts by score. edges: one more than there are bins, in log-odds; good, defective: parts in each bin."""

    edges: tuple[float, ...]
    good: tuple[int, ...]
    defective: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {"edges": list(self.edges), "good": list(self.good), "defective": list(self.defective)}


def roc(defective: Sequence[bool], scores: Sequence[float]) -> tuple[Point, ...]:
    """(share of good, share of defective) at or above each distinct score, from (0, 0) to (1, 1).

    Empty where one side is missing. Source: T. Fawcett, "An introduction to ROC analysis", Pattern Recognition
    Letters 27 (2006) 861-874, algorithm 1: equal scores are one step.
    """
    bad, good = _at_or_above(defective, scores)
    if not bad.size or not bad[-1] or not good[-1]:
        return ()
    return ((0.0, 0.0), *zip((good / good[-1]).tolist(), (bad / bad[-1]).tolist(), strict=True))


def precision_recall(defective: Sequence[bool], scores: Sequence[float]) -> tuple[Point, ...]:
    """(recall, precision) at each distinct score downwards; empty without a defective one."""
    bad, good = _at_or_above(defective, scores)
    if not bad.size or not bad[-1]:
        return ()
    return tuple(zip((bad / bad[-1]).tolist(), (bad / (bad + good)).tolist(), strict=True))


def _at_or_above(
    defective: Sequence[bool], scores: Sequence[float]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How many defective and how many good ones score at or above each distinct score, the highest first."""
    bad = np.asarray(defective, dtype=bool)
    _, place = np.unique(-np.asarray(scores, dtype=np.float64), return_inverse=True)
    return np.cumsum(np.bincount(place, weights=bad)), np.cumsum(np.bincount(place, weights=~bad))


def histogram(defective: Sequence[bool], scores: Sequence[float], limits: Limits) -> Histogram | None:
    """Equal bins over all scores, widened to the limits that lie near; None without scores."""
    if not scores:
        return None
    values = np.clip(np.asarray(scores, dtype=np.float64), -_FARTHEST, _FARTHEST)
    bad = np.asarray(defective, dtype=bool)
    edges = np.linspace(*_span(float(values.min()), float(values.max()), limits), _BINS + 1)
    good, _ = np.histogram(values[~bad], edges)
    defects, _ = np.histogram(values[bad], edges)
    return Histogram(
        tuple(float(edge) for edge in edges),
        tuple(int(count) for count in good),
        tuple(int(count) for count in defects),
    )


def _span(low: float, high: float, limits: Limits) -> Point:
    """Both ends of the axis; never of no width."""
    width = max(high - low, 1.0)
    near = [limit for limit in (limits.recheck, limits.reject) if low - _REACH * width < limit < high + _REACH * width]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.02 * max(high - low, 1.0)
    return low - margin, high + margin
