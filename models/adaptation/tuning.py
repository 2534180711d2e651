"""How one network is tuned on some parts and stopped by others: from a fitted head, slowly, and never past its best."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from inspector.domain import Floats
from inspector.metrics import auroc
from inspector.store.disk import plainly
from models.adaptation.stems import Stems
from models.crossvalidation import Indices
from models.features import VARIANTS
from models.head import defect_scores

_SMALLEST_BATCH = 8  # what is left over at an epoch's end teaches more noise than parts
_PREDICT = 128


@dataclass(frozen=True, slots=True)
class Schedule:
    """rate: of AdamW at its height, after a warm-up over warm_up of all steps, falling as a cosine. decay: of weights.

    clip: largest norm of a gradient. patience: epochs without a better order of the held-out parts before it is enough.
    Short: of some dozens of parts, more epochs are learned by heart (docs/decisions/adaptation.md).
    """

    epochs: int = 6
    batch: int = 32
    rate: float = 1.5e-4
    warm_up: float = 0.07
    decay: float = 0.01
    clip: float = 1.0
    patience: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Indices of the pictures that are learned from and of those that are held out; no part is in both."""

    learned: Indices
    held_out: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """epoch: from 1, of the best order of the held-out parts; 0 where the pretrained network was the best.

    area: AUROC then, over the held-out pictures; nan where they show one side alone. weights: of the whole model then.
    """

    epoch: int
    area: float
    weights: list[Floats]


class Tuning:
    """One fold's run. model: from the cut to logits (n, classes), the head in place.

    state: the file for what was reached, written after each epoch: a killed run goes on there, with the same result.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Callable[[Any], Any],
        stems: Stems,
        truth: Indices,
        classes: int,
        fold: Fold,
        schedule: Schedule,
        seed: int,
        state: Path,
    ) -> None:
        self._model = model
        self._stems = stems
        self._truth = np.eye(classes, dtype=np.float32)[truth]
        self._importance = _importance(truth[fold.learned], classes)[truth]
        self._fold = fold
        self._schedule = schedule
        self._seed = seed
        self._state = state
        self._steps = max(1, len(list(self._batches(0))))
        model.compile(
            optimizer=optimizer(self._learning_rate()),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            jit_compile=False,  # to compile it takes longer than all the epochs
        )
        model.optimizer.build(model.trainable_variables)

    def run(self, on_epoch: Callable[[int], None]) -> Tuned:
        """Tune until the end or until it gets no better; on_epoch is told how many epochs are done.

        Raises StoreError where the state cannot be written.
        """
        begun = self._resume()
        best = begun[1] if begun else Tuned(0, self._area(), self._weights())
        epoch = begun[0] if begun else 0
        on_epoch(epoch)
        while epoch < self._schedule.epochs and epoch - best.epoch < self._schedule.patience:
            for pictures, variants in self._batches(epoch):
                self._model.train_on_batch(
                    self._mixed(pictures, variants), self._truth[pictures], sample_weight=self._importance[pictures]
                )
            epoch += 1
            area = self._area()
            if not area < best.area:  # of equal ones, and where nothing can be said, the later: its rate was lower
                best = Tuned(epoch, area, self._weights())
            self._keep(epoch, best)
            on_epoch(epoch)
        self._model.set_weights(best.weights)
        return best

    def logits(self, chosen: Indices, variant: int = 0) -> Floats:
        return predict(self._model, self._stems, chosen, variant)

    def _learning_rate(self) -> Any:
        steps = self._steps * self._schedule.epochs
        warm_up = max(1, round(self._schedule.warm_up * steps))
        return keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warm_up), alpha=0.01, warmup_target=self._schedule.rate, warmup_steps=warm_up
        )

    def _batches(self, epoch: int) -> Iterator[tuple[Indices, Indices]]:
        """Pictures and which variant of each, drawn anew for each epoch; mirrors were drawn with the augmented ones."""
        rng = np.random.default_rng((self._seed, epoch))
        order = rng.permutation(self._fold.learned)
        variants = rng.integers(VARIANTS - 1, self._stems.variants, len(order))
        variants[variants == VARIANTS - 1] = 0  # the view itself takes its turn among the augmented ones
        for start in range(0, len(order), self._schedule.batch):
            pictures = order[start : start + self._schedule.batch]
            if len(pictures) >= min(_SMALLEST_BATCH, len(order)):
                yield pictures, variants[start : start + self._schedule.batch]

    def _mixed(self, pictures: Indices, variants: Indices) -> Floats:
        batch = np.empty((len(pictures), *self._stems.shape), dtype=np.float32)
        for variant in np.unique(variants):
            places = variants == variant
            batch[places] = self._stems.of(int(variant), pictures[places])
        return batch

    def _area(self) -> float:
        held_out = self._fold.held_out
        defective = self._truth[held_out, 0] == 0.0
        return auroc(defective.tolist(), defect_scores(self.logits(held_out)).tolist())

    def _weights(self) -> list[Floats]:
        return [np.asarray(one) for one in self._model.get_weights()]

    def _keep(self, epoch: int, best: Tuned) -> None:
        arrays = {
            "now": [*self._weights(), *(np.asarray(one.numpy()) for one in self._model.optimizer.variables)],
            "best": best.weights,
        }
        table = {f"{name}{place}": one for name, ones in arrays.items() for place, one in enumerate(ones)}
        words = json.dumps({"epoch": epoch, "best_epoch": best.epoch, "best_area": best.area})
        with plainly(self._state):
            self._state.parent.mkdir(parents=True, exist_ok=True)
            beside = self._state.with_suffix(".new")
            with beside.open("wb") as file:
                np.savez(file, words=np.array(words), **table)  # type: ignore[arg-type]
            beside.replace(self._state)

    def _resume(self) -> tuple[int, Tuned] | None:
        """Where a run of the same job stopped; None where there was none, or its file is damaged."""
        count = len(self._model.weights)
        try:
            with self._state.open("rb") as file, np.load(file) as table:
                words = json.loads(str(table["words"]))
                now = [table[f"now{place}"] for place in range(count + len(self._model.optimizer.variables))]
                best = [table[f"best{place}"] for place in range(count)]
            self._model.set_weights(now[:count])
            for variable, value in zip(self._model.optimizer.variables, now[count:], strict=True):
                variable.assign(value)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return int(words["epoch"]), Tuned(int(words["best_epoch"]), float(words["best_area"]), best)


def predict(model: Any, stems: Stems, chosen: Indices, variant: int = 0) -> Floats:
    """(chosen, outputs) of a model above the cut."""
    pieces = [
        np.asarray(model.predict_on_batch(stems.of(variant, chosen[start : start + _PREDICT])))
        for start in range(0, len(chosen), _PREDICT)
    ]
    return np.concatenate(pieces).astype(np.float32)


def _importance(truth: Indices, classes: int) -> npt.NDArray[np.float32]:
    """(classes,) how much a picture of each counts: by the root of its rarity, on average 1.

    By the full rarity a class of five pictures would be learned by heart.
    """
    counts = np.maximum(np.bincount(truth, minlength=classes), 1)
    weights = np.sqrt(len(truth) / (classes * counts))
    return np.asarray(weights / weights[truth].mean(), dtype=np.float32)
