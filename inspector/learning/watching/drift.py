"""Whether what a line shows has moved away from a reference, with false alarms bounded for the life of a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LIFE_ALPHA = 0.05
SCORE_TOLERANCE = 0.2
_SHARES = np.linspace(0.0, 1.0, 101)

Numbers = npt.NDArray[np.float64]


def alpha_at(parts_seen: int, life_alpha: float = LIFE_ALPHA) -> float:
    """What one look after the n-th part may spend, so that all looks, one after every part, spend `life_alpha` in all.

    The sum over n of 1/log2(n+1) - 1/log2(n+2) is 1 (it telescopes), so the union bound holds for any number of looks
    at windows of one length, however much they overlap.
    """
    if parts_seen < 1:
        raise ValueError(f"expected at least one part, received {parts_seen}")
    return life_alpha * (1 / math.log2(parts_seen + 1) - 1 / math.log2(parts_seen + 2))


def binomial_tail(hits: int, trials: int, rate: float) -> float:
    """P(at least `hits` of `trials`) where each is a hit with probability `rate`: exact."""
    if not 0 <= hits <= trials or not 0 <= rate <= 1:
        raise ValueError(f"expected 0 <= hits <= trials and a rate from 0 to 1, received {hits}, {trials}, {rate}")
    if hits == 0 or rate == 1:
        return 1.0
    from scipy.special import betainc  # here, because a station that only inspects never needs it

    return float(betainc(hits, trials - hits + 1, rate))


def outside_band(values: Sequence[float], low: float, high: float) -> float:
    """How well "the median lies within low to high" explains the values: p of the sign test, both sides counted.

    Exact for independent values of any distribution: if the median is not above `high`, each value is so with at most
    an even chance (Dixon and Mood, 1946).
    """
    above = sum(value > high for value in values)
    below = sum(value < low for value in values)
    return min(1.0, 2 * min(binomial_tail(hits, len(values), 0.5) for hits in (above, below)))


@dataclass(frozen=True, slots=True)
class Mixture:
    """The mix of good and defective scores that comes nearest to what is seen. share: of defective ones, 0 to 1.

    gap: by how much the share of scores in some interval differs, 0 to 1. p: of a gap this much beyond the tolerance.
    """

    share: float
    gap: float
    p: float


def mixture_of(
    seen: Sequence[float], good: Sequence[float], bad: Sequence[float], tolerance: float = SCORE_TOLERANCE
) -> Mixture:
    """Whether scores could come from good and defective parts as they were taught, in whatever proportion.

    A line makes fewer defects than a training set holds: that alone is no drift. The gap is Kuiper's (1960), the sum of
    the largest differences upwards and downwards between the two distribution functions, since a mix may hide scores
    that gather between good and defective from Kolmogorov's. p is the largest over all shares, by the leading term of
    its tail, with the variances of both samples; gaps up to `tolerance` count as none, since one lot differs a little
    from the next.
    """
    values, goods, bads = (np.sort(np.asarray(side, dtype=np.float64)) for side in (seen, good, bad))
    points = np.concatenate([values, goods, bads])
    mixed = (1 - _SHARES[:, None]) * _shares_below(goods, points) + _SHARES[:, None] * _shares_below(bads, points)
    differences = mixed - _shares_below(values, points)
    gaps = np.maximum(differences.max(axis=1), 0.0) - np.minimum(differences.min(axis=1), 0.0)
    spread = np.sqrt(1 / len(values) + (1 - _SHARES) ** 2 / len(goods) + _SHARES**2 / len(bads))
    nearest = int(gaps.argmin())
    chance = float(_kuiper_tail((gaps - tolerance) / spread).max())
    return Mixture(float(_SHARES[nearest]), float(gaps[nearest]), chance)


def _kuiper_tail(size: Numbers) -> Numbers:
    """P(Kuiper's statistic above `size`): the leading term, which below 1 says nothing."""
    large = np.maximum(size, 1.0)
    tail = 2 * (4 * large**2 - 1) * np.exp(-2 * large**2)
    return np.asarray(np.where(size < 1, 1.0, np.minimum(tail, 1.0)))


def _shares_below(sorted_values: Numbers, points: Numbers) -> Numbers:
    """The empirical distribution function of some values at some points."""
    return np.searchsorted(sorted_values, points, side="right") / len(sorted_values)


def beyond_all(beyond: int, seen: int, taught: int) -> float:
    """P(at least `beyond` of `seen` lie beyond every one of `taught`) if all are of one kind: exact, by ranks alone."""
    if not 0 <= beyond <= seen:
        raise ValueError(f"expected 0 <= beyond <= seen, received {beyond} of {seen}")
    return math.prod((seen - place) / (taught + seen - place) for place in range(beyond))


def more_often(hits: int, trials: int, hits_before: int, trials_before: int) -> float:
    """How well "no more often than before" explains `hits` of `trials`: one-sided p of Fisher's exact test (1935)."""
    total, drawn = hits + hits_before, trials
    everything = trials + trials_before
    most = min(total, drawn)
    ways = _log_ways(everything, drawn)
    terms = (
        math.exp(_log_ways(total, k) + _log_ways(everything - total, drawn - k) - ways)
        for k in range(hits, most + 1)
        if drawn - k <= everything - total
    )
    return min(1.0, math.fsum(terms))


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def change_point(values: Sequence[float]) -> int:
    """The place of the first value after the likeliest single change of level; 0 where the values are all alike.

    The cumulated deviation of the ranks (Pettitt, 1979), so that one odd value does not move it, weighted as in a
    likelihood ratio, so that a change near an end is found as well.
    """
    number = len(values)
    if number < 2 or min(values) == max(values):
        return 0
    ranks = np.argsort(np.argsort(np.asarray(values, dtype=np.float64), kind="stable"), kind="stable")
    walk = np.abs(np.cumsum(ranks - ranks.mean()))[:-1]
    after = np.arange(1, number)
    return int((walk / np.sqrt(after * (number - after))).argmax()) + 1
