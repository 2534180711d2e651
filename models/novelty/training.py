"""One training from good parts alone, from its job to a verified model in its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inspector import recipe as recipes
from inspector.domain import GOOD, UNLIKE, Decision, Floats, ModelCard, SnapshotEntry, Split, View
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.metrics import Outcome, by_part, decision_rate, overkill_rate, to_json
from inspector.pipeline.classify import Classifier
from inspector.pipeline.judge import decide
from inspector.recipe import Limits
from inspector.store.cards import CARD, MODEL, write_card
from inspector.store.disk import plainly
from models import delivery
from models.backbones import registry
from models.export.verification import Agreement, agreement_of
from models.figures import figures, score_of, suggest
from models.foundation import Foundation
from models.job import Job
from models.network import THREADS, FeatureNetwork
from models.novelty.drawing import drawn
from models.novelty.graph import attach_novelty
from models.novelty.learning import Taught, check_parts, limits_of, teach
from models.novelty.novelty import Novelty
from models.novelty.sightings import Seer, look, smoothed, summary_of
from models.progress import Progress
from models.views import Views, draw

SIDE = 320  # pixels of a view: what is small and strange needs more than a class does (docs/decisions/novelty.md)
MOST_PICTURES = 800  # that are learned from, taken evenly: more cost time and memory and find no more
REFERENCE_VIEWS = 40
_HELD_AGAINST = 8  # good parts, each also with a synthetic defect, to see whether the file says what Keras says
_SAME_SCORE = 0.02  # deviations: sums in another order


@dataclass(frozen=True, slots=True, eq=False)
class _Good:
    """The pictures of good parts in which the part is found, and their views, in the same order."""

    entries: tuple[SnapshotEntry, ...]
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """A model file under its draft card, ready to classify, with what it was made of."""

    content: bytes
    card: ModelCard
    classifier: Classifier
    results: dict[str, Any]
    agreement: Agreement
    network: FeatureNetwork


class NoveltyTraining:
    """One job under way. `run` raises InspectorError, and then the output folder is as it was."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self._job, self._progress = job, progress
        self._recipe = recipes.load(job.recipe)
        self._snapshot = snapshots.load(job.snapshot)
        self._backbone = replace(registry.find(job.backbone), height=SIDE, width=SIDE)
        self._views = Views(job.images, self._recipe, job.template, SIDE, SIDE)
        entries = self._snapshot.only(Split.TRAIN)
        self._asked = draw([entry for entry in entries if entry.defect_class == GOOD], MOST_PICTURES)
        self._defects = [entry for entry in entries if entry.defect_class != GOOD]

    def run(self) -> Path:
        """Train, verify, and only then fill the output folder, which is returned."""
        found = [(entry, view) for entry in self._asked if (view := self._views.get(entry.digest))]
        good = _Good(tuple(entry for entry, _ in found), tuple(view for _, view in found))
        check_parts(len({entry.part for entry in good.entries}), len(good.entries))
        with delivery.staging(self._job.output) as staging:
            model = self._model(good, staging)
            golden = self._snapshot.only(Split.GOLDEN)
            rows = delivery.golden(golden, self._views, model.classifier, self._progress)
            receipt = delivery.receipt(model.content, model.network, 1, model.agreement, self._backbone)
            with plainly(staging):
                write_card(
                    replace(model.card, results=model.results | {"golden": rows}, receipt=receipt), staging / CARD
                )
        return self._job.output

    def _model(self, good: _Good, staging: Path) -> _Model:
        """In 8 bits, and in float as the last resort."""
        words = ""
        for network in self._foundation().networks():
            model = self._taught(network, good, staging)
            if model.agreement.holds:
                return model
            words = str(model.agreement)
        raise TrainingError(f"the exported model was refused: {words}; nothing was changed; try another backbone")

    def _foundation(self) -> Foundation:
        job = self._job
        what = self._backbone, job.weights, self._recipe, self._asked, self._views, job.cache, self._progress
        return Foundation(*what, reference_views=REFERENCE_VIEWS, with_float=False)

    def _taught(self, network: FeatureNetwork, good: _Good, staging: Path) -> _Model:
        seer = Seer(network.content, self._backbone)
        pixels, parts = [view.pixels for view in good.views], [entry.part for entry in good.entries]
        seen, directions = look(
            seer, pixels, parts, self._job.seed, lambda done, total: self._progress.step("features", done, total)
        )
        taught = teach(seen, directions, self._job.seed, self._progress)
        content = attach_novelty(network.content, taught.novelty)
        outcomes = self._left_out(taught, good, seer)
        limits = self._limits(outcomes)
        with plainly(staging):
            (staging / MODEL).write_bytes(content)
        what = self._job, self._recipe, self._snapshot, self._backbone, network
        card = delivery.draft(*what, (GOOD, UNLIKE), limits, content)
        classifier = Classifier(staging / MODEL, card, THREADS)
        results = self._results(taught, good, outcomes, limits)
        agreement = self._verified(taught, classifier, network, good, limits)
        return _Model(content, card, classifier, results, agreement, network)

    def _left_out(self, taught: Taught, good: _Good, seer: Seer) -> dict[str, Outcome]:
        """By digest, what was said of each learned picture by a novelty that had not seen its part, and of each
        picture of a defect by the finished one, which has seen none. The decisions are made later."""
        suspects = set(taught.suspects.tolist())
        said = {
            entry.digest: Outcome(entry.part, GOOD, Decision.OK, float(score), UNLIKE)
            for place, (entry, score) in enumerate(zip(good.entries, taught.scores, strict=True))
            if place not in suspects
        }
        for entry in self._defects:
            view = self._views.get(entry.digest)
            if view is not None:
                score = _score(taught.novelty, seer, view)
                said[entry.digest] = Outcome(entry.part, entry.defect_class, Decision.OK, score, UNLIKE)
        return said

    def _limits(self, outcomes: Mapping[str, Outcome]) -> Limits:
        """From good parts alone while no defect is known; with some, the usual choice between the two sides."""
        if any(one.defective for one in outcomes.values()):
            return suggest(list(outcomes.values()))
        return limits_of(np.array([score_of(part) for part in by_part(outcomes.values())]))

    def _results(self, taught: Taught, good: _Good, outcomes: Mapping[str, Outcome], limits: Limits) -> dict[str, Any]:
        judged = {digest: replace(one, decision=decide(score_of(one), limits)) for digest, one in outcomes.items()}
        parts = by_part(judged.values())
        rates = to_json({"overkill_rate": overkill_rate(parts), "recheck_rate": decision_rate(parts, Decision.RECHECK)})
        return {
            "mode": self._job.mode,
            "looks": 1,
            "pictures": len(good.entries) - len(taught.suspects),
            "parts": {GOOD: sum(not part.defective for part in parts)},
            "folds": taught.folds,
            "split_by_part": figures(list(judged.values())) if any(part.defective for part in parts) else rates,
            "synthetic_auroc": round(taught.synthetic_auroc, 4),
            "places_remembered": len(taught.novelty.memory.centres),
            "not_located": len(self._asked) - len(good.entries),
            "suspects": [_suspect(good.entries[place], float(taught.scores[place])) for place in taught.suspects],
            "other_group": sorted({good.entries[place].part for place in taught.others}),
            "validation": [_row(digest, one) for digest, one in outcomes.items()],
        }

    def _verified(
        self,
        taught: Taught,
        classifier: Classifier,
        network: FeatureNetwork,
        good: _Good,
        limits: Limits,
    ) -> Agreement:
        """The file against the same arithmetic on what Keras sees. Raises TrainingError where its own graph differs."""
        from models.export.conversion import KerasNetwork  # TensorFlow takes seconds to load

        self._progress.step("verification", 0, 1)
        weights = self._backbone.find_weights(self._job.weights)
        keras = KerasNetwork(self._backbone, weights, self._job.weights is None, SIDE, SIDE)
        views = self._held_against(good)
        maps = zip(*keras.maps([view.pixels for view in views]), strict=True)
        expected = np.array([taught.novelty.score(summary_of(one), smoothed(one[0])) for one in maps])
        received = np.array([classifier.classify(view).defect for view in views])
        self._check_graph(taught.novelty, Seer(network.content, self._backbone), views, received)
        self._progress.step("verification", 1, 1)
        return agreement_of(expected, received, limits, [float(score) for score in taught.scores])

    def _held_against(self, good: _Good) -> list[View]:
        """Some good parts as they are, and with synthetic defects: among good parts alone scores hardly differ."""
        few, rng = good.views[:_HELD_AGAINST], np.random.default_rng(self._job.seed)
        return [*few, *(replace(view, pixels=drawn(view.pixels, few[0].pixels, rng)) for view in few)]

    def _check_graph(self, novelty: Novelty, seer: Seer, views: Sequence[View], received: Floats) -> None:
        apart = [abs(_score(novelty, seer, view) - score) for view, score in zip(views, received, strict=True)]
        if max(apart, default=0.0) > _SAME_SCORE:
            raise TrainingError(
                f"the file's scores are off by {max(apart):.4f} deviations (at most {_SAME_SCORE} expected): this PC's "
                "inference library does not do what it should; nothing was changed"
            )


def _score(novelty: Novelty, seer: Seer, view: View) -> float:
    summary, places = seer.see(view.pixels)
    return novelty.score(summary, places[np.newaxis])


def _suspect(entry: SnapshotEntry, score: float) -> dict[str, Any]:
    return {"digest": entry.digest, "part": entry.part, "score": round(score, 3)}


def _row(digest: str, one: Outcome) -> dict[str, Any]:
    """In the same words as of any other model."""
    return {
        "digest": digest,
        "part": one.part,
        "defect_class": one.defect_class,
        "score": one.score,
        "leading_defect": UNLIKE,
        "named_margin": 0.0,
    }
