"""How good a model will be on parts it has not seen, and at which limits it is suggested to decide."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import GOOD, Decision, Floats
from inspector.metrics import (
    Outcome,
    Proportion,
    auroc,
    average_precision,
    by_part,
    clopper_pearson,
    decision_rate,
    escape_rate,
    macro_f1,
    overkill_rate,
    to_json,
)
from inspector.pipeline.judge import decide
from inspector.recipe import Limits
from models.crossvalidation import Examples
from models.head import defect_scores

OVERKILL_SHARE = 0.05  # of good parts that the reject limit may cost
RECHECK_SHARE = 0.10  # of good parts that may be sent to a person
MIN_BAND = 0.5  # of log-odds: what lies that close below the reject limit is not passed unseen
NO_EXPERIENCE = Limits(recheck=-2.0, reject=2.0)  # odds of about 7 to 1 either way, where nothing could be measured
_BOUND = 999.0  # what a recipe takes


def outcomes(examples: Examples, logits: Floats, limits: Limits) -> list[Outcome]:
    """One per picture that was scored out of fold; named by its highest logit."""
    scored = np.flatnonzero(~np.isnan(logits[:, 0]))
    scores = defect_scores(logits[scored])
    return [
        Outcome(
            part=str(examples.parts[index]),
            defect_class=examples.classes[examples.truth[index]],
            decision=decide(float(score), limits),
            score=float(score),
            named=examples.classes[int(logits[index].argmax())],
        )
        for index, score in zip(scored, scores, strict=True)
    ]


def figures(found: Sequence[Outcome]) -> dict[str, Any]:
    """JSON values: auroc, average_precision and macro_f1 over pictures, every rate over parts by its worst picture."""
    parts = by_part(found)
    ranking = [one.defective for one in found], [score_of(one) for one in found]
    return to_json(
        {
            "auroc": auroc(*ranking),
            "average_precision": average_precision(*ranking),
            "macro_f1": macro_f1([one.defect_class for one in found], [one.named for one in found]),
            "part_auroc": auroc([one.defective for one in parts], [score_of(one) for one in parts]),
            "escape_rate": escape_rate(parts),
            "overkill_rate": overkill_rate(parts),
            "recheck_rate": decision_rate(parts, Decision.RECHECK),
            "escape_at_1_percent_overkill": escape_at(parts, 0.01),
            "escape_at_5_percent_overkill": escape_at(parts, 0.05),
        }
    )


def escape_at(parts: Sequence[Outcome], overkill: float) -> Proportion:
    """Defective parts accepted at the lowest single limit that rejects at most this share of the good parts."""
    good, bad = _sides(parts)
    if not len(good):
        return clopper_pearson(0, 0)
    limit = np.sort(good)[::-1][math.floor(overkill * len(good))]  # the worst good part that is to pass
    return clopper_pearson(int((bad <= limit).sum()), len(bad))


def parts_by_class(examples: Examples) -> dict[str, int]:
    """How many parts stand behind each class: a part that shows a defect in any picture counts for that."""
    blank = np.zeros((len(examples.truth), len(examples.classes)), dtype=np.float32)
    return dict(Counter(one.defect_class for one in by_part(outcomes(examples, blank, NO_EXPERIENCE))))


def suggest(found: Sequence[Outcome]) -> Limits:
    """The operating point on Scores.defect, from out-of-fold scores of parts by their worst picture.

    reject: of the limits that reject at most OVERKILL_SHARE of the good parts, the one with the best Youden index
    (Cancer 3, 1950), midway between two scores. recheck: of the limits at least MIN_BAND below that send at most
    RECHECK_SHARE of the good parts to a person, the one that lets the fewest defective parts pass, and of equal ones
    the highest.
    """
    good, bad = _sides(by_part(found))
    if not len(good) or not len(bad):
        return NO_EXPERIENCE
    places = _between(np.concatenate([good, bad]))
    rejected, caught = _share_from(good, places), _share_from(bad, places)
    youden = np.where(rejected <= OVERKILL_SHARE, caught - rejected, -1.0)
    reject = float(places[youden.argmax()])
    candidates = np.append(places[places <= reject - MIN_BAND], reject - MIN_BAND)
    sent = _share_from(good, candidates) - _share_from(good, np.array([reject]))
    passed = np.where(sent <= RECHECK_SHARE, 1.0 - _share_from(bad, candidates), 2.0)
    # Where even the narrowest band costs more than it may, it is kept all the same.
    recheck = float(candidates[passed == passed.min()].max()) if passed.min() <= 1.0 else reject - MIN_BAND
    return Limits(recheck=_bounded(recheck), reject=_bounded(reject))


def score_of(outcome: Outcome) -> float:
    assert outcome.score is not None
    return outcome.score


def _sides(parts: Sequence[Outcome]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scores of the good parts and of the defective ones."""
    good = [score_of(part) for part in parts if part.defect_class == GOOD]
    bad = [score_of(part) for part in parts if part.defective]
    return np.array(good), np.array(bad)


def _between(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Every limit that tells two neighbouring scores apart, rising, and one above them all."""
    values = np.unique(scores)
    return np.append((values[1:] + values[:-1]) / 2, values[-1] + 1.0)


def _share_from(scores: npt.NDArray[np.float64], limits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of the scores that lie at or above each limit."""
    below = np.searchsorted(np.sort(scores), limits, side="left")
    return np.asarray(1.0 - below / len(scores))


def _bounded(limit: float) -> float:
    return min(_BOUND, max(-_BOUND, limit))
