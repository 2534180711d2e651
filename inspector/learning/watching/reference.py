"""What a model was taught and how it was measured: the light, scores and embeddings that a line is held against."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inspector.domain import Fitness, Floats, ModelCard, Snapshot, SnapshotEntry, Split
from inspector.learning import snapshot as snapshots
from inspector.learning.impressions import Impressions
from inspector.learning.limits import Evidence, gather
from inspector.learning.novelty import apart, distances, nearest
from inspector.learning.robustness import Certificate, load
from inspector.learning.scored import ScoredParts
from inspector.pipeline.fitness import measure
from inspector.pipeline.locate import locate
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

_PARTS = 300  # enough to know a range by; more would only take longer
_LOOKS = ("brightness", "contrast", "focus")


def relative_contrast(fitness: Fitness) -> float:
    """Standard deviation over mean: dimmer light alone does not change it."""
    return fitness.contrast / max(fitness.brightness, 1.0)


@dataclass(frozen=True, slots=True)
class Taught:
    """One measure over the taught parts: lowest, middle and highest."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What one model is held against, for as long as it is in use.

    looks: brightness, contrast (relative) and focus of the taught parts, empty where their pictures are gone.
    good, bad: Scores.defect of parts that the model that gave them had not learned. embeddings: (parts, n), one for
    each taught part; farthest: the largest distance of one from the nearest other.
    golden: the golden parts as this model scored them. certificate: None where none fits what the recipe runs.
    snapshot: what it learned from, None where that is not in the workspace.
    """

    recipe: Recipe
    card: ModelCard
    looks: dict[str, Taught]
    good: tuple[float, ...]
    bad: tuple[float, ...]
    embeddings: Floats
    farthest: float
    golden: ScoredParts
    certificate: Certificate | None
    snapshot: Snapshot | None
    impressions: Impressions

    def distances(self, embeddings: Floats) -> Floats:
        """Of each row (n,) to the nearest taught one: (rows,) Euclidean."""
        return np.asarray(distances(embeddings, self.embeddings).min(axis=1))


def learned(
    workspace: Workspace,
    recipe: Recipe,
    version: ModelVersion,
    on_progress: Callable[[int, int], None] | None = None,
    go_on: Callable[[], None] | None = None,
) -> Reference:
    """Read once for a model; at most some hundred parts are looked at, always the same ones.

    go_on: called before each picture that is measured; what it raises ends the work.
    Raises StoreError where a picture is damaged, ModelError where the model does not fit the recipe.
    """
    file = snapshots.file_of(workspace, version.card.snapshot_id)
    snapshot = snapshots.load(file) if file.exists() else None
    entries = _one_of_each_part(workspace, snapshot) if snapshot else []
    impressions = Impressions(workspace, recipe, version)
    seen = impressions.of((entry.digest for entry in entries), on_progress)
    embeddings = [one.embedding for one in seen.values() if one]
    matrix = np.stack(embeddings) if embeddings else np.zeros((0, 0), dtype=np.float32)
    evidence = gather(workspace, recipe, version)
    good, bad = _unlearned(evidence)
    return Reference(
        recipe=recipe,
        card=version.card,
        looks=_looks(workspace, recipe, entries, go_on),
        good=good,
        bad=bad,
        embeddings=matrix,
        farthest=_farthest(matrix),
        golden=evidence.golden,
        certificate=certificate_of(workspace, recipe, version.card.id),
        snapshot=snapshot,
        impressions=impressions,
    )


def certificate_of(workspace: Workspace, recipe: Recipe, model_id: str) -> Certificate | None:
    """None where the model has none, or it was made for something else than what the recipe runs."""
    found = load(workspace, recipe.name, model_id)
    return found if found and found.fits(recipe) else None


def _one_of_each_part(workspace: Workspace, snapshot: Snapshot) -> list[SnapshotEntry]:
    """The first kept picture of each taught part, of at most _PARTS parts drawn by their names."""
    first: dict[str, SnapshotEntry] = {}
    for entry in snapshot.only(Split.TRAIN):
        if entry.part not in first and workspace.images.has(entry.digest):
            first[entry.part] = entry
    drawn = sorted(first, key=lambda part: hashlib.sha256(part.encode()).hexdigest())
    return [first[part] for part in drawn[:_PARTS]]


def _looks(
    workspace: Workspace, recipe: Recipe, entries: Sequence[SnapshotEntry], go_on: Callable[[], None] | None
) -> dict[str, Taught]:
    template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
    measured = []
    for entry in entries:
        if go_on:
            go_on()
        pixels = workspace.images.get(entry.digest)
        measured.append(measure(pixels, locate(pixels, recipe, template) or recipe.roi))
    return {name: _taught([look_of(fitness, name) for fitness in measured]) for name in _LOOKS} if measured else {}


def look_of(fitness: Fitness, name: str) -> float:
    """One measure of a frame: brightness, contrast (relative) or focus."""
    return relative_contrast(fitness) if name == "contrast" else float(getattr(fitness, name))


def _taught(values: Sequence[float]) -> Taught:
    return Taught(min(values), float(np.median(values)), max(values))


def _unlearned(evidence: Evidence) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores of good and of defective parts by models that had not learned them; others would flatter the model."""
    sides = (
        (evidence.validation.good.scores, evidence.golden.good.scores),
        (evidence.validation.bad.scores, evidence.golden.bad.scores),
    )
    good, bad = (tuple(float(score) for one in side for score in one if np.isfinite(score)) for side in sides)
    return good, bad


def _farthest(embeddings: Floats) -> float:
    if len(embeddings) < 2:
        return float("inf")
    return float(nearest(apart(embeddings, range(len(embeddings))), 1).max())
