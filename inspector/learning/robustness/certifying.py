"""Puts golden parts through every disturbance and the real pipeline, to find out what a model withstands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from inspector.domain import Box, Fitness, Frame, Part, Pixels, SnapshotEntry
from inspector.errors import DatasetError
from inspector.learning.golden import outcomes_of
from inspector.learning.robustness.certificate import Certificate
from inspector.learning.robustness.disturbances import AXES, Axis, Scene
from inspector.learning.robustness.sweep import (
    DEFAULT_RULES,
    HoldRules,
    Judged,
    Step,
    explore,
    measure_step,
    most_steps,
)
from inspector.learning.snapshot import golden_set
from inspector.metrics import Outcome, by_part
from inspector.pipeline.assemble import Setup, inspect
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits, LocateMode, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

PARTS = 60
_KEPT_BYTES = 256_000_000
_NO_TIME = datetime.fromtimestamp(0, UTC)  # a stored picture is judged alike whenever it is


def certify(
    workspace: Workspace,
    recipe: Recipe,
    version: ModelVersion,
    *,
    parts: int = PARTS,
    axes: Sequence[Axis] = AXES,
    rules: HoldRules = DEFAULT_RULES,
    on_progress: Callable[[int, int], None] | None = None,
) -> Certificate:
    """Sweep every axis over the golden parts' stored frames, at the limits that the model runs or would run with.

    Fitness and alignment are part of it: each picture is disturbed as a frame and then inspected. parts: at most as
    many; all their pictures are used. on_progress(done, total) counts pictures; total is the most there can be.
    Raises DatasetError without good or defective golden parts, ModelError where the model does not fit the recipe.
    """
    limits = recipe.limits
    if version.card.id != recipe.model_id:
        limits = Limits(version.card.recheck_limit, version.card.reject_limit)
    recipe = replace(recipe, model_id=version.card.id, limits=limits)
    golden = golden_set(workspace, recipe.name)
    known = by_part(outcomes_of(workspace, recipe, version, golden, limits))
    chosen = nearest_and_drawn(known, limits, parts)
    tried = [part for part in known if part.part in chosen]
    bad = sum(part.defective for part in tried)
    if not bad or bad == len(tried):
        raise DatasetError(
            f"recipe {recipe.name}: the golden set has {bad} defective and {len(tried) - bad} good parts; a "
            "certificate needs both. Label or import more parts, and train: about one in five becomes golden"
        )
    bench = _Bench(workspace, recipe, version, [entry for entry in golden.entries if entry.part in chosen])
    progress = _Progress(on_progress, len(bench.entries), axes)
    working = bench.judge(lambda pixels, _: pixels, progress)
    ranges = []
    for axis in axes:
        ranges.append(explore(axis, _look(bench, axis, working, rules, progress)))
        progress.axis_done(axis)
    return Certificate(
        recipe=recipe.name,
        model=version.card.id,
        view_id=recipe.view_id,
        limits=limits,
        rules=rules,
        golden_parts=len(known),
        good=len(tried) - bad,
        defective=bad,
        working=measure_step(0.0, working, working, rules),
        ranges=tuple(ranges),
    )


def nearest_and_drawn(parts: Sequence[Outcome], limits: Limits, budget: int) -> set[str]:
    """The names of at most `budget` parts: of each kind, good and defective, half by how near they are to being
    decided otherwise, half by the hash of their names; what one kind leaves over goes to the other.
    """
    kinds = ([part for part in parts if part.defective], [part for part in parts if not part.defective])
    small = min(kinds, key=len)
    share = min(len(small), budget // 2)
    chosen: set[str] = set()
    for kind in kinds:
        count = share if kind is small else budget - share
        near = [part.part for part in sorted(kind, key=lambda part: (_margin(part, limits), part.part))]
        first = near[: (count + 1) // 2]
        chosen.update(first)
        chosen.update(sorted(near[len(first) :], key=_lot)[: count - len(first)])
    return chosen


def _margin(part: Outcome, limits: Limits) -> float:
    """How far the score may move before a defective part passes, or a good one no longer does."""
    if part.score is None:
        return 0.0
    return part.score - limits.recheck if part.defective else limits.recheck - part.score


def _lot(part: str) -> str:
    return hashlib.sha256(part.encode()).hexdigest()


class _Progress:
    """Counts judged pictures towards the most that there can be; an axis that needed fewer is made up for."""

    def __init__(self, told: Callable[[int, int], None] | None, pictures: int, axes: Sequence[Axis]) -> None:
        self._told = told
        self._pictures = pictures
        self._done, self._settled = 0, pictures
        self._total = pictures * (1 + sum(most_steps(axis) - 1 for axis in axes))

    def picture_done(self) -> None:
        self._done += 1
        if self._told:
            self._told(self._done, self._total)

    def axis_done(self, axis: Axis) -> None:
        self._settled += self._pictures * (most_steps(axis) - 1)
        self._done = self._settled - 1
        self.picture_done()


class _Bench:
    """The chosen pictures, and the pipeline they are put through."""

    def __init__(
        self, workspace: Workspace, recipe: Recipe, version: ModelVersion, entries: Sequence[SnapshotEntry]
    ) -> None:
        self.entries = entries
        self._images = workspace.images
        by_template = recipe.locate.mode is LocateMode.TEMPLATE
        template = workspace.images.get(recipe.locate.template) if by_template else None
        self._setup = Setup(
            recipe, Classifier(version.model, version.card, workspace.settings.invoke_threads), template
        )
        self._kept: dict[str, Pixels] = {}
        self._room = _KEPT_BYTES

    def judge(self, disturb: Callable[[Pixels, Scene], Pixels], progress: _Progress) -> Judged:
        judged = []
        for entry in self.entries:
            pixels = self._pixels(entry.digest)
            judged.append(self._inspected(entry, disturb(pixels, self._scene(entry, pixels))))
            progress.picture_done()
        return judged

    def _pixels(self, digest: str) -> Pixels:
        """Decoded once, as long as they fit into memory."""
        if digest in self._kept:
            return self._kept[digest]
        pixels = self._images.get(digest)
        if pixels.nbytes <= self._room:
            self._room -= pixels.nbytes
            self._kept[digest] = pixels
        return pixels

    def _scene(self, entry: SnapshotEntry, pixels: Pixels) -> Scene:
        roi = self._setup.recipe.roi or Box(0, 0, pixels.shape[1], pixels.shape[0])
        centre = (roi.x + (roi.width - 1) / 2, roi.y + (roi.height - 1) / 2)
        return Scene(centre, int(entry.digest[:12], 16))

    def _inspected(self, entry: SnapshotEntry, pixels: Pixels) -> tuple[Outcome, Fitness]:
        frame = Frame(pixels, "stored", 0, 0, _NO_TIME, 0)
        inspection = inspect(frame, Part(entry.part), self._setup, "", "")
        assert inspection.fitness is not None  # a stored picture has pixels
        scores, decision = inspection.scores, inspection.verdict.decision
        score = scores.defect if scores else None
        return Outcome(entry.part, entry.defect_class, decision, score), inspection.fitness


def _look(bench: _Bench, axis: Axis, working: Judged, rules: HoldRules, progress: _Progress) -> Callable[[float], Step]:
    def look(value: float) -> Step:
        if value == axis.neutral:
            return measure_step(value, working, working, rules)
        judged = bench.judge(lambda pixels, scene: axis.disturb(pixels, value, scene), progress)
        return measure_step(value, judged, working, rules)

    return look
