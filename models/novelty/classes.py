"""Which known class of defects a part shows, and how that and its being unlike good parts become logits of one scale.

Labelled defects are few. The head that tells their classes apart is fitted with the synthetic defects as one class
more, which keeps it from taking any damage for a known one (outlier exposure, Hendrycks et al. 2019); that class's
logit is dropped, and being unlike good parts stands in its place.
"""

from __future__ import annotations

import numpy as np

from inspector.domain import Floats
from models import head as heads
from models.crossvalidation import NEVER
from models.head import Head
from models.novelty.novelty import Indices

_STRENGTH = 0.03
_SHARE = 0.5  # deviations of the known classes' log-odds that one of novelty weighs (docs/decisions/novelty.md)


def known_head(good: Floats, drawn: Floats, labelled: Floats, truth: Indices, classes: int) -> Head:
    """The log-odds of each known class against good: (classes, n) weights and (classes,) bias.

    good, drawn, labelled: (rows, n) summaries; truth: of the labelled ones, indices from 0. A class that none of them
    has is never named.
    """
    rows = np.concatenate([good, labelled, drawn])
    answers = np.concatenate([np.full(len(good), -1), truth, np.full(len(drawn), classes)])
    present, compact = np.unique(answers, return_inverse=True)
    fitted = heads.fit(rows, np.zeros(rows.shape[1], np.float32), compact, _STRENGTH)
    weights = np.zeros((classes, rows.shape[1]), dtype=np.float32)
    bias = np.full(classes, NEVER, dtype=np.float32)
    named = present[1:-1]
    weights[named], bias[named] = fitted.weights[1:-1] - fitted.weights[0], fitted.bias[1:-1] - fitted.bias[0]
    return Head(weights, bias)


def on_one_scale(shares: Floats, offset: float, known: Floats) -> tuple[Floats, float]:
    """A novelty's shares and offset, so that its score can stand beside the known classes' log-odds as a logit.

    known: (n, classes) log-odds of good pictures that were left out. Their logsumexp has a middle and a deviation on
    good parts, as the novelty's score has 0 and 1.
    """
    any_known = np.logaddexp.reduce(known[(known > NEVER).any(axis=1)].astype(np.float64), axis=1)
    if not len(any_known):
        return shares, offset
    scale = _SHARE * max(float(any_known.std()), 1e-6)
    return (shares * scale).astype(np.float32), offset * scale + float(any_known.mean())
