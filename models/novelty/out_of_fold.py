"""What is said of pictures by models that had not seen their part: all that is known of how good a model will be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from inspector.domain import Floats
from models.crossvalidation import NEVER, dealt
from models.head import Head, fitting, mean_of
from models.memory import give_back
from models.novelty.classes import known_head
from models.novelty.heat import covers, damage_head
from models.novelty.novelty import (
    CENTRES,
    Density,
    Indices,
    Memory,
    Scores,
    density,
    remember,
    strangest,
    synthetic_head,
)
from models.novelty.sightings import Labelled, Sightings
from models.progress import Progress

_THREADS, _LIGHT = 2, 200  # folds at a time, up to so many pictures; of more, two at a time would fill the memory
_MEMORISED = 60_000  # places that the memory is chosen from
_UNTOUCHED, _DRAWN, _DRAWN_BESIDE_MARKED = 8_000, 6_000, 2_000  # places that a fit of damage takes, about
_MARKED_OF_EACH = 60
_ROWS = 3_000  # good looks, as many synthetic defects, and as many labelled ones, that one fit takes


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Of pieces (n). raw: (n, 3); known: (n, classes) log-odds; near, damage: (n, places) distances and log-odds."""

    raw: Scores
    known: Floats
    near: Floats
    damage: Floats


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut(Said):
    """What was said by models that had not seen the pieces' parts: of the good ones, then of the labelled ones.

    raw_drawn: (judged synthetic defects, 3).
    """

    raw_drawn: Scores


def left_out(seen: Sightings, folds: int, seed: int, progress: Progress, centres: int = CENTRES) -> LeftOut:
    """Deal the parts into folds, and say of each what the others taught. centres: places that each remembers."""
    labelled, count = seen.labelled, len(seen.parts)
    truth = np.concatenate([np.zeros(count, dtype=np.intp), labelled.truth + 1])
    parts = np.concatenate([seen.parts, labelled.parts])
    known = np.zeros((len(truth), labelled.classes), np.float32)
    near, damage = (np.zeros((len(truth), seen.places.shape[1]), np.float32) for _ in range(2))
    found = LeftOut(np.zeros((len(truth), 3)), known, near, damage, np.zeros((len(seen.judged), 3)))
    progress.step("fitting", 0, folds + 1)
    splits = [
        (_sides(learned, count), _sides(held_out, count)) for learned, held_out in dealt(truth, parts, folds, seed)
    ]
    with fitting(), ThreadPoolExecutor(_THREADS if count <= _LIGHT else 1) as pool:
        every = pool.map(lambda split: Sources.of(seen, split[0], seed, centres), splits)
        for done, ((_, (good, bad)), sources) in enumerate(zip(splits, every, strict=True), start=1):
            _keep(found, good, sources.say(seen, good))
            if len(bad):
                _keep(found, count + bad, sources.say(labelled, bad))
            judged = np.flatnonzero(np.isin(seen.drawn_on[seen.judged], good))
            drawn = seen.drawn[seen.judged[judged]].astype(np.float32)
            found.raw_drawn[judged] = sources.raw(drawn, sources.near(seen.drawn_places[judged]))
            give_back()
            progress.step("fitting", done, folds + 1)
    return found


def _keep(found: LeftOut, rows: Indices, said: Said) -> None:
    found.raw[rows], found.known[rows], found.near[rows], found.damage[rows] = (
        said.raw,
        said.known,
        said.near,
        said.damage,
    )


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
    damage: Head

    @classmethod
    def of(cls, seen: Sightings, learned: tuple[Indices, Indices], seed: int, centres: int = CENTRES) -> Sources:
        """learned: indices of good pieces, and of labelled ones, of which those teach that show their defect.

        centres: places to remember.
        """
        good, bad = learned
        memory, density = memory_of(seen, good, seed, centres), density_of(seen, good, seed)
        head, damage = head_of(seen, good, seed), _damage(seen, good, bad, seed)
        return cls(memory, density, head, _known(seen, good, bad, seed), damage)

    def say(self, seen: Sightings | Labelled, rows: Indices) -> Said:
        """Of some of the pictures."""
        summaries, near = seen.looks[rows, 0], self.near(seen.places[rows])
        damage = np.stack([self.damage.logits(seen.columns[row].astype(np.float32))[:, 0] for row in rows])
        return Said(self.raw(summaries, near), self.known.logits(summaries), near, damage)

    def near(self, places: Floats) -> Floats:
        """(n, places) distances of projected places (n, places, directions)."""
        return np.stack([self.memory.distances(one.astype(np.float32)) for one in places])

    def raw(self, summaries: Floats, near: Floats) -> Scores:
        """(n, 3) of summaries (n, features) and distances (n, places)."""
        memory = [strangest(one) for one in near]
        damaged = self.head.logits(summaries)[:, 0]
        return np.stack([np.array(memory), self.density.distances(summaries), damaged], axis=1)


def memory_of(seen: Sightings, good: Indices, seed: int, centres: int) -> Memory:
    each = seen.places.shape[1]
    rows = np.arange(len(good) * each)
    if len(rows) > _MEMORISED:
        rows = np.random.default_rng(seed).choice(len(rows), _MEMORISED, replace=False)
    return remember(seen.places[good[rows // each], rows % each].astype(np.float32), seed, centres)


def density_of(seen: Sightings, good: Indices, seed: int) -> Density:
    return density(_some(seen.looks[good, :-1], seed), seed)  # another light is no other part


def head_of(seen: Sightings, good: Indices, seed: int) -> Head:
    """The mean of heads that are each taught on other synthetic defects, of which one fit takes no more than it may.

    What is drawn is chance, and a mean of heads depends less on it than one does (Breiman, Pasting small votes, 1999).
    """
    drawn = np.random.default_rng(seed).permutation(_drawn_on(seen, good))
    some = np.array_split(drawn, -(-len(drawn) // _ROWS))
    usual = (_some(seen.looks[good], seed + number) for number in range(len(some)))
    return mean_of([synthetic_head(one, _drawn(seen, rows)) for one, rows in zip(usual, some, strict=True)])


def _drawn_on(seen: Sightings, good: Indices) -> Indices:
    return np.flatnonzero(np.isin(seen.drawn_on, good))


def _drawn(seen: Sightings, rows: Indices) -> Floats:
    return seen.drawn[rows].astype(np.float32)


def _known(seen: Sightings, good: Indices, bad: Indices, seed: int) -> Head:
    labelled = seen.labelled
    classes, features = labelled.classes, seen.looks.shape[-1]
    chosen = bad[labelled.shows[bad]]
    if not len(chosen):
        return Head(np.zeros((classes, features), np.float32), np.full(classes, NEVER, np.float32))
    usual = _some(seen.looks[good], seed)
    on_them = _drawn_on(seen, good)
    drawn = _drawn(seen, on_them[_chosen(len(on_them), seed)])
    looks = labelled.looks[chosen]
    answers = np.repeat(labelled.truth[chosen], looks.shape[1])
    rows = _chosen(len(answers), seed)
    return known_head(usual, drawn, looks.reshape(-1, looks.shape[-1])[rows], answers[rows], classes)


def _damage(seen: Sightings, good: Indices, bad: Indices, seed: int) -> Head:
    """Places of good pictures, and those of labelled ones beside a mark, against drawn and marked defects."""
    rng, labelled = np.random.default_rng(seed), seen.labelled
    each = -(-_UNTOUCHED // len(good))
    untouched = [seen.columns[one][rng.permutation(seen.columns.shape[1])[:each]] for one in good]
    drawn = seen.damaged[np.isin(seen.drawn_on[seen.damaged_by], good)]
    marked = [one for one in bad if labelled.marks[one].any()]
    for one in marked:
        beside = labelled.columns[one][labelled.marks[one] == 0]
        untouched.append(beside[rng.permutation(len(beside))[:each]])
    under = [labelled.columns[one][covers(labelled.marks[one])] for one in marked]
    under = [places[rng.permutation(len(places))[:_MARKED_OF_EACH]] for places in under]
    drawn = drawn[rng.permutation(len(drawn))[: _DRAWN_BESIDE_MARKED if marked else _DRAWN]]
    sides = np.concatenate(untouched), drawn, np.concatenate([drawn[:0], *under])
    return damage_head(*(places.astype(np.float32) for places in sides))


def _some(summaries: Floats, seed: int) -> Floats:
    """(n, features) of (..., features): all of them, or as many as the memory bears."""
    rows = summaries.reshape(-1, summaries.shape[-1])
    return rows[_chosen(len(rows), seed)]


def _chosen(rows: int, seed: int) -> Indices:
    if rows <= _ROWS:
        return np.arange(rows)
    return np.random.default_rng(seed).choice(rows, _ROWS, replace=False)
