"""How one network is tuned on some parts and looked at on others: from a fitted head, slowly, epoch by epoch."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from inspector.domain import Floats
from inspector.metrics import auroc
from inspector.store.disk import plainly
from models.adaptation.places import Places
from models.adaptation.stems import Stems
from models.crossvalidation import Indices
from models.features import VARIANTS
from models.head import defect_scores

_EPOCH = 512  # pictures at least: of a few dozens, each comes several times, or nothing would move
_SMALLEST_BATCH = 8  # what is left over at an epoch's end teaches more noise than parts
_PREDICT = 128


@dataclass(frozen=True, slots=True)
class Schedule:
    """rate: of AdamW at its height, after a warm-up over warm_up of all steps, falling as a cosine. decay: of weights.

    clip: largest norm of a gradient. Short: of some dozens of parts, more epochs are learned by heart
    (docs/decisions/adaptation.md).
    """

    epochs: int = 5
    batch: int = 32
    rate: float = 1.5e-4
    warm_up: float = 0.07
    decay: float = 0.01
    clip: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Indices of the pictures that are learned from and of those that are held out; no part is in both."""

    learned: Indices
    held_out: Indices


class Tuning:
    """One fold's run. model: from the cut to logits (n, classes), the head in place; with places also to theirs.

    folder: of its own, for the weights after each epoch: a killed run goes on there, with the same result. tell: gets
    the curves, point by point: name, epoch, value.
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
        folder: Path,
        places: Places | None = None,
        tell: Callable[[str, int, float], None] = lambda _name, _epoch, _value: None,
    ) -> None:
        self._model = model
        self._stems = stems
        self._truth = np.eye(classes, dtype=np.float32)[truth]
        self._importance = _importance(truth[fold.learned], classes)[truth]
        self._fold = fold
        self._schedule = schedule
        self._seed = seed
        self._folder = folder
        self._places = places
        self._tell = tell
        self._steps = max(1, len(list(self._batches(0))))
        loss: list[Any] = [keras.losses.CategoricalCrossentropy(from_logits=True)]
        if places:
            loss.append(keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.compile(
            optimizer=optimizer(self._learning_rate()),
            loss=loss if places else loss[0],
            jit_compile=False,  # to compile it takes longer than all the epochs
        )
        model.optimizer.build(model.trainable_variables)

    def run(self, on_epoch: Callable[[int], None]) -> Sequence[float]:
        """Tune; on_epoch is told how many epochs are done. The AUROC of the held-out pictures after each epoch.

        nan where they show one side alone. Raises StoreError where nothing can be written.
        """
        areas = self._resume()
        on_epoch(len(areas))
        while len(areas) < self._schedule.epochs:
            self._model.reset_metrics()
            loss = math.nan
            for pictures, variants in self._batches(len(areas)):
                loss = self._learn(pictures, variants)
            areas.append(self._area())
            self._tell("loss while learning", len(areas), loss)
            self._tell("AUROC of held-out pictures", len(areas), areas[-1])
            self._keep(areas)
            on_epoch(len(areas))
        return areas

    def _learn(self, pictures: Indices, variants: Indices) -> float:
        """The mean loss of the epoch so far."""
        truth: Any = self._truth[pictures]
        importance: Any = self._importance[pictures]
        if self._places:
            places, weights = self._places.of(pictures, variants)
            truth, importance = [truth, places], [importance, weights]
        seen = self._stems.of(pictures, variants)
        losses = self._model.train_on_batch(seen, truth, sample_weight=importance)
        return float(np.ravel(losses)[0])  # with places: the sum first

    def _learning_rate(self) -> Any:
        steps = self._steps * self._schedule.epochs
        warm_up = max(1, round(self._schedule.warm_up * steps))
        return keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warm_up), alpha=0.01, warmup_target=self._schedule.rate, warmup_steps=warm_up
        )

    def _batches(self, epoch: int) -> Iterator[tuple[Indices, Indices]]:
        """Pictures and which variant of each, drawn anew for each epoch; mirrors were drawn with the augmented ones."""
        rng = np.random.default_rng((self._seed, epoch))
        times = -(-_EPOCH // len(self._fold.learned))
        order = np.concatenate([rng.permutation(self._fold.learned) for _ in range(times)])
        variants = rng.integers(VARIANTS - 1, self._stems.variants, len(order))
        variants[variants == VARIANTS - 1] = 0  # the view itself takes its turn among the augmented ones
        for start in range(0, len(order), self._schedule.batch):
            pictures = order[start : start + self._schedule.batch]
            if len(pictures) >= min(_SMALLEST_BATCH, len(order)):
                yield pictures, variants[start : start + self._schedule.batch]

    def _area(self) -> float:
        held_out = self._fold.held_out
        defective = self._truth[held_out, 0] == 0.0
        logits = predict(self._model, self._stems, held_out)
        return auroc(defective.tolist(), defect_scores(logits).tolist())

    def _keep(self, areas: Sequence[float]) -> None:
        """The model's weights of this epoch stay; the optimizer's last state says how far it is."""
        _write(_file(self._folder, len(areas)), self._model.get_weights())
        words = json.dumps([None if math.isnan(area) else area for area in areas])
        state = [one.numpy() for one in self._model.optimizer.variables]
        _write(self._folder / "state.npz", state, words=np.array(words))

    def _resume(self) -> list[float]:
        """The areas of the epochs that a run of the same job did; none where there was none, or a file is damaged."""
        try:
            with (self._folder / "state.npz").open("rb") as file, np.load(file) as table:
                areas = [math.nan if area is None else float(area) for area in json.loads(str(table["words"]))]
                state = _arrays(table)
            weights = _read(_file(self._folder, len(areas)))
            for variable, value in zip(self._model.optimizer.variables, state, strict=True):
                variable.assign(value)
            self._model.set_weights(weights)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return []
        return areas


def weights_after(folder: Path, epoch: int) -> list[Floats]:
    """Of the whole model of a fold's run, after an epoch counted from 1. Raises StoreError."""
    with plainly(folder):
        return _read(_file(folder, epoch))


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:02d}.npz"


def _write(file: Path, arrays: Sequence[Any], **more: Any) -> None:
    """Whole or not at all. Raises StoreError."""
    with plainly(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        with beside.open("wb") as stream:
            np.savez(stream, *(np.asarray(one) for one in arrays), **more)
        beside.replace(file)


def _read(file: Path) -> list[Floats]:
    with file.open("rb") as stream, np.load(stream) as table:
        return _arrays(table)


def _arrays(table: Any) -> list[Floats]:
    return [table[f"arr_{place}"] for place in range(sum(name.startswith("arr_") for name in table.files))]


def predict(model: Any, stems: Stems, chosen: Indices, variant: int = 0) -> Floats:
    """(chosen, outputs) of a model above the cut; of several outputs the first."""
    pieces = []
    for start in range(0, len(chosen), _PREDICT):
        pictures = chosen[start : start + _PREDICT]
        answer = model.predict_on_batch(stems.of(pictures, np.full(len(pictures), variant)))
        pieces.append(np.asarray(answer[0] if isinstance(answer, list) else answer))
    return np.concatenate(pieces).astype(np.float32)


def _importance(truth: Indices, classes: int) -> npt.NDArray[np.float32]:
    """(classes,) how much a picture of each counts: by the root of its rarity, on average 1.

    By the full rarity a class of five pictures would be learned by heart.
    """
    counts = np.maximum(np.bincount(truth, minlength=classes), 1)
    weights = np.sqrt(len(truth) / (classes * counts))
    return np.asarray(weights / weights[truth].mean(), dtype=np.float32)
