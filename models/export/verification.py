"""Whether an exported file says what Keras says of the user's own parts; no card is written where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, View
from inspector.errors import TrainingError
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


@dataclass(frozen=True, slots=True)
class Agreement:
    """How like two models are on the same views.

    agreement: share on the same side of the reject limit, of the views that Keras sets outside the recheck band.
    same_verdict: share of all views with the same decision (OK, RECHECK or NG): what a reader takes for agreement.
    correlation, max_difference: of Scores.defect.
    """

    views: int
    agreement: float
    same_verdict: float
    correlation: float
    max_difference: float

    @property
    def holds(self) -> bool:
        return self.agreement >= MIN_AGREEMENT and self.correlation >= MIN_CORRELATION

    def __str__(self) -> str:
        return (
            f"on {self.views} of your views it decides like the float model on {self.agreement:.1%} (at least "
            f"{MIN_AGREEMENT:.0%} expected), its scores correlate {self.correlation:.3f} (at least "
            f"{MIN_CORRELATION:.2f} expected)"
        )


def compare(
    classifier: Classifier, views: Mapping[str, View], reference: Mapping[str, Floats], head: Head, limits: Limits
) -> Agreement:
    """Run the file on views, by digest, and hold it against the head on the reference features from Keras."""
    expected = defect_scores(head.logits(np.stack([reference[digest] for digest in views])))
    received = np.array([classifier.classify(view).defect for view in views.values()])
    sure = (expected < limits.recheck) | (expected >= limits.reject)
    same = (expected >= limits.reject) == (received >= limits.reject)
    alike = same & ((expected < limits.recheck) == (received < limits.recheck))
    difference = float(np.abs(expected - received).max())
    return Agreement(
        views=len(views),
        agreement=round(float(same[sure].mean()), 4) if sure.any() else 1.0,
        same_verdict=round(float(alike.mean()), 4),
        correlation=round(_correlation(expected, received), 5) if difference > _SAME else 1.0,
        max_difference=round(difference, 4),
    )


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


def _correlation(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float:
    if min(left.std(), right.std()) < 1e-9:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])
