"""A pretrained network adapted to a user's parts: tuned in folds by part, measured on what each left out, averaged.

Each fold starts from the same weights and stops by its own held-out parts. The average of the folds' weights is the
adapted network (model soups, Wortsman et al. 2022): every part has taught it, and yet each picture has features from
a fold that never saw its part. On those the head is fitted, so that its figures and limits are honest ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from inspector.domain import Floats
from inspector.errors import TrainingError
from inspector.learning.augmentation import Augmentation
from models.adaptation import adapters
from models.adaptation.halves import LayeredAdamW, halve, rates
from models.adaptation.stems import Stems
from models.adaptation.tuning import Fold, Schedule, Tuning, predict
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
        self, mode: str, backbone: Backbone, weights: Path | None, views: Views, folder: Path, progress: Progress
    ) -> None:
        self._mode = mode
        self._schedule = SCHEDULES[mode]
        self._backbone = backbone
        self._views = views
        self._folder = folder
        self._progress = progress
        file = backbone.find_weights(weights)
        self._halves = halve(backbone, file, weights is None, views.height, views.width)
        self._pretrained = self._halves.weights()

    def run(self, examples: Examples, how: Augmentation, seed: int) -> tuple[Adapted | None, dict[str, Any]]:
        """What was learned, None where the pretrained network is no worse; and JSON values for the card.

        examples: with the truth and parts of pictures in which the part is found; its features are not used.
        """
        folds = [Fold(learned, held_out) for learned, held_out in splits_by_part(examples, FOLDS, seed)]
        if not folds:
            raise TrainingError(
                "to adapt the network itself takes at least two good and two defective parts outside the golden set; "
                "label more parts, or train with --mode features"
            )
        stems = self._stems(examples.digests, how, seed)
        frozen = self._features(stems, np.arange(stems.count), self._halves.upper())
        examples = examples.with_features(frozen)
        features = np.empty_like(frozen)
        collected, epochs = [], []
        for number, fold in enumerate(folds):
            tuned_epochs, weights = self._fold(number, fold, examples, stems, seed)
            features[fold.held_out] = self._features(stems, fold.held_out, self._halves.upper())
            collected.append(weights)
            epochs.append(tuned_epochs)
        soup = [_mean(layer) for layer in zip(*collected, strict=True)]
        before, after = (_area(examples.with_features(each), seed) for each in (frozen, features))
        results = {
            "folds": len(folds),
            "epochs": epochs,
            "auroc_before": round(before, 4),
            "auroc_after": round(after, 4),
            "schedule": asdict(self._schedule),
            "augmentation": asdict(how),
        }
        if after <= before:
            return None, results
        return Adapted(soup, dict(zip(examples.digests, rounded(features), strict=True))), results

    def _stems(self, digests: Sequence[str], how: Augmentation, seed: int) -> Stems:
        shape = tuple(int(side) for side in self._halves.cut.shape[1:])
        stems = Stems(self._folder / "stems", (shape[0], shape[1], shape[2]), len(digests))

        def on_progress(done: int, total: int) -> None:
            self._progress.step("looking", done, total)

        stems.lay_down(self._halves.lower, self._backbone, self._views, digests, how, seed, on_progress)
        return stems

    def _features(self, stems: Stems, chosen: Indices, upper: Any) -> Floats:
        return np.stack([predict(upper, stems, chosen, variant) for variant in range(VARIANTS)], axis=1)

    def _fold(self, number: int, fold: Fold, examples: Examples, stems: Stems, seed: int) -> tuple[int, list[Floats]]:
        """The epoch that was best, and the whole network's weights then, which it also has now."""
        self._halves.put(self._pretrained)
        upper = self._halves.upper()
        model, optimizer = self._with_head(upper, examples, fold)
        tuning = Tuning(
            model,
            optimizer,
            stems,
            examples.truth,
            len(examples.classes),
            fold,
            self._schedule,
            seed * FOLDS + number,
            self._folder / f"fold-{number}.npz",
        )

        def on_epoch(done: int) -> None:
            self._progress.step("tuning", number * self._schedule.epochs + done, FOLDS * self._schedule.epochs)

        best = tuning.run(on_epoch)
        adapters.merge(model)
        return best.epoch, self._halves.weights()

    def _with_head(self, upper: Any, examples: Examples, fold: Fold) -> tuple[Any, Callable[[Any], Any]]:
        """Phase one, the head, has a closed solution: it is fitted on the features of the network as it came."""
        with fitting():
            head = examples.fit(STRENGTHS[0], fold.learned)
        if self._mode == ADAPTER:
            upper = adapters.with_adapters(upper)
        dense = keras.layers.Dense(len(examples.classes), name="classes")
        model = keras.Model(upper.input, dense(upper.output))
        dense.set_weights([head.weights.T, head.bias])
        schedule = self._schedule
        factors = rates(self._halves.above) if self._mode == FINETUNE else {}

        def optimizer(rate: Any) -> Any:
            return LayeredAdamW(factors, learning_rate=rate, weight_decay=schedule.decay, clipnorm=schedule.clip)

        return model, optimizer


def _mean(layer: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean(layer, axis=0, dtype=np.float64), dtype=np.float32)


def _area(examples: Examples, seed: int) -> float:
    """AUROC of heads on parts that were left out."""
    logits = out_of_fold(examples, STRENGTHS[0], seed, lambda: None)
    return area(examples, logits)
