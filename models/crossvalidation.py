"""What a head says of parts it was not fitted on: each is scored by one that never saw any picture of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from inspector.domain import Floats
from inspector.metrics import auroc
from models.head import Head, defect_scores, fit, fitting

FOLDS = 5
THREADS = 2  # folds at a time
STRENGTHS = (0.03, 0.003)  # the usual one first: the better one on rendered parts and on magnet tiles
NEVER = -30.0  # the logit of a class that a fold has not seen: no exponential of it counts
_MARGIN = 0.01  # another penalty has to earn its place by this much AUROC: of few parts the figures are half chance

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What a head is fitted on. features: (n, variants, features), the view itself first.

    noise: (features,) of the network's quantisation. digests: (n,) of the pictures. truth: (n,) indices into classes,
    of which 0 is GOOD. parts: (n,) names of the physical parts. looks: how many of the variants, from the first, a
    verdict will be the average of.
    """

    features: Floats
    noise: Floats
    digests: tuple[str, ...]
    truth: Indices
    parts: npt.NDArray[np.str_]
    classes: tuple[str, ...]
    looks: int = 1

    @property
    def seen(self) -> Floats:
        """(n, features) that the finished model will judge by: it is linear in them, so their mean gives the mean."""
        return np.asarray(self.features[:, : self.looks].mean(axis=1))

    @property
    def bad(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.truth != 0)

    def split_by_picture(self) -> Examples:
        """The same, as if each picture showed a part of its own: what a careless split would see."""
        return replace(self, parts=np.arange(len(self.truth)).astype(np.str_))

    def with_features(self, features: Floats) -> Examples:
        return replace(self, features=features, noise=np.zeros(features.shape[-1], dtype=np.float32))

    def fit(self, strength: float, chosen: Indices | None = None) -> Head:
        """A head on all variants of the chosen pictures, or of all. A class without a picture is never named."""
        which = np.arange(len(self.truth)) if chosen is None else chosen
        features, truth = self.features[which], self.truth[which]
        present, compact = np.unique(truth, return_inverse=True)
        rows = features.reshape(-1, features.shape[-1])
        head = fit(rows, self.noise, np.repeat(compact, features.shape[1]), strength)
        weights = np.zeros((len(self.classes), features.shape[-1]), dtype=np.float32)
        bias = np.full(len(self.classes), NEVER, dtype=np.float32)
        weights[present], bias[present] = head.weights, head.bias
        return Head(weights, bias)


def folds_of(examples: Examples, wanted: int = FOLDS) -> int:
    """How many folds the parts allow: each side needs a good and a defective part in every fold. 0 where they don't."""
    smaller = min(len(np.unique(examples.parts[side])) for side in (examples.bad, ~examples.bad))
    return min(wanted, smaller) if smaller > 1 else 0


def out_of_fold(examples: Examples, strength: float, seed: int, on_fold: Callable[[], None]) -> Floats:
    """(n, classes) logits of each picture by the head of the fold that left its part out; nan where none could be."""
    logits = np.full((len(examples.truth), len(examples.classes)), np.nan, dtype=np.float32)
    splits, seen = list(splits_by_part(examples, FOLDS, seed)), examples.seen

    def score(split: tuple[Indices, Indices]) -> Floats | float:
        learned, held_out = split
        sides = examples.bad[learned]
        if sides.all() or not sides.any():
            return np.nan
        return examples.fit(strength, learned).logits(seen[held_out])

    with fitting(), ThreadPoolExecutor(THREADS) as pool:
        for (_, held_out), scores in zip(splits, pool.map(score, splits), strict=True):
            logits[held_out] = scores
            on_fold()
    return logits


def splits_by_part(examples: Examples, wanted: int, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """Indices learned from and held out, fold by fold; a part is never in both. None where the parts are too few."""
    folds = folds_of(examples, wanted)
    if not folds:
        return
    yield from dealt(examples.truth, examples.parts, folds, seed)


def dealt(truth: Indices, parts: npt.NDArray[np.str_], folds: int, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """As splits_by_part, of pictures by their class and part; `folds` is at most the number of parts."""
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns of rare classes; the figures say how many parts stand
        yield from splitter.split(truth, truth, parts)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The penalty that did best out of fold, and the logits it gave there."""

    strength: float
    logits: Floats


def choose(examples: Examples, seed: int, on_fold: Callable[[], None]) -> Chosen:
    """Try each strength of the grid, the usual one first; another must be clearly better."""
    best: tuple[float, Chosen] | None = None
    for strength in STRENGTHS:
        logits = out_of_fold(examples, strength, seed, on_fold)
        reached = area(examples, logits)
        if best is None or reached > best[0] + _MARGIN:
            best = (reached, Chosen(strength, logits))
    assert best is not None
    return best[1]


def area(examples: Examples, logits: Floats) -> float:
    """AUROC over the pictures that were scored."""
    known: npt.NDArray[Any] = ~np.isnan(logits[:, 0])
    return auroc(examples.bad[known].tolist(), defect_scores(logits[known]).tolist())
