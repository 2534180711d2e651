"""What good pictures look like to a feature network, what they would look like with defects drawn on them, and what
labelled defects look like.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, Pixels
from inspector.learning.augmentation import Augmentation, augment
from models import memory
from models.features import mirrors
from models.network import THREADS
from models.novelty.drawing import drawn
from models.novelty.heat import column_directions, covers, hypercolumns, joined, marks_on
from models.novelty.novelty import Flags, Indices, Projection, projection
from models.novelty.seer import Seer
from models.novelty.sight import Sight

LIGHT = Augmentation(crop=0.0)  # another light, sharpness and noise: what must not look like a defect
DRAWN_OF_EACH, DRAWN_AT_LEAST, DRAWN_AT_MOST = 12, 320, 9_600  # synthetic defects: on each view, and in all
_JUDGED = 1_600  # synthetic defects, in all and about, whose places are kept
_PROJECTED_FROM = 64  # pictures that the directions are chosen from
_COLUMNS_FROM = 2_000  # hypercolumns that theirs are chosen from
_DAMAGED, _DAMAGED_OF_EACH = 400, 60  # synthetic defects of which hypercolumns are kept, and how many of each
_CHANGED_LEVELS = 8  # of grey: what a synthetic defect covers
_KEYS = 2**32


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Into which places are projected. places: of the finest level; columns: of all levels together."""

    places: Projection
    columns: Projection

    def places_of(self, seen: Sight) -> Floats:
        """(places, directions) of one view, in 16 bits: those of all views would fill the memory in 32."""
        return _in_16_bits(self.places.of(seen.places))

    def columns_of(self, seen: Sight) -> Floats:
        """(places, directions) hypercolumns of one view, in 16 bits as well."""
        return _in_16_bits(hypercolumns(seen.levels, self.columns))


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pieces (n) of pictures of defects that a person has named, of so many classes; of one tile, the views.

    parts: (n,) names. truth: (n,) indices of the classes. looks: (n, looks, features) summaries of the piece and its
    mirrors. places, columns: (n, places, directions) of the piece, in the directions of places and of hypercolumns.
    marks: (n, places) how much of each place lies under what a person marked, 0 everywhere where nothing was. shows:
    (n,) whether the defect is to be seen in the piece.
    """

    classes: int
    parts: npt.NDArray[np.str_]
    truth: Indices
    looks: Floats
    places: Floats
    columns: Floats
    marks: Floats
    shows: Flags


def _in_16_bits(numbers: npt.NDArray[Any]) -> Floats:
    return numbers.astype(np.float16)


_Drawing = tuple[Floats, Floats | None, Floats]  # a synthetic defect's summary, its places, and those that it covers

_EMPTY = np.zeros((0, 1, 1), np.float32)
NONE_LABELLED = Labelled(
    0,
    np.zeros(0, np.str_),
    np.zeros(0, np.intp),
    _EMPTY,
    _EMPTY,
    _EMPTY,
    np.zeros((0, 1), np.float32),
    np.zeros(0, np.bool_),
)


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Pieces (n) of pictures of good parts, synthetic defects (m) drawn on them, and labelled defects of other parts.

    parts: (n,) names. looks: (n, looks, features) summaries of the piece, its mirrors and it in another light. places,
    columns: (n, places, directions) of the piece itself, in the directions of places and of hypercolumns. drawn_on:
    (m,) the piece under each synthetic defect; drawn: (m, features), in 16 bits. judged: (j,) those of the m that are
    scored, too; drawn_places: (j, places, directions). damaged: (k, directions) hypercolumns that synthetic defects
    cover; damaged_by: (k,) which of the m. pieces: of each picture, good and labelled, one picture after the other; of
    each view, where each picture has so many turns: as it lies, and then its turned copies.
    """

    parts: npt.NDArray[np.str_]
    looks: Floats
    places: Floats
    columns: Floats
    drawn_on: Indices
    drawn: Floats
    judged: Indices
    drawn_places: Floats
    damaged: Floats
    damaged_by: Indices
    labelled: Labelled = NONE_LABELLED
    pieces: int = 1
    turns: int = 1


def drawn_of_each(views: int) -> int:
    """Synthetic defects on each of so many views: of few views more, of very many fewer."""
    return max(-(-DRAWN_AT_LEAST // views), min(DRAWN_OF_EACH, DRAWN_AT_MOST // views), 1)


def look(
    seer: Seer,
    views: Sequence[Pixels],
    parts: Sequence[str],
    seed: int,
    on_progress: Callable[[int, int], None],
    pieces: int = 1,
    turns: int = 1,
) -> tuple[Sightings, Directions]:
    """See every view, and every synthetic defect on it; the same for the same views and seed.

    pieces: so many of the views, one after the other, are one picture; turns: which comes so many times, turned.
    """
    directions = _directions(seer, views, seed, pieces * turns)
    memory.give_back()
    each = drawn_of_each(len(views))
    keys = np.array([zlib.crc32(view.tobytes()) for view in views])
    scored = min(each, max(1, _JUDGED // len(views)))
    often = max(1, len(views) * scored // _DAMAGED)
    looking = _Looking(seer, views, keys, seed, directions, each, scored, often)
    shown: list[tuple[Floats, ...]] = []
    drawings: list[_Drawing] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for own, drawn_on_it in pool.map(looking.at, range(len(views))):
            on_progress(len(shown), len(views))
            shown.append(own)
            drawings.extend(drawn_on_it)
    on_progress(len(views), len(views))
    on = np.repeat(np.arange(len(views)), each)
    looks, places, columns = _stacked(shown)
    theirs = _of_drawings(drawings)
    seen = Sightings(np.asarray(parts), looks, places, columns, on, *theirs, pieces=pieces, turns=turns)
    memory.give_back()
    return seen, directions


@dataclass(frozen=True, slots=True, eq=False)
class _Looking:
    """How every view is looked at. keys: (views,) numbers that follow from their pixels. each: synthetic defects on
    one; judged: of these the first, whose places are kept. often: of each so many views one gives up hypercolumns.

    What is drawn on a view follows from its key: parts that come or go leave it as it is, and nearly the whole model.
    """

    seer: Seer
    views: Sequence[Pixels]
    keys: Indices
    seed: int
    directions: Directions
    each: int
    judged: int
    often: int

    def at(self, number: int) -> tuple[tuple[Floats, Floats, Floats], list[_Drawing]]:
        """A view's summaries, places and hypercolumns, and what was drawn on it; the same in any order of views."""
        pixels, key = self.views[number], self.keys[number]
        own = self.seer.see(pixels)
        others = [*mirrors(pixels)[1:], augment(pixels, LIGHT, np.random.default_rng((self.seed, key)))]
        summaries = np.stack([own.summary, *(self.seer.see(other).summary for other in others)])
        drawings = [self._drawing(pixels, number, place) for place in range(self.each)]
        return (summaries, self.directions.places_of(own), self.directions.columns_of(own)), drawings

    def _drawing(self, pixels: Pixels, number: int, place: int) -> _Drawing:
        """The synthetic defect of this place among those on the view of this number."""
        rng = np.random.default_rng((self.seed, self.keys[number], place))
        under = mirrors(pixels)[int(rng.integers(4))]
        changed = drawn(under, self._another(rng), rng)
        seen = self.seer.see(changed)
        summary = _in_16_bits(seen.summary)
        if place >= self.judged:
            return summary, None, self._nothing
        places = self.directions.places_of(seen)
        if number % self.often:
            return summary, places, self._nothing
        rows, columns, _ = seen.levels[0].shape
        marks = marks_on(np.abs(changed.astype(np.int16) - under).max(axis=2) >= _CHANGED_LEVELS, rows, columns)
        covered = rng.permutation(np.flatnonzero(covers(marks)))[:_DAMAGED_OF_EACH]
        return summary, places, self.directions.columns_of(seen)[covered]

    @property
    def _nothing(self) -> Floats:
        return _in_16_bits(np.zeros((0, self.directions.columns.count)))

    def _another(self, rng: np.random.Generator) -> Pixels:
        """The view whose key is next above the number drawn, in a ring: hardly ever another one where views come or go
        (consistent hashing; Karger et al. 1997).
        """
        return self.views[int(np.argmin((self.keys - rng.integers(_KEYS)) % _KEYS))]


def _stacked(rows: list[tuple[Floats, ...]]) -> list[Floats]:
    """Each of a row's arrays with its like; rows are used up, as all of them twice would fill the memory."""
    kinds = [np.empty((len(rows), *one.shape), one.dtype) for one in rows[0]]
    for place in reversed(range(len(rows))):
        for kind, one in zip(kinds, rows.pop(), strict=True):
            kind[place] = one
    return kinds


def _of_drawings(drawings: list[_Drawing]) -> tuple[Floats, Indices, Floats, Floats, Indices]:
    """Of all synthetic defects, which are used up, and which of them places and hypercolumns are of."""
    damaged = [one[2] for one in drawings]
    of = np.repeat(np.arange(len(drawings)), [len(one) for one in damaged])
    judged = np.flatnonzero([one[1] is not None for one in drawings])
    of_judged: list[tuple[Floats, ...]] = [(one[1],) for one in drawings if one[1] is not None]
    rows: list[tuple[Floats, ...]] = [one[:1] for one in drawings]
    drawings.clear()
    (summaries,), (places,) = _stacked(rows), _stacked(of_judged)
    return summaries, judged, places, np.concatenate(damaged), of


def look_at_defects(
    seer: Seer,
    views: Sequence[Pixels],
    parts: Sequence[str],
    truth: Sequence[int],
    directions: Directions,
    masks: Sequence[Pixels | None],
) -> Labelled:
    """See labelled defects. truth: indices of their classes, from 0, none left out. masks: (height, width) of what a
    person marked in each view, 0 elsewhere; None where nobody did. Each view is taken to show its defect.
    """
    if not views:
        return NONE_LABELLED
    seen = [[seer.see(pixels) for pixels in mirrors(view)] for view in views]
    rows, columns, _ = seen[0][0].levels[0].shape
    nothing = np.zeros((rows, columns), np.uint8)
    return Labelled(
        classes=max(truth) + 1,
        parts=np.asarray(parts),
        truth=np.asarray(truth),
        looks=np.stack([[sight.summary for sight in looks] for looks in seen]),
        places=np.stack([directions.places_of(looks[0]) for looks in seen]),
        columns=np.stack([directions.columns_of(looks[0]) for looks in seen]),
        marks=np.stack([marks_on(nothing if mask is None else mask, rows, columns) for mask in masks]),
        shows=np.ones(len(views), np.bool_),
    )


def _directions(seer: Seer, views: Sequence[Pixels], seed: int, pieces: int) -> Directions:
    """From some of the views, so that never more than these are in memory with all their channels."""
    step = max(1, -(-len(views) // _PROJECTED_FROM))
    while math.gcd(step, pieces) > 1:  # else some pieces of the part would never be among them
        step += 1
    some = [seer.see(pixels) for pixels in views[::step]]
    rng, each = np.random.default_rng(seed), -(-_COLUMNS_FROM // len(some))
    columns = [joined(sight.levels) for sight in some]
    few = np.concatenate([one[rng.permutation(len(one))[:each]] for one in columns])
    return Directions(projection(np.concatenate([sight.places for sight in some])), column_directions(few, seed))
