"""Limit samples: the good part and the defect, of those that a model was taught, that a part looks most like to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from inspector.domain import GOOD, Floats, Inspection, ModelCard, Snapshot, SnapshotEntry, Split
from inspector.errors import ModelError
from inspector.learning import snapshot as snapshots
from inspector.learning.impressions import Impressions
from inspector.learning.novelty import MIN_PARTS, TAUGHT_PICTURES, Taught, apart, drawn, nearest, taught_by
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LimitSample:
    """A picture that was taught, as near to another one as no other of its kind.

    distance: in the model's embedding, as a multiple of the usual one: the middle of those that taught pictures keep to
    the nearest of another part. nearer: how many of `among` taught pictures lie nearer than that to theirs.
    """

    digest: str
    part: str
    defect_class: str
    distance: float
    nearer: int
    among: int

    @property
    def farther_than(self) -> tuple[int, int]:
        """The same as a person says it, (97, 100): the second at most 100, the two alike only where none is farther."""
        of = min(self.among, 100)
        return self.nearer * of // self.among, of

    @property
    def words(self) -> str:
        count, of = self.farther_than
        if count == of:
            rank = "farther than any taught picture from its nearest"
        elif 2 * count < of:
            rank = "as near as taught pictures are"
        else:
            rank = f"farther than {count} of {of} taught pictures from their nearest"
        return f"{self.part}, {self.distance:.1f} times the usual distance, {rank}"


@dataclass(frozen=True, slots=True)
class Nearest:
    """What one part looks most like; None where there is no such part but itself."""

    good: LimitSample | None
    defect: LimitSample | None


@dataclass(frozen=True, slots=True, eq=False)
class LimitSamples:
    """What a part is held against. entries: in the order of model.places.

    own: sorted, of each of them the distance to the nearest of another part. part_of: by digest; name_of: what else a
    part is called. defects_taught: False for a model of good parts alone, whose defects are those labelled so far.
    """

    entries: tuple[SnapshotEntry, ...]
    model: Taught
    own: Floats
    part_of: Mapping[str, str]
    name_of: Mapping[str, str]
    defects_taught: bool
    impressions: Impressions

    def of(self, inspection: Inspection) -> Nearest | None:
        """None where the part is not found in its picture. Costs one look of the model, once; none where the inspection
        is fresh from the line, with what the model saw, and its picture may still be on the way to the disk.

        Raises StoreError where the picture is missing or damaged.
        """
        scores, digest, part = inspection.scores, inspection.frame_digest, inspection.part.group
        if scores and scores.model_id == self.impressions.model_id and scores.embedding.size:
            return self.nearest(scores.embedding, part, digest)
        seen = self.impressions.of([digest])[digest]
        return self.nearest(seen.embedding, part, digest) if seen else None

    def nearest(self, embedding: Floats, part: str = "", digest: str = "") -> Nearest:
        """Of an (n,) embedding; part, digest: what it shows, whose own pictures are left out."""
        itself = {part, self.name_of.get(part, part), self.part_of.get(digest, part)}
        found = self.model.distances(embedding[np.newaxis])[0]
        order = [place for place in np.argsort(found, kind="stable") if self.entries[place].part not in itself]
        samples = [(self.entries[place], float(found[place])) for place in order]
        good = next((self._sample(*one) for one in samples if one[0].defect_class == GOOD), None)
        return Nearest(good, next((self._sample(*one) for one in samples if one[0].defect_class != GOOD), None))

    def _sample(self, entry: SnapshotEntry, distance: float) -> LimitSample:
        multiple = distance / float(np.median(self.own))
        nearer = int(np.searchsorted(self.own, distance))
        return LimitSample(entry.digest, entry.part, entry.defect_class, multiple, nearer, len(self.own))


def gather(
    workspace: Workspace,
    recipe: Recipe,
    new_impressions: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> LimitSamples | None:
    """Of at most TAUGHT_PICTURES that the recipe's model was taught and that are stored, its classes in turns.

    new_impressions: how many pictures the model may look at in this call; None where that was not enough, and the next
    call goes on. Raises ModelError where the model, or what it was taught, is not here or too little to compare with;
    StoreError where something is damaged.
    """
    version = _version(workspace, recipe)
    snapshot = _snapshot(workspace, version.card)
    known = [entry for entry in _known(workspace, version, snapshot) if workspace.images.has(entry.digest)]
    entries = drawn(known, TAUGHT_PICTURES)
    impressions = Impressions(workspace, recipe, version)
    seen = impressions.of_some((entry.digest for entry in entries), new_impressions, on_progress)
    if any(entry.digest not in seen for entry in entries):
        return None
    located = [entry for entry in entries if seen[entry.digest]]
    parts = [entry.part for entry in located]
    model = taught_by((entry.part, seen[entry.digest]) for entry in located)
    own = np.sort(nearest(apart(model.places, parts), 1)) if model else np.zeros(0, np.float32)
    if model is None or not np.median(own):
        raise ModelError(
            f"{version.card.id}: pictures of {len(set(parts))} parts that it was taught are here; expected pictures of "
            f"at least {MIN_PARTS}, and not all alike, to say what a part looks like"
        )
    named = _named(workspace, snapshot)
    part_of = {entry.digest: entry.part for entry in snapshot.entries}
    return LimitSamples(
        tuple(located), model, own, part_of, named, _defects_taught(version.card, snapshot), impressions
    )


def _version(workspace: Workspace, recipe: Recipe) -> ModelVersion:
    if not recipe.model_id:
        raise ModelError(f"recipe {recipe.name}: there is no model yet; `inspector train` makes one")
    version = workspace.versions.load(recipe.name, recipe.model_id)
    if version.card.view_id != recipe.view_id:
        raise ModelError(
            f"{recipe.model_id}: it was taught another region or alignment than recipe {recipe.name} has now; train "
            "again, or set them back"
        )
    return version


def _snapshot(workspace: Workspace, card: ModelCard) -> Snapshot:
    file = snapshots.file_of(workspace, card.snapshot_id)
    if not file.exists():
        raise ModelError(
            f"{card.id}: the list of what it was taught is not in this workspace ({file}); put it there, or train again"
        )
    return snapshots.load(file)


def _known(workspace: Workspace, version: ModelVersion, snapshot: Snapshot) -> list[SnapshotEntry]:
    """What the model was taught; for one of good parts alone, also the defects that people have labelled since."""
    card = version.card
    left_out = {one["digest"] for one in card.results.get("suspects", ())}  # good by name, and not learned as such
    entries = [entry for entry in snapshot.only(Split.TRAIN) if entry.digest not in left_out]
    return entries if _defects_taught(card, snapshot) else [*entries, *_labelled(workspace, snapshot)]


def _defects_taught(card: ModelCard, snapshot: Snapshot) -> bool:
    known = {entry.defect_class for entry in snapshot.only(Split.TRAIN)} - {GOOD}
    return not known.isdisjoint(card.classes)


def _labelled(workspace: Workspace, snapshot: Snapshot) -> Iterable[SnapshotEntry]:
    golden = workspace.ledger.golden(snapshot.recipe)
    before = {entry.digest for entry in snapshot.entries}
    for example in workspace.ledger.examples(snapshot.recipe):
        if example.defect_class != GOOD and example.part not in golden and example.digest not in before:
            yield snapshots.entry_of(example, Split.TRAIN)


def _named(workspace: Workspace, snapshot: Snapshot) -> dict[str, str]:
    """What the snapshot calls a part that was written under another name."""
    written = {example.digest: example.part for example in workspace.ledger.examples(snapshot.recipe)}
    return {written[entry.digest]: entry.part for entry in snapshot.entries if entry.digest in written}
