"""What a model makes of the golden set: from its card where it was measured, from the model itself where it was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inspector.domain import Decision, ModelCard, Snapshot, SnapshotEntry, Split
from inspector.errors import ModelError
from inspector.learning.evaluation import named_class
from inspector.learning.impressions import Impressions
from inspector.metrics import Outcome
from inspector.pipeline.judge import decide
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Measured:
    """One golden picture's raw score (Scores.defect) and leading defect; None and "" where the part was not found."""

    score: float | None
    leading_defect: str


def outcomes_of(
    workspace: Workspace, recipe: Recipe, version: ModelVersion, snapshot: Snapshot, limits: Limits
) -> list[Outcome]:
    """Outcomes of one model at these limits on the snapshot's golden pictures, one per picture.

    What its card does not hold (the golden set has grown since) is measured now. Raises ModelError where the model
    was made for another region of the picture than the recipe cuts.
    """
    if version.card.view_id != recipe.view_id:
        raise ModelError(
            f"{version.card.id}: trained on views cut as {version.card.view_id}, recipe {recipe.name} cuts them as "
            f"{recipe.view_id} (ROI or alignment changed since); train a new model"
        )
    entries = snapshot.only(Split.GOLDEN)
    known = measured_on(version.card)
    known |= _measure(workspace, recipe, version, (entry for entry in entries if entry.digest not in known))
    return [_outcome(entry, known[entry.digest], limits) for entry in entries]


def measured_on(card: ModelCard) -> dict[str, Measured]:
    """Golden pictures by digest, as the training process measured them with the model file that it delivered.

    The card holds them as results["golden"]: one {"digest", "score", "leading_defect"} for each picture, score null
    where the part was not found. Raises ModelError where they are something else.
    """
    try:
        return {
            row["digest"]: Measured(None if row["score"] is None else float(row["score"]), str(row["leading_defect"]))
            for row in card.results.get("golden", ())
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(
            f"{card.id}: golden results: expected digest, score and leading_defect for each picture: {error!r}"
        ) from error


def _measure(
    workspace: Workspace, recipe: Recipe, version: ModelVersion, entries: Iterable[SnapshotEntry]
) -> dict[str, Measured]:
    seen = Impressions(workspace, recipe, version).of(entry.digest for entry in entries)
    return {
        digest: Measured(one.score, one.leading_defect) if one else Measured(None, "") for digest, one in seen.items()
    }


def _outcome(entry: SnapshotEntry, measured: Measured, limits: Limits) -> Outcome:
    score = measured.score
    if score is None:
        return Outcome(entry.part, entry.defect_class, Decision.UNFIT, None)
    named = named_class(score, measured.leading_defect, limits)
    return Outcome(entry.part, entry.defect_class, decide(score, limits), score, named)
