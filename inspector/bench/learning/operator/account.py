"""What came of both ways of labelling: how much passes at equal numbers of labels, and what was forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.bench.learning.finding import Figure, Finding, at_least, at_most, share
from inspector.bench.learning.operator.curve import drawn
from inspector.bench.learning.operator.labelling import BUDGET, Way
from inspector.bench.learning.operator.line import Mix
from inspector.bench.learning.operator.simulation import OVERKILL, Row

PICTURE = "operator.svg"
FORGOTTEN = 0.01
_ABOUT = (
    "A rendered line makes {parts} parts a round, {share:.0%} of them with each of {known}, and from round "
    "{later_from} on {later}, which nobody has taught. The first model is taught from {taught} pictures of each class. "
    "Each round the model in use judges them, {budget} get their true class, and a new model is trained and held at "
    "the gate: once they are the misfires that are told and what the review queue proposes, once drawn at random."
)
_REMARKS = (
    "Escapes are counted at {overkill:.0%} overkill on {untouched} rendered parts that no model learns from and no "
    "gate sees, by each candidate's shipped file; the limit is set on their {good} good parts, for every model alike.",
    "`let_pass` is the share of the defective ones below the candidate's own recheck limit, as it would run.",
    "Forgetting is the AUROC of one class of defects against the good parts, held against its best after any earlier "
    "round; a class counts from the round after its first on.",
    "Where the gate does not pass a candidate, the model in use stays, unless a person overrules it: on the first day, "
    "where the golden set is too small to say anything, and where the candidate does better on more golden parts than "
    "it does worse on and rejects no more good ones. The next candidate learns from all labels so far.",
)


def found(mix: Mix, rows: Sequence[Row]) -> Finding:
    """The finding of a whole simulation. rows: of every round from 0 on, in both ways."""
    review, random = ([row for row in rows if row.way is way] for way in Way)
    words = {"budget": BUDGET} | {key: getattr(mix, key) for key in ("share", "later_from", "later", "taught")}
    about = _ABOUT.format(parts=mix.parts_per_round, known=", ".join(mix.known), **words)
    untouched = mix.untouched_good + len(mix.defects) * mix.untouched_defective
    counts = {"overkill": OVERKILL, "untouched": untouched, "good": mix.untouched_good}
    return Finding(
        about,
        _figures(mix, review, random),
        [_cells(row) for row in rows],
        [remark.format(**counts) for remark in _REMARKS],
        {PICTURE: drawn(mix, review, random)},
    )


def _figures(mix: Mix, review: Sequence[Row], random: Sequence[Row]) -> dict[str, Figure]:
    ours, theirs = review[-1], random[-1]
    labels = f"after {ours.labels} labels"
    gap = theirs.escapes.low - ours.escapes.high
    lost = {row.round: forgotten(mix, review, row.round) for row in review[1:]}
    return {
        "escapes": share(ours.escapes, f"escapes {labels} from misfires and the review queue"),
        "escapes_at_random": share(theirs.escapes, f"escapes {labels} at random"),
        "escapes_in_use": share(_in_use(review).escapes, "escapes of the model that is in use at the end"),
        "gap": Figure(gap, "from the one's 95 % interval down to the other's", at_least(0.0)),
        "forgotten": Figure(lost[ours.round], "most AUROC that an older class has lost at the end", at_most(FORGOTTEN)),
        "forgotten_ever": Figure(max(lost.values()), "the same after any round", at_most(FORGOTTEN)),
        "forgotten_at_random": Figure(forgotten(mix, random, theirs.round), "the same at the end, labelled at random"),
    }


def forgotten(mix: Mix, rows: Sequence[Row], round_: int) -> float:
    """The most that any older class's AUROC after this round lies below its best after an earlier one; 0 to 1."""
    lost = [0.0]
    for name in mix.older(round_):
        begins = mix.later_from if name == mix.later else 0
        areas = [_area(row, name) for row in rows if begins <= row.round <= round_]
        lost.append(max(areas[:-1]) - areas[-1])
    return max(lost)


def _area(row: Row, defect_class: str) -> float:
    return next(one.auroc for one in row.classes if one.defect_class == defect_class)


def _in_use(rows: Sequence[Row]) -> Row:
    """The row of the model that runs after the last of them."""
    return next(row for row in rows if row.model == rows[-1].in_use)


def _cells(row: Row) -> Mapping[str, Any]:
    """One line of the table."""
    plain = {key: getattr(row, key) for key in ("round", "labels", "defects", "model")}
    gate = {"gate": str(row.gated), "in_use": row.in_use}
    figures = {"escapes": row.escapes.value, "let_pass": row.let_pass.value, "auroc": row.auroc}
    classes = {f"auroc {one.defect_class}": one.auroc for one in row.classes}
    return {"way": str(row.way), **plain, **gate, **figures, **classes}
