"""From sightings to a novelty beside known classes, with the limits and figures that parts left out bear out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn.cluster import KMeans

from inspector.domain import Floats
from inspector.errors import TrainingError
from inspector.learning.operating_point import DEFAULT_REVIEW, DEFAULT_TARGET
from inspector.metrics import Outcome, auroc, by_part
from inspector.pipeline.tiles import worst
from inspector.recipe import Limits
from models.figures import score_of, suggest
from models.head import defect_scores, fitting
from models.novelty.classes import on_one_scale
from models.novelty.heat import MARKED_SHARE, Heat, Scale
from models.novelty.model import Model
from models.novelty.novelty import CENTRES, Indices, Novelty, Scores, spread_of, weigh
from models.novelty.out_of_fold import LeftOut, Sources, left_out
from models.novelty.sightings import Directions, Labelled, Sightings
from models.novelty.suspects import unlike_the_rest
from models.progress import Progress

Numbers = npt.NDArray[Any]

MIN_PARTS = 5
_FEW_PARTS = 60  # up to which every part counts, and five folds are taken; beyond, three do
_STILL = 1e-6
_ALIKE = 0.05  # of memory or density: other parts differ by 0.7 and more, one picture with other noise by 0.25
_GROUPED, _APART, _SHARE_OF_A_GROUP = 16, 14.0, 0.2  # pictures, deviations, of all pictures: two products


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """logits: (n, 2 + classes) of the good pictures, then of the labelled ones, each by a model that had not seen its
    part, by the worst of its pieces: good, the known classes, unlike. suspects: indices of good pictures that look
    unlike the others, and were left out. others: indices of a second group. synthetic_auroc: of synthetic defects
    against the good pictures, by novelty alone.
    """

    model: Model
    logits: Floats
    suspects: Indices
    others: Indices
    synthetic_auroc: float
    folds: int

    @property
    def scores(self) -> Scores:
        """(n,) Scores.defect of the same pictures."""
        return defect_scores(self.logits)


def check_parts(parts: int, pictures: int, not_located: int = 0) -> None:
    """Raises TrainingError where the good parts are too few. not_located: further pictures, which cannot be judged."""
    if parts < MIN_PARTS:
        where = "check the recipe's region, mark and fitness limits, and that one camera took them"
        missed = f"; in {not_located} more the part is not found, or they are not fit: {where}" if not_located else ""
        raise TrainingError(
            f"a model from good parts alone needs at least {MIN_PARTS} of them outside the golden set, better 20 or "
            f"more, with the part found in their pictures; received {parts} parts in {pictures} pictures{missed}; show "
            "more good parts, or check that each has a serial number of its own"
        )


def teach(
    seen: Sightings,
    directions: Directions,
    seed: int,
    progress: Progress,
    confirmed: Sequence[bool] = (),
    centres: int = CENTRES,
) -> Taught:
    """Score each part by a model of the others, leave out good ones unlike the rest, and fit on what stays.

    A picture is what its worst piece is, here as on the line: limits that good pieces keep to, good parts would not. It
    is left out with all its turned copies, none alone.

    confirmed: for each good picture whether a person has said that it is good; empty: of none. Such are never left out.
    centres: places to remember.
    """
    names, pieces = np.unique(seen.parts), seen.pieces
    rows, each = len(seen.parts), pieces * seen.turns
    count = rows // each
    check_parts(len(names), count)
    folds = min(5 if len(names) <= _FEW_PARTS else 3, len(names))
    found = left_out(seen, folds, seed, progress, centres)
    _check_different(found.raw[:rows], count)
    suspects = unlike_the_rest(_pictures(found.raw[:rows], each), confirmed)
    kept = _pieces_of(np.setdiff1d(np.arange(count), suspects), each)
    shares, offset = weigh(found.raw[kept], pieces)
    area = _synthetic(found.raw[:rows] @ shares, found.raw_drawn @ shares, seen, kept)
    shares, offset = on_one_scale(shares, offset, _pictures(found.known[kept], pieces).max(axis=1))
    with fitting():
        final = Sources.of(seen, (kept, np.arange(len(seen.labelled.parts))), seed, centres)
    progress.step("fitting", folds + 1, folds + 1)
    novelty = Novelty(directions.places, final.memory, final.density, final.head, shares, offset)
    defects = np.column_stack([found.known, found.raw @ shares + offset])
    scale = _scale(found, kept, defects, seen.labelled)
    good = [scale.good(one) for one in scale.heat(found.near, found.damage)]
    model = Model(novelty, final.known, Heat(directions.columns.then(final.damage), scale))
    logits = worst(_pictures(np.column_stack([good, defects]).astype(np.float32), pieces), 0)
    logits = _of_turns(logits, seen.turns, count)
    others = other_group(_pictures(seen.looks[:, 0], each).mean(axis=1), seed)
    return Taught(model, logits, suspects, others, area, folds)


def _scale(found: LeftOut, kept: Indices, defects: Floats, labelled: Labelled) -> Scale:
    """The hottest places count for the part once a person has marked some: drawn ones alone rank it no better."""
    share = MARKED_SHARE if labelled.marks.any() else 0.0
    scores = np.logaddexp.reduce(defects[kept].astype(np.float64), axis=1)
    return Scale.of(found.near[kept], found.damage[kept], scores, share)


def _pictures(rows: Numbers, pieces: int) -> Numbers:
    """(pictures, pieces, ...) of (pictures * pieces, ...)."""
    return rows.reshape(len(rows) // pieces, pieces, *rows.shape[1:])


def _of_turns(logits: Floats, turns: int, good: int) -> Floats:
    """(pictures, classes) of their views (pictures * turns, classes), of which the first so many pictures are good.

    A good one by the turn in which it looks worst: it has to pass however the line lays it. A labelled one as it lies,
    for the line would show it once: by the worst of several turns, escapes would look rarer than they are.
    """
    turn = defect_scores(logits).reshape(-1, turns).argmax(axis=1)
    turn[good:] = 0
    return np.asarray(_pictures(logits, turns)[np.arange(len(turn)), turn])


def _pieces_of(pictures: Indices, pieces: int) -> Indices:
    """The rows of all their pieces."""
    return np.asarray((pictures[:, np.newaxis] * pieces + np.arange(pieces)).ravel(), dtype=np.intp)


def _check_different(raw: Scores, pictures: int) -> None:
    if raw[:, :2].std(axis=0).max() < _ALIKE:  # little more than the rounding of the file's arithmetic
        raise TrainingError(
            f"the {pictures} pictures of good parts are all the same: expected pictures of different parts, as "
            "they come down the line; check the camera, and that the pictures are not copies of one"
        )


def _synthetic(good: Scores, drawn: Scores, seen: Sightings, kept: Indices) -> float:
    """The AUROC of parts with one synthetic defect, the other pieces as they are, against the good ones that are kept.

    good, drawn: scores of the good pieces, and of the judged synthetic defects.
    """
    pieces = seen.pieces
    on = seen.drawn_on[seen.judged]
    damaged = _pictures(good, pieces)[on // pieces]
    damaged[np.arange(len(drawn)), on % pieces] = drawn
    parts = _pictures(good[kept], pieces).max(axis=1)
    truth = np.repeat([False, True], [len(parts), len(damaged)])
    return auroc(truth.tolist(), np.concatenate([parts, damaged.max(axis=1)]).tolist())


def other_group(summaries: Floats, seed: int) -> Indices:
    """The smaller of two groups into which pictures (n, features) fall, where nothing lies between them; else none.

    Two products have lain 18 deviations and more apart, pictures of one product at most 11 (docs/decisions/novelty.md).
    """
    nothing = np.array([], dtype=np.intp)
    if len(summaries) < _GROUPED:
        return nothing
    standard = (summaries - summaries.mean(axis=0)) / spread_of(summaries)
    model = KMeans(2, n_init=4, random_state=seed).fit(standard)
    across = model.cluster_centers_[1] - model.cluster_centers_[0]
    distance = float(np.linalg.norm(across))
    places = standard @ across / max(distance, _STILL)
    sides = [np.flatnonzero(model.labels_ == side) for side in (0, 1)]
    smaller = min(sides, key=len)
    within = math.sqrt(sum(places[side].var() * len(side) for side in sides) / len(places))
    far = distance > _APART * max(within, _STILL)
    return smaller if far and len(smaller) >= _SHARE_OF_A_GROUP * len(places) else nothing


def careful_limits(found: Sequence[Outcome]) -> Limits:
    """From good parts that were left out; what is said of labelled defects may lower them.

    It never raises them: most defects are not labelled yet, and one that stands far out would open the way for all that
    is fainter (docs/decisions/novelty.md).
    """
    parts = by_part(found)
    careful = limits_of(np.array([score_of(part) for part in parts if not part.defective]))
    if not any(part.defective for part in parts):
        return careful
    chosen = suggest(found)
    return Limits(min(careful.recheck, chosen.recheck), min(careful.reject, chosen.reject))


def limits_of(parts: Scores) -> Limits:
    """Limits from the scores of good parts that were left out, for the usual overkill and review budget.

    The score that the allowed share of parts exceeds; where that is less than one part, the bound below which the next
    one stays with that certainty if scores are Gaussian (prediction bound; Hahn and Meeker 1991), if it is higher.
    """
    reject = _bound(parts, DEFAULT_TARGET.share)
    return Limits(min(reject, _bound(parts, DEFAULT_REVIEW.share)), reject)


def _bound(parts: Scores, share: float) -> float:
    ordered = np.sort(parts)
    allowed = math.floor(share * len(ordered) + 1e-9)
    if allowed:
        return float(ordered[-allowed - 1] + ordered[-allowed]) / 2
    factor = stats.t.ppf(1 - share, len(ordered) - 1) * math.sqrt(1 + 1 / len(ordered))
    predicted = float(ordered.mean() + factor * ordered.std(ddof=1))
    return float(np.nextafter(max(predicted, float(ordered[-1])), np.inf))
