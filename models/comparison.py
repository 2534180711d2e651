"""Which backbones fit a recipe's parts: each is measured on the same parts, held out by turns, and timed on this PC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inspector import recipe as recipes
from inspector.domain import Split
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.learning.comparison import RESULT
from inspector.learning.operating_point import NO_EXPERIENCE
from inspector.metrics import escape_at
from inspector.store.disk import plainly
from models.backbones import registry
from models.backbones.registry import Backbone
from models.comparison_job import ComparisonJob
from models.crossvalidation import Examples, choose, folds_of
from models.delivery import staging
from models.export.graph import attach
from models.export.speed import Speed, measure_together
from models.figures import outcomes, parts_by_class
from models.foundation import Foundation
from models.head import Head, defect_scores, fitting
from models.learning import check_both_sides
from models.network import THREADS, FeatureNetwork
from models.progress import Progress
from models.resampling import Figure, area, balanced_f1, resampled
from models.transferability import logme
from models.views import Views

MIN_CORRELATION = 0.97  # as a training asks of its file
OVERKILL = 0.05
PLANNED_S = {"network": 25.0, "features": 60.0, "probe": 8.0}  # for each backbone


class Refused(TrainingError):
    """One backbone does not go with these parts; the others may."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One backbone on the user's parts. content: the file that a training would ship, before its limits are chosen."""

    backbone: Backbone
    network: FeatureNetwork
    content: bytes
    area: Figure
    f1: Figure
    figures: Mapping[str, Any]
    macs: int


class Comparison:
    """One job under way. Every method raises InspectorError, and then the output folder is as it was."""

    def __init__(self, job: ComparisonJob, progress: Progress) -> None:
        self._job = job
        self._progress = progress
        self._recipe = recipes.load(job.recipe)
        self._snapshot = snapshots.load(job.snapshot)
        self._entries = self._snapshot.only(Split.TRAIN)
        check_both_sides(self._entries)
        self._wanted = [registry.find(name) for name in job.backbones or registry.BACKBONES]

    def run(self) -> Path:
        """Measure one backbone after the other, then time them in turns, and only then fill the output folder."""
        absent = {backbone.name: words for backbone in self._wanted if (words := self._absence(backbone))}
        present = [backbone for backbone in self._wanted if backbone.name not in absent]
        if not present:
            words = "; ".join(f"{name}: {why}" for name, why in absent.items())
            raise TrainingError(f"none of these backbones has its weights on this PC: {words}")
        self._progress.plan = {f"{one.name}: {step}": taken for one in present for step, taken in PLANNED_S.items()}
        measured: list[Measured] = []
        refused: dict[str, str] = {}
        for backbone in present:
            self._progress.turn = backbone.name
            try:
                measured.append(self._measure(backbone))
            except Refused as refusal:
                refused[backbone.name] = str(refusal)
        table = self._table(measured, refused, absent)
        with staging(self._job.output) as folder, plainly(folder):
            (folder / RESULT).write_text(json.dumps(table, indent=1, allow_nan=False), encoding="utf-8")
        return self._job.output

    def _absence(self, backbone: Backbone) -> str:
        """Why a backbone cannot be measured here, and what to do; the network is asked only for one that was named."""
        if not self._job.backbones:
            return "" if backbone.look() else f"its weights are not on this PC; {backbone.advice()}"
        try:
            backbone.find_weights(None)
        except TrainingError as error:
            return str(error)
        return ""

    def _measure(self, backbone: Backbone) -> Measured:
        """On the first network whose file says what Keras says, as a training would take it."""
        job = self._job
        views = Views(job.images, self._recipe, job.template, backbone.height, backbone.width)
        foundation = Foundation(backbone, None, self._recipe, self._entries, views, job.cache, self._progress)
        for network in foundation.networks():
            measured = self._probe(backbone, network, foundation.examples(network))
            if measured.figures["correlation"] >= MIN_CORRELATION:
                return measured
        raise Refused(
            f"its file disagrees with Keras on your parts (scores correlate {measured.figures['correlation']:.3f}, at "
            f"least {MIN_CORRELATION:.2f} expected), in 8 bits and in 16: a training would be refused as well"
        )

    def _probe(self, backbone: Backbone, network: FeatureNetwork, examples: Examples) -> Measured:
        """Cross-validated linear probe: every part is scored by a head that never saw it."""
        if not folds_of(examples):
            raise TrainingError(
                "to compare backbones by parts that were held out, at least two good and two defective parts outside "
                "the golden set are needed: label more"
            )
        self._progress.step("probe", 0, 2)
        chosen = choose(examples, self._job.seed, lambda: None)
        self._progress.step("probe", 1, 2)
        found = outcomes(examples, chosen.logits, NO_EXPERIENCE)
        with fitting():
            head = examples.fit(chosen.strength)
        measured = Measured(
            backbone,
            network,
            attach(network.content, head.behind(network.shift)),
            resampled(found, area, self._job.seed),
            resampled(found, balanced_f1, self._job.seed),
            {
                "pictures": len(examples.truth),
                "parts": parts_by_class(examples),
                "folds": folds_of(examples),
                "escape_at_5_percent_overkill": escape_at(found, OVERKILL).to_json(),
                "logme": round(logme(examples.features[:, 0], examples.truth), 5),
                "features": int(examples.features.shape[-1]),
                "correlation": _correlation(head, network, examples),
            },
            _macs(backbone),
        )
        self._progress.step("probe", 2, 2)
        return measured

    def _table(self, measured: Sequence[Measured], refused: dict[str, str], absent: dict[str, str]) -> dict[str, Any]:
        """JSON values: docs/reference.md."""
        speeds = measure_together({one.backbone.name: one.content for one in measured}, THREADS)
        ranked = sorted(measured, key=lambda one: -one.area.value)
        best = ranked[0].area if ranked else None
        rows = [_row(one, speeds[one.backbone.name], best) for one in ranked]
        good_enough = [row for row in rows if not row["surely_worse"]]
        return {
            "recipe": self._recipe.name,
            "snapshot": self._snapshot.id,
            "seed": self._job.seed,
            "threads": THREADS,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "suggested": min(good_enough, key=lambda row: row["invoke_ms"])["backbone"] if good_enough else None,
            "ranked": rows,
            "not_ranked": [
                {"backbone": one.name, "reason": (refused | absent)[one.name], "missing": one.name in absent}
                for one in self._wanted
                if one.name in refused or one.name in absent
            ],
        }


def _row(one: Measured, speed: Speed, best: Figure | None) -> dict[str, Any]:
    backbone = one.backbone
    return {
        "backbone": backbone.name,
        "auroc": one.area.as_area(),
        "macro_f1": one.f1.to_json(),
        **one.figures,
        "surely_worse": best is not None and one.area.surely_below(best),
        "invoke_ms": speed.p50_ms,
        "invoke_p99_ms": speed.p99_ms,
        "size_bytes": len(one.content),
        "macs": one.macs,
        "quantisation": one.network.quantisation,
        "input_height": backbone.height,
        "input_width": backbone.width,
        "weights": backbone.source,
        "weights_licence": backbone.licence,
    }


def _correlation(head: Head, network: FeatureNetwork, examples: Examples) -> float:
    """Of the defect scores by Keras's features and by the file's, on the views that Keras has seen."""
    known = [place for place, digest in enumerate(examples.digests) if digest in network.reference]
    keras_features = np.stack([network.reference[examples.digests[place]] for place in known])
    expected = defect_scores(head.logits(keras_features))
    received = defect_scores(head.logits(examples.features[known, 0]))
    if min(expected.std(), received.std()) == 0.0:
        return 0.0
    return round(float(np.corrcoef(expected, received)[0, 1]), 5)


def _macs(backbone: Backbone) -> int:
    from models.export.conversion import cost  # TensorFlow takes seconds to load

    return cost(backbone)
