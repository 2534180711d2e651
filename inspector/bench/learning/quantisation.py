"""What the integer file of a trained model loses against the same model in float, and what it gains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.bench.learning.finding import Figure, Finding, at_least, at_most, share
from inspector.bench.learning.folds import deal
from inspector.bench.learning.tiles import FOLDS, NAME, tile_pictures
from inspector.bench.learning.trials import Bench, trial
from inspector.domain import Split
from inspector.learning import optimising
from inspector.metrics import Proportion, clopper_pearson

_INT8, _FLOAT = "int8", "float"
_ABOUT = (
    "The model of the magnet tiles' first fold as it ships ({quantisation}) against the same model in float, on the "
    "{pictures} pictures of the tiles that it never saw, at its own recheck and reject limits."
)
_REMARKS = (
    "Both files are timed in turns in one run; the ratio of the medians is compared, since either alone is this PC's.",
    "AUROC is over tiles, each by its worst picture.",
)


def quantisation(bench: Bench) -> Finding:
    """Raises DatasetError where the tiles are not there, and as a training and an optimisation do."""
    pictures = tile_pictures(bench)
    dealt = deal(pictures.examples, bench.folds or FOLDS)
    one = trial(bench, NAME, pictures.examples, dealt, 0)
    unseen = sum(dealt[example.part] == 0 for example in pictures.examples)
    run = optimising.start(
        bench.workspace, one.recipe, one.version, variants=(_FLOAT, _INT8), max_drop=1.0, command=bench.command
    )
    rows = {row["variant"]: row for row in run.watched(bench.advance).variants}
    about = _ABOUT.format(quantisation=one.version.card.quantisation, pictures=unseen)
    return Finding(about, _figures(rows[_INT8], rows[_FLOAT], unseen), [_row(rows[name]) for name in rows], _REMARKS)


def _figures(int8: Mapping[str, Any], in_float: Mapping[str, Any], unseen: int) -> dict[str, Figure]:
    change = abs(int8["auroc"] - in_float["auroc"])
    return {
        "auroc_change": Figure(change, "change of AUROC over tiles", at_most(0.005)),
        "agreement": share(_agreement(int8, unseen), "same verdict", at_least(0.99)),
        "time_ratio": Figure(_ratio(int8, in_float, "invoke_ms"), "time, of float's", at_most(0.6)),
        "size_ratio": Figure(_ratio(int8, in_float, "size_bytes"), "size, of float's", at_most(0.3)),
    }


def _agreement(int8: Mapping[str, Any], unseen: int) -> Proportion:
    flipped = sum(flip["split"] == Split.GOLDEN for flip in int8["flipped"])
    return clopper_pearson(unseen - flipped, unseen)


def _ratio(int8: Mapping[str, Any], in_float: Mapping[str, Any], key: str) -> float:
    return float(int8[key]) / float(in_float[key])


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("variant", "quantisation", "auroc", "invoke_ms", "size_bytes")}
