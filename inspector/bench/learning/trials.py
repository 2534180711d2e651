"""One fold: a model made of the other folds' parts, and what its shipped file says of the parts it never saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inspector.domain import Decision, Example, ModelCard, Scores, Snapshot, SnapshotEntry, Split
from inspector.learning import leakage
from inspector.learning.evaluation import scores_of
from inspector.learning.snapshot import entry_of
from inspector.learning.trainer import FEATURES, Trainer
from inspector.metrics import Outcome
from inspector.pipeline.classify import Classifier
from inspector.pipeline.judge import decide
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

EVEN = Limits(0.0, 0.0)  # log-odds at which good and defective are equally likely


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measure is given.

    data: a folder of data sets. workspace: one that holds nothing else. advance: told (step, done, total). mode: how
    models are trained. looks: how often they look at a part. folds: how many, None: as many as the published figures
    have. command: stands in for the models program that is installed. tiles: in which models look at a part.
    turned_deg: up to which they learn turned copies.
    """

    data: Path
    workspace: Workspace
    advance: Callable[[str, int, int], None]
    mode: str = FEATURES
    looks: int = 1
    folds: int | None = None
    command: Sequence[str] | None = None
    tiles: str | None = None
    turned_deg: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One model, and what its shipped file says of pictures that it never saw, each named by its highest logit.

    shown: the unseen pictures, in the order of `unseen`. met: pictures that the model was found to have met after all;
    with their parts they are left out of both.
    """

    recipe: Recipe
    version: ModelVersion
    shown: tuple[SnapshotEntry, ...]
    unseen: tuple[Outcome, ...]
    met: int


def trials(bench: Bench, name: str, examples: Sequence[Example], fold_of: Mapping[str, int]) -> Iterator[Trial]:
    """One after the other, in order of the folds."""
    folds = len(set(fold_of.values()))
    for fold in range(folds):
        bench.advance(name, fold, folds)
        yield trial(bench, name, examples, fold_of, fold)
    bench.advance(name, folds, folds)


def left_out(done: Iterable[Trial]) -> tuple[str, ...]:
    """What to say of pictures that were met; nothing where there are none."""
    met = sum(one.met for one in done)
    words = f"{met} pictures were met by their fold's model after all; with their parts they are left out everywhere."
    return (words,) if met else ()


def trial(bench: Bench, name: str, examples: Sequence[Example], fold_of: Mapping[str, int], fold: int) -> Trial:
    """Learn from every part of the other folds; those of this one are the golden set, which no training looks at.

    Each fold has a recipe of its own: what is kept for a recipe, as a network quantised on its pictures, would carry
    unseen parts from one fold's model into another's. Raises TrainingError, StoreError and ModelError.
    """
    entries = (entry_of(one, Split.GOLDEN if fold_of[one.part] == fold else Split.TRAIN) for one in examples)
    return try_out(bench, Snapshot(f"{name}-{fold}", tuple(sorted(entries))))


def try_out(bench: Bench, snapshot: Snapshot, recipe: Recipe | None = None, *, in_float: bool = False) -> Trial:
    """Learn from a snapshot under a recipe of its own, and score its golden pictures.

    recipe: under the snapshot's name; None: one that judges whole pictures. in_float: also write
    `float_file`. Raises TrainingError, StoreError and ModelError.
    """
    recipe = recipe or Recipe(snapshot.recipe)
    version = _trained(bench, recipe, snapshot, float_file(bench, snapshot.id) if in_float else None)
    unseen, met = unseen_of(bench, snapshot)
    return Trial(recipe, version, unseen, tuple(outcomes(bench, recipe, version, unseen)), met)


def unseen_of(bench: Bench, snapshot: Snapshot) -> tuple[tuple[SnapshotEntry, ...], int]:
    """The golden pictures of parts that no learned picture nearly repeats, and how many are repeated after all."""
    met = _met(bench, snapshot)
    known = {entry.part for entry in snapshot.only(Split.GOLDEN) if entry.digest in met}
    return tuple(entry for entry in snapshot.only(Split.GOLDEN) if entry.part not in known), len(met)


def float_file(bench: Bench, snapshot_id: str) -> Path:
    """Where the model that was learned from a snapshot is put on the network in float32."""
    return bench.workspace.cache / f"{snapshot_id}-float.tflite"


def _trained(bench: Bench, recipe: Recipe, snapshot: Snapshot, float_model: Path | None) -> ModelVersion:
    """The snapshot's model; another measure may have made it already."""
    for version in bench.workspace.versions.list(recipe.name):
        if version.card.snapshot_id == snapshot.id and (float_model is None or float_model.exists()):
            return version
    run = Trainer(bench.workspace, bench.command).start(
        recipe,
        snapshot,
        mode=bench.mode,
        looks=bench.looks,
        tiles=bench.tiles,
        turned_deg=bench.turned_deg,
        float_model=float_model,
    )
    return run.watched(bench.advance)


def _met(bench: Bench, snapshot: Snapshot) -> set[str]:
    """Digests of golden pictures that nearly repeat a learned one: the look that `evaluate` takes, once more."""
    images = bench.workspace.images
    shown = [(images.path(one.digest), one.digest, one.part) for one in snapshot.only(Split.GOLDEN)]
    return set(
        leakage.met(bench.workspace, snapshot, shown, lambda done, total: bench.advance("checking", done, total))
    )


def outcomes(
    bench: Bench, recipe: Recipe, version: ModelVersion, entries: Sequence[SnapshotEntry]
) -> Iterator[Outcome]:
    """Decided at EVEN; without a score where the part is not found."""
    for entry, scores in zip(entries, _judged(bench, recipe, version.model, version.card, entries), strict=True):
        if scores is None:
            yield Outcome(entry.part, entry.defect_class, Decision.UNFIT, None)
            continue
        named = scores.classes[int(np.argmax(scores.logits))]
        yield Outcome(entry.part, entry.defect_class, decide(scores.defect, EVEN), scores.defect, named)


def scores_by(
    bench: Bench, recipe: Recipe, model: Path, card: ModelCard, entries: Sequence[SnapshotEntry]
) -> Iterator[Scores]:
    """What a model's file says of stored pictures of which the recipe judges a fixed region, or all."""
    for scores in _judged(bench, recipe, model, card, entries):
        assert scores is not None  # without a mark to look for, the part is found in every picture
        yield scores


def _judged(
    bench: Bench, recipe: Recipe, model: Path, card: ModelCard, entries: Sequence[SnapshotEntry]
) -> Iterator[Scores | None]:
    """Through the pipeline of the station; None where the part is not found."""
    classifier = Classifier(model, card, bench.workspace.settings.invoke_threads)
    images = bench.workspace.images
    template = images.get(recipe.locate.template) if recipe.locate.template else None
    for done, entry in enumerate(entries, start=1):
        yield scores_of(images.get(entry.digest), recipe, classifier, template)
        bench.advance("scoring", done, len(entries))
