"""What looking at a part in tiles brings and takes: the cookies once more, at and near their camera's resolution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from inspector.bench.learning.coldstart.cookies import found_where, seen_again
from inspector.bench.learning.coldstart.good_parts import HOW, Task, at_own_limit, cookie_task, tried
from inspector.bench.learning.finding import Figure, Finding
from inspector.bench.learning.tiles import ranked
from inspector.bench.learning.trials import Bench, Trial, left_out
from inspector.bench.measure import interleaved_ms
from inspector.domain import ONE_TILE, Box, Scores, View
from inspector.pipeline.classify import Classifier

LAYOUTS = (str(ONE_TILE), "2x2", "3x2")
_ROUNDS = 60
_ABOUT = (
    "Cookies in a single view and in tiles: {learned} good pictures learned, {unseen} others scored by each shipped "
    "file. " + HOW
)
_REMARKS = (
    "Tiles are looked at behind the whole view. Resolution: of the camera's, where the view is shrunk most.",
    "Time: what a part takes once its view is cut, against the single view, in turns; medians of {rounds}.",
    "Escapes and overkill: at the file's own limit, pictures.",
    "The settings of training and tiles were looked at on these same pictures, which flatters.",
)


def resolution(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, and as a training does."""
    task = cookie_task(bench)
    done = {tiles: tried(bench, _named(task, tiles), tiles=tiles) for tiles in LAYOUTS}
    rows = [_row(bench, tiles, one, done[LAYOUTS[0]]) for tiles, one in done.items()]
    about = _ABOUT.format(learned=len(task.learned), unseen=len(done[LAYOUTS[0]].unseen))
    remarks = [words.format(rounds=_ROUNDS) for words in _REMARKS]
    return Finding(about, _figures(rows), rows, (*remarks, *left_out(done.values())))


def _named(task: Task, tiles: str) -> Task:
    """Under a recipe of its own, but for the single view, which is the cookies' own model."""
    return task if tiles == LAYOUTS[0] else replace(task, name=f"{task.name}-{tiles}")


def _figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    single, *others = rows
    means = {"auroc": "AUROC over pictures", "pixel_auroc": "AUROC over pixels", "pro": "PRO"}
    return {
        f"{name}_{row['tiles']}": Figure(row[name] - single[name], f"{words}, change by {row['tiles']} tiles")
        for row in others
        for name, words in means.items()
    }


def _row(bench: Bench, tiles: str, one: Trial, single: Trial) -> dict[str, Any]:
    pixel_auroc, pro = found_where(*seen_again(bench, one))
    ours_ms, single_ms = interleaved_ms(_look(bench, one), _look(bench, single), _ROUNDS)
    return {
        "tiles": tiles,
        "resolution": _resolution(bench, one),
        "auroc": ranked(one.unseen),
        "pixel_auroc": pixel_auroc,
        "pro": pro,
        **at_own_limit(one.unseen, one.version.card.reject_limit),
        "time_ratio": ours_ms / single_ms,
    }


def _resolution(bench: Bench, one: Trial) -> float:
    """Of the first picture's own; all of them have one size."""
    height, width = map(int, bench.workspace.images.get(one.shown[0].digest).shape[:2])
    return min(1.0, one.version.card.input_height / height, one.version.card.input_width / width)


def _look(bench: Bench, one: Trial) -> Callable[[], Scores]:
    """One part, from its view to its scores. The work does not depend on what is shown."""
    model = Classifier(one.version.model, one.version.card, bench.workspace.settings.invoke_threads)
    height, width = model.input_size
    blank = View(np.zeros((height, width, 3), np.uint8), Box(0, 0, width, height), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    return lambda: model.classify(blank)
