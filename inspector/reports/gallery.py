"""Which pictures a report shows: the worst errors first, then what is typical, then what a new model changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from inspector.domain import GOOD, Decision
from inspector.metrics import by_part
from inspector.recipe import Limits
from inspector.reports.evidence import Row
from inspector.reports.figures import outcome_of


class Why(StrEnum):
    """Why a picture is shown."""

    MISSED = "missed"
    OVERKILL = "overkill"
    TYPICAL = "typical"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One part by its worst picture. named: the class it was rejected for, GOOD where it passed, "" not judged.

    note: what else to say of it.
    """

    why: Why
    digest: str
    part: str
    defect_class: str
    decision: Decision
    named: str
    score: float | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "why": str(self.why),
            "part": self.part,
            "defect_class": self.defect_class,
            "decision": str(self.decision),
            "named": self.named,
            "score": self.score,
            "digest": self.digest,
        }


def errors(rows: Sequence[Row], limits: Limits) -> list[Exhibit]:
    """Every missed part, the lowest score first, then every overkill, the highest first."""
    parts = _exhibits(rows, limits, Why.TYPICAL)
    missed = [replace(one, why=Why.MISSED) for one in parts if one.defect_class != GOOD and one.decision is Decision.OK]
    overkill = [
        replace(one, why=Why.OVERKILL) for one in parts if one.defect_class == GOOD and one.decision is Decision.NG
    ]
    return [*sorted(missed, key=_score), *sorted(overkill, key=_score, reverse=True)]


def typical(rows: Sequence[Row], limits: Limits, each: int = 2) -> list[Exhibit]:
    """The accepted good and the rejected defective parts with the scores in the middle, `each` of both."""
    parts = sorted(_exhibits(rows, limits, Why.TYPICAL), key=_score)
    accepted = [one for one in parts if one.defect_class == GOOD and one.decision is Decision.OK]
    rejected = [one for one in parts if one.defect_class != GOOD and one.decision is Decision.NG]
    return [*_middle(accepted, each), *_middle(rejected, each)]


def changed(rows: Sequence[Row], limits: Limits, gate: Mapping[str, Any] | None) -> list[Exhibit]:
    """The golden parts that the gate's answer lists as decided otherwise, as far as the card knows their pictures."""
    by_name = {one.part: one for one in _exhibits(rows, limits, Why.CHANGED)}
    return [
        replace(by_name[change["part"]], note=f"{change['before']} before, {change['after']} now")
        for change in (gate or {}).get("changed", ())
        if change["part"] in by_name
    ]


def _exhibits(rows: Sequence[Row], limits: Limits, why: Why) -> list[Exhibit]:
    worst: dict[str, Row] = {}
    for row in rows:
        if row.part not in worst or _badness(row) > _badness(worst[row.part]):
            worst[row.part] = row
    parts = by_part(outcome_of(row, limits) for row in rows)
    return [Exhibit(why, worst[p.part].digest, p.part, p.defect_class, p.decision, p.named, p.score) for p in parts]


def _badness(row: Row) -> float:
    return float("-inf") if row.score is None else row.score


def _score(exhibit: Exhibit) -> float:
    return float("-inf") if exhibit.score is None else exhibit.score


def _middle(ranked: Sequence[Exhibit], count: int) -> Iterable[Exhibit]:
    start = max(0, (len(ranked) - count) // 2)
    return ranked[start : start + count]
