"""How a Recipe and its model do on a dataset with known truth: one row per picture, and the figures over its parts."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from inspector.domain import GOOD, Decision, Frame, Part, Pixels, Scores, Snapshot, Split
from inspector.errors import PictureError
from inspector.learning.duplicates import Match
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

COLUMNS = ("path", "truth", "score", "defect_class", "verdict", "met")
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


class How(StrEnum):
    """How a model has met a picture. NEARLY: stored anew, or its part shot again, by the marks. PART: by its name."""

    PIXELS = "same pixels"
    NEARLY = "nearly the same"
    PART = "same part"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A picture that the model has met in training. digest, part: of the training picture that it repeats.

    similarity: of the two pictures' marks, up to 1; None where the part's name alone says it.
    """

    path: str
    how: How
    digest: str
    part: str
    similarity: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a dataset the model was trained on: pictures, each with what it repeats, and parts by their groups."""

    meetings: tuple[Meeting, ...]
    parts: int

    @property
    def pictures(self) -> int:
        return len(self.meetings)


UNSEEN = ("pictures", "parts", "auroc", "average_precision", "macro_f1", "escape_rate", "overkill_rate")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one dataset. auroc, average_precision and macro_f1 are over pictures, all rates over parts.

    part_auroc: over parts by their worst picture. seen: None where it cannot be known. classes: per class, pictures.
    unseen: the same over the parts of which the model has met no picture; None where that cannot be known.
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
    unseen: Evaluation | None
    sentences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        names = [name for name in self.__slots__ if name not in {"rows", "classes", "seen", "unseen", "sentences"}]
        return self._table(names) | {
            "classes": {name: asdict(figures) for name, figures in self.classes.items()},
            "seen_in_training": self.seen.pictures if self.seen else None,
            "seen_parts": self.seen.parts if self.seen else None,
            "seen": [asdict(meeting) for meeting in self.seen.meetings] if self.seen else None,
            "unseen": self.unseen._table(UNSEEN) if self.unseen else None,
            "sentences": list(self.sentences),
        }

    def _table(self, names: Sequence[str]) -> dict[str, Any]:
        return to_json({name: getattr(self, name) for name in names})


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


def figures(rows: Sequence[Row], snapshot: Snapshot | None, repeats: Mapping[str, Match] | None = None) -> Evaluation:
    """The figures of rows that are scored already.

    repeats: by digest, pictures that nearly repeat one of the snapshot's (leakage.met).
    """
    seen = None if snapshot is None else _seen(rows, snapshot, repeats or {})
    if seen is None:
        return _figures(rows, None, None)
    met = {meeting.path for meeting in seen.meetings}
    parts = {row.part for row in rows if row.path in met}
    fresh = [row for row in rows if row.decision is not None and row.part not in parts]
    return _figures(rows, seen, _figures(fresh, None, None))


def _figures(rows: Sequence[Row], seen: Seen | None, unseen: Evaluation | None) -> Evaluation:
    outcomes = [row.outcome for row in rows if row.decision is not None]
    parts = by_part(outcomes)
    named = [outcome for outcome in outcomes if outcome.named]
    truth, names = [outcome.defect_class for outcome in named], [outcome.named for outcome in named]
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
        unseen=unseen,
        sentences=_sentences(parts, len(rows) - len(outcomes), seen, unseen),
    )


def _ranking(outcomes: Sequence[Outcome]) -> tuple[list[bool], list[float]]:
    scored = [(outcome.defective, outcome.score) for outcome in outcomes if outcome.score is not None]
    return [defective for defective, _ in scored], [score for _, score in scored]


def _seen(rows: Sequence[Row], snapshot: Snapshot, repeats: Mapping[str, Match]) -> Seen:
    learned = snapshot.only(Split.TRAIN)
    part_of = {entry.digest: entry.part for entry in learned}
    of_part = {entry.part: entry.digest for entry in learned}
    meetings = []
    for row in rows:
        if row.digest in part_of:
            meetings.append(Meeting(row.path, How.PIXELS, row.digest, part_of[row.digest], 1.0))
        elif row.digest in repeats:
            match = repeats[row.digest]
            meetings.append(Meeting(row.path, How.NEARLY, match.second, part_of[match.second], match.agreement))
        elif row.part in of_part:
            meetings.append(Meeting(row.path, How.PART, of_part[row.part], row.part, None))
    return Seen(tuple(meetings), len(of_part.keys() & {row.part for row in rows}))


def _sentences(
    parts: Sequence[Outcome], unreadable: int, seen: Seen | None, unseen: Evaluation | None
) -> tuple[str, ...]:
    bad = [part for part in parts if part.defective]
    lines = []
    if seen is None:
        lines.append("What the model learned from is not in this workspace, so these figures may flatter it.")
    elif seen.pictures or seen.parts:
        lines.append(
            f"Warning: the model was trained on {seen.pictures} of these pictures and on {seen.parts} of these parts; "
            "figures over what it has seen are better than it is. Evaluate on parts that it has not seen."
        )
    if seen and seen.meetings and unseen:
        lines += [_how_met(seen), _without(unseen)]
    if unreadable:
        lines.append(f"{unreadable} pictures could not be read; they stand in no figure.")
    return (*lines, claim_sentence(len(bad), sum(part.escaped for part in bad)))


def _how_met(seen: Seen) -> str:
    words = {
        How.PIXELS: "have the pixels of a training picture",
        How.NEARLY: "show a training picture or its part again, by their marks",
        How.PART: "show a part that stands in training, by its name",
    }
    counts = [(sum(one.how is how for one in seen.meetings), said) for how, said in words.items()]
    return "Of them " + ", ".join(f"{count} {said}" for count, said in counts if count) + "."


def _without(unseen: Evaluation) -> str:
    if not unseen.parts:
        return "No part is left that the model has not met: nothing here says how good it is."
    rates = (("escapes", unseen.escape_rate, "defective"), ("overkill", unseen.overkill_rate, "good"))
    said = [
        f"{name} {rate.value:.1%} of {rate.n} {kind} parts (95 % interval {rate.low:.1%} to {rate.high:.1%})"
        for name, rate, kind in rates
        if rate.n
    ]
    ranked = f"AUROC {unseen.auroc:.3f} over {unseen.pictures} pictures" if not math.isnan(unseen.auroc) else ""
    return f"Over the {unseen.parts} parts that it has not met: " + ", ".join(filter(None, (ranked, *said))) + "."


def write_csv(result: Evaluation, file: Path) -> None:
    """One line per picture under COLUMNS, UTF-8. met: how the model has met it in training, "" not at all.

    Raises StoreError.
    """
    met = {meeting.path: str(meeting.how) for meeting in result.seen.meetings} if result.seen else {}
    unmet = "" if result.seen else "not known"
    with plainly(file), file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows((*row.cells, met.get(row.path, unmet)) for row in result.rows)
