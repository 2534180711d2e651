"""One training from its job to a verified model in its folder; everything that was learned before is reused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from inspector import recipe as recipes
from inspector.domain import ModelCard, Split
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.pipeline.classify import Classifier
from inspector.store.cards import CARD, MODEL, write_card
from inspector.store.disk import plainly
from models import delivery
from models import network as networks
from models.backbones import registry
from models.export.graph import attach
from models.export.verification import Agreement, compare
from models.features import FeatureCache, collect
from models.job import Job
from models.learning import Learned, check_both_sides, gather, learn
from models.network import THREADS, Extractor, FeatureNetwork
from models.progress import Progress
from models.views import Views, draw

CALIBRATION_VIEWS = 100
REFERENCE_VIEWS = 200
QUANTISATIONS = ("int8", "float16")  # the second only where the first is refused


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model file under its draft card, and how far it agrees with Keras."""

    network: FeatureNetwork
    learned: Learned
    content: bytes
    card: ModelCard
    classifier: Classifier
    agreement: Agreement


class Training:
    """One job under way. Every method raises InspectorError, and then the output folder is as it was."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self._job = job
        self._progress = progress
        self._recipe = recipes.load(job.recipe)
        self._snapshot = snapshots.load(job.snapshot)
        self._entries = self._snapshot.only(Split.TRAIN)
        check_both_sides(self._entries)
        self._backbone = registry.find(job.backbone)
        height, width = self._backbone.height, self._backbone.width
        self._views = Views(job.images, self._recipe, job.template, height, width)
        weights = registry.digest(self._backbone.find_weights(job.weights))
        levels = " ".join(self._backbone.levels)
        key = f"{self._backbone.name} {weights} {height} {width} {levels} {self._recipe.view_id}"
        self._folder = job.cache / "networks" / f"{self._recipe.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"

    def run(self) -> Path:
        """Train, verify, and only then fill the output folder, which is returned."""
        with delivery.staging(self._job.output) as staging:
            candidate = self._candidate(staging)
            golden = self._snapshot.only(Split.GOLDEN)
            rows = delivery.golden(golden, self._views, candidate.classifier, self._progress)
            card = replace(
                candidate.card,
                results=candidate.learned.results | {"golden": rows},
                receipt=delivery.receipt(candidate.content, candidate.network, candidate.agreement, self._backbone),
            )
            with plainly(staging):
                write_card(card, staging / CARD)
        return self._job.output

    def _candidate(self, staging: Path) -> Candidate:
        """On the kept network; on a new one where that does not fit the parts of today; in float as the last resort."""
        words = ""
        for network in self._networks():
            candidate = self._verified(self._learn(network), network, staging)
            if candidate.agreement.holds:
                return candidate
            words = str(candidate.agreement)
        raise TrainingError(f"the exported model was refused: {words}; nothing was changed; try another backbone")

    def _networks(self) -> Iterator[FeatureNetwork]:
        kept = networks.load(self._folder)
        wanted = min(REFERENCE_VIEWS, len(self._entries))
        if kept is not None and 2 * len(self._reference(kept)) >= wanted:
            yield kept
        for quantisation in QUANTISATIONS:
            yield self._build(quantisation)

    def _reference(self, network: FeatureNetwork) -> list[str]:
        """Digests of today's pictures that Keras has seen: what the exported file can be held against."""
        return [entry.digest for entry in self._entries if entry.digest in network.reference]

    def _build(self, quantisation: str) -> FeatureNetwork:
        self._progress.step("network", 0, networks.STEPS)
        drawn = ((entry.digest, self._views.get(entry.digest)) for entry in draw(self._entries, REFERENCE_VIEWS))
        found = {digest: view.pixels for digest, view in drawn if view}
        if not found:
            raise TrainingError(
                f"recipe {self._recipe.name}: the part is found in none of the pictures; check its ROI and its template"
            )
        calibration = list(found)[:CALIBRATION_VIEWS]
        on_step = self._on_step
        network = networks.build(self._backbone, self._job.weights, quantisation, found, calibration, on_step)
        networks.save(network, self._folder)
        return network

    def _on_step(self, done: int) -> None:
        self._progress.step("network", done, networks.STEPS)

    def _learn(self, network: FeatureNetwork) -> Learned:
        features = collect(
            [entry.digest for entry in self._entries],
            FeatureCache(self._folder / network.id, len(network.shift)),
            self._views,
            lambda: Extractor(network.content, network.shift, self._backbone),
            lambda done, total: self._progress.step("features", done, total),
        )
        examples = gather(self._entries, features, network.noise)
        learned = learn(examples, self._job.seed, self._progress)
        left_out = len(self._entries) - len(examples.truth)
        return replace(learned, results=learned.results | {"not_located": left_out})

    def _verified(self, learned: Learned, network: FeatureNetwork, staging: Path) -> Candidate:
        self._progress.step("verification", 0, 1)
        content = attach(network.content, learned.head.behind(network.shift))
        with plainly(staging):
            (staging / MODEL).write_bytes(content)
        card = delivery.draft(self._job, self._recipe, self._snapshot, self._backbone, network, learned, content)
        classifier = Classifier(staging / MODEL, card, THREADS)
        drawn = ((digest, self._views.get(digest)) for digest in self._reference(network))
        views = {digest: view for digest, view in drawn if view}
        agreement = compare(classifier, views, network.reference, learned.head, learned.limits)
        self._progress.step("verification", 1, 1)
        return Candidate(network, learned, content, card, classifier, agreement)
