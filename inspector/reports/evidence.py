"""What a model's report rests on: plain values, gathered by the caller, with nothing measured in between."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inspector.domain import Example, ModelCard, Snapshot
from inspector.errors import ModelError
from inspector.recipe import Limits, Recipe

GOLDEN = "golden"
VALIDATION = "validation"
ROBUSTNESS = "robustness.json"  # the annex that holds the robustness certificate


@dataclass(frozen=True, slots=True)
class Row:
    """One picture with known truth as a model scored it. score: Scores.defect; None where the part was not found."""

    digest: str
    part: str
    defect_class: str
    score: float | None
    leading_defect: str


def rows_of(card: ModelCard, key: str) -> tuple[Row, ...]:
    """The rows that a card keeps under GOLDEN or VALIDATION; empty where it keeps none. Raises ModelError."""
    try:
        return tuple(
            Row(
                str(row["digest"]),
                str(row["part"]),
                str(row["defect_class"]),
                _score(row["score"]),
                str(row["leading_defect"]),
            )
            for row in card.results.get(key, ())
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(
            f"{card.id}: {key} results: expected digest, part, defect_class, score and leading_defect for each "
            f"picture: {error!r}"
        ) from error


def _score(written: Any) -> float | None:
    score = None if written is None else float(written)
    if score is not None and not math.isfinite(score):
        raise ValueError(f"score {written!r} is no number")
    return score


@dataclass(frozen=True, slots=True)
class Running:
    """What a recipe runs: a model ("" for none) at a recheck and a reject limit."""

    model: str
    recheck: float
    reject: float


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what a recipe runs. kind: the event's. reason: given to go past the gate, or ""."""

    kind: str
    happened_at: datetime
    who: str
    before: Running
    after: Running
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the report of one model says, before it is put into words.

    recipe: as it stands today. golden, validation: scored pictures under the latest words on them; notes: what to
    know of them. lineage: the model's ancestors, its parent first. snapshot: None where its file is
    gone. examples: what the ledger knows of the snapshot's pictures, by digest. remarks: on the snapshot.
    gate: the gate's answer as JSON; gate_words: where that answer comes from, or why there is none. changes: those
    that brought this model into use or took it out, the oldest first. annexes: what else is on file of this
    model, as JSON by name. program: the version that writes the report.
    """

    card: ModelCard
    recipe: Recipe
    program: str
    golden: tuple[Row, ...] = ()
    validation: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    lineage: tuple[ModelCard, ...] = ()
    snapshot: Snapshot | None = None
    examples: Mapping[str, Example] | None = None
    remarks: tuple[str, ...] = ()
    gate: Mapping[str, Any] | None = None
    gate_words: str = ""
    changes: tuple[Change, ...] = ()
    annexes: Mapping[str, Any] | None = None

    @property
    def in_use(self) -> bool:
        return self.recipe.model_id == self.card.id

    @property
    def limits(self) -> Limits:
        """The operating point of the report: the recipe's where it runs this model, else the one on the card."""
        return self.recipe.limits if self.in_use else Limits(self.card.recheck_limit, self.card.reject_limit)
