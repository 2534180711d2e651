"""How far a figure over pictures can be trusted for other parts: it is the parts that count, never the pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from inspector.metrics import Outcome, auroc, macro_f1

DRAWS = 200
LOW, HIGH = 2.5, 97.5  # percent: 95 of 100 draws lie between
_DEVIATIONS = 1.959964  # of a normal distribution, that 95 of 100 lie within
_EDGE = 1e-9

Draws: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure and what it was in each draw of as many parts, with replacement (cluster bootstrap; Efron 1979).

    Figures over the same pictures are drawn alike, so that two of them can be held against each other draw by draw.
    good, bad: how many parts there are of either side.
    """

    value: float
    draws: Draws
    good: int
    bad: int

    def to_json(self) -> dict[str, float | int | None]:
        """Where all draws are alike, as with few parts and no error, they know no interval: low and high are None."""
        low, high = np.nanpercentile(self.draws, (LOW, HIGH))
        known = high > low
        return {
            "value": self.value,
            "low": round(float(low), 5) if known else None,
            "high": round(float(high), 5) if known else None,
            "n": self.good + self.bad,
        }

    def as_area(self) -> dict[str, float | int]:
        """The figure as an AUROC, with the interval that is known without an error, too.

        R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic" (Part 2,
        method 5, Statistics in Medicine 25, 2006), over as many good and defective parts as there are.
        """
        low, high = (_end(self.value, self.good, self.bad, towards) for towards in (0.0, 1.0))
        return {"value": self.value, "low": round(low, 5), "high": round(high, 5), "n": self.good + self.bad}

    def surely_below(self, other: Figure) -> bool:
        """Whether nearly every draw says so."""
        return bool(np.nanpercentile(other.draws - self.draws, LOW) > 0.0)


def resampled(found: Sequence[Outcome], of: Callable[[Sequence[Outcome]], float], seed: int) -> Figure:
    """`of` these outcomes, and of DRAWS draws of their parts. Good parts and defective ones are drawn by themselves."""
    pictures: dict[str, list[Outcome]] = {}
    for one in found:
        pictures.setdefault(one.part, []).append(one)
    names = sorted(pictures)
    bad = [name for name in names if any(one.defective for one in pictures[name])]
    good = sorted(set(names) - set(bad))
    random = np.random.default_rng(seed)
    draws = []
    for _ in range(DRAWS):
        drawn = [side[place] for side in (good, bad) for place in random.integers(0, len(side), len(side))]
        draws.append(of([one for name in drawn for one in pictures[name]]))
    return Figure(of(found), np.array(draws), len(good), len(bad))


def _end(value: float, good: int, bad: int, towards: float) -> float:
    """The area farthest in that direction for which the one that was measured would still be no surprise."""
    mean = (good + bad) / 2 - 1

    def surprise(area: float) -> float:
        odds = 1 + mean * (1 - area) / (2 - area) + mean * area / (1 + area)
        return abs(value - area) - _DEVIATIONS * math.sqrt(area * (1 - area) * odds / (good * bad))

    if value == towards:
        return towards
    inside = min(max(value, _EDGE), 1.0 - _EDGE)  # at 0 and 1 themselves nothing is a surprise
    return float(brentq(surprise, towards, inside))


def area(found: Sequence[Outcome]) -> float:
    """AUROC over pictures; each was scored."""
    return auroc([one.defective for one in found], [one.score for one in found if one.score is not None])


def balanced_f1(found: Sequence[Outcome]) -> float:
    return macro_f1([one.defect_class for one in found], [one.named for one in found])
