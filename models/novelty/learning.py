"""From sightings of good parts to a novelty, with the limits and the figures that parts left out bear out."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.model_selection import GroupKFold

from inspector.domain import Floats
from inspector.errors import TrainingError
from inspector.learning.operating_point import DEFAULT_REVIEW, DEFAULT_TARGET
from inspector.metrics import auroc
from inspector.recipe import Limits
from models.head import Head, fitting
from models.novelty.novelty import (
    Density,
    Memory,
    Novelty,
    Projection,
    Scores,
    density,
    remember,
    spread_of,
    strangest,
    synthetic_head,
    weigh,
)
from models.novelty.sightings import Indices, Sightings
from models.progress import Progress

MIN_PARTS = 5
_FEW_PARTS = 60  # up to which every part counts, and five folds are taken; beyond, three do
_SUSPECT = 6.0  # robust deviations above the middle: good parts keep to 4, of a Gaussian one in 30,000 does not
_STILL = 1e-6
_GROUPED, _APART, _SHARE_OF_A_GROUP = 16, 14.0, 0.2  # pictures, deviations, of all pictures: two products
_THREADS, _LIGHT = 2, 200  # folds at a time, up to so many pictures; of more, two at a time would fill the memory
_MEMORISED = 60_000  # places that the memory is chosen from
_ROWS = 1_500  # good looks, and as many synthetic defects, that one fit takes


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """scores: (n,) of the pictures, each by a novelty that had not seen its part. suspects: indices of pictures that
    look unlike the others, and were left out. others: indices of a second group. synthetic_auroc: of synthetic defects
    against the pictures, by the same.
    """

    novelty: Novelty
    scores: Scores
    suspects: Indices
    others: Indices
    synthetic_auroc: float
    folds: int


def check_parts(parts: int, pictures: int) -> None:
    """Raises TrainingError where the good parts are too few."""
    if parts < MIN_PARTS:
        raise TrainingError(
            f"a model from good parts alone needs at least {MIN_PARTS} of them outside the golden set, better 20 or "
            f"more, with the part found in their pictures; received {parts} parts in {pictures} pictures: show more "
            "good parts, or check that each has a serial number of its own"
        )


def teach(seen: Sightings, directions: Projection, seed: int, progress: Progress) -> Taught:
    """Score each part by a novelty of the others, leave out what looks unlike the rest, and fit on all others."""
    names = np.unique(seen.parts)
    check_parts(len(names), len(seen.parts))
    folds = min(5 if len(names) <= _FEW_PARTS else 3, len(names))
    raw, raw_drawn = np.zeros((len(seen.parts), 3)), np.zeros((len(seen.drawn_on), 3))
    progress.step("fitting", 0, folds + 1)
    splits = list(GroupKFold(folds).split(seen.parts, groups=seen.parts))
    with fitting(), ThreadPoolExecutor(_THREADS if len(seen.parts) <= _LIGHT else 1) as pool:
        every = pool.map(lambda split: _Sources.of(seen, split[0], seed), splits)
        for done, ((_, left_out), sources) in enumerate(zip(splits, every, strict=True), start=1):
            raw[left_out] = sources.raw(seen.looks[left_out, 0], seen.places[left_out])
            drawn = np.flatnonzero(np.isin(seen.drawn_on, left_out))
            raw_drawn[drawn] = sources.raw(seen.drawn[drawn], seen.drawn_places[drawn])
            progress.step("fitting", done, folds + 1)
    if raw[:, :2].std(axis=0).max() < _STILL:
        raise TrainingError(
            f"the {len(seen.parts)} pictures of good parts are all the same: expected pictures of different parts, as "
            "they come down the line; check the camera, and that the pictures are not copies of one"
        )
    suspects = _unlike_the_rest(raw)
    kept = np.setdiff1d(np.arange(len(seen.parts)), suspects)
    shares, offset = weigh(raw[kept])
    with fitting():
        final = _Sources.of(seen, kept, seed)
    progress.step("fitting", folds + 1, folds + 1)
    novelty = Novelty(directions, final.memory, final.density, final.head, shares, offset)
    scores, drawn_scores = raw @ shares + offset, raw_drawn @ shares + offset
    truth = np.repeat([False, True], [len(kept), len(drawn_scores)])
    area = auroc(truth.tolist(), np.concatenate([scores[kept], drawn_scores]).tolist())
    others = other_group(seen.looks[:, 0], seed)
    return Taught(novelty, scores, suspects, others, area, folds)


@dataclass(frozen=True, slots=True, eq=False)
class _Sources:
    memory: Memory
    density: Density
    head: Head

    @classmethod
    def of(cls, seen: Sightings, learned: Indices, seed: int) -> _Sources:
        places = seen.places[learned].reshape(-1, seen.places.shape[-1])
        if len(places) > _MEMORISED:
            places = places[np.random.default_rng(seed).choice(len(places), _MEMORISED, replace=False)]
        looks = seen.looks[learned]
        mirrored = _some(looks[:, :-1], seed)  # another light is no other part: not for the density
        head = synthetic_head(_some(looks, seed), _some(seen.drawn[np.isin(seen.drawn_on, learned)], seed))
        return cls(remember(places, seed), density(mirrored, seed), head)

    def raw(self, summaries: Floats, places: Floats) -> Scores:
        """(n, 3) of summaries (n, features) and projected places (n, places, directions)."""
        near = [strangest(self.memory.distances(one)) for one in places]
        damaged = self.head.logits(summaries)[:, 0]
        return np.stack([np.array(near), self.density.distances(summaries), damaged], axis=1)


def _some(summaries: Floats, seed: int) -> Floats:
    """(n, features) of (..., features): all of them, or as many as the memory bears."""
    rows = summaries.reshape(-1, summaries.shape[-1])
    if len(rows) <= _ROWS:
        return rows
    return rows[np.random.default_rng(seed).choice(len(rows), _ROWS, replace=False)]


def _unlike_the_rest(raw: Scores) -> Indices:
    """Pictures far above the others by memory or density: such hide defects, or show another product."""
    middle = np.median(raw[:, :2], axis=0)
    usual = 1.4826 * np.median(np.abs(raw[:, :2] - middle), axis=0)
    strange = ((raw[:, :2] - middle) / np.maximum(usual, _STILL)).max(axis=1)
    order = np.argsort(-strange, kind="stable")
    found = order[strange[order] > _SUSPECT]
    return np.asarray(found[: len(raw) // 10], dtype=np.intp)  # more than a tenth are no exceptions


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
