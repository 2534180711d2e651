"""A pretrained network adapted to a user's parts: tuned in folds by part, measured on what each left out, averaged.

Each fold starts from the same weights; all are stopped after the epoch in which their held-out parts stand in the best
order, taken together, since those of one fold alone are few. The average of the folds' weights is the adapted network
(model soups, Wortsman et al. 2022): every part has taught it, and yet each picture has features from a fold that never
saw its part. On those the head is fitted, so that its figures and limits are honest ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from inspector.domain import Floats
from inspector.errors import TrainingError
from inspector.learning.augmentation import Augmentation
from models.adaptation import adapters, places
from models.adaptation.course import Course
from models.adaptation.halves import LayeredAdamW, averaged, halve, rates
from models.adaptation.places import Places
from models.adaptation.stems import Stems
from models.adaptation.tuning import Fold, Schedule, Tuning, predict, weights_after
from models.adapted import Adapted, rounded
from models.backbones.registry import Backbone
from models.crossvalidation import STRENGTHS, Examples, Indices, area, out_of_fold, splits_by_part
from models.features import VARIANTS
from models.head import fitting
from models.progress import Progress
from models.views import Views

FINETUNE, ADAPTER = "finetune", "adapter"
FOLDS = 3
SCHEDULES = {FINETUNE: Schedule(), ADAPTER: Schedule(rate=1e-3)}


class Adaptation:
    """One adaptation. folder: of its own, for what was reached; a killed one goes on there.

    Every method raises InspectorError.
    """

    def __init__(
        self,
        mode: str,
        backbone: Backbone,
        weights: Path | None,
        views: Views,
        folder: Path,
        progress: Progress,
        course: Course,
    ) -> None:
        self._mode = mode
        self._schedule = SCHEDULES[mode]
        self._backbone = backbone
        self._views = views
        self._folder = folder
        self._progress = progress
        self._course = course
        file = backbone.find_weights(weights)
        self._halves = halve(backbone, file, weights is None, views.height, views.width)
        self._pretrained = self._halves.weights()

    def run(
        self, examples: Examples, masks: Mapping[str, str], how: Augmentation, seed: int
    ) -> tuple[Adapted | None, dict[str, Any]]:
        """What was learned, None where the pretrained network is no worse; and JSON values for the card.

        examples: with the truth and parts of pictures in which the part is found; its features are not used. masks: by
        the digest of a picture, that of the stored one that marks its defect.
        """
        folds = [Fold(learned, held_out) for learned, held_out in splits_by_part(examples, FOLDS, seed)]
        if not folds:
            raise TrainingError(
                "to adapt the network itself takes at least two good and two defective parts outside the golden set; "
                "label more parts, or train with --mode features"
            )
        stems = self._stems(examples.digests, masks, how, seed)
        frozen = self._features(stems, np.arange(stems.count))
        lesson = _Lesson(examples.with_features(frozen), stems, _places(examples, masks, stems), seed)
        areas = [self._tuning(number, fold, lesson).run(self._told(number)) for number, fold in enumerate(folds)]
        epoch = best_epoch(areas)
        features, soup = np.empty_like(frozen), list[Sequence[Floats]]()
        for number, fold in enumerate(folds):
            model, _ = self._model(lesson)
            model.set_weights(weights_after(self._place_of(number), epoch))
            adapters.merge(model)
            features[fold.held_out] = self._features(stems, fold.held_out)
            soup.append(self._halves.weights())
        before, after = (_area(examples.with_features(each), seed) for each in (frozen, features))
        results = {
            "folds": len(folds),
            "epoch": epoch,
            "masks": len(masks),
            "auroc_before": round(before, 4),
            "auroc_after": round(after, 4),
            "schedule": asdict(self._schedule),
            "augmentation": asdict(how),
        }
        if after <= before:
            return None, results
        mean = [_mean(layer) for layer in zip(*soup, strict=True)]
        return Adapted(mean, dict(zip(examples.digests, rounded(features), strict=True))), results

    def _stems(self, digests: Sequence[str], masks: Mapping[str, str], how: Augmentation, seed: int) -> Stems:
        shape = tuple(int(side) for side in self._halves.cut.shape[1:])
        stems = Stems(self._folder / "stems", (shape[0], shape[1], shape[2]), len(digests))

        def on_progress(done: int, total: int) -> None:
            self._progress.step("looking", done, total)

        stems.lay_down(self._halves.lower, self._backbone, self._views, digests, masks, how, seed, on_progress)
        return stems

    def _features(self, stems: Stems, chosen: Indices) -> Floats:
        """(chosen, variants, features) by the network as it is now."""
        upper = self._halves.upper()
        pooled = keras.Model(upper.input, averaged(upper.outputs))
        return np.stack([predict(pooled, stems, chosen, variant) for variant in range(VARIANTS)], axis=1)

    def _told(self, number: int) -> Callable[[int], None]:
        def on_epoch(done: int) -> None:
            self._progress.step("tuning", number * self._schedule.epochs + done, FOLDS * self._schedule.epochs)

        return on_epoch

    def _place_of(self, number: int) -> Path:
        return self._folder / f"fold-{number}"

    def _tuning(self, number: int, fold: Fold, lesson: _Lesson) -> Tuning:
        """One fold at its beginning: the pretrained network, and a head fitted on its features.

        That is phase one, the head before the network, and it has a closed solution.
        """
        model, dense = self._model(lesson)
        with fitting():
            head = lesson.examples.fit(STRENGTHS[0], fold.learned)
        dense.set_weights([head.weights.T, head.bias])
        schedule = self._schedule
        factors = (rates(self._halves.above) if self._mode == FINETUNE else {}) | places.rates(model)

        def optimizer(rate: Any) -> Any:
            return LayeredAdamW(factors, learning_rate=rate, weight_decay=schedule.decay, clipnorm=schedule.clip)

        return Tuning(
            model,
            optimizer,
            lesson.stems,
            lesson.examples.truth,
            len(lesson.examples.classes),
            fold,
            schedule,
            lesson.seed * FOLDS + number,
            self._place_of(number),
            lesson.places,
            partial(self._course.tell, f"fold-{number}"),
        )

    def _model(self, lesson: _Lesson) -> tuple[Any, Any]:
        """keras.Model of the pretrained network above the cut with its heads, and the head that names the classes."""
        self._halves.put(self._pretrained)
        upper = self._halves.upper()
        if self._mode == ADAPTER:
            upper = adapters.with_adapters(upper, lesson.seed)
        classes = len(lesson.examples.classes)
        dense = keras.layers.Dense(classes, name="classes")
        named = dense(averaged(upper.outputs))
        if lesson.places is None:
            return keras.Model(upper.input, named), dense
        keras.utils.set_random_seed(lesson.seed)
        return keras.Model(upper.input, [named, places.head(upper.input, upper.outputs, classes)]), dense


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """What every fold is taught from. examples: with the features of the pretrained network."""

    examples: Examples
    stems: Stems
    places: Places | None
    seed: int


def _places(examples: Examples, masks: Mapping[str, str], stems: Stems) -> Places | None:
    """What is known of places: of good pictures all, of defective ones what a mask says; None without any mask."""
    marked = np.array([digest in masks for digest in examples.digests])
    return Places(stems, examples.truth, marked | ~examples.bad) if marked.any() else None


def best_epoch(areas: Sequence[Sequence[float]]) -> int:
    """From 1, by the mean of the folds' AUROC after each epoch; the last where nothing can be said.

    areas: for each fold those of its epochs, nan where its held-out parts are of one side.
    """
    table = np.array(areas, dtype=np.float64)
    told = table[~np.isnan(table).any(axis=1)]
    if not len(told):
        return int(table.shape[1])
    mean = told.mean(axis=0)
    return int(len(mean) - np.argmax(mean[::-1]))  # of equal ones the last: its rate was lower


def _mean(layer: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean(layer, axis=0, dtype=np.float64), dtype=np.float32)


def _area(examples: Examples, seed: int) -> float:
    """AUROC of heads on parts that were left out."""
    logits = out_of_fold(examples, STRENGTHS[0], seed, lambda: None)
    return area(examples, logits)
