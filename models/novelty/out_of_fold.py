"""What is said of pictures by models that had not seen their part: all that is known of how good a model will be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from inspector.domain import Floats
from models.crossvalidation import NEVER, dealt
from models.head import Head, fitting
from models.novelty.classes import known_head
from models.novelty.novelty import Density, Indices, Memory, Scores, density, remember, strangest, synthetic_head
from models.novelty.sightings import Labelled, Sightings
from models.progress import Progress

_THREADS, _LIGHT = 2, 200  # folds at a time, up to so many pictures; of more, two at a time would fill the memory
_MEMORISED = 60_000  # places that the memory is chosen from
_ROWS = 1_500  # good looks, as many synthetic defects, and as many labelled ones, that one fit takes


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What was said of pieces by models that had not seen their parts: of n good ones and m labelled ones together.

    raw: (n + m, 3); known: (n + m, classes); raw_drawn: (synthetic defects, 3).
    """

    raw: Scores
    known: Floats
    raw_drawn: Scores


def left_out(seen: Sightings, folds: int, seed: int, progress: Progress) -> LeftOut:
    """Deal the parts into folds, and say of each what the others taught."""
    labelled, count = seen.labelled, len(seen.parts)
    truth = np.concatenate([np.zeros(count, dtype=np.intp), labelled.truth + 1])
    parts = np.concatenate([seen.parts, labelled.parts])
    known = np.zeros((len(truth), labelled.classes), np.float32)
    found = LeftOut(np.zeros((len(truth), 3)), known, np.zeros((len(seen.drawn_on), 3)))
    progress.step("fitting", 0, folds + 1)
    splits = [
        (_sides(learned, count), _sides(held_out, count)) for learned, held_out in dealt(truth, parts, folds, seed)
    ]
    with fitting(), ThreadPoolExecutor(_THREADS if count <= _LIGHT else 1) as pool:
        every = pool.map(lambda split: Sources.of(seen, split[0], seed), splits)
        for done, ((_, (good, bad)), sources) in enumerate(zip(splits, every, strict=True), start=1):
            found.raw[good], found.known[good] = sources.say(seen.looks[good, 0], seen.places[good])
            if len(bad):
                both = sources.say(labelled.looks[bad, 0], labelled.places[bad])
                found.raw[count + bad], found.known[count + bad] = both
            drawn = np.flatnonzero(np.isin(seen.drawn_on, good))
            found.raw_drawn[drawn], _ = sources.say(seen.drawn[drawn], seen.drawn_places[drawn])
            progress.step("fitting", done, folds + 1)
    return found


def _sides(indices: Indices, count: int) -> tuple[Indices, Indices]:
    """Those of the `count` good pictures, and those of the labelled ones behind them."""
    return indices[indices < count], indices[indices >= count] - count


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What was learned of some of the pictures."""

    memory: Memory
    density: Density
    head: Head
    known: Head

    @classmethod
    def of(cls, seen: Sightings, learned: tuple[Indices, Indices], seed: int) -> Sources:
        """learned: indices of good pieces, and of labelled ones, of which those teach that show their defect."""
        good, bad = learned
        places = seen.places[good].reshape(-1, seen.places.shape[-1])
        if len(places) > _MEMORISED:
            places = places[np.random.default_rng(seed).choice(len(places), _MEMORISED, replace=False)]
        looks = seen.looks[good]
        mirrored = _some(looks[:, :-1], seed)  # another light is no other part: not for the density
        usual, drawn = _some(looks, seed), _some(seen.drawn[np.isin(seen.drawn_on, good)], seed)
        known = _known(usual, drawn, seen.labelled, bad, seed)
        return cls(remember(places, seed), density(mirrored, seed), synthetic_head(usual, drawn), known)

    def say(self, summaries: Floats, places: Floats) -> tuple[Scores, Floats]:
        """Of summaries (n, features) and projected places (n, places, directions): raw (n, 3), known (n, classes)."""
        return self.raw(summaries, places), self.known.logits(summaries)

    def raw(self, summaries: Floats, places: Floats) -> Scores:
        """(n, 3) of summaries (n, features) and projected places (n, places, directions)."""
        near = [strangest(self.memory.distances(one)) for one in places]
        damaged = self.head.logits(summaries)[:, 0]
        return np.stack([np.array(near), self.density.distances(summaries), damaged], axis=1)


def _known(good: Floats, drawn: Floats, labelled: Labelled, learned: Indices, seed: int) -> Head:
    classes, features = labelled.classes, good.shape[-1]
    chosen = learned[labelled.shows[learned]]
    if not len(chosen):
        return Head(np.zeros((classes, features), np.float32), np.full(classes, NEVER, np.float32))
    looks = labelled.looks[chosen]
    answers = np.repeat(labelled.truth[chosen], looks.shape[1])
    rows = _chosen(len(answers), seed)
    return known_head(good, drawn, looks.reshape(-1, looks.shape[-1])[rows], answers[rows], classes)


def _some(summaries: Floats, seed: int) -> Floats:
    """(n, features) of (..., features): all of them, or as many as the memory bears."""
    rows = summaries.reshape(-1, summaries.shape[-1])
    return rows[_chosen(len(rows), seed)]


def _chosen(rows: int, seed: int) -> Indices:
    if rows <= _ROWS:
        return np.arange(rows)
    return np.random.default_rng(seed).choice(rows, _ROWS, replace=False)
