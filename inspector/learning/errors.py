"""Where a model is wrong: its worst errors, among which pictures they gather, and which labels may be the error."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.domain import GOOD, Decision, ModelCard
from inspector.errors import ModelError
from inspector.metrics import Outcome, Proportion, escape_rate, overkill_rate
from inspector.pipeline.judge import decide
from inspector.recipe import Limits


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture that a model scored without having seen its part. truth: GOOD or a defect. score: None: not located."""

    digest: str
    part: str
    truth: str
    score: float | None
    leading_defect: str
    decision: Decision

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.part, self.truth, self.decision, self.score, self.leading_defect)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that other parts speak against. margin: by how much the score passes its threshold, in log-odds."""

    picture: Judged
    margin: float


@dataclass(frozen=True, slots=True)
class Share:
    """Errors among the pictures of one kind; rates over parts."""

    pictures: int
    escapes: Proportion
    overkill: Proportion


def judged(card: ModelCard, limits: Limits) -> list[Judged]:
    """The golden and the out-of-fold pictures of a card at these limits, each once; none where it holds none.

    Raises ModelError where a row is not what a card promises.
    """
    try:
        rows = {row["digest"]: row for key in ("validation", "golden") for row in card.results.get(key, ())}
        return [_judged(row, limits) for row in rows.values()]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(
            f"{card.id}: results: expected digest, part, defect_class, score and leading_defect for each picture: "
            f"{error!r}"
        ) from error


def _judged(row: Mapping[str, Any], limits: Limits) -> Judged:
    score = None if row["score"] is None else float(row["score"])
    decision = Decision.UNFIT if score is None else decide(score, limits)
    digest, part, truth, leading = (str(row[key]) for key in ("digest", "part", "defect_class", "leading_defect"))
    return Judged(digest, part, truth, score, leading, decision)


def worst(pictures: Iterable[Judged], limits: Limits) -> list[Judged]:
    """Escapes and overkill, the one furthest beyond its limit first."""

    def beyond(one: Judged) -> float:
        assert one.score is not None
        return one.score - limits.reject if one.truth == GOOD else limits.recheck - one.score

    wrong = [one for one in pictures if one.outcome.escaped or one.outcome.overkilled]
    return sorted(wrong, key=lambda one: (-beyond(one), one.digest))


def shares(pictures: Iterable[Judged], kind: Callable[[Judged], str]) -> dict[str, Share]:
    """Errors by kind of picture: its class, its lot, how bright it is."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for one in pictures:
        kinds[kind(one)].append(one.outcome)
    return {name: Share(len(ones), escape_rate(ones), overkill_rate(ones)) for name, ones in sorted(kinds.items())}


def terciles(values: dict[str, float]) -> dict[str, str]:
    """low, middle or high for each name, by thirds of the values; equal values stand together."""
    ordered = sorted(values.values())
    first, second = (
        (ordered[min(len(ordered) - 1, len(ordered) * third // 3)] for third in (1, 2)) if ordered else (0, 0)
    )
    return {name: "low" if value < first else "middle" if value < second else "high" for name, value in values.items()}


def suspects(pictures: Sequence[Judged]) -> list[Suspect]:
    """Labels that may be wrong, the most contradicted first.

    A picture is suspect where it looks as much like the other side as that side's own pictures do on average: the
    per-class threshold of confident learning, on good against defective (Northcutt, Jiang and Chuang, "Confident
    learning", Journal of Artificial Intelligence Research 70, 2021). It needs scores of models that never saw the part.
    """
    scored = [one for one in pictures if one.score is not None]
    looks = {side: [_likeness(one, side) for one in scored if (one.truth == GOOD) is side] for side in (True, False)}
    if not all(looks.values()):
        return []
    thresholds = {side: _log_odds(sum(values) / len(values)) for side, values in looks.items()}
    found = []
    for one in scored:
        other = one.truth != GOOD
        margin = _towards(one, other) - thresholds[other]
        if margin >= 0 and _towards(one, other) > 0:
            found.append(Suspect(one, margin))
    return sorted(found, key=lambda one: (-one.margin, one.picture.digest))


def _towards(one: Judged, good: bool) -> float:
    assert one.score is not None
    return -one.score if good else one.score


def _likeness(one: Judged, good: bool) -> float:
    """How much a picture looks like a side, 0 to 1: the logistic function of its score."""
    return 0.5 * (1.0 + math.tanh(_towards(one, good) / 2))


def _log_odds(share: float) -> float:
    inside = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(inside / (1 - inside))
