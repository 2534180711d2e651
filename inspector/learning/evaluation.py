"""How a Recipe and its model do on a dataset with known truth: one row per picture, and the figures over its parts."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.domain import GOOD, Decision, Frame, Part, Pixels, Scores, Snapshot, Split
from inspector.errors import PictureError
from inspector.learning.layouts import DatasetItem
from inspector.metrics import (
    ClassFigures,
    Outcome,
    Proportion,
    auroc,
    average_precision,
    by_part,
    claim_sentence,
    decision_rate,
    escape_rate,
    macro_f1,
    overkill_rate,
    per_class,
    to_json,
)
from inspector.pictures import read_picture
from inspector.pipeline.assemble import ScoresViews, Setup, inspect, view_of
from inspector.recipe import Limits, Recipe
from inspector.store.disk import plainly

COLUMNS = ("path", "truth", "score", "defect_class", "verdict")
UNREADABLE = "unreadable"
_NO_TIME = datetime.fromtimestamp(0, UTC)  # a stored picture is judged alike whenever it is


@dataclass(frozen=True, slots=True)
class Row:
    """One picture: its truth, and what the station would say of it. path: within the dataset.

    score: Scores.defect, larger is worse; also of a picture that is UNFIT, None where nothing could be scored.
    defect_class: GOOD below the recheck limit, else the leading defect; "" without a score. decision: None where the
    file is unreadable.
    """

    path: str
    truth: str
    part: str
    digest: str
    score: float | None
    defect_class: str
    decision: Decision | None

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        score = "" if self.score is None else repr(self.score)
        return self.path, self.truth, score, self.defect_class, self.decision or UNREADABLE

    @property
    def outcome(self) -> Outcome:
        """Only of a row with a decision."""
        assert self.decision is not None
        return Outcome(self.part, self.truth, self.decision, self.score, self.defect_class)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a dataset the model was trained on: pictures by their pixels, and parts by their groups."""

    pictures: int
    parts: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one dataset. auroc, average_precision and macro_f1 are over pictures, all rates over parts.

    part_auroc: over parts by their worst picture. seen: None where it cannot be known. classes: per class, pictures.
    """

    rows: tuple[Row, ...]
    pictures: int
    parts: int
    unreadable: int
    unfit: int
    auroc: float
    part_auroc: float
    average_precision: float
    macro_f1: float
    escape_rate: Proportion
    overkill_rate: Proportion
    recheck_rate: Proportion
    classes: dict[str, ClassFigures]
    seen: Seen | None
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        names = [name for name in self.__slots__ if name not in {"rows", "classes", "seen", "sentences"}]
        table = to_json({name: getattr(self, name) for name in names})
        return table | {
            "classes": {name: asdict(figures) for name, figures in self.classes.items()},
            "seen_in_training": self.seen.pictures if self.seen else None,
            "seen_parts": self.seen.parts if self.seen else None,
            "sentences": list(self.sentences),
        }


def scores_of(pixels: Pixels, recipe: Recipe, classifier: ScoresViews, template: Pixels | None) -> Scores | None:
    """Raw scores of a stored picture; None where the part cannot be located in it."""
    try:
        view = view_of(pixels, recipe, template, *classifier.input_size)
    except PictureError:
        return None
    return classifier.classify(view)


def named_class(score: float, leading_defect: str, limits: Limits) -> str:
    """GOOD where the score would pass, else the defect that a rejected part would be rejected for."""
    return GOOD if score < limits.recheck else leading_defect


def score_pictures(
    items: Sequence[DatasetItem],
    recipe: Recipe,
    classifier: ScoresViews,
    template: Pixels | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """One Row per item, in order; a file that cannot be read gets its row too."""
    setup = Setup(recipe, classifier, template)
    rows = []
    for done, item in enumerate(items, start=1):
        rows.append(_row(item, setup, classifier))
        if on_progress:
            on_progress(done, len(items))
    return rows


def _row(item: DatasetItem, setup: Setup, classifier: ScoresViews) -> Row:
    path = item.name or str(item.path)
    try:
        pixels = read_picture(item.path)
    except PictureError:
        return Row(path, item.defect_class, "", "", None, "", None)
    frame = Frame(pixels, "file", 0, 0, _NO_TIME, 0)
    inspection = inspect(frame, Part(item.part, item.lot), setup, "", "")
    # A picture that is unfit on the line still has a place in the ranking of the model.
    scores = inspection.scores or scores_of(frame.pixels, setup.recipe, classifier, setup.template)
    digest = inspection.frame_digest
    return Row(
        path=path,
        truth=item.defect_class,
        part=item.group(digest),
        digest=digest,
        score=scores.defect if scores else None,
        defect_class=named_class(scores.defect, scores.leading_defect, setup.recipe.limits) if scores else "",
        decision=inspection.verdict.decision,
    )


def evaluate(
    items: Sequence[DatasetItem],
    recipe: Recipe,
    classifier: ScoresViews,
    snapshot: Snapshot | None = None,
    template: Pixels | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score a dataset and say how good that is. snapshot: what the model learned from, None where it is not here."""
    return figures(score_pictures(items, recipe, classifier, template, on_progress), snapshot)


def figures(rows: Sequence[Row], snapshot: Snapshot | None) -> Evaluation:
    """The figures of rows that are scored already."""
    outcomes = [row.outcome for row in rows if row.decision is not None]
    parts = by_part(outcomes)
    named = [outcome for outcome in outcomes if outcome.named]
    truth, names = [outcome.defect_class for outcome in named], [outcome.named for outcome in named]
    seen = None if snapshot is None else _seen(rows, snapshot)
    return Evaluation(
        rows=tuple(rows),
        pictures=len(rows),
        parts=len(parts),
        unreadable=len(rows) - len(outcomes),
        unfit=sum(outcome.decision is Decision.UNFIT for outcome in outcomes),
        auroc=auroc(*_ranking(outcomes)),
        part_auroc=auroc(*_ranking(parts)),
        average_precision=average_precision(*_ranking(outcomes)),
        macro_f1=macro_f1(truth, names),
        escape_rate=escape_rate(parts),
        overkill_rate=overkill_rate(parts),
        recheck_rate=decision_rate(parts, Decision.RECHECK),
        classes=per_class(truth, names),
        seen=seen,
        sentences=_sentences(parts, len(rows) - len(outcomes), seen),
    )


def _ranking(outcomes: Sequence[Outcome]) -> tuple[list[bool], list[float]]:
    scored = [(outcome.defective, outcome.score) for outcome in outcomes if outcome.score is not None]
    return [defective for defective, _ in scored], [score for _, score in scored]


def _seen(rows: Sequence[Row], snapshot: Snapshot) -> Seen:
    learned = snapshot.only(Split.TRAIN)
    digests = {entry.digest for entry in learned}
    parts = {entry.part for entry in learned} & {row.part for row in rows}
    return Seen(sum(row.digest in digests for row in rows), len(parts))


def _sentences(parts: Sequence[Outcome], unreadable: int, seen: Seen | None) -> tuple[str, ...]:
    bad = [part for part in parts if part.defective]
    lines = []
    if seen is None:
        lines.append("What the model learned from is not in this workspace, so these figures may flatter it.")
    elif seen.pictures or seen.parts:
        lines.append(
            f"Warning: the model was trained on {seen.pictures} of these pictures and on {seen.parts} of these parts; "
            "figures over what it has seen are better than it is. Evaluate on parts that it has not seen."
        )
    if unreadable:
        lines.append(f"{unreadable} pictures could not be read; they stand in no figure.")
    return (*lines, claim_sentence(len(bad), sum(part.escaped for part in bad)))


def write_csv(rows: Sequence[Row], file: Path) -> None:
    """One line per picture under COLUMNS, UTF-8. Raises StoreError."""
    with plainly(file), file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(row.cells for row in rows)
