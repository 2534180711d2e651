"""What eight bits cost a model of good parts: the same memory behind the network in int8 and in float32."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

import numpy as np

from inspector.bench.learning.coldstart.good_parts import HOW, Task, cookie_task, dealt_tiles, tried
from inspector.bench.learning.finding import Figure, Finding, at_least, at_most
from inspector.bench.learning.trials import Bench, float_file, scores_by
from inspector.domain import Floats
from inspector.metrics import auroc

_ABOUT = (
    "Cookies, and fold 0 of the magnet tiles: the shipped file against the same file with the network in float32, on "
    "pictures of parts that it never saw. What is remembered is the same in both. " + HOW
)
_REMARKS = (
    "The correlation is that of all places of one picture; the figure is the mean over pictures, of the worse set.",
    "The memory was learned on what the eight-bit network sees.",
)


def eight_bits(bench: Bench) -> Finding:
    """Raises DatasetError where a data set is not there, and as a training does."""
    rows = [
        _row(bench, "cookies", cookie_task(bench)),
        _row(bench, "tiles", dealt_tiles(bench).task(0)),
    ]
    change = float(np.max([abs(row["change"]) for row in rows]))  # where one is no number, neither is this
    alike = float(np.min([row["heat_correlation"] for row in rows]))
    figures = {
        "auroc_change": Figure(change, "change of the AUROC over pictures, of the worse set", at_most(0.005)),
        "heat_correlation": Figure(alike, "correlation of heat maps, of the worse set", at_least(0.98)),
    }
    return Finding(_ABOUT, figures, rows, _REMARKS)


def _row(bench: Bench, name: str, task: Task) -> dict[str, Any]:
    done = tried(bench, task, in_float=True)
    card, truth = done.version.card, [one.defective for one in done.unseen]
    files = done.version.model, float_file(bench, card.snapshot_id)
    ours, theirs = ([*scores_by(bench, done.recipe, file, card, done.shown)] for file in files)
    alike = [correlation(one.heat, other.heat) for one, other in zip(ours, theirs, strict=True)]
    in_int8, in_float = (auroc(truth, [one.defect for one in side]) for side in (ours, theirs))
    return {
        "set": name,
        "quantisation": card.quantisation,
        "pictures": len(truth),
        "auroc_shipped": in_int8,
        "auroc_float": in_float,
        "change": in_int8 - in_float,
        "heat_correlation": fmean(alike),
        "least": min(alike),
    }


def correlation(one: Floats, other: Floats) -> float:
    """Of two maps of one size, place by place; nan where one is the same everywhere."""
    first, second = (values.astype(np.float64) - values.mean(dtype=np.float64) for values in (one, other))
    length = math.sqrt(float((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / length if length else math.nan
