"""Whether an exported file says what Keras says of the user's own parts; no card is written where it does not.

The views that both are asked about taught the head, which is surer of them than of parts to come: few lie near a limit,
and where one does is luck. What is measured on them is the file's error. What that error does to a verdict is reckoned
for the pictures that were left out when their scores were taken: each score, off by each error of its own side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, View
from inspector.errors import TrainingError
from inspector.metrics import clopper_pearson
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits
from models.features import mirrors
from models.head import Head, defect_scores

# Two parts of a hundred on the other side would be as much as a good model misses; below a correlation of 0.97 the
# ranking of parts itself changes (docs/decisions/export.md).
MIN_AGREEMENT = 0.97
MIN_CORRELATION = 0.97
CHECKED = 4  # views, each with its mirrors
_SAME_MEAN = 0.05  # of a logit: sums in another order may round otherwise once in a while
_SAME = 1e-3  # of log-odds: below it scores that hardly differ are not blamed for the noise between them

Numbers: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How like two models are, by their scores (Scores.defect) of the same views.

    agreement: share of pictures to come on the same side of the reject limit, of those that Keras sets outside the
    recheck band. same_verdict: share of all pictures to come with the same decision (OK, RECHECK or NG): what a reader
    takes for agreement. sure, contradicted: how many of the views themselves Keras sets outside the band, and how many
    of these the file puts on the other side: first of those to reject, then of the others. correlation, max_difference:
    of the scores of the views.
    """

    views: int
    agreement: float
    same_verdict: float
    sure: tuple[int, int]
    contradicted: tuple[int, int]
    correlation: float
    max_difference: float

    @property
    def holds(self) -> bool:
        # A few of the views may be luck; so many that it cannot be are not, and defects must not hide among good parts.
        possible = [
            clopper_pearson(sure - contradicted, sure).high
            for sure, contradicted in zip(self.sure, self.contradicted, strict=True)
            if sure
        ]
        return min([self.agreement, *possible]) >= MIN_AGREEMENT and self.correlation >= MIN_CORRELATION

    def __str__(self) -> str:
        return (
            f"by its errors on {self.views} of your views it decides like the float model on {self.agreement:.1%} of "
            f"pictures (at least {MIN_AGREEMENT:.0%} expected), it contradicts it on {self.contradicted[0]} of "
            f"{self.sure[0]} clear rejects and {self.contradicted[1]} of {self.sure[1]} clear passes, and its scores "
            f"correlate {self.correlation:.3f} (at least {MIN_CORRELATION:.2f} expected)"
        )


def compare(
    classifier: Classifier,
    views: Mapping[str, View],
    reference: Mapping[str, Floats],
    head: Head,
    limits: Limits,
    unseen: Sequence[float] = (),
) -> Agreement:
    """Run the file on views, by digest, and hold it against the head on the reference features from Keras.

    unseen: scores of parts that the head scoring them had not learned; the views' own where there are none.
    """
    expected = defect_scores(head.logits(np.stack([reference[digest] for digest in views])))
    received = np.array([classifier.classify(view).defect for view in views.values()])
    return agreement_of(expected, received, limits, unseen)


def agreement_of(expected: Numbers, received: Numbers, limits: Limits, unseen: Sequence[float] = ()) -> Agreement:
    """As compare, from the two models' scores: (views,) each, the float model's first."""
    scores = np.asarray(unseen if len(unseen) else expected, dtype=np.float64)
    sure, clear = _sure(scores, limits), _sure(expected, limits)
    agreement, same_verdict = _reckoned(scores, expected, received - expected, limits)
    difference = float(np.abs(received - expected).max())
    wrong = clear & ~_same_side(expected, received, limits)
    rejects = expected >= limits.reject
    return Agreement(
        views=len(expected),
        agreement=round(agreement if sure.any() else 1.0, 4),
        same_verdict=round(same_verdict, 4),
        sure=(int((clear & rejects).sum()), int((clear & ~rejects).sum())),
        contradicted=(int((wrong & rejects).sum()), int((wrong & ~rejects).sum())),
        correlation=round(_correlation(expected, received), 5) if difference > _SAME else 1.0,
        max_difference=round(difference, 4),
    )


def _reckoned(scores: Numbers, expected: Numbers, errors: Numbers, limits: Limits) -> tuple[float, float]:
    """Shares of the sure ones on the same side, and of all with the same verdict: each score off by each error.

    An error at one end of the scores is thrown at that end alone: what a file loses may be clear defects and nothing
    else.
    """
    same_side = same_verdict = 0.0
    sure = _sure(scores, limits)
    for side in (True, False):
        mine = scores[(scores >= limits.reject) == side]
        thrown = errors[(expected >= limits.reject) == side]
        for error in thrown if len(thrown) else errors:
            share = 1.0 / (len(thrown) or len(errors))
            clear = mine[_sure(mine, limits)]
            same_side += share * _same_side(clear, clear + error, limits).sum()
            same_verdict += share * _same_verdict(mine, mine + error, limits).sum()
    return float(same_side / max(1, sure.sum())), float(same_verdict / len(scores))


def _sure(scores: Numbers, limits: Limits) -> Flags:
    return np.asarray((scores < limits.recheck) | (scores >= limits.reject))


def _same_side(one: Numbers, other: Numbers, limits: Limits) -> Flags:
    return np.asarray((one >= limits.reject) == (other >= limits.reject))


def _same_verdict(one: Numbers, other: Numbers, limits: Limits) -> Flags:
    return np.asarray(_same_side(one, other, limits) & ((one < limits.recheck) == (other < limits.recheck)))


def check_mean(several: Classifier, single: Classifier, views: Sequence[View]) -> None:
    """Whether a file that looks several times says the mean of single looks, on some views. Raises TrainingError."""
    for view in views[:CHECKED]:
        apart = [single.classify(replace(view, pixels=pixels)).logits for pixels in mirrors(view.pixels)]
        difference = float(np.abs(np.mean(apart, axis=0) - several.classify(view).logits).max())
        if difference > _SAME_MEAN:
            raise TrainingError(
                f"the file that looks {len(apart)} times at a part is off their mean by {difference:.4f} (at most "
                f"{_SAME_MEAN} expected): this PC's inference library does not do what it should; train with --looks 1"
            )


def _correlation(left: Numbers, right: Numbers) -> float:
    if min(left.std(), right.std()) < 1e-9:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])
