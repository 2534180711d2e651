"""Which parts the line has made under the model in use, one value each, and which of them were audited by lot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from statistics import fmean

from inspector.domain import GOOD, Decision, Fitness, Record
from inspector.learning.limits import LIMITS_SET
from inspector.learning.promotion import PROMOTED, ROLLED_BACK
from inspector.learning.review import audit_lot
from inspector.learning.watching.reference import look_of
from inspector.metrics import Proportion, clopper_pearson
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

HISTORY = 5000
_AUDIT_BLOCK = 500
_SEVERITY = (Decision.OK, Decision.UNFIT, Decision.RECHECK, Decision.NG)


@dataclass(frozen=True, slots=True)
class Seen:
    """One part as the line saw it. decision, defect_class and score: of its worst picture; score None: not judged.

    looks: the fitness of each of its pictures. cycle_ms: from trigger to verdict, each. digest: of its last picture.
    """

    at: datetime
    decision: Decision
    defect_class: str
    score: float | None
    looks: tuple[Fitness, ...]
    cycle_ms: tuple[float, ...]
    digest: str

    def look(self, name: str) -> float | None:
        """The mean of one measure over its pictures; None where no picture came."""
        return fmean(look_of(fitness, name) for fitness in self.looks) if self.looks else None


@dataclass(frozen=True, slots=True)
class Running:
    """The newest parts since the model and its limits came into use. total: how many inspections there were in all."""

    since: datetime | None
    total: int
    records: tuple[Record, ...]
    parts: tuple[Seen, ...]


def running(workspace: Workspace, recipe: Recipe) -> Running:
    """At most some thousand of the newest inspections, the oldest first."""
    events = (
        event.happened_at
        for kind in (PROMOTED, ROLLED_BACK, LIMITS_SET)
        for event in workspace.ledger.events(kind, recipe.name, limit=1)
    )
    since = max(events, default=None)
    total = sum(workspace.ledger.counts(recipe.name, since).values())
    newest = workspace.ledger.records(recipe.name, since=since, limit=HISTORY)
    mine = tuple(one for one in reversed(newest) if one.inspection.model_id in (recipe.model_id, ""))
    return Running(since, total, mine, seen_parts(mine))


def seen_parts(records: Sequence[Record]) -> tuple[Seen, ...]:
    """Pictures of one part that follow each other are one part: they are not independent."""
    return tuple(_seen(tuple(shown)) for _, shown in groupby(records, key=lambda one: one.inspection.part.group))


def _seen(shown: Sequence[Record]) -> Seen:
    inspections = [record.inspection for record in shown]
    worst = max(inspections, key=lambda one: _SEVERITY.index(one.verdict.decision))
    scores = [one.scores.defect for one in inspections if one.scores and math.isfinite(one.scores.defect)]
    return Seen(
        at=shown[0].timing.inspected_at,
        decision=worst.verdict.decision,
        defect_class=worst.verdict.defect_class or "",
        score=max(scores, default=None),
        looks=tuple(one.fitness for one in inspections if one.fitness),
        cycle_ms=tuple(record.timing.cycle_ms for record in shown),
        digest=inspections[-1].frame_digest,
    )


@dataclass(frozen=True, slots=True)
class Audit:
    """Labels on parts that were drawn by lot and not for their looks. slips: defective ones among those that passed.

    overkills: good ones among those that were rejected. Both with n = how many drawn parts were labelled.
    """

    slips: Proportion
    overkills: Proportion


def audited(records: Sequence[Record], has_picture: Callable[[str], bool]) -> Audit:
    """What the audit sample says. People label what looks odd: such labels say nothing of the rest and do not count.

    A part counts where every part of its block of records with a lower lot is labelled too; parts without a picture
    could not be audited and are left out. Where the sample ends, parts that were marked as misfires would join it for
    their looks: so it ends with the last one whose label confirms its verdict.
    """
    hits = {Decision.OK: 0, Decision.NG: 0}
    trials = dict(hits)
    for start in range(0, len(records), _AUDIT_BLOCK):
        block = records[start : start + _AUDIT_BLOCK]
        for decision in hits:
            truths = _drawn_truths(block, decision, has_picture)
            trials[decision] += len(truths)
            hits[decision] += sum((truth == GOOD) is (decision is Decision.NG) for truth in truths)
    slips, overkills = (clopper_pearson(hits[one], trials[one]) for one in (Decision.OK, Decision.NG))
    return Audit(slips, overkills)


def _drawn_truths(block: Sequence[Record], decision: Decision, has_picture: Callable[[str], bool]) -> list[str]:
    """The true class of each part that was drawn, in the order of their lots."""
    decided = [one for one in block if one.inspection.verdict.decision is decision]
    truths: dict[str, str] = {}
    for record in sorted(decided, key=audit_lot):
        if has_picture(record.inspection.frame_digest):
            if record.label is None:
                return _fair(list(truths.values()), decision)
            truths.setdefault(record.inspection.part.group, record.label.defect_class)
    return list(truths.values())


def _fair(truths: Sequence[str], decision: Decision) -> list[str]:
    """Those up to the last that confirms the verdict."""
    confirming = [place for place, truth in enumerate(truths) if (truth == GOOD) is (decision is Decision.OK)]
    return list(truths[: confirming[-1] + 1]) if confirming else []
