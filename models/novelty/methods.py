"""What each way of telling what is unlike good parts is worth alone and with the others, by backbone, resolution and
memory, all fitted on the same sightings: scores of golden pictures, RAM, and times of real files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from inspector import recipe as recipes
from inspector.domain import GOOD, ONE_TILE, Floats, Pixels, Split
from inspector.learning import snapshot as snapshots
from inspector.learning.trainer import DEFAULT_BACKBONE
from inspector.pipeline.tiles import Layout
from inspector.store.disk import plainly
from models.backbones import registry
from models.backbones.registry import Backbone
from models.comparison_job import ComparisonJob
from models.delivery import staging
from models.export.speed import Speed, measure_together
from models.foundation import Foundation
from models.head import fitting
from models.network import THREADS, FeatureNetwork
from models.novelty.graph import DENSITY, HEAD, MEMORY, NUMBERS, attach_novelty, attach_one
from models.novelty.learning import Taught, teach
from models.novelty.material import Pictures, Turning
from models.novelty.novelty import CENTRES, Novelty, Scores
from models.novelty.out_of_fold import density_of, head_of, memory_of
from models.novelty.places import ram_mb
from models.novelty.seer import Seer
from models.novelty.sight import Sight
from models.novelty.sightings import Directions, Sightings, look
from models.novelty.tiles import OVERLAP, SIDE
from models.novelty.training import REFERENCE_VIEWS
from models.progress import PLANNED_S, Progress
from models.views import Views, draw

RESULT = "methods.json"
SIDES = {DEFAULT_BACKBONE: (224, SIDE, 448)}  # pixels that are tried; of other backbones SIDE alone
SIZES = (250, 1000, 4000)  # places
LEARNED = 200  # good pictures, which show all the places that a memory is chosen from; of more the looks take hours
TOGETHER = "together"
_BARE = "bare"
_STEPS = ("network", "features", "fitting")

Fitted = TypeVar("Fitted")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One method. places: remembered, 0 where it remembers none. scores: of the shown pictures. mb: of RAM that it
    takes at work. fit_s: that learning took it. content: its file.
    """

    method: str
    places: int
    scores: Scores
    mb: float
    fit_s: float
    content: bytes

    def to_json(self, speed: Speed, bare: Speed) -> dict[str, Any]:
        return {
            "method": self.method,
            "places": self.places,
            "scores": [round(float(score), 6) for score in self.scores],
            "mb": round(self.mb, 3),
            "fit_s": round(self.fit_s, 2),
            "invoke_ms": speed.p50_ms,
            "bare_ms": bare.p50_ms,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One network, what it saw of the good pictures, and what it saw of others (n) that nothing is learned from.

    sight: any, for its shapes. summaries: (n, features); places: (n, places, directions).
    """

    network: bytes
    sight: Sight
    seen: Sightings
    directions: Directions
    summaries: Floats
    places: Floats
    seed: int
    progress: Progress

    @classmethod
    def of(
        cls,
        network: bytes,
        seer: Seer,
        learned: Sequence[Pixels],
        parts: Sequence[str],
        shown: Sequence[Pixels],
        seed: int,
        progress: Progress,
    ) -> Trial:
        """network: what the seer runs. learned: good views, of these parts. shown: other views."""
        with fitting():
            seen, directions = look(
                seer, learned, parts, seed, lambda done, total: progress.step("features", done, total)
            )
            looks = [(one.summary, directions.places.of(one.places)) for one in map(seer.see, shown)]
        summaries, places = (np.stack(side) for side in zip(*looks, strict=True))
        return cls(network, seer.see(learned[0]), seen, directions, summaries, places, seed, progress)

    def timed(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """As JSON, their files timed in turns with the bare network."""
        files = {str(number): row.content for number, row in enumerate(rows)}
        speeds = measure_together({_BARE: self.network, **files}, THREADS)
        return [row.to_json(speeds[str(number)], speeds[_BARE]) for number, row in enumerate(rows)]

    def rows(self, together: Sequence[int] = (CENTRES,)) -> Iterator[Row]:
        """The memory alone in each size, each of the others alone, and all three with so many places.

        Those alone learn from the pictures that all three with the usual memory keep. together: sizes, CENTRES among
        them.
        """
        wholes = [_taking(partial(self._taught, size)) for size in together]
        usual, _ = wholes[together.index(CENTRES)]
        novelty, kept = usual.model.novelty, np.setdiff1d(np.arange(len(self.seen.parts)), usual.suspects)
        for size in SIZES:
            memory, took_s = _taking(partial(memory_of, self.seen, kept, self.seed, size))
            yield self._row(MEMORY, replace(novelty, memory=memory), took_s)
        _, took_s = _taking(partial(density_of, self.seen, kept, self.seed))
        yield self._row(DENSITY, novelty, took_s)
        _, took_s = _taking(partial(head_of, self.seen, kept, self.seed))
        yield self._row(HEAD, novelty, took_s)
        for taught, took_s in wholes:
            yield self._whole(taught, took_s)

    def _row(self, which: str, novelty: Novelty, took_s: float) -> Row:
        scores = self._raw(novelty)[:, NUMBERS.index(which)]
        places, mb = len(novelty.memory.centres) if which == MEMORY else 0, self._mb(novelty)[which]
        return Row(which, places, scores, mb, took_s, attach_one(self.network, novelty, which))

    def _whole(self, taught: Taught, took_s: float) -> Row:
        novelty = taught.model.novelty
        scores = self._raw(novelty) @ novelty.shares.astype(np.float64) + novelty.offset
        places, mb = len(novelty.memory.centres), sum(self._mb(novelty).values())
        return Row(TOGETHER, places, scores, mb, took_s, attach_novelty(self.network, taught.model))

    def _mb(self, novelty: Novelty) -> dict[str, float]:
        density = novelty.density
        return {
            MEMORY: ram_mb(len(novelty.memory.centres), self.sight),
            DENSITY: sum(one.nbytes for one in (density.mean, density.scale, density.axes)) / 1e6,
            HEAD: novelty.head.weights.nbytes / 1e6,
        }

    def _taught(self, size: int) -> Taught:
        return teach(self.seen, self.directions, self.seed, self.progress, centres=size)

    def _raw(self, novelty: Novelty) -> Scores:
        """(n, 3) of the shown pictures."""
        near = (novelty.memory.distances(one) for one in self.places)
        return np.stack([novelty.parts(summary, one) for summary, one in zip(self.summaries, near, strict=True)])


def _taking(fit: Callable[[], Fitted]) -> tuple[Fitted, float]:
    """What it gives, and the seconds that it takes."""
    started = time.monotonic()
    with fitting():
        fitted = fit()
    return fitted, time.monotonic() - started


class Methods:
    """One job under way. `run` raises InspectorError, and then the output folder is as it was."""

    def __init__(self, job: ComparisonJob, progress: Progress) -> None:
        self._job, self._progress = job, progress
        self._recipe = recipes.load(job.recipe)
        self._snapshot = snapshots.load(job.snapshot)
        self._wanted = [registry.find(name) for name in job.backbones]

    def run(self) -> Path:
        """One backbone at one resolution after the other, and only then fill the output folder."""
        missing = {backbone.name: backbone.advice() for backbone in self._wanted if not backbone.look()}
        present = [backbone for backbone in self._wanted if backbone.name not in missing]
        tried = [(one, side) for one in present for side in SIDES.get(one.name, (SIDE,))]
        turns = [f"{one.name} {side}" for one, side in tried]
        self._progress.plan = {f"{turn}: {step}": PLANNED_S[step] for turn in turns for step in _STEPS}
        rows: list[dict[str, Any]] = []
        for (backbone, side), turn in zip(tried, turns, strict=True):
            self._progress.turn = turn
            rows += self._rows(replace(backbone, height=side, width=side))
        golden = [entry.digest for entry in self._snapshot.only(Split.GOLDEN)]
        table = {"snapshot": self._snapshot.id, "pictures": golden, "rows": rows, "missing": missing}
        with staging(self._job.output) as folder, plainly(folder):
            (folder / RESULT).write_text(json.dumps(table, allow_nan=False), encoding="utf-8")
        return self._job.output

    def _rows(self, backbone: Backbone) -> list[dict[str, Any]]:
        job, layout = self._job, Layout.of(backbone.height, OVERLAP, ONE_TILE)
        views = Views(job.images, self._recipe, job.template, layout.height, layout.width)
        entries = [entry for entry in self._snapshot.only(Split.TRAIN) if entry.defect_class == GOOD]
        good = Pictures.found(draw(entries, LEARNED), views, layout, Turning())
        golden = [views.get(entry.digest) for entry in self._snapshot.only(Split.GOLDEN)]
        network = self._network(backbone, good, views)
        pixels = [view.pixels for view in golden if view]
        assert len(pixels) == len(golden)  # a recipe without a region finds the part in every picture
        about = {"backbone": backbone.name, "side": backbone.height, "quantisation": network.quantisation}
        together = SIZES if (backbone.name, backbone.height) == (DEFAULT_BACKBONE, SIDE) else (CENTRES,)
        seer = Seer(network.content, backbone)
        trial = Trial.of(network.content, seer, good.pieces, good.parts, pixels, job.seed, self._progress)
        return [about | row for row in trial.timed([*trial.rows(together)])]

    def _network(self, backbone: Backbone, good: Pictures, views: Views) -> FeatureNetwork:
        """As a training would have it in 8 bits; whether Keras agrees is not asked."""
        job = self._job
        what = backbone, None, self._recipe, good.entries, views, job.cache, self._progress
        return next(Foundation(*what, reference_views=REFERENCE_VIEWS, with_float=False).networks())
