"""One training from its job to a verified model in its folder; everything that was learned before is reused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inspector import recipe as recipes
from inspector.domain import GOOD, ModelCard, Split
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.learning.trainer import FEATURES
from inspector.pipeline.classify import Classifier
from inspector.store.cards import CARD, MODEL, write_card
from inspector.store.disk import plainly
from models import adaptations, delivery
from models.adapted import Adapted
from models.adapted import load as load_adapted
from models.backbones import registry
from models.export.graph import attach
from models.export.mirroring import mirrored
from models.export.verification import Agreement, check_mean, compare
from models.foundation import Foundation
from models.job import Job
from models.learning import Learned, check_both_sides, gather, learn, unseen_scores
from models.network import THREADS, FeatureNetwork
from models.progress import Progress
from models.views import Views


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A model file under its draft card, ready to classify."""

    content: bytes
    card: ModelCard
    classifier: Classifier


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """What was learned on a network, the file that it made, and how far that agrees with Keras."""

    network: FeatureNetwork
    learned: Learned
    file: Loaded
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

    def run(self) -> Path:
        """Train, verify, and only then fill the output folder, which is returned."""
        with delivery.staging(self._job.output) as staging:
            adapted, words = self._adapted()
            foundation = self._foundation(adapted)
            candidate = self._candidate(foundation, staging)
            golden = self._snapshot.only(Split.GOLDEN)
            rows = delivery.golden(golden, self._views, candidate.file.classifier, self._progress)
            card = replace(
                candidate.file.card,
                results=candidate.learned.results | self._origin(candidate, adapted, words) | {"golden": rows},
                receipt=self._receipt(candidate),
            )
            if adapted and words:
                adapted.save(staging)
            with plainly(staging):
                write_card(card, staging / CARD)
        if words:
            adaptations.clear(self._job.cache, self._recipe.name)
        return self._job.output

    def _foundation(self, adapted: Adapted | None) -> Foundation:
        job = self._job
        return Foundation(
            self._backbone, job.weights, self._recipe, self._entries, self._views, job.cache, self._progress, adapted
        )

    def _adapted(self) -> tuple[Adapted | None, dict[str, Any]]:
        """The adapted network to build on, where there is one; and what there is to say of an adaptation made now."""
        if self._job.mode == FEATURES:
            return load_adapted(self._job.adapted) if self._job.adapted else None, {}
        from models.adaptation.adaptation import Adaptation  # TensorFlow takes seconds to load
        from models.adaptation.course import Course

        job, how = self._job, self._job.augmentation
        found = [entry for entry in self._entries if self._views.get(entry.digest)]
        what = (job.backbone, job.weights, job.mode, job.seed, how, *found)
        place = adaptations.place_of(job.cache, self._recipe, *what)
        course = Course(job.tensorboard)
        adaptation = Adaptation(job.mode, self._backbone, job.weights, self._views, place, self._progress, course)
        blank = {entry.digest: np.zeros((1, 1), np.float32) for entry in self._entries}
        masks = {entry.digest: entry.mask for entry in found if entry.mask and entry.defect_class != GOOD}
        return adaptation.run(gather(found, blank, np.zeros(1, np.float32)), masks, how, job.seed)

    def _origin(self, candidate: Candidate, adapted: Adapted | None, words: dict[str, Any]) -> dict[str, Any]:
        """How the network came about: JSON values for the card. adapted_by: the version whose folder holds it."""
        mode = self._job.mode if adapted and words else FEATURES
        by = None
        if adapted:
            by = candidate.file.card.id if words else self._job.adapted.name if self._job.adapted else None
        return {"mode": mode, "adapted_by": by} | ({"adaptation": words} if words else {})

    def _candidate(self, foundation: Foundation, staging: Path) -> Candidate:
        """On the kept network; on a new one where that does not fit the parts of today; in float as the last resort."""
        words = ""
        for network in foundation.networks():
            candidate = self._verified(self._learn(foundation, network), foundation, network, staging)
            if candidate.agreement.holds:
                return candidate
            words = str(candidate.agreement)
        raise TrainingError(f"the exported model was refused: {words}; nothing was changed; try another backbone")

    def _learn(self, foundation: Foundation, network: FeatureNetwork) -> Learned:
        examples = replace(foundation.examples(network), looks=self._job.looks)
        learned = learn(examples, self._job.seed, self._progress)
        left_out = len(self._entries) - len(examples.truth)
        return replace(learned, results=learned.results | {"not_located": left_out})

    def _verified(self, learned: Learned, foundation: Foundation, network: FeatureNetwork, staging: Path) -> Candidate:
        """The file of one look is held against Keras; that of more, against the mean of the first."""
        self._progress.step("verification", 0, 1)
        head = learned.head.behind(network.shift)
        single = self._loaded(attach(network.content, head), network, learned, staging)
        drawn = ((digest, self._views.get(digest)) for digest in foundation.reference(network))
        views = {digest: view for digest, view in drawn if view}
        unseen = unseen_scores(learned.results)
        agreement = compare(single.classifier, views, network.reference, learned.head, learned.limits, unseen)
        if self._job.looks == 1:
            file = single
        else:
            file = self._loaded(attach(mirrored(network.content), head), network, learned, staging)
            check_mean(file.classifier, single.classifier, list(views.values()))
        self._progress.step("verification", 1, 1)
        return Candidate(network, learned, file, agreement)

    def _loaded(self, content: bytes, network: FeatureNetwork, learned: Learned, staging: Path) -> Loaded:
        with plainly(staging):
            (staging / MODEL).write_bytes(content)
        what = self._job, self._recipe, self._snapshot, self._backbone, network
        card = delivery.draft(*what, learned.classes, learned.limits, content)
        return Loaded(content, card, Classifier(staging / MODEL, card, THREADS))

    def _receipt(self, candidate: Candidate) -> dict[str, Any]:
        looks, network = self._job.looks, candidate.network
        return delivery.receipt(candidate.file.content, network, looks, candidate.agreement, self._backbone)
