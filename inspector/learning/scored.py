"""What a pair of limits does to parts that are scored already: counts and rates, each part by its worst picture."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from inspector.domain import GOOD, Decision
from inspector.metrics import Outcome, Proportion, clopper_pearson, true_class
from inspector.recipe import Limits

Numbers: TypeAlias = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int64]

CONFIDENCE = 0.95
BOUND = 999.0  # what a recipe takes


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The good parts, or the defective ones. Each array is rising, float64, and holds the worst score of a part.

    scores: (n,) every part; -inf where no picture of it has a number. free: those that a low score lets pass.
    unfit: those that never pass, since in one of their pictures the part was not found. What is in neither never
    passes either: one of its scores is no number, and a person looks at it.
    """

    scores: Numbers
    free: Numbers
    unfit: Numbers

    @property
    def n(self) -> int:
        return len(self.scores)

    def passed(self, recheck: Numbers | float) -> Counts:
        """How many parts are OK at each recheck limit."""
        return _below(self.free, recheck)

    def rejected(self, reject: Numbers | float) -> Counts:
        """How many parts are NG at each reject limit."""
        return self.n - _below(self.scores, reject)

    def stopped(self, recheck: Numbers | float) -> Counts:
        """How many parts are RECHECK or NG at each recheck limit."""
        return self.n - self.passed(recheck) - _below(self.unfit, recheck)


def _below(rising: Numbers, limits: Numbers | float) -> Counts:
    return np.asarray(np.searchsorted(rising, limits, side="left"), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredParts:
    """Parts with a known truth, as one model scored them."""

    good: Side
    bad: Side

    @property
    def values(self) -> Numbers:
        """The distinct finite scores of both sides, rising."""
        both = np.unique(np.concatenate([self.good.scores, self.bad.scores]))
        return np.asarray(both[np.isfinite(both)])

    @property
    def unfit(self) -> int:
        """How many parts were not found in one of their pictures."""
        return len(self.good.unfit) + len(self.bad.unfit)


def parts_of(pictures: Iterable[Outcome]) -> ScoredParts:
    """Gather scored pictures into parts; the decisions they carry do not matter, save UNFIT, which no limit changes."""
    shown: dict[str, list[Outcome]] = defaultdict(list)
    for picture in pictures:
        shown[picture.part].append(picture)
    bad = {part: true_class(one.defect_class for one in views) != GOOD for part, views in shown.items()}
    return ScoredParts(*(_side([shown[part] for part in shown if bad[part] is kind]) for kind in (False, True)))


def _side(parts: Sequence[Sequence[Outcome]]) -> Side:
    scores: list[float] = []
    free: list[float] = []
    unfit: list[float] = []
    for views in parts:
        known = [one.score for one in views if one.score is not None]
        numbers = [score for score in known if score > -math.inf]  # endlessly good is no number either: see judge
        worst = max(numbers, default=-math.inf)
        scores.append(worst)
        if len(numbers) < len(known):
            continue
        whole = len(known) == len(views) and all(one.decision is not Decision.UNFIT for one in views)
        (free if whole else unfit).append(worst)
    return Side(_rising(scores), _rising(free), _rising(unfit))


def _rising(scores: Sequence[float]) -> Numbers:
    return np.sort(np.array(scores, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A weighted sum of shares and an interval that holds the true one with at least 95 % confidence; nan: unknown."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of parts with their exact 95 % intervals.

    escape: defective parts that pass. overkill: good parts that are rejected. recheck_good, recheck_bad: good and
    defective parts that are sent to a person.
    """

    escape: Proportion
    overkill: Proportion
    recheck_good: Proportion
    recheck_bad: Proportion

    def work(self, defect_rate: float) -> Estimate:
        """The share of a line's parts that is sent to a person, where this share of them is defective."""
        return weighted((1 - defect_rate, self.recheck_good), (defect_rate, self.recheck_bad))

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).to_json() for name in self.__slots__}


def weighted(*terms: tuple[float, Proportion]) -> Estimate:
    """The sum of shares times their weights (from 0 on); what weighs nothing is left out.

    Each interval is widened so that all of them hold at once (Bonferroni), and with them that of the sum.
    """
    counted = [(weight, rate) for weight, rate in terms if weight]
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(counted))
    wide = [(weight, _widened(rate, confidence)) for weight, rate in counted]
    return Estimate(*(sum(weight * getattr(rate, end) for weight, rate in wide) for end in ("value", "low", "high")))


def _widened(rate: Proportion, confidence: float) -> Proportion:
    return clopper_pearson(round(rate.value * rate.n) if rate.n else 0, rate.n, confidence)


def rates(parts: ScoredParts, limits: Limits) -> Rates:
    """What these limits do to these parts."""
    good, bad = parts.good, parts.bad
    return Rates(
        escape=clopper_pearson(int(bad.passed(limits.recheck)), bad.n),
        overkill=clopper_pearson(int(good.rejected(limits.reject)), good.n),
        recheck_good=clopper_pearson(_rechecked(good, limits), good.n),
        recheck_bad=clopper_pearson(_rechecked(bad, limits), bad.n),
    )


def _rechecked(side: Side, limits: Limits) -> int:
    return int(side.stopped(limits.recheck) - side.rejected(limits.reject))


def places_between(values: Numbers) -> Numbers:
    """Limits below all of the rising values, between each two neighbours and above all, within what a recipe takes."""
    if not len(values):
        return np.array([0.0])
    middle = values[:-1] + np.diff(values) / 2
    middle = np.where(middle > values[:-1], middle, values[1:])
    return np.unique(np.clip(np.concatenate([[values[0] - 1], middle, [values[-1] + 1]]), -BOUND, BOUND))


def trade(parts: ScoredParts, limits: Numbers | None = None) -> tuple[Numbers, Numbers]:
    """The curve of every limit there is, or of these: the share of good parts from it on, and of defective ones below.

    Raises ValueError where there are no parts of one kind.
    """
    if not parts.good.n or not parts.bad.n:
        raise ValueError("a curve needs good and defective parts")
    every = places_between(parts.values) if limits is None else limits
    stopped = parts.good.rejected(every) / parts.good.n
    return np.asarray(stopped), np.asarray(1 - parts.bad.rejected(every) / parts.bad.n)
