"""One training from good parts alone, from its job to a verified model in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inspector import recipe as recipes
from inspector.domain import GOOD, ONE_TILE, Decision, Floats, ModelCard, SnapshotEntry, Split, Tiles, View
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.learning.operating_point import NO_EXPERIENCE
from inspector.metrics import by_part, decision_rate, overkill_rate, to_json
from inspector.pipeline.classify import Classifier
from inspector.pipeline.tiles import worst
from inspector.recipe import Limits
from inspector.store.cards import CARD, MODEL, write_card
from inspector.store.disk import plainly
from models import delivery
from models.backbones import registry
from models.crossvalidation import Examples
from models.export.verification import Agreement, agreement_of
from models.figures import figures, outcomes, parts_by_class
from models.foundation import Foundation
from models.head import defect_scores, fitting
from models.job import Job
from models.learning import validation_rows
from models.network import THREADS, FeatureNetwork
from models.novelty.drawing import drawn
from models.novelty.graph import attach_novelty
from models.novelty.in_float import write_in_float
from models.novelty.learning import Taught, careful_limits, check_parts, teach
from models.novelty.material import Material
from models.novelty.model import Model
from models.novelty.novelty import Scores
from models.novelty.places import Budget, Places
from models.novelty.seer import Seer
from models.novelty.sight import Sight
from models.novelty.sightings import NONE_LABELLED, Directions, Labelled, look, look_at_defects
from models.novelty.tiles import SIDE, PieceViews, affordable, layout_of, pieces_of, resolution, shown_in
from models.progress import Progress
from models.views import Views

REFERENCE_VIEWS = 40
_HELD_AGAINST = 8  # good parts, each also with a synthetic defect, to see whether the file says what Keras says
_BATCH = 3 * _HELD_AGAINST  # pieces that Keras sees at a time: of one tile, all of them
_SAME_SCORE = 0.02  # deviations: sums in another order


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A model file under its draft card, ready to classify, with what it was made of."""

    content: bytes
    card: ModelCard
    classifier: Classifier
    results: dict[str, Any]
    agreement: Agreement
    network: FeatureNetwork
    taught: Taught


class NoveltyTraining:
    """One job under way. `run` raises InspectorError, and then the output folder is as it was."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self._job, self._progress = job, progress
        self._recipe = recipes.load(job.recipe)
        self._snapshot = snapshots.load(job.snapshot)
        self._backbone = replace(registry.find(job.backbone), height=SIDE, width=SIDE)
        self._layout = layout_of(job.tiles or self._affordable())
        self._views = self._views_of(self._layout.height, self._layout.width)
        self._material = Material.of(self._snapshot.only(Split.TRAIN), self._views, self._layout, job.turned_deg)

    def _views_of(self, height: int, width: int) -> Views:
        return Views(self._job.images, self._recipe, self._job.template, height, width)

    def _affordable(self) -> Tiles:
        views = self._views_of(SIDE, SIDE)
        good = [entry for entry in self._snapshot.only(Split.TRAIN) if entry.defect_class == GOOD]
        return affordable(views, good, self._job.budget_ms, lambda: self._foundation(good, views).networks())

    def run(self) -> Path:
        """Train, verify, and only then fill the output folder, which is returned."""
        good = self._material.good
        check_parts(len(set(good.parts)), len(good.parts), good.asked - len(good.parts))
        with delivery.staging(self._job.output) as staging:
            model = self._model(staging)
            golden = self._snapshot.only(Split.GOLDEN)
            rows = delivery.golden(golden, self._views, model.classifier, self._progress)
            if self._job.float_model:
                write_in_float(self._job.float_model, self._backbone, self._job.weights, model.taught.model)
            what_it_is = model.content, model.network, 1, model.agreement, self._backbone
            receipt = delivery.receipt(*what_it_is, invokes=self._layout.tiles.pieces)
            with plainly(staging):
                write_card(
                    replace(model.card, results=model.results | {"golden": rows}, receipt=receipt), staging / CARD
                )
        return self._job.output

    def _model(self, staging: Path) -> _Made:
        """In 8 bits, and in float as the last resort."""
        words = ""
        for network in self._own_foundation().networks():
            model = self._taught(network, staging)
            if model.agreement.holds:
                return model
            words = str(model.agreement)
        raise TrainingError(f"the exported model was refused: {words}; nothing was changed; try another backbone")

    def _own_foundation(self) -> Foundation:
        """On tiles, where the network is shown tiles."""
        good, layout, job = self._material.good.entries, self._layout, self._job
        if layout.tiles == ONE_TILE:
            return self._foundation(good, self._views)
        cut = f" {layout.tiles} {layout.height} {layout.width}"
        return self._foundation(good, PieceViews(job.images, self._recipe, job.template, layout), cut)

    def _foundation(self, good: Sequence[SnapshotEntry], views: Views, cut: str = "") -> Foundation:
        job = self._job
        what = self._backbone, job.weights, self._recipe, good, views, job.cache, self._progress
        return Foundation(*what, reference_views=REFERENCE_VIEWS, with_float=False, cut=cut)

    def _taught(self, network: FeatureNetwork, staging: Path) -> _Made:
        seer = Seer(network.content, self._backbone)
        budget = Budget(self._job.budget_ms, self._job.memory_mb)
        places = Places.within(budget, network.content, seer, self._layout.tiles.pieces)
        taught = self._teach(seer, places)
        content = attach_novelty(network.content, taught.model)
        examples, logits = self._material.left_out(taught)
        limits = careful_limits(outcomes(examples, logits, NO_EXPERIENCE))
        with plainly(staging):
            (staging / MODEL).write_bytes(content)
        what = self._job, self._recipe, self._snapshot, self._backbone, network
        card = replace(
            delivery.draft(*what, self._material.classes, limits, content),
            input_height=self._layout.height,
            input_width=self._layout.width,
            tiles=self._layout.tiles,
        )
        classifier = Classifier(staging / MODEL, card, THREADS)
        results = self._results(taught, places) | _figures(examples, logits, limits)
        agreement = self._verified(taught, classifier, network, limits)
        return _Made(content, card, classifier, results, agreement, network, taught)

    def _teach(self, seer: Seer, places: Places) -> Taught:
        good, progress = self._material.good, self._progress
        what = seer, good.pieces, good.of_pieces(good.parts), self._job.seed
        with fitting():  # the products between two invokes, too: LiteRT's threads and theirs would wait for each other
            shown = self._layout.tiles.pieces, good.turns
            seen, directions = look(*what, lambda done, total: progress.step("features", done, total), *shown)
            defects = self._defects(seer, directions)
        confirmed = [entry.confirmed for entry in good.entries]
        seen = replace(seen, labelled=defects)
        return teach(seen, directions, self._job.seed, progress, confirmed, places.count)

    def _defects(self, seer: Seer, directions: Directions) -> Labelled:
        """With the pieces that show them."""
        labelled, layout = self._material.labelled, self._layout
        if not labelled.entries:
            return NONE_LABELLED
        truth = [place - 1 for place in self._material.truth[len(self._material.good.parts) :]]
        both = zip(labelled.of_views, labelled.views, strict=True)
        masks = [self._views.mask(entry.mask, view) if entry.mask else None for entry, view in both]
        marked = [piece for mask in masks for piece in pieces_of(mask, layout)]
        named = labelled.of_pieces(labelled.parts), labelled.of_pieces(truth)
        defects = look_at_defects(seer, labelled.pieces, *named, directions, marked)
        return replace(defects, shows=np.concatenate([shown_in(mask, layout) for mask in masks]))

    def _results(self, taught: Taught, places: Places) -> dict[str, Any]:
        good = self._material.good
        return {
            "mode": self._job.mode,
            "looks": 1,
            "folds": taught.folds,
            "synthetic_auroc": round(taught.synthetic_auroc, 4),
            "places_remembered": (remembered := len(taught.model.novelty.memory.centres)),
            "memory": places.at_most(remembered).to_json(),
            "not_located": self._material.not_located,
            "picture_sizes": self._views.sizes(self._material.entries),
            "suspects": [_suspect(good.entries[place], float(taught.scores[place])) for place in taught.suspects],
            "other_group": sorted({good.parts[place] for place in taught.others}),
            **self._in_tiles(),
            **({"turned_deg": self._job.turned_deg, "turned_copies": good.turns - 1} if good.turns > 1 else {}),
        }

    def _in_tiles(self) -> dict[str, Any]:
        """Of a model that looks at a part in tiles, what a person should know of it."""
        if self._layout.tiles == ONE_TILE:
            return {}
        boxes = [view.box for view in self._material.good.views]
        return {
            "resolution": round(resolution(self._layout, boxes), 3),
            "unmarked": sum(not entry.mask for entry in self._material.labelled.entries),
        }

    def _verified(self, taught: Taught, classifier: Classifier, network: FeatureNetwork, limits: Limits) -> Agreement:
        """The file against the same arithmetic on what Keras sees. Raises TrainingError where its own graph differs."""
        from models.export.conversion import pretrained  # TensorFlow takes seconds to load

        self._progress.step("verification", 0, 1)
        weights = self._backbone.find_weights(self._job.weights)
        keras = pretrained(self._backbone, weights, self._job.weights is None, SIDE, SIDE)
        views = self._held_against()
        pieces = [piece for view in views for piece in self._layout.pieces(view.pixels)]
        batches = [pieces[start : start + _BATCH] for start in range(0, len(pieces), _BATCH)]
        maps = (keras.maps(batch) for batch in batches)  # of one batch at a time in memory
        seen = [Sight.of(one) for levels in maps for one in zip(*levels, strict=True)]
        expected = _scores(taught.model, seen, self._layout.tiles)
        received = np.array([classifier.classify(view).defect for view in views])
        seer = Seer(network.content, self._backbone)
        again = [seer.see(piece) for piece in pieces]
        _check_graph(_scores(taught.model, again, self._layout.tiles), received)
        self._progress.step("verification", 1, 1)
        return agreement_of(expected, received, limits, [float(score) for score in taught.scores])

    def _held_against(self) -> list[View]:
        """Some good parts as they are, and with synthetic defects: among good parts alone scores hardly differ. And
        some labelled ones.
        """
        few, rng = self._material.good.as_they_lie[:_HELD_AGAINST], np.random.default_rng(self._job.seed)
        damaged = [replace(view, pixels=drawn(view.pixels, few[0].pixels, rng)) for view in few]
        return [*few, *damaged, *self._material.labelled.as_they_lie[:_HELD_AGAINST]]


def _figures(examples: Examples, logits: Floats, limits: Limits) -> dict[str, Any]:
    """Of good parts alone, how many would be rejected; with defects, what every model shows."""
    found = outcomes(examples, logits, limits)
    parts = by_part(found)
    rates = to_json({"overkill_rate": overkill_rate(parts), "recheck_rate": decision_rate(parts, Decision.RECHECK)})
    return {
        "pictures": len(examples.truth),
        "parts": parts_by_class(examples),
        "split_by_part": figures(found) if examples.bad.any() else rates,
        "validation": validation_rows(examples, logits),
    }


def _scores(model: Model, seen: Sequence[Sight], tiles: Tiles) -> Scores:
    """Scores.defect of pictures by their pieces."""
    said = np.stack([model.logits(one) for one in seen])
    return defect_scores(worst(said.reshape(-1, tiles.pieces, said.shape[-1]), 0))


def _check_graph(expected: Scores, received: Scores) -> None:
    apart = float(np.abs(expected - received).max())
    if apart > _SAME_SCORE:
        raise TrainingError(
            f"the file's scores are off by {apart:.4f} deviations (at most {_SAME_SCORE} expected): this PC's "
            "inference library does not do what it should; nothing was changed"
        )


def _suspect(entry: SnapshotEntry, score: float) -> dict[str, Any]:
    return {"digest": entry.digest, "part": entry.part, "score": round(score, 3)}
