"""What defects among the good pictures cost that nobody noticed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from inspector.bench.learning.coldstart.good_parts import HOW, Task, cookie_task, dealt_tiles, is_good, suspected, tried
from inspector.bench.learning.finding import Figure, Finding, at_most
from inspector.bench.learning.tiles import ranked
from inspector.bench.learning.trials import Bench, Trial
from inspector.domain import GOOD, Example
from inspector.learning.snapshot import draw
from inspector.metrics import Outcome

PERCENT = 3  # of the good pictures
FALL = 0.01
_FALLS = {"fall": "fall of the AUROC over pictures", "fall_answered": "the same, suspects answered"}
_ABOUT = (
    "Trained twice: on the good pictures, and with as many defective ones called good as 3 % of them, rounded up, the "
    "check for suspects on as always. Both files are scored on the same pictures, of which neither saw a part. " + HOW
)
_REMARKS = (
    "Cookies: the defective picture is one of the test set's and not scored. Tiles: each fold with defects from the "
    "others; the fall is the mean of the folds, as one fold's AUROC moves by more than 0.01 with the draw of what is "
    "drawn alone.",
    "Suspected: how many of the poisoned pictures the training itself named and left out. Nobody looks at them.",
    "Answered: both once more, as a person leaves them who looks at what was suspected, confirms good ones, and takes "
    "defective ones out.",
)


@dataclass(frozen=True, slots=True)
class _Poisoned:
    """A task, and the same with some defects called good. fold: of the set."""

    set: str
    fold: int
    task: Task
    poison: tuple[Example, ...]

    @property
    def spoilt(self) -> Task:
        """Under a recipe of its own, so that its network, too, was made from what it was shown."""
        called_good = (replace(one, defect_class=GOOD, mask_digest=None) for one in self.poison)
        spoilt = replace(self.task, name=f"{self.task.name}-poisoned", learned=(*self.task.learned, *called_good))
        return spoilt.without({one.part for one in self.poison})


def poisoning(bench: Bench) -> Finding:
    """Raises DatasetError where a data set is not there, and as a training does."""
    cookies, tiles = cookie_task(bench), dealt_tiles(bench)
    whats = [_poisoned("cookies", 0, cookies, cookies.unseen)]
    whats += [_poisoned("tiles", fold, tiles.task(fold), tiles.outside(fold)) for fold in range(tiles.folds)]
    rows = [_row(bench, what) for what in whats]
    figures = {
        f"{fall}_{name}": Figure(_mean(rows, name, fall), f"{words}, {name}", at_most(FALL))
        for name in ("cookies", "tiles")
        for fall, words in _FALLS.items()
    }
    return Finding(_ABOUT, figures, rows, _REMARKS)


def _mean(rows: Sequence[dict[str, Any]], name: str, fall: str) -> float:
    return fmean(row[fall] for row in rows if row["set"] == name)


def _poisoned(name: str, fold: int, task: Task, among: Sequence[Example]) -> _Poisoned:
    return _Poisoned(name, fold, task, tuple(poison(among, len(task.learned))))


def poison(among: Sequence[Example], good: int) -> list[Example]:
    """PERCENT of so many good pictures, rounded up, by the draw of their digests: the same ones in every run."""
    defects = sorted((one for one in among if not is_good(one)), key=lambda one: draw(one.digest))
    return defects[: math.ceil(PERCENT * good / 100)]


def _row(bench: Bench, what: _Poisoned) -> dict[str, Any]:
    clean, spoilt = tried(bench, what.task), tried(bench, what.spoilt)
    hidden, suspects = {one.digest for one in what.poison}, suspected(spoilt)
    asked = tried(bench, what.task.answered(suspected(clean)))
    asked_spoilt = tried(bench, what.spoilt.answered(suspects, hidden))
    scored = set.intersection(*({one.part for one in each.unseen} for each in (clean, spoilt, asked, asked_spoilt)))
    before, after = ranked(_of(clean, scored)), ranked(_of(spoilt, scored))
    return {
        "set": what.set,
        "fold": what.fold,
        "learned": len(what.task.learned),
        "poisoned": len(what.poison),
        "suspected": len(suspects & hidden),
        "suspected_good": len(suspects - hidden),
        "scored": len(_of(clean, scored)),
        "auroc_clean": before,
        "auroc_poisoned": after,
        "fall": before - after,
        "fall_answered": ranked(_of(asked, scored)) - ranked(_of(asked_spoilt, scored)),
    }


def _of(one: Trial, parts: set[str]) -> list[Outcome]:
    return [outcome for outcome in one.unseen if outcome.part in parts]
