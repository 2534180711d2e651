"""What a model's card says of the pictures that it learned: each was scored by a head that never saw its part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inspector.domain import Decision, ModelCard
from inspector.errors import ModelError
from inspector.metrics import Outcome, by_part


def validation_of(card: ModelCard) -> dict[str, Outcome]:
    """By digest, under the class that the model was taught, from results["validation"]; empty where it keeps none.

    Its rows: digest, part, defect_class and score (null: part not found). The decisions say only whether the part was
    found: UNFIT or OK. Raises ModelError where the rows are something else.
    """
    try:
        return {str(row["digest"]): _outcome(row) for row in card.results.get("validation", ())}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(
            f"{card.id}: validation results: expected digest, part, defect_class and score for each picture: {error!r}"
        ) from error


def _outcome(row: Mapping[str, Any]) -> Outcome:
    score = None if row["score"] is None else float(row["score"])
    decision = Decision.UNFIT if score is None else Decision.OK
    return Outcome(str(row["part"]), str(row["defect_class"]), decision, score)


def learned_by_both(
    before: ModelCard, after: ModelCard, words: Mapping[str, str]
) -> tuple[list[Outcome], list[Outcome]]:
    """What the two say of the parts that both learned: one Outcome for each part, in the same order.

    words: the latest class of each picture, by digest. A part of which some picture was taught to either as something
    else is left out, since no model can be blamed for what it was told. Nothing where the second only repeats what the
    first was given, as an optimised variant does. Raises ModelError.
    """
    first, second = validation_of(before), validation_of(after)
    if first == second:
        return [], []
    both = [digest for digest in second if digest in first]
    disputed = {second[digest].part for digest in both if len(_classes(digest, first, second, words)) > 1}
    kept = [digest for digest in both if second[digest].part not in disputed]
    # A part may have been renamed between them: the later name counts.
    named = [replace(first[digest], part=second[digest].part) for digest in kept]
    return by_part(named), by_part(second[digest] for digest in kept)


def _classes(
    digest: str, first: Mapping[str, Outcome], second: Mapping[str, Outcome], words: Mapping[str, str]
) -> set[str]:
    taught_as = first[digest].defect_class
    return {taught_as, second[digest].defect_class, words.get(digest, taught_as)}
