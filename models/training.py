"""One training from its job to a verified model in its folder; everything that was learned before is reused."""

from __future__ import annotations

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
from models.backbones import registry
from models.export.graph import attach
from models.export.verification import Agreement, compare
from models.foundation import Foundation
from models.job import Job
from models.learning import Learned, check_both_sides, learn
from models.network import THREADS, FeatureNetwork
from models.progress import Progress
from models.views import Views


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
        self._foundation = Foundation(
            self._backbone, job.weights, self._recipe, self._entries, self._views, job.cache, progress
        )

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
        for network in self._foundation.networks():
            candidate = self._verified(self._learn(network), network, staging)
            if candidate.agreement.holds:
                return candidate
            words = str(candidate.agreement)
        raise TrainingError(f"the exported model was refused: {words}; nothing was changed; try another backbone")

    def _learn(self, network: FeatureNetwork) -> Learned:
        examples = self._foundation.examples(network)
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
        drawn = ((digest, self._views.get(digest)) for digest in self._foundation.reference(network))
        views = {digest: view for digest, view in drawn if view}
        agreement = compare(classifier, views, network.reference, learned.head, learned.limits)
        self._progress.step("verification", 1, 1)
        return Candidate(network, learned, content, card, classifier, agreement)
