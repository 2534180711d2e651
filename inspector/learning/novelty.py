"""Which pictures look like nothing that a model was taught: far from all of it, by its own embedding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, Record, SnapshotEntry, Split
from inspector.errors import ModelError, StoreError
from inspector.learning import snapshot as snapshots
from inspector.learning.impressions import Impression, Impressions
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

NEIGHBOURS = 3  # the third nearest: one odd picture in the training set must not make its like ordinary
QUANTILE = 0.99  # of the taught parts, each held against all others: about 1 in 100 ordinary parts is shown too
TAUGHT_PICTURES = 300
MIN_PARTS = 10  # below, the distances among the taught parts say nothing of what is far

Distances = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What a model was taught, in its own embedding. places: (pictures, n), standardised by mean and spread.

    threshold: the distance that QUANTILE of the taught pictures keep, each to those of other parts.
    """

    places: Floats
    mean: Floats
    spread: Floats
    threshold: float

    def distances(self, embeddings: Floats) -> Distances:
        """(m, pictures): of each (m, n) embedding to each taught picture."""
        return distances((embeddings - self.mean) / self.spread, self.places)

    def strangeness(self, embeddings: Floats) -> Distances:
        """Of each (m, n) embedding, its distance as a multiple of the threshold: above 1 is unlike all that was taught.

        The distance is the one to the NEIGHBOURS-th nearest taught picture.
        """
        return nearest(self.distances(embeddings), NEIGHBOURS) / np.float32(self.threshold)


def taught(embeddings: Floats, parts: Sequence[str]) -> Taught | None:
    """(m, n) embeddings with the part that each shows; None where the parts are too few to know what is far."""
    if len(set(parts)) < max(MIN_PARTS, NEIGHBOURS + 1):
        return None
    mean, deviation = embeddings.mean(axis=0), embeddings.std(axis=0)
    # As in a fit: a channel that is almost still must not be blown up to the size of the others.
    spread = np.sqrt(deviation**2 + np.median(deviation) ** 2)
    spread = np.where(spread > 0, spread, 1).astype(np.float32)
    places = ((embeddings - mean) / spread).astype(np.float32)
    threshold = float(np.quantile(nearest(apart(places, parts), NEIGHBOURS), QUANTILE))
    return Taught(places, mean, spread, threshold) if 0 < threshold < np.inf else None


def distances(places: Floats, others: Floats) -> Distances:
    """(m, others) Euclidean distances of (m, n) places to (others, n) ones."""
    squares = (places**2).sum(axis=1)[:, np.newaxis] + (others**2).sum(axis=1) - 2 * places @ others.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)), dtype=np.float32)


def apart(places: Floats, parts: Sequence[object]) -> Distances:
    """(m, m) distances of places to each other, endless between two of the same part."""
    names = np.asarray(parts)
    found = distances(places, places)
    found[names[:, np.newaxis] == names] = np.inf
    return found


def nearest(found: Distances, rank: int) -> Distances:
    """Of each row of distances the rank-th smallest."""
    return np.asarray(np.partition(found, rank - 1, axis=1)[:, rank - 1], dtype=np.float32)


def unlike(
    workspace: Workspace,
    recipe: Recipe,
    records: Sequence[Record],
    new_impressions: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Record]:
    """Those of the records that look like nothing the recipe's model was taught, the strangest first.

    new_impressions: how many pictures the model may look at in this call; what it has seen is remembered, and the next
    call goes on. Nothing is said where the model or what it was taught from is not here, or not enough is seen yet.
    """
    try:
        version = workspace.versions.load(recipe.name, recipe.model_id) if recipe.model_id else None
        if version is None or version.card.view_id != recipe.view_id:
            return []
        return _strangest(workspace, recipe, version, records, new_impressions, on_progress)
    except (ModelError, StoreError):  # the station and the gate say what is wrong with it; a review goes on without
        return []


def _strangest(
    workspace: Workspace,
    recipe: Recipe,
    version: ModelVersion,
    records: Sequence[Record],
    new_impressions: int,
    on_progress: Callable[[int, int], None] | None,
) -> list[Record]:
    file = snapshots.file_of(workspace, version.card.snapshot_id)
    entries = drawn(snapshots.load(file).only(Split.TRAIN), TAUGHT_PICTURES) if file.exists() else []
    wanted = [entry.digest for entry in entries] + [record.inspection.frame_digest for record in records]
    seen = Impressions(workspace, recipe, version).of_some(wanted, new_impressions, on_progress)
    if any(entry.digest not in seen for entry in entries):
        return []
    model = taught_by((entry.part, seen[entry.digest]) for entry in entries)
    return [] if model is None else _ranked(model, records, seen)


def taught_by(pictures: Iterable[tuple[str, Impression | None]]) -> Taught | None:
    """`taught`, of each picture's part and impression; those in which the part is not found are left out."""
    found = [(part, one.embedding) for part, one in pictures if one]
    if not found:
        return None
    return taught(np.stack([embedding for _, embedding in found]), [part for part, _ in found])


def _ranked(model: Taught, records: Sequence[Record], seen: Mapping[str, Impression | None]) -> list[Record]:
    looked_at = [(record, one) for record in records if (one := seen.get(record.inspection.frame_digest))]
    if not looked_at:
        return []
    strangeness = model.strangeness(np.stack([one.embedding for _, one in looked_at]))
    order = np.argsort(-strangeness, kind="stable")
    return [looked_at[place][0] for place in order if strangeness[place] > 1]


def drawn(entries: Sequence[SnapshotEntry], count: int) -> list[SnapshotEntry]:
    """At most `count`, the classes taking turns: a rare class that was left out would look like news."""
    classes: dict[str, list[SnapshotEntry]] = defaultdict(list)
    for entry in sorted(entries):
        classes[entry.defect_class].append(entry)
    turns = chain.from_iterable(zip_longest(*(classes[name] for name in sorted(classes))))
    return [entry for entry in turns if entry is not None][:count]
