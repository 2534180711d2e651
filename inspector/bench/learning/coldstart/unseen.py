"""What is found on tiles that were never seen, from good ones alone and with a few labelled defects beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from inspector.bench.learning.coldstart.good_parts import HOW, Tiles, dealt_tiles, is_good, tried
from inspector.bench.learning.finding import Figure, Finding, Target, at_least
from inspector.bench.learning.tiles import fold_row
from inspector.bench.learning.trials import Bench, Trial, left_out
from inspector.domain import GOOD, Example
from inspector.learning.snapshot import draw, part_classes

LABELLED = 10  # parts of each class
_ABOUT = "Magnet tiles in {folds} folds by tile: {pictures}. {what} " + HOW
_GOOD_ONLY = "Each fold's tiles are scored by the shipped file of a model of the other folds' good pictures."
_LABELLED = (
    "As coldstart-tiles, and each training has beside the good pictures those of at most {labelled} defective tiles of "
    "each class of the other folds, the same ones in every run."
)
_REMARKS = ("AUROC is the mean of the folds.",)


def unseen(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, and as a training does."""
    return _finding(bench, labelled=0, target=at_least(0.88), what=_GOOD_ONLY)


def unseen_with_defects(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, and as a training does."""
    return _finding(bench, labelled=LABELLED, target=at_least(0.93), what=_LABELLED.format(labelled=LABELLED))


def _finding(bench: Bench, labelled: int, target: Target, what: str) -> Finding:
    tiles = dealt_tiles(bench)
    done = list(_trials(bench, tiles, labelled))
    rows = [_row(fold, one, taught) for fold, (one, taught) in enumerate(done)]
    figures = {
        "auroc": Figure(fmean(row["auroc"] for row in rows), "AUROC over pictures", target),
        "part_auroc": Figure(fmean(row["part_auroc"] for row in rows), "AUROC over tiles, by the worst picture"),
    }
    about = _ABOUT.format(folds=tiles.folds, pictures=tiles.pictures.described(), what=what)
    return Finding(about, figures, rows, (*_REMARKS, *left_out(one for one, _ in done)))


def _trials(bench: Bench, tiles: Tiles, labelled: int) -> Iterator[tuple[Trial, Sequence[Example]]]:
    for fold in range(tiles.folds):
        bench.advance("folds", fold, tiles.folds)
        taught = drawn(tiles.outside(fold), labelled)
        yield tried(bench, tiles.task(fold), taught), taught
    bench.advance("folds", tiles.folds, tiles.folds)


def drawn(examples: Sequence[Example], count: int) -> list[Example]:
    """The defective pictures of so many parts of each class, or of all there are, by the draw of their names."""
    parts: dict[str, list[str]] = defaultdict(list)
    for part, name in part_classes(examples).items():
        parts[name].append(part)
    chosen = {part for name, all_ in parts.items() if name != GOOD for part in sorted(all_, key=draw)[:count]}
    return [one for one in examples if one.part in chosen and not is_good(one)]


def _row(fold: int, one: Trial, taught: Sequence[Example]) -> dict[str, Any]:
    return fold_row(fold, one) | {"labelled_defects": len({example.part for example in taught})}
