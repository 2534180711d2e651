"""Where a model is wrong: its worst errors, among which pictures they gather, and which labels may be the error."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.domain import GOOD, Decision, ModelCard
from inspector.errors import ModelError
from inspector.metrics import Outcome, Proportion, escape_rate, overkill_rate
from inspector.pipeline.judge import decide
from inspector.recipe import Limits

_SIDES = (True, False)  # good, defective
_FEWEST_PARTS = 5  # of each of two defects: one that a fold has hardly seen looks like the other, whatever it is


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture that a model scored without having seen its part. truth: GOOD or a defect. score: None: not located.

    named_margin: by how much the strongest other defect is named before the labelled one, in log-odds; None: not told.
    """

    digest: str
    part: str
    truth: str
    score: float | None
    leading_defect: str
    decision: Decision
    named_margin: float | None = None

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.part, self.truth, self.decision, self.score, self.leading_defect)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that other parts speak against. margin: by how much it passes its threshold, in log-odds.

    looks_like: the class that the picture looks like instead, GOOD or a defect.
    """

    picture: Judged
    margin: float
    looks_like: str


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
    margin = row.get("named_margin")  # cards of earlier versions have none, and golden pictures neither
    return Judged(digest, part, truth, score, leading, decision, None if margin is None else float(margin))


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

    A picture is suspect where it looks as much like another class as that class's own pictures do on average: the
    per-class threshold of confident learning (Northcutt, Jiang and Chuang, "Confident learning", Journal of Artificial
    Intelligence Research 70, 2021), on good against defective, and on one defect against another. It needs scores of
    models that never saw the part.
    """
    found = {one.picture.digest: one for one in (*_between_defects(pictures), *_between_sides(pictures))}
    return sorted(found.values(), key=lambda one: (-one.margin, one.picture.digest))


def _between_sides(pictures: Sequence[Judged]) -> Iterator[Suspect]:
    """Good pictures that look defective, and defective ones that look good."""
    scored = [one for one in pictures if one.score is not None]
    looks = {side: [_share(_towards(one, side)) for one in scored if (one.truth == GOOD) is side] for side in _SIDES}
    if not all(looks.values()):
        return
    thresholds = {side: _threshold(values) for side, values in looks.items()}
    for one in scored:
        other = one.truth != GOOD
        margin = _towards(one, other) - thresholds[other]
        if margin >= 0 and _towards(one, other) > 0:
            yield Suspect(one, margin, GOOD if other else one.leading_defect)


def _between_defects(pictures: Sequence[Judged]) -> Iterator[Suspect]:
    """Of the pictures that are clearly rejected, those that look like another defect than they are labelled as."""
    parts, looks = defaultdict[str, set[str]](set), defaultdict[str, list[float]](list)
    rejected = []
    for one in pictures:
        if one.truth != GOOD and one.decision is Decision.NG and one.named_margin is not None:
            rejected.append((one, one.named_margin))
            parts[one.truth].add(one.part)
            looks[one.truth].append(_share(-one.named_margin))
    thresholds = {name: _threshold(looks[name]) for name in looks if len(parts[name]) >= _FEWEST_PARTS}
    for one, named_margin in rejected:
        if one.truth in thresholds and one.leading_defect in thresholds and named_margin > 0:
            margin = named_margin - thresholds[one.leading_defect]
            if margin >= 0:
                yield Suspect(one, margin, one.leading_defect)


def _towards(one: Judged, good: bool) -> float:
    assert one.score is not None
    return -one.score if good else one.score


def _share(log_odds: float) -> float:
    """0 to 1: the logistic function."""
    return 0.5 * (1.0 + math.tanh(log_odds / 2))


def _threshold(looks: Sequence[float]) -> float:
    """How much a class's own pictures look like it on average, in log-odds."""
    inside = min(max(sum(looks) / len(looks), 1e-9), 1 - 1e-9)
    return math.log(inside / (1 - inside))
