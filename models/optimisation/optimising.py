"""One optimisation from its job to a table of measured variants, and the best of them as a model of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.optimisation.twin import Twin, prove_equal  # isort: skip  (decides which Keras TensorFlow has)

import numpy as np

from inspector.domain import ModelCard
from inspector.errors import TrainingError
from inspector.learning.validation import validation_of
from inspector.pipeline.classify import Classifier
from inspector.store.cards import CARD, MODEL, version_id, write_card
from inspector.store.disk import plainly
from models import delivery
from models.adapted import load as load_adapted
from models.export.graph import attach, head_of
from models.export.lite import AWARE, FLOAT32, SPARSE, convert
from models.export.lite import DYNAMIC as DYNAMIC_RANGE
from models.export.mirroring import mirrored
from models.export.speed import measure_together
from models.export.verification import Agreement, compare
from models.head import Head
from models.network import THREADS, Extractor
from models.optimisation.choosing import Seen, Variant, choose, measured
from models.optimisation.distilling import distil
from models.optimisation.job import DYNAMIC, FLOAT, INT8, PRUNED, QAT, OptimisationJob
from models.optimisation.origin import read_origin
from models.optimisation.pruning import prunable, stripped
from models.optimisation.quantising import aware, fix_input_range
from models.progress import Progress

TABLE, WINNER = "variants.json", "model"
CALIBRATION_VIEWS = 100
# About how many seconds each step takes: only to foretell the end.
PLANNED_S = {"network": 6.0, FLOAT: 5.0, DYNAMIC: 5.0, QAT: 90.0, PRUNED: 60.0, "measuring": 10.0, "golden": 2.0}
QAT_RATE, PRUNING_RATE = 1e-4, 3e-4
QUANTISATION = {FLOAT: FLOAT32, DYNAMIC: "dynamic", QAT: "int8-qat", PRUNED: "float32-pruned"}


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A variant: its feature network, and the head on what that gives."""

    network: bytes
    head: Head
    quantisation: str

    def file(self, looks: int = 1) -> bytes:
        return attach(self.network if looks == 1 else mirrored(self.network), self.head)


class Optimisation:
    """One job under way. Every method raises InspectorError, and then the output folder is as it was."""

    def __init__(self, job: OptimisationJob, progress: Progress) -> None:
        self._job = job
        self._progress = progress
        progress.plan = PLANNED_S
        self._origin = read_origin(job)

    def run(self) -> Path:
        """The output folder: the table, and beside it the winner's model where that is not the model as it is."""
        origin, job = self._origin, self._job
        twin, difference = self._twin()
        made, refused = self._make(twin)
        with delivery.staging(job.output) as staging:
            variants = [*self._measure(made, staging), *refused]
            winner = choose(variants, job.max_drop, origin.present)
            table = {
                "model": origin.card.id,
                "winner": winner.name if winner else None,
                "max_drop": job.max_drop,
                "twin_difference": difference,
                "variants": [variant.to_json(job.max_drop) for variant in variants],
            }
            with plainly(staging):
                (staging / TABLE).write_text(json.dumps(table, indent=1), encoding="utf-8")
            if winner is not None and winner.name != origin.present:
                self._deliver(staging / WINNER, winner, made[winner.name], table)
        return job.output

    def _twin(self) -> tuple[Twin, float]:
        """The float network on tf_keras, proven to be the one that was trained."""
        origin, job = self._origin, self._job
        self._progress.step("network", 0, 1)
        weights = origin.backbone.find_weights(job.weights)
        adapted = load_adapted(job.adapted).weights if job.adapted else None
        twin = Twin(origin.backbone, weights, job.weights is None, job.seed, adapted)
        views = {digest: view.pixels for digest, view in origin.learned.items()}
        difference = prove_equal(twin, views, origin.network.reference)
        self._progress.step("network", 1, 1)
        return twin, difference

    def _make(self, twin: Twin) -> tuple[dict[str, Made], list[Variant]]:
        """The float file is always there: it is what the others are held against."""
        origin = self._origin
        ways: dict[str, Callable[[Twin], bytes]] = {
            FLOAT: lambda twin: convert(twin.maps, twin.shape, FLOAT32),
            DYNAMIC: lambda twin: convert(twin.maps, twin.shape, DYNAMIC_RANGE),
            QAT: self._aware,
            PRUNED: self._pruned,
        }
        made = {INT8: Made(origin.network.content, head_of(origin.content), origin.card.quantisation)}
        refused = []
        for name, way in ways.items():
            if name != FLOAT and name not in self._job.variants:
                continue
            self._progress.step(name, 0, 1)
            try:
                made[name] = self._complete(way(twin), QUANTISATION[name])
            except TrainingError as error:
                refused.append(Variant(name, QUANTISATION[name], refusal=str(error)))
            self._progress.step(name, 1, 1)
        return made, refused

    def _complete(self, network: bytes, quantisation: str) -> Made:
        """With the head behind it, and what the network is off on average taken out of that."""
        origin = self._origin
        nothing = np.zeros_like(origin.network.shift)
        extractor = Extractor(network, nothing, origin.backbone)
        learned = origin.learned
        received = np.stack([extractor.features(view.pixels) for view in learned.values()])
        expected = np.stack([origin.network.reference[digest] for digest in learned])
        return Made(network, origin.head.behind((expected - received).mean(axis=0)), quantisation)

    def _aware(self, twin: Twin) -> bytes:
        views = [view.pixels for view in self._origin.learned.values()]
        network = aware(twin, views[:CALIBRATION_VIEWS])
        self._distil(network, twin, QAT, QAT_RATE)
        fix_input_range(network, twin.backbone)
        return convert(network, twin.shape, AWARE)

    def _pruned(self, twin: Twin) -> bytes:
        network = prunable(twin, self._job.steps)
        self._distil(network, twin, PRUNED, PRUNING_RATE)
        return convert(stripped(network), twin.shape, SPARSE)

    def _distil(self, network: Any, twin: Twin, name: str, rate: float) -> None:
        origin, job = self._origin, self._job
        distil(
            network,
            twin,
            origin.head,
            [view.pixels for view in origin.learned.values()],
            steps=job.steps,
            rate=rate,
            seed=job.seed,
            on_step=lambda step: self._progress.step(name, step, max(1, job.steps)),
        )

    def _measure(self, made: dict[str, Made], staging: Path) -> list[Variant]:
        """Each file through the station's own classifier on the same views, and all of them timed in turns."""
        self._progress.step("measuring", 0, len(made))
        contents = {name: one.file(self._origin.looks) for name, one in made.items()}
        speeds = measure_together(contents, THREADS)
        files = {name: self._classifier(content, staging) for name, content in contents.items()}
        before = self._seen(files[FLOAT])
        variants = []
        for done, (name, one) in enumerate(made.items(), start=1):
            agreement = self._agreement(one, files[name], staging)
            after = self._seen(files[name])
            size, limits = len(contents[name]), self._origin.limits
            variants.append(measured(name, one.quantisation, size, speeds[name], agreement, before, after, limits))
            self._progress.step("measuring", done, len(made))
        return variants

    def _agreement(self, one: Made, file: Classifier, staging: Path) -> Agreement:
        """With one look: that is what Keras was asked for."""
        origin = self._origin
        single = file if origin.looks == 1 else self._classifier(one.file(), staging)
        unseen = [one.score for one in validation_of(origin.card).values() if one.score is not None]
        return compare(single, origin.learned, origin.network.reference, origin.head, origin.limits, unseen)

    def _classifier(self, content: bytes, staging: Path) -> Classifier:
        file = staging / "variant.tflite"
        with plainly(file):
            file.write_bytes(content)
        classifier = Classifier(file, self._origin.card, THREADS)
        file.unlink()
        return classifier

    def _seen(self, file: Classifier) -> list[Seen]:
        views = self._origin.views
        return [Seen(entry, file.classify(views[entry.digest]).defect) for entry in self._origin.entries]

    def _deliver(self, folder: Path, winner: Variant, made: Made, table: dict[str, Any]) -> None:
        card = self._card(winner, made)
        with plainly(folder):
            folder.mkdir()
            (folder / MODEL).write_bytes(made.file(self._origin.looks))
        classifier = Classifier(folder / MODEL, card, THREADS)
        rows = delivery.golden(self._origin.golden, self._origin.views, classifier, self._progress)
        with plainly(folder):
            receipt = card.receipt | {"variants": table["variants"]}
            write_card(replace(card, results=card.results | {"golden": rows}, receipt=receipt), folder / CARD)

    def _card(self, winner: Variant, made: Made) -> ModelCard:
        """The original's card with what is the variant's own."""
        assert winner.speed is not None and winner.agreement is not None
        origin, digest = self._origin.card, hashlib.sha256(made.file(self._origin.looks)).hexdigest()
        receipt = {key: value for key, value in winner.to_json(self._job.max_drop).items() if key in origin.receipt}
        return replace(
            origin,
            id=version_id(self._job.number, digest),
            number=self._job.number,
            parent=origin.id,
            quantisation=made.quantisation,
            created_at=datetime.now(UTC),
            model_digest=digest,
            receipt=origin.receipt | receipt,
        )
