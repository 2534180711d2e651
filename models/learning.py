"""From features and labels to a head, with the figures and the limits it is offered with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inspector.domain import GOOD, UNLIKE, Floats, SnapshotEntry
from inspector.errors import TrainingError
from inspector.learning.operating_point import NO_EXPERIENCE
from inspector.pipeline.classify import leading_defect
from inspector.recipe import Limits
from models.crossvalidation import STRENGTHS, Examples, choose, folds_of, out_of_fold
from models.figures import figures, outcomes, parts_by_class, suggest
from models.head import Head, defect_scores, fitting
from models.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """results: JSON values for the card. classes: those of the head, GOOD first."""

    head: Head
    classes: tuple[str, ...]
    limits: Limits
    results: dict[str, Any]


def gather(entries: Sequence[SnapshotEntry], features: Mapping[str, Floats], noise: Floats) -> Examples:
    """The entries whose part was found in its picture, in order. Raises TrainingError where one side is missing.

    features: by digest, (variants, features) or (0, features). noise: (features,) of the network.
    """
    found = [entry for entry in entries if len(features[entry.digest])]
    classes = (GOOD, *sorted({entry.defect_class for entry in found} - {GOOD}))
    check_both_sides(found)
    return Examples(
        features=np.stack([features[entry.digest] for entry in found]),
        noise=noise,
        digests=tuple(entry.digest for entry in found),
        truth=np.array([classes.index(entry.defect_class) for entry in found]),
        parts=np.array([entry.part for entry in found]),
        classes=classes,
    )


def check_both_sides(entries: Sequence[SnapshotEntry]) -> None:
    """Raises TrainingError where there is nothing to tell apart, saying how much there is of what."""
    good = sum(entry.defect_class == GOOD for entry in entries)
    defective = len(entries) - good
    if not good or not defective:
        raise TrainingError(
            f"a model needs pictures of good parts and of at least one class of defects to learn from; there are "
            f"{good} good and {defective} defective ones outside the golden set with the part found in them: label more"
        )


def validation_rows(examples: Examples, logits: Floats) -> list[dict[str, Any]]:
    """What each picture was given by a head that never saw its part, in the same words as the golden pictures' rows.

    Beside them named_margin: how strongly another defect than the labelled one is named (0 where there is no such).
    """
    nameable = [place for place, name in enumerate(examples.classes) if name not in (GOOD, UNLIKE)]
    scores = [None if math.isnan(score) else float(score) for score in defect_scores(logits)]
    return [
        {
            "digest": digest,
            "part": str(part),
            "defect_class": examples.classes[truth],
            "score": score,
            "leading_defect": "" if score is None else examples.classes[leading_defect(row, examples.classes)],
            "named_margin": 0.0 if score is None else _named_margin(row, int(truth), nameable),
        }
        for digest, part, truth, score, row in zip(
            examples.digests, examples.parts, examples.truth, scores, logits, strict=True
        )
    ]


def _named_margin(logits: Floats, truth: int, nameable: Sequence[int]) -> float:
    """By how much the strongest other defect's logit exceeds that of the labelled one: below 0 where they agree.

    nameable: the columns of classes that a person could have given in its place.
    """
    others = [place for place in nameable if place != truth]
    return float(logits[others].max() - logits[truth]) if truth and others else 0.0


def unseen_scores(results: Mapping[str, Any]) -> list[float]:
    """Of a card's results: Scores.defect of the pictures whose part was left out; empty where there were too few."""
    return [row["score"] for row in results.get("validation", ()) if row["score"] is not None]


def learn(examples: Examples, seed: int, progress: Progress) -> Learned:
    """Choose the penalty, measure on parts left out, suggest limits, and fit the head on everything."""
    folds = folds_of(examples)
    fits = folds * (len(STRENGTHS) + 1) + 1
    done = 0

    def on_fit() -> None:
        nonlocal done
        done += 1
        progress.step("fitting", done, fits)

    progress.step("fitting", 0, fits)
    strength, limits = STRENGTHS[0], NO_EXPERIENCE
    results: dict[str, Any] = {
        "pictures": len(examples.truth),
        "parts": parts_by_class(examples),
        "folds": folds,
        "looks": examples.looks,
    }
    if folds:
        chosen = choose(examples, seed, on_fit)
        strength = chosen.strength
        limits = suggest(outcomes(examples, chosen.logits, NO_EXPERIENCE))
        results["validation"] = validation_rows(examples, chosen.logits)
        results["split_by_part"] = figures(outcomes(examples, chosen.logits, limits))
        careless = examples.split_by_picture()
        naive = out_of_fold(careless, strength, seed, on_fit)
        results["naive_split_by_picture"] = figures(outcomes(careless, naive, limits))
    with fitting():
        head = examples.fit(strength)
    on_fit()
    return Learned(head, examples.classes, limits, results | {"strength": strength})
