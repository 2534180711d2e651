"""What is reached on magnet tiles that were never seen, each shown under several exposures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from inspector.bench.learning.finding import Figure, Finding, at_least, at_most, pooled, share
from inspector.bench.learning.folds import Pictures, deal, gather
from inspector.bench.learning.trials import Bench, Trial, left_out, trials
from inspector.errors import DatasetError
from inspector.learning.dataset import read_dataset
from inspector.learning.layouts import DatasetItem
from inspector.metrics import Outcome, Proportion, auroc, by_part, escape_at, macro_f1

NAME = "tiles"
FOLDS = 5
FOLDER = "magnetic_tile"
_GROUPS = "parts.csv"
_NAIVE = "naive_split_by_picture"
_ABOUT = (
    "Magnet tiles (Huang, Qiu and Yuan, 2020) in {folds} folds by tile: {pictures}. Each fold's tiles are scored by "
    "the shipped file of a model that learned from all the other folds."
)
_REMARKS = (
    "AUROC is the mean of the folds, macro-F1 and escapes are counted over all folds together (Forman and Scholz, "
    '"Apples-to-apples in cross-validation studies", SIGKDD Explorations 12, 2010).',
    "A picture is named by its highest logit.",
    "Pictures of one tile are not independent, so only shares of tiles have an interval.",
    "For escapes each fold's limit is set on its own unseen good pictures or tiles, as published tables do: this says "
    "how well the two are told apart, not what limits chosen beforehand would let pass.",
    "Where a split by picture is named, it is a warning: the same tile stands on both sides of it.",
)


def tiles(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, and as a training does."""
    pictures = tile_pictures(bench)
    dealt = deal(pictures.examples, bench.folds or FOLDS)
    done = list(trials(bench, NAME, pictures.examples, dealt))
    rows = [_row(fold, one) for fold, one in enumerate(done)]
    about = _ABOUT.format(folds=len(done), pictures=pictures.described())
    return Finding(about, _figures(done, rows), rows, (*_REMARKS, *left_out(done)))


def tile_pictures(bench: Bench) -> Pictures:
    """Raises DatasetError where the data set is not there."""
    return gather(bench, NAME, tile_items(bench))


def tile_items(bench: Bench) -> list[DatasetItem]:
    """The pictures with their parts, as published. Raises DatasetError where the data set is not there."""
    folder = bench.data / FOLDER
    if not (folder / _GROUPS).is_file():
        raise DatasetError(
            f"{folder}: expected the magnet tiles in the MVTec layout and {_GROUPS} with the columns image,part"
        )
    return read_dataset(folder, "mvtec", folder / _GROUPS)


def _figures(done: Sequence[Trial], rows: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    everything = [outcome for one in done for outcome in one.unseen]
    named = macro_f1([one.defect_class for one in everything], [one.named for one in everything])
    return {
        "auroc": Figure(fmean(row["auroc"] for row in rows), "AUROC over pictures", at_least(0.95)),
        "part_auroc": Figure(fmean(row["part_auroc"] for row in rows), "AUROC over tiles, by the worst picture"),
        "macro_f1": Figure(named, "macro-F1 over pictures", at_least(0.80)),
        "escapes_at_5": Figure(_escapes(done, 0.05), "escapes at 5 % overkill, pictures", at_most(0.15)),
        "escapes_at_1": Figure(_escapes(done, 0.01), "escapes at 1 % overkill, pictures"),
        "part_escapes_at_5": share(_part_escapes(done, 0.05), "escapes at 5 % overkill, tiles", at_most(0.15)),
        "part_escapes_at_1": share(_part_escapes(done, 0.01), "escapes at 1 % overkill, tiles"),
        "naive_auroc": Figure(naive(done, "auroc"), "NOT VALID, split by picture: AUROC"),
        "naive_macro_f1": Figure(naive(done, "macro_f1"), "NOT VALID, split by picture: macro-F1"),
    }


def _escapes(done: Sequence[Trial], overkill: float) -> float:
    return pooled([escape_at(_each_alone(one.unseen), overkill) for one in done]).value


def _part_escapes(done: Sequence[Trial], overkill: float) -> Proportion:
    return pooled([escape_at(one.unseen, overkill) for one in done])


def _each_alone(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Each picture as a part of its own."""
    return [replace(outcome, part=str(place)) for place, outcome in enumerate(outcomes)]


def naive(done: Sequence[Trial], figure: str) -> float:
    """What the trainings themselves would have claimed on a split by picture, on average; nan where none did."""
    claims = [one.version.card.results.get(_NAIVE, {}).get(figure) for one in done]
    known = [float(claim) for claim in claims if claim is not None]
    return fmean(known) if known else math.nan


def fold_row(fold: int, one: Trial) -> dict[str, Any]:
    """What every table of folds says of one: how much it scored, and how well that is ranked."""
    parts = by_part(one.unseen)
    return {
        "fold": fold,
        "pictures": len(one.unseen),
        "parts": len(parts),
        "defective_parts": sum(part.defective for part in parts),
        "met": one.met,
        "auroc": ranked(one.unseen),
        "part_auroc": ranked(parts),
    }


def _row(fold: int, one: Trial) -> dict[str, Any]:
    return fold_row(fold, one) | {
        "macro_f1": macro_f1([each.defect_class for each in one.unseen], [each.named for each in one.unseen]),
        "escapes_at_5": escape_at(_each_alone(one.unseen), 0.05).value,
        "part_escapes_at_5": escape_at(one.unseen, 0.05).value,
    }


def ranked(outcomes: Sequence[Outcome]) -> float:
    """AUROC of those with a score."""
    scored = [(outcome.defective, outcome.score) for outcome in outcomes if outcome.score is not None]
    return auroc([defective for defective, _ in scored], [score for _, score in scored])
