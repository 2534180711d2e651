"""What the integer file of a trained model loses against the same model in float, and what it gains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from inspector.bench.learning.finding import Figure, Finding, at_least, at_most, share
from inspector.bench.learning.folds import deal
from inspector.bench.learning.tiles import FOLDS, NAME, tile_pictures
from inspector.bench.learning.trials import Bench, Trial, trials
from inspector.domain import Split
from inspector.learning import optimising
from inspector.metrics import clopper_pearson

_INT8, _FLOAT = "int8", "float"
_ABOUT = (
    "Each fold's model of the magnet tiles as it ships ({quantisation}) against the same model in float, on the "
    "{pictures} pictures of the tiles that it never saw, at its own recheck and reject limits."
)
_REMARKS = (
    "AUROC is over tiles, each by its worst picture, and the change is that of the folds' mean: of one fold's tiles "
    "alone it is chance.",
    "Both files are timed in turns in one run; the ratio of the medians is compared, since either alone is this PC's; "
    "of the folds' ratios the median.",
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One fold's model in both forms, as an optimisation measured them. unseen: pictures of the fold."""

    fold: int
    int8: Mapping[str, Any]
    in_float: Mapping[str, Any]
    unseen: int

    @property
    def flipped(self) -> int:
        """Unseen pictures with another verdict."""
        return sum(flip["split"] == Split.GOLDEN for flip in self.int8["flipped"])

    def ratio(self, key: str) -> float:
        return float(self.int8[key]) / float(self.in_float[key])

    def row(self) -> dict[str, Any]:
        return {
            "fold": self.fold,
            "auroc_int8": self.int8["auroc"],
            "auroc_float": self.in_float["auroc"],
            "flipped": self.flipped,
            "pictures": self.unseen,
            "time_ratio": self.ratio("invoke_ms"),
            "size_ratio": self.ratio("size_bytes"),
        }


def quantisation(bench: Bench) -> Finding:
    """Raises DatasetError where the tiles are not there, and as a training and an optimisation do."""
    pictures = tile_pictures(bench)
    dealt = deal(pictures.examples, bench.folds or FOLDS)
    done = list(trials(bench, NAME, pictures.examples, dealt))
    unseen = Counter(dealt[example.part] for example in pictures.examples)
    pairs = [_pair(bench, one, fold, unseen[fold]) for fold, one in enumerate(done)]
    forms = ", ".join(sorted({one.version.card.quantisation for one in done}))
    about = _ABOUT.format(quantisation=forms, pictures=sum(unseen.values()))
    return Finding(about, _figures(pairs), [pair.row() for pair in pairs], _REMARKS)


def _pair(bench: Bench, one: Trial, fold: int, unseen: int) -> _Pair:
    run = optimising.start(
        bench.workspace, one.recipe, one.version, variants=(_FLOAT, _INT8), max_drop=1.0, command=bench.command
    )
    rows = {row["variant"]: row for row in run.watched(bench.advance).variants}
    return _Pair(fold, rows[_INT8], rows[_FLOAT], unseen)


def _figures(pairs: Sequence[_Pair]) -> dict[str, Figure]:
    change = abs(fmean(pair.int8["auroc"] for pair in pairs) - fmean(pair.in_float["auroc"] for pair in pairs))
    pictures = sum(pair.unseen for pair in pairs)
    same = clopper_pearson(pictures - sum(pair.flipped for pair in pairs), pictures)
    time, size = (median(pair.ratio(key) for pair in pairs) for key in ("invoke_ms", "size_bytes"))
    return {
        "auroc_change": Figure(change, "change of AUROC over tiles", at_most(0.005)),
        "agreement": share(same, "same verdict", at_least(0.99)),
        "time_ratio": Figure(time, "time, of float's", at_most(0.6)),
        "size_ratio": Figure(size, "size, of float's", at_most(0.3)),
    }
