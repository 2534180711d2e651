"""Whether a model on this PC still says of golden pictures what its card says: asked before it may judge a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inspector.domain import View
from inspector.errors import ModelError, PictureError
from inspector.pipeline.assemble import Setup
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits

# Of log-odds. The PC that measured the card gives the same bits; other kernels for the same 8-bit file were 0.07 apart
# at most (docs/decisions/self-test.md), and a picture that enters otherwise moves a score by more.
TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class SelfTest:
    """pictures: how many were run, 0 where the card names none that are stored. largest_difference: of the scores."""

    model: str
    pictures: int
    largest_difference: float

    def __str__(self) -> str:
        if not self.pictures:
            return "has no golden picture to test itself on"
        return f"says of {self.pictures} golden pictures what its card says (to {self.largest_difference:.2g})"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def self_test(setup: Setup, view: Callable[[str], View | None], at_most: int) -> SelfTest | None:
    """Run the model on golden pictures, those nearest to the limits and those farthest from them taking turns.

    view: of the stored picture of a digest, None where that is not there; raises PictureError where the part is not
    found in it. None where the recipe has no model yet.
    Raises ModelError where a score is further from the card's than TOLERANCE: then no part must be judged with it.
    """
    model = setup.model
    if not isinstance(model, Classifier):
        return None
    run, largest = 0, 0.0
    for row in drawn(_rows(model), setup.recipe.limits):
        if run == at_most:
            break
        difference = _difference(model, view, row)
        if difference is not None:
            largest = max(largest, difference)
            run += 1
    return SelfTest(model.model_id, run, largest)


def _rows(model: Classifier) -> list[Any]:
    rows = model.card.results.get("golden", [])
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and {"digest", "part", "score"} <= row.keys() for row in rows
    ):
        raise ModelError(f"{model.model_id}: golden results: expected digest, part and score for each picture")
    return rows


def drawn(rows: Sequence[Any], limits: Limits) -> list[Any]:
    """The rows that have a score, nearest to a limit, farthest, second nearest, and so on."""
    scored = [row for row in rows if row["score"] is not None]
    ranked = sorted(scored, key=lambda row: min(abs(row["score"] - limits.recheck), abs(row["score"] - limits.reject)))
    turns = zip(ranked, reversed(ranked), strict=True)
    return [row for pair in turns for row in pair][: len(ranked)]


def _difference(model: Classifier, view: Callable[[str], View | None], row: Any) -> float | None:
    expected = float(row["score"])
    try:
        shown = view(row["digest"])
    except PictureError as error:
        raise _failed(model, row, expected, f"none: {error}") from error
    if shown is None:
        return None
    received = model.classify(shown).defect
    difference = abs(received - expected)
    if not difference <= TOLERANCE:
        raise _failed(model, row, expected, f"{received:.3f}")
    return difference


def _failed(model: Classifier, row: Any, expected: float, received: str) -> ModelError:
    return ModelError(
        f"{model.model_id}: the self-test failed: golden part {row['part']} (picture {row['digest'][:12]}): the card "
        f"has the score {expected:.3f}, this PC gives {received}; no part is judged with a model that is not what was "
        "measured: start again, and if it stays so train the model again on this PC"
    )
