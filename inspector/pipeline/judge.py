"""From raw scores to a Verdict: two limits, and when in doubt a person looks."""

from __future__ import annotations

import math

from inspector.domain import Decision, Reason, Scores, Verdict
from inspector.recipe import Limits

_REASONS = {
    Decision.OK: Reason.BELOW_LIMITS,
    Decision.NG: Reason.ABOVE_REJECT_LIMIT,
    Decision.RECHECK: Reason.BETWEEN_LIMITS,
}


def judge(scores: Scores, limits: Limits) -> Verdict:
    """The Verdict on raw scores; a defect is named wherever the gate stays closed."""
    decision = decide(scores.defect, limits)
    defect = None if decision is Decision.OK else scores.leading_defect
    return Verdict(decision, _REASONS[decision], defect, scores.defect, limits.reject)


def decide(score: float, limits: Limits) -> Decision:
    """OK below the recheck limit, NG from the reject limit on, RECHECK between; so is a score that is no number.

    Endlessly good is no number either: it comes from a model that overflows, never from a part.
    """
    if -math.inf < score < limits.recheck:
        return Decision.OK
    return Decision.NG if score >= limits.reject else Decision.RECHECK
