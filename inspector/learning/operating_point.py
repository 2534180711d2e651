"""Where a model's scores are cut: the recheck and the reject limit that keep to a stated target and a review budget.

Every limit lies midway between two neighbouring scores. Of all pairs that keep to the target and to the budget, the
one with the least of the other fault is taken, and of equal ones the one that gives people the least work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from inspector.learning.scored import (
    BOUND,
    CONFIDENCE,
    Counts,
    Estimate,
    Numbers,
    Rates,
    ScoredParts,
    places_between,
    weighted,
)
from inspector.metrics import claim, parts_needed
from inspector.recipe import Limits

NO_EXPERIENCE = Limits(recheck=-2.0, reject=2.0)  # odds of about 7 to 1 either way, where nothing could be measured
_HAIR = 1e-9  # shares are compared with room for rounding


@dataclass(frozen=True, slots=True)
class MaxEscape:
    """At most this share of the defective parts passes. by_bound: not the observed share, but its exact upper bound."""

    share: float
    by_bound: bool = False


@dataclass(frozen=True, slots=True)
class MaxOverkill:
    """At most this share of the good parts is rejected."""

    share: float


@dataclass(frozen=True, slots=True)
class LeastCost:
    """The least expected cost for each part, at the review's defect rate; costs in any one currency."""

    escape: float
    overkill: float
    recheck: float = 0.0

    def expected(self, rates: Rates, defect_rate: float) -> Estimate:
        """The expected cost for each part of a line with this defect rate."""
        good, bad = 1 - defect_rate, defect_rate
        return weighted(
            (bad * self.escape, rates.escape),
            (good * self.overkill, rates.overkill),
            (good * self.recheck, rates.recheck_good),
            (bad * self.recheck, rates.recheck_bad),
        )


Target: TypeAlias = MaxEscape | MaxOverkill | LeastCost


@dataclass(frozen=True, slots=True)
class Review:
    """How much people look at: at most this share of the parts of a line with this defect rate, both 0 to 1.

    With a defect rate of 0 it is the share of good parts.
    """

    share: float
    defect_rate: float = 0.0


DEFAULT_TARGET = MaxOverkill(0.05)
DEFAULT_REVIEW = Review(0.10)


@dataclass(frozen=True, slots=True)
class Choice:
    """Limits for a target. kept: whether they keep to it. remarks: what a person should know, in plain words."""

    limits: Limits
    kept: bool
    remarks: tuple[str, ...] = ()


def choose(parts: ScoredParts, target: Target = DEFAULT_TARGET, review: Review = DEFAULT_REVIEW) -> Choice:
    """The best pair of limits for the target; where nothing keeps to it, the one that comes closest.

    Without good or without defective parts nothing can be chosen, and the limits are careful.
    """
    if not parts.good.n or not parts.bad.n:
        missing = "good" if not parts.good.n else "defective"
        return Choice(NO_EXPERIENCE, False, (f"There is no {missing} part with a score, so no limit can be chosen.",))
    grid = _Grid(parts, review)
    places, kept = _pick(grid, target)
    remarks = [] if kept else [_missed(parts, target)]
    if len(parts.values) < 2:
        remarks.append("All parts have the same score: no limit tells good from defective ones.")
    if parts.unfit:
        remarks.append(f"{parts.unfit} parts were not found in one of their pictures: no limits let them pass.")
    return Choice(grid.limits(*places), kept, tuple(remarks))


class _Grid:
    """Every pair of places where limits can lie, and what each costs; a pair is two indices, the first not above.

    highest: for each recheck limit, the highest reject limit that the review budget allows.
    """

    def __init__(self, parts: ScoredParts, review: Review) -> None:
        self.parts, self.review = parts, review
        self.places = places_between(parts.values)
        self.escapes: Counts = parts.bad.passed(self.places)
        self.overkill: Counts = parts.good.rejected(self.places)
        self.caught: Counts = parts.bad.rejected(self.places)
        self.stopped = self.mixed(parts.good.stopped(self.places), parts.bad.stopped(self.places))
        self.rejected = self.mixed(self.overkill, self.caught)
        allowed = np.searchsorted(-self.rejected, review.share - self.stopped + _HAIR, side="right") - 1
        self.highest = np.maximum(allowed, np.arange(len(self.places)))

    def mixed(self, good: Counts, bad: Counts) -> Numbers:
        """Counts of both sides as a share of the line's parts."""
        rate = self.review.defect_rate
        return np.asarray((1 - rate) * good / self.parts.good.n + rate * bad / self.parts.bad.n)

    def best(self, rechecks: Counts, rejects: Counts, *costs: Counts | Numbers) -> tuple[int, int]:
        """Of these pairs the one with the least costs, the first counting most, then work, then the highest recheck."""
        work = np.round(self.stopped[rechecks] - self.rejected[rejects], 12)
        order = np.lexsort((-rechecks, work, *reversed(costs)))
        return int(rechecks[order[0]]), int(rejects[order[0]])

    def limits(self, recheck: int, reject: int) -> Limits:
        """The limits at two places; with one place for both, a band is opened within the gap around it.

        What lies between the last known good part and the first known defective one has never been seen: where people
        may be asked at all, they are asked for the middle third of it.
        """
        low, high = float(self.places[recheck]), float(self.places[reject])
        values = self.parts.values
        above = int(np.searchsorted(values, low, side="left"))
        if recheck == reject and self.review.share > 0 and 0 < above < len(values):
            below, over = float(values[above - 1]), float(values[above])
            third = (over - below) / 3
            low, high = below + third, over - third
            if not below < low <= high <= over:  # neighbours among the floats
                low = high = over
        return Limits(_bounded(low), _bounded(high))


def _bounded(limit: float) -> float:
    return min(BOUND, max(-BOUND, limit))


def _pick(grid: _Grid, target: Target) -> tuple[tuple[int, int], bool]:
    """The places of the recheck and the reject limit, and whether they keep to the target."""
    match target:
        case MaxEscape():
            return _by_escape(grid, target)
        case MaxOverkill():
            return _by_overkill(grid, target)
        case LeastCost():
            return _by_cost(grid, target)


def _by_escape(grid: _Grid, target: MaxEscape) -> tuple[tuple[int, int], bool]:
    """Few enough escapes; then the least overkill, then the fewest escapes."""
    allowed = escapes_allowed(target, grid.parts.bad.n)
    enough = max(allowed, int(grid.escapes.min()))
    rechecks = np.flatnonzero(grid.escapes <= enough)
    overkill = grid.overkill[grid.highest[rechecks]]
    lowest = np.searchsorted(-grid.overkill, -overkill, side="left")  # no more rechecks than that overkill asks for
    rejects = np.maximum(lowest, rechecks)
    return grid.best(rechecks, rejects, overkill, grid.escapes[rechecks]), allowed >= grid.escapes.min()


def escapes_allowed(target: MaxEscape, defective: int) -> int:
    """How many of so many defective parts may pass under the target; -1 where even none is not proof enough."""
    if not target.by_bound:
        return math.floor(target.share * defective + _HAIR)
    allowed = -1
    while allowed < defective and claim(defective, allowed + 1, CONFIDENCE) <= target.share + _HAIR:
        allowed += 1
    return allowed


def _by_overkill(grid: _Grid, target: MaxOverkill) -> tuple[tuple[int, int], bool]:
    """Little enough overkill; then the fewest escapes, then the best Youden index of the reject limit.

    Source: W. J. Youden, "Index for rating diagnostic tests", Cancer 3 (1950) 32-35.
    """
    allowed = math.floor(target.share * grid.parts.good.n + _HAIR)
    enough = max(allowed, int(grid.overkill.min()))
    lowest = np.maximum(np.flatnonzero(grid.overkill <= enough)[0], np.arange(len(grid.places)))
    able = np.flatnonzero(lowest <= grid.highest)
    rechecks = able[grid.escapes[able] == grid.escapes[able].min()]
    missed = np.round(grid.overkill / grid.parts.good.n - grid.caught / grid.parts.bad.n, 12)
    rejects = np.array([_least(missed, int(lowest[place]), int(grid.highest[place])) for place in rechecks])
    return grid.best(rechecks, rejects, missed[rejects]), allowed >= grid.overkill.min()


def _by_cost(grid: _Grid, target: LeastCost) -> tuple[tuple[int, int], bool]:
    """The least expected cost; then the fewest escapes."""
    rate = grid.review.defect_rate
    escaping = rate * target.escape * grid.escapes / grid.parts.bad.n + target.recheck * grid.stopped
    rejecting = (1 - rate) * target.overkill * grid.overkill / grid.parts.good.n - target.recheck * grid.rejected
    rejecting = np.round(rejecting, 9)  # equal costs must look equal
    rechecks = np.arange(len(grid.places))
    rejects = np.array([_least(rejecting, int(place), int(grid.highest[place])) for place in rechecks])
    return grid.best(rechecks, rejects, np.round(escaping + rejecting[rejects], 9), grid.escapes), True


def _least(costs: Numbers, first: int, last: int) -> int:
    """The place of the lowest cost from first to last, the first of equal ones."""
    return first + int(costs[first : last + 1].argmin())


def _missed(parts: ScoredParts, target: Target) -> str:
    """Why no limits keep to the target, and what would."""
    if not isinstance(target, MaxEscape) or not target.by_bound:
        return "No limits that a recipe takes keep to the target; these come closest."
    if target.share < _HAIR:
        return "No number of parts proves that nothing ever escapes; with these limits none of them does."
    best = math.ceil(claim(parts.bad.n, 0, CONFIDENCE) * 1000) / 1000
    return (
        f"At most {target.share:.2%} escapes cannot be claimed with {CONFIDENCE:.0%} confidence: that takes "
        f"{parts_needed(target.share, CONFIDENCE)} defective parts with none missed, and there are {parts.bad.n}. "
        f"These limits let none of them pass, which supports at most {best:.1%}."
    )
