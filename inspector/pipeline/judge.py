"""From raw scores to a Verdict: two limits, and when in doubt a person looks."""

from __future__ import annotations

from inspector.domain import Decision, Reason, Scores, Verdict
from inspector.recipe import Limits


def judge(scores: Scores, limits: Limits) -> Verdict:
    """OK below the recheck limit, NG from the reject limit on, RECHECK between; so is a score that is no number."""
    score = scores.defect
    if score < limits.recheck:
        return Verdict(Decision.OK, Reason.BELOW_LIMITS, score=score, limit=limits.reject)
    if score >= limits.reject:
        return Verdict(Decision.NG, Reason.ABOVE_REJECT_LIMIT, scores.leading_defect, score, limits.reject)
    return Verdict(Decision.RECHECK, Reason.BETWEEN_LIMITS, scores.leading_defect, score, limits.reject)
