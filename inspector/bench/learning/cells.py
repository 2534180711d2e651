"""What is reached on solar cells, of which each picture shows another one and nobody knows the module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from inspector.bench.learning.finding import Figure, Finding, at_least, at_most, pooled, share
from inspector.bench.learning.folds import deal, gather
from inspector.bench.learning.tiles import ranked
from inspector.bench.learning.trials import EVEN, Bench, Trial, left_out, trials
from inspector.domain import GOOD
from inspector.errors import DatasetError
from inspector.learning.layouts import DatasetItem
from inspector.learning.scored import places_between
from inspector.metrics import Outcome, Proportion, clopper_pearson
from inspector.reports.evidence import VALIDATION, rows_of
from inspector.store.versions import ModelVersion

NAME = "cells"
FOLDS = 4
FOLDER = "elpv"
DEFECT = "defect"
_LABELS = "labels.csv"
_DEFECTIVE = 0.5  # of the probability that its authors give each cell
_ABOUT = (
    "Solar cells in electroluminescence (Deitsch and others, 2019), defective from a probability of 0.5 on, in {folds} "
    "folds: {pictures}. Each fold's cells are scored by the shipped file of a model that learned from the other folds."
)
_REMARKS = (
    "Which module a cell is from is not published. Cells that look alike by their own marks, as wafers cut one after "
    "the other do, stand in one fold; others of one module may stand on both sides, which flatters.",
    "Accuracy is what is published for this set; it is counted over all folds, AUROC is their mean.",
    "The chosen limit is the most accurate one on the training's own out-of-fold scores; unseen cells have no say.",
)


def cells(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, and as a training does."""
    pictures = gather(bench, NAME, list(read_cells(bench.data / FOLDER)))
    dealt = deal(pictures.examples, bench.folds or FOLDS)
    done = list(trials(bench, NAME, pictures.examples, dealt))
    rows = [_row(fold, one) for fold, one in enumerate(done)]
    figures = {
        "accuracy_at_zero": share(
            pooled([accuracy(one.unseen, EVEN.reject) for one in done]), "accuracy at score 0", at_least(0.90)
        ),
        "accuracy": share(
            pooled([accuracy(one.unseen, best_limit(one.version)) for one in done]),
            "accuracy at the chosen limit",
            at_least(0.90),
        ),
        "auroc": Figure(fmean(row["auroc"] for row in rows), "AUROC"),
        "size_mb": Figure(max(row["size_mb"] for row in rows), "size of the model file", at_most(6.0), unit="MB"),
    }
    return Finding(
        _ABOUT.format(folds=len(done), pictures=pictures.described()), figures, rows, (*_REMARKS, *left_out(done))
    )


def read_cells(folder: Path) -> Iterator[DatasetItem]:
    """The set's own list: file, probability of a defect and kind of cell, blanks between them, no head.

    Raises DatasetError naming file and row.
    """
    file = folder / _LABELS
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{folder}: expected the solar cells with their {_LABELS}: {error}") from error
    for row, line in enumerate(lines, start=1):
        try:
            name, probability, _kind = line.split()
            defective = float(probability) >= _DEFECTIVE
        except ValueError:
            raise DatasetError(f"{file}: row {row}: expected file, probability and kind, received {line!r}") from None
        yield DatasetItem(folder / name, DEFECT if defective else GOOD, name=name)


def accuracy(outcomes: Sequence[Outcome], limit: float) -> Proportion:
    """Those on the right side of one limit, from which on a score is a defect."""
    right = sum(one.score is not None and (one.score >= limit) == one.defective for one in outcomes)
    return clopper_pearson(right, len(outcomes))


def best_limit(version: ModelVersion) -> float:
    """Where most of the pictures that were learned from are on the right side, each scored out of fold.

    Where too few parts were there for that, it is the limit at which both are equally likely.
    """
    known = [row for row in rows_of(version.card, VALIDATION) if row.score is not None]
    scores, bad = np.array([row.score for row in known]), np.array([row.defect_class != GOOD for row in known])
    if not known:
        return EVEN.reject
    limits = places_between(np.unique(scores))
    right = ((scores[:, np.newaxis] >= limits) == bad[:, np.newaxis]).sum(axis=0)
    return float(limits[right.argmax()])


def _row(fold: int, one: Trial) -> dict[str, Any]:
    limit = best_limit(one.version)
    return {
        "fold": fold,
        "pictures": len(one.unseen),
        "defective": sum(each.defective for each in one.unseen),
        "met": one.met,
        "auroc": ranked(one.unseen),
        "accuracy_at_zero": accuracy(one.unseen, EVEN.reject).value,
        "limit": limit,
        "accuracy": accuracy(one.unseen, limit).value,
        "size_mb": one.version.model.stat().st_size / 1e6,
    }
