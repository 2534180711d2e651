"""How good a model is, in figures a quality engineer may rely on: rates over parts, each with its exact interval."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import GOOD, Decision

# A part is as bad as its worst picture: one that opens the gate must not outvote one that closes it.
_SEVERITY = {Decision.OK: 0, Decision.UNFIT: 1, Decision.RECHECK: 2, Decision.NG: 3}


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of n parts, 0 to 1, and the interval that holds the true one. n = 0: value is nan, low 0, high 1."""

    value: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, float | int | None]:
        """The four fields; a value that nothing stands behind is null."""
        return {"value": self.value if self.n else None, "low": self.low, "high": self.high, "n": self.n}


def clopper_pearson(k: int, n: int, confidence: float = 0.95) -> Proportion:
    """The exact two-sided interval of k hits in n trials.

    Source: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26 (1934) 404-413, in its beta form.
    """
    if not 0 <= k <= n or not 0 < confidence < 1:
        raise ValueError(f"expected 0 <= k <= n and a confidence between 0 and 1, received {k}, {n}, {confidence}")
    if n == 0:
        return Proportion(math.nan, 0.0, 1.0, 0)
    from scipy.special import betaincinv  # here, because a station that only inspects never needs it

    tail = (1 - confidence) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Proportion(k / n, low, high, n)


def claim(n: int, misses: int, confidence: float = 0.95) -> float:
    """The smallest miss rate that `misses` in n parts support: the exact one-sided upper bound, 0 to 1."""
    if not 0 <= misses <= n or not 0 < confidence < 1:
        raise ValueError(f"expected 0 <= misses <= n, confidence in (0, 1); received {misses}, {n}, {confidence}")
    if misses == n:
        return 1.0
    from scipy.special import betaincinv

    return float(betaincinv(misses + 1, n - misses, confidence))


def parts_needed(rate: float, confidence: float = 0.95) -> int:
    """How many defective parts, none of them missed, support the claim "at most `rate` escapes"."""
    if not 0 < rate < 1 or not 0 < confidence < 1:
        raise ValueError(f"expected a rate and a confidence between 0 and 1, received {rate}, {confidence}")
    return math.ceil(math.log(1 - confidence) / math.log(1 - rate))


def claim_sentence(n: int, misses: int, target: float = 0.005, confidence: float = 0.95) -> str:
    """What n defective test parts with `misses` escapes allow to be said, in the user's words."""
    sure = f"{confidence:.0%} confidence"
    needed = parts_needed(target, confidence)
    wish = f"To claim at most {target:.1%} you need {needed} defective test parts with none missed"
    if n == 0:
        return f"No defective part was tested, so nothing can be claimed about escapes. {wish} ({sure})."
    bound = claim(n, misses, confidence)
    shown = math.ceil(bound * 1000 - 1e-9) / 1000  # up, never down: a bound that is rounded down is a false promise
    said = f"{misses} of {n} defective test parts were missed: you can claim at most {shown:.1%} escapes with {sure}."
    return said if bound <= target else f"{said} {wish}."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model made of one picture, or of one part after `by_part`.

    part: the group that shows one physical unit. defect_class: the truth. score: Scores.defect, None where the
    picture could not be judged. named: the class the model stands for, GOOD or a defect.
    """

    part: str
    defect_class: str
    decision: Decision
    score: float | None
    named: str = ""

    @property
    def defective(self) -> bool:
        return self.defect_class != GOOD

    @property
    def escaped(self) -> bool:
        """A defective part for which the gate opened."""
        return self.defective and self.decision is Decision.OK

    @property
    def overkilled(self) -> bool:
        """A good part that was rejected; one sent to a person (RECHECK) is not."""
        return not self.defective and self.decision is Decision.NG


def true_class(classes: Iterable[str]) -> str:
    """The class of a part from those of its pictures: a defect seen once is there; the most frequent names it."""
    defects = Counter(name for name in classes if name != GOOD)
    return min(defects, key=lambda name: (-defects[name], name)) if defects else GOOD


def by_part(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """One Outcome per part, in order of part: the truth of all its pictures, the decision and score of the worst."""
    pictures: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        pictures[outcome.part].append(outcome)
    return [_worst(pictures[part]) for part in sorted(pictures)]


def _worst(pictures: Sequence[Outcome]) -> Outcome:
    def badness(picture: Outcome) -> tuple[int, float]:
        return _SEVERITY[picture.decision], -math.inf if picture.score is None else picture.score

    worst = max(pictures, key=badness)
    truth = true_class(picture.defect_class for picture in pictures)
    score = max((picture.score for picture in pictures if picture.score is not None), default=None)
    return Outcome(worst.part, truth, worst.decision, score, worst.named)


def escape_rate(outcomes: Iterable[Outcome], confidence: float = 0.95) -> Proportion:
    """Accepted defective parts / defective parts. Only OK accepts, and a part is decided by its worst picture."""
    bad = [part for part in by_part(outcomes) if part.defective]
    return clopper_pearson(sum(part.escaped for part in bad), len(bad), confidence)


def overkill_rate(outcomes: Iterable[Outcome], confidence: float = 0.95) -> Proportion:
    """Rejected good parts / good parts. Only NG rejects, and a part is decided by its worst picture."""
    good = [part for part in by_part(outcomes) if not part.defective]
    return clopper_pearson(sum(part.overkilled for part in good), len(good), confidence)


def decision_rate(outcomes: Iterable[Outcome], decision: Decision, confidence: float = 0.95) -> Proportion:
    """Parts with this decision / all parts, as for RECHECK: the work that is left to people."""
    parts = by_part(outcomes)
    return clopper_pearson(sum(part.decision is decision for part in parts), len(parts), confidence)


def escape_at(outcomes: Iterable[Outcome], overkill: float, confidence: float = 0.95) -> Proportion:
    """Defective parts accepted at the lowest single limit that rejects at most this share of the good parts, 0 to 1.

    Each part is decided by its worst picture; every one has a score. Without good parts nothing is known.
    """
    parts = by_part(outcomes)
    good = sorted((_score(part) for part in parts if not part.defective), reverse=True)
    if not good:
        return clopper_pearson(0, 0, confidence)
    limit = good[math.floor(overkill * len(good))]  # the worst good part that is to pass
    bad = [_score(part) for part in parts if part.defective]
    return clopper_pearson(sum(score <= limit for score in bad), len(bad), confidence)


def _score(part: Outcome) -> float:
    assert part.score is not None
    return part.score


def auroc(defective: Sequence[bool], scores: Sequence[float]) -> float:
    """The chance that a defective one scores above a good one, ties counting half; nan where one side is empty.

    Source: Mann-Whitney U over the product of the two counts (Hanley and McNeil, Radiology 143, 1982).
    """
    bad, values = _checked(defective, scores)
    positives, negatives = int(bad.sum()), int((~bad).sum())
    if not positives or not negatives:
        return math.nan
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    u = mean_rank[place][bad].sum() - positives * (positives + 1) / 2
    return float(u / (positives * negatives))


def average_precision(defective: Sequence[bool], scores: Sequence[float]) -> float:
    """Sum of precision times the gain in recall, over the distinct scores downwards; nan without a defective one.

    Equal scores are one step: their order in the list must not matter.
    """
    bad, values = _checked(defective, scores)
    if not bad.any():
        return math.nan
    _, place = np.unique(-values, return_inverse=True)
    found = np.cumsum(np.bincount(place, weights=bad))
    taken = np.cumsum(np.bincount(place))
    return float(np.sum(np.diff(found, prepend=0.0) * found / taken) / bad.sum())


def _checked(
    defective: Sequence[bool], scores: Sequence[float]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    bad, values = np.asarray(defective, dtype=bool), np.asarray(scores, dtype=np.float64)
    if bad.shape != values.shape or bad.ndim != 1:
        raise ValueError(f"expected one score for each truth, received {bad.shape} and {values.shape}")
    if np.isnan(values).any():
        raise ValueError("a score that is not a number has no place in a ranking")
    return bad, values


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """precision, recall and F1 of one class, 0 to 1 (0 where undefined); support: how many truly are of it."""

    precision: float
    recall: float
    f1: float
    support: int


def confusion(truth: Sequence[str], named: Sequence[str], classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """(classes, classes) counts: row the truth, column what it was named. A class not listed is a ValueError."""
    index = {name: place for place, name in enumerate(classes)}
    unknown = (set(truth) | set(named)) - set(index)
    if unknown or len(truth) != len(named):
        raise ValueError(f"expected pairs of {list(classes)}; unknown: {sorted(unknown)}")
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(matrix, ([index[name] for name in truth], [index[name] for name in named]), 1)
    return matrix


def per_class(truth: Sequence[str], named: Sequence[str]) -> dict[str, ClassFigures]:
    """Figures for each class that occurs in the truth or in the answers, by name."""
    classes = sorted(set(truth) | set(named))
    matrix = confusion(truth, named, classes)
    return {name: _figures(matrix, place) for place, name in enumerate(classes)}


def _figures(matrix: npt.NDArray[np.int64], place: int) -> ClassFigures:
    hits, answers, support = (int(x) for x in (matrix[place, place], matrix[:, place].sum(), matrix[place].sum()))
    return ClassFigures(
        precision=hits / answers if answers else 0.0,
        recall=hits / support if support else 0.0,
        f1=2 * hits / (answers + support),
        support=support,
    )


def macro_f1(truth: Sequence[str], named: Sequence[str]) -> float:
    """The mean F1 over the classes that occur in the truth or in the answers; nan where there is nothing."""
    figures = per_class(truth, named)
    return sum(one.f1 for one in figures.values()) / len(figures) if figures else math.nan


def finite(value: float) -> float | None:
    """For JSON, which knows no nan."""
    return value if math.isfinite(value) else None


def to_json(figures: dict[str, Any]) -> dict[str, Any]:
    """A table of Proportions and numbers as JSON values."""
    return {key: _json_value(value) for key, value in figures.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, Proportion):
        return value.to_json()
    return finite(value) if isinstance(value, float) else value
