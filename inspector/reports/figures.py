"""From scored pictures and two limits to the figures of a report, all over parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.domain import GOOD, Decision
from inspector.metrics import (
    Outcome,
    Proportion,
    auroc,
    average_precision,
    by_part,
    claim_sentence,
    clopper_pearson,
    confusion,
    decision_rate,
    escape_rate,
    finite,
    overkill_rate,
)
from inspector.pipeline.judge import decide
from inspector.recipe import Limits
from inspector.reports.curves import Histogram, Point, histogram, precision_recall, roc
from inspector.reports.evidence import Row


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class over its parts. decisions: parts by decision. missed: accepted parts; None for GOOD.

    precision and recall are over the judged parts: of those named so, and of those that truly are. f1: nan where
    neither exists.
    """

    name: str
    parts: int
    decisions: dict[Decision, int]
    precision: Proportion
    recall: Proportion
    f1: float
    missed: Proportion | None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "parts": self.parts,
            "decisions": {str(decision): count for decision, count in self.decisions.items()},
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "f1": finite(self.f1),
            "missed": self.missed.to_json() if self.missed else None,
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """One set of pictures at one operating point. confusion: rows the truth, columns the name given, judged parts."""

    pictures: int
    parts: tuple[Outcome, ...]
    escape: Proportion
    overkill: Proportion
    recheck: Proportion
    auroc: float
    average_precision: float
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    roc: tuple[Point, ...]
    precision_recall: tuple[Point, ...]
    histogram: Histogram | None

    @property
    def defective(self) -> int:
        return sum(part.defective for part in self.parts)

    @property
    def good(self) -> int:
        return len(self.parts) - self.defective

    @property
    def unfit(self) -> int:
        """Parts that could not be judged in at least one picture, and were not stopped in another."""
        return sum(part.decision is Decision.UNFIT for part in self.parts)

    @property
    def claim(self) -> str:
        """What may be said about escapes, in words."""
        return claim_sentence(self.defective, sum(part.escaped for part in self.parts))

    def to_json(self) -> dict[str, Any]:
        return {
            "pictures": self.pictures,
            "parts": len(self.parts),
            "defective": self.defective,
            "good": self.good,
            "unfit": self.unfit,
            "claim": self.claim,
            "escape_rate": self.escape.to_json(),
            "overkill_rate": self.overkill.to_json(),
            "recheck_rate": self.recheck.to_json(),
            "auroc": finite(self.auroc),
            "average_precision": finite(self.average_precision),
            "classes": [one.to_json() for one in self.classes],
            "confusion": [list(row) for row in self.confusion],
            "roc": [list(point) for point in self.roc],
            "precision_recall": [list(point) for point in self.precision_recall],
            "histogram": self.histogram.to_json() if self.histogram else None,
        }


def outcome_of(row: Row, limits: Limits) -> Outcome:
    """What the station would say of one picture at these limits."""
    if row.score is None:
        return Outcome(row.part, row.defect_class, Decision.UNFIT, None)
    decision = decide(row.score, limits)
    named = GOOD if decision is Decision.OK else row.leading_defect
    return Outcome(row.part, row.defect_class, decision, row.score, named)


def figures_of(rows: Sequence[Row], limits: Limits) -> Figures | None:
    """None where there are no rows: a figure that nothing stands behind is not given."""
    if not rows:
        return None
    parts = tuple(by_part(outcome_of(row, limits) for row in rows))
    scored = [(part.defective, part.score) for part in parts if part.score is not None]
    defective, scores = [bad for bad, _ in scored], [score for _, score in scored]
    names = class_names(parts)
    judged = [part for part in parts if part.named]
    matrix = confusion([part.defect_class for part in judged], [part.named for part in judged], names)
    counts = tuple(tuple(int(count) for count in line) for line in matrix)
    return Figures(
        pictures=len(rows),
        parts=parts,
        escape=escape_rate(parts),
        overkill=overkill_rate(parts),
        recheck=decision_rate(parts, Decision.RECHECK),
        auroc=auroc(defective, scores),
        average_precision=average_precision(defective, scores),
        classes=tuple(_class(name, place, parts, counts) for place, name in enumerate(names)),
        confusion=counts,
        roc=roc(defective, scores),
        precision_recall=precision_recall(defective, scores),
        histogram=histogram(defective, scores, limits),
    )


def class_names(parts: Sequence[Outcome]) -> list[str]:
    """GOOD first, then every defect that occurs in the truth or in the answers, by name."""
    found = {part.defect_class for part in parts} | {part.named for part in parts if part.named}
    return [GOOD, *sorted(found - {GOOD})]


def _class(name: str, place: int, parts: Sequence[Outcome], matrix: Sequence[Sequence[int]]) -> ClassFigures:
    own = [part for part in parts if part.defect_class == name]
    hits, named, truly = matrix[place][place], sum(line[place] for line in matrix), sum(matrix[place])
    return ClassFigures(
        name=name,
        parts=len(own),
        decisions={each: sum(part.decision is each for part in own) for each in Decision},
        precision=clopper_pearson(hits, named),
        recall=clopper_pearson(hits, truly),
        f1=2 * hits / (named + truly) if named + truly else math.nan,
        missed=None if name == GOOD else escape_rate(own),
    )
