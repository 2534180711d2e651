"""How good a model will be on parts it has not seen, and at which limits it is suggested to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from inspector.domain import GOOD, Decision, Floats
from inspector.learning.operating_point import NO_EXPERIENCE, choose
from inspector.learning.scored import parts_of
from inspector.metrics import (
    Outcome,
    auroc,
    average_precision,
    by_part,
    decision_rate,
    escape_at,
    escape_rate,
    macro_f1,
    overkill_rate,
    to_json,
)
from inspector.pipeline.classify import leading_defect
from inspector.pipeline.judge import decide
from inspector.recipe import Limits
from models.crossvalidation import Examples
from models.head import defect_scores


def outcomes(examples: Examples, logits: Floats, limits: Limits) -> list[Outcome]:
    """One per picture that was scored out of fold; named as a verdict would name it, or good."""
    scored = np.flatnonzero(~np.isnan(logits[:, 0]))
    scores = defect_scores(logits[scored])
    return [
        Outcome(
            part=str(examples.parts[index]),
            defect_class=examples.classes[examples.truth[index]],
            decision=decide(float(score), limits),
            score=float(score),
            named=_named(logits[index], examples.classes),
        )
        for index, score in zip(scored, scores, strict=True)
    ]


def _named(logits: Floats, classes: Sequence[str]) -> str:
    best = int(logits.argmax())
    return classes[best if classes[best] == GOOD else leading_defect(logits, classes)]


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


def parts_by_class(examples: Examples) -> dict[str, int]:
    """How many parts stand behind each class: a part that shows a defect in any picture counts for that."""
    blank = np.zeros((len(examples.truth), len(examples.classes)), dtype=np.float32)
    return dict(Counter(one.defect_class for one in by_part(outcomes(examples, blank, NO_EXPERIENCE))))


def suggest(found: Sequence[Outcome]) -> Limits:
    """The operating point for the default target and review budget, from out-of-fold scores of parts."""
    return choose(parts_of(found)).limits


def score_of(outcome: Outcome) -> float:
    assert outcome.score is not None
    return outcome.score
