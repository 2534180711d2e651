"""Where a picture is unlike good ones, or damaged: a number for each place.

A place is described by what all levels of the network show there (hypercolumns, Hariharan et al. 2015): the finest map
around it, and the coarser ones enlarged. Logistic regression on these tells places under a defect, drawn or marked by a
person, from all others, and the memory's distance is added to it (after SuperSimpleNet, Rolih et al. 2024, which joins
synthetic and marked defects in one head at each place).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.extmath import randomized_svd

from inspector.domain import Floats
from inspector.opencv import cv2
from models import head as heads
from models.head import Head
from models.novelty.novelty import Projection, Scores, spread_of, strangest

DIRECTIONS = 128  # of a hypercolumn: 64 draw worse maps
MARKED_SHARE = 0.5  # deviations of the score that one of the hottest places' mean weighs, once places were marked
_UNDER_A_MARK = 0.15  # of a place: what counts as a place of the defect
_STRENGTH = 0.003
_MARKED_TO_DRAWN = 3  # how much more places that a person marked weigh than drawn ones
_STILL = 1e-6
_CHANNELS = 128  # that OpenCV takes at once


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """heat = near * distance + damage * log-odds + offset, and what it amounts to for a part.

    On good parts that were left out, the mean of the hottest places has the middle and the deviation that the score has
    there. share: of GOOD's logit, which is -share * (that mean - middle).
    """

    near: float
    damage: float
    offset: float
    share: float
    middle: float

    @classmethod
    def of(cls, near: Floats, damage: Floats, scores: Scores, share: float) -> Scale:
        """From good parts that were left out: distances and log-odds (n, places), and scores (n,).

        Distance and log-odds count alike, each in its own deviations.
        """
        shares = [1 / max(float(one.std()), _STILL) for one in (near, damage)]
        hottest = np.array([strangest(one) for one in near * shares[0] + damage * shares[1]])
        middle, unit = float(scores.mean()), float(scores.std()) / max(float(hottest.std()), _STILL)
        return cls(unit * shares[0], unit * shares[1], middle - unit * float(hottest.mean()), share, middle)

    def heat(self, near: Floats, damage: Floats) -> Floats:
        return np.asarray(self.near * near + self.damage * damage + self.offset, dtype=np.float32)

    def good(self, heat: Floats) -> float:
        """GOOD's logit by the heat of one picture (places,)."""
        return -self.share * (strangest(heat) - self.middle)


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """The heat of a picture. damage: log-odds, (channels of all levels, 1)."""

    damage: Projection
    scale: Scale

    def of(self, levels: Sequence[Floats], distances: Floats) -> Floats:
        """(places,) of one picture by its levels (rows, columns, channels) and its distances (places,)."""
        return self.scale.heat(distances, hypercolumns(levels, self.damage)[:, 0])


def hypercolumns(levels: Sequence[Floats], projection: Projection) -> Floats:
    """(places, directions) of one picture's levels (rows, columns, channels), fine to coarse.

    projection: of the channels of all levels, in their order. Enlarging is linear, so projecting comes first: it is
    the same, and cheaper.
    """
    rows, columns, _ = levels[0].shape
    total = np.zeros((rows, columns, len(projection.bias)), np.float32) + projection.bias
    start = 0
    for level in levels:
        part = level @ projection.weights[start : (start := start + level.shape[2])]
        total += cv2.resize(part, (columns, rows), interpolation=cv2.INTER_LINEAR).reshape(total.shape)
    return total.reshape(rows * columns, -1)


def joined(levels: Sequence[Floats]) -> Floats:
    """(places, channels of all levels): hypercolumns as they are."""
    rows, columns, _ = levels[0].shape
    pieces = [one for level in levels for one in np.array_split(level, -(-level.shape[2] // _CHANNELS), axis=2)]
    enlarged = [cv2.resize(one, (columns, rows), interpolation=cv2.INTER_LINEAR) for one in pieces]
    return np.concatenate([one.reshape(rows * columns, -1) for one in enlarged], axis=1)


def column_directions(rows: Floats, seed: int) -> Projection:
    """The directions in which hypercolumns (n, channels) of good parts vary most, the channels standardised."""
    mean, spread = rows.mean(axis=0), spread_of(rows)
    count = min(DIRECTIONS, *rows.shape)
    _, _, vectors = randomized_svd((rows - mean) / spread, count, n_iter=1, random_state=seed)
    weights = vectors.T / spread[:, np.newaxis]
    return Projection(weights.astype(np.float32), (-mean @ weights).astype(np.float32))


def marks_on(mask: npt.NDArray[Any], rows: int, columns: int) -> Floats:
    """(places,) the share of each place that lies under a mask (height, width), which is 0 elsewhere."""
    covered = (mask > 0).astype(np.float32)
    return np.asarray(cv2.resize(covered, (columns, rows), interpolation=cv2.INTER_AREA).ravel(), dtype=np.float32)


def covers(marks: Floats) -> npt.NDArray[np.bool_]:
    """Which places show the defect: those that are well covered, and the most covered one at least."""
    return np.asarray((marks > _UNDER_A_MARK) | ((marks == marks.max()) & (marks > 0)))


def damage_head(untouched: Floats, drawn: Floats, marked: Floats) -> Head:
    """One row of weights: how much more a place (directions,) is like those under a defect than like the others.

    untouched, drawn, marked: (n, directions) places without a defect, under a synthetic one, and under one that a
    person marked, which may be none.
    """
    if len(marked):
        marked = np.resize(marked, (max(len(marked), _MARKED_TO_DRAWN * len(drawn)), marked.shape[1]))
    rows = np.concatenate([untouched, drawn, marked])
    truth = np.repeat([0, 1], [len(untouched), len(drawn) + len(marked)])
    head = heads.fit(rows, np.zeros(rows.shape[1], np.float32), truth, _STRENGTH)
    return Head(head.weights[1:] - head.weights[:1], head.bias[1:] - head.bias[:1])
