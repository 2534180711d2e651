"""What to do about parts that lie turned: nothing, turned copies among what is learned, or alignment by a mark."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inspector.bench.learning.coldstart.good_parts import HOW, Task, at_own_limit, tried
from inspector.bench.learning.coldstart.lying import ANY_WAY, Lying, lying_cookies, lying_flanges
from inspector.bench.learning.finding import Figure, Finding
from inspector.bench.learning.tiles import ranked
from inspector.bench.learning.trials import Bench, outcomes
from inspector.domain import SnapshotEntry, Split
from inspector.learning.snapshot import entry_of
from inspector.metrics import Outcome
from inspector.pipeline.locate import locate
from inspector.recipe import LocateSettings, Recipe
from inspector.store.versions import ModelVersion

UPRIGHT, UNPREPARED, NOTHING, COPIED, ALIGNED = "upright", "unprepared", "nothing", "copies", "aligned"
PARTS = 200
_TIMED = 25
_ABOUT = (
    "Rendered flanges with a lettering to align by, and cookies, which have no mark, lying any way round: the same "
    "turned pictures for every way. Upright: learned and shown upright. Unprepared: learned upright, shown turned. "
    "Nothing, copies, aligned: learned as they lie, alone, with turned copies of each (`train --turned 180`), turned "
    "back by the lettering. " + HOW
)
_REMARKS = (
    "Escapes and overkill: at the file's own limit, of the pictures in which the part is found.",
    "Locating: one thread, the median of {timed} pictures.",
    "Cookies are turned in their pictures, about the middle, and what lies at the rim is mirrored outwards.",
    "Flanges: rendered turned, under a lamp that stays where it is; or turned in their pictures, lamp and all.",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """One way, and what its model says of the pictures that it is shown."""

    way: str
    recipe: Recipe
    version: ModelVersion
    learned: int
    shown: Sequence[SnapshotEntry]
    said: Sequence[Outcome]


def turned(bench: Bench, parts: int = PARTS) -> Finding:
    """parts: of flanges to render. Raises DatasetError where the cookies are not there, and as a training does."""
    sets = (*lying_flanges(bench, parts), lying_cookies(bench))
    return told([row for lying in sets for row in all_ways(bench, lying)])


def told(rows: Sequence[Mapping[str, Any]]) -> Finding:
    """What `all_ways` found of all sets."""
    remarks = [words.format(timed=_TIMED) for words in _REMARKS]
    return Finding(_ABOUT, _figures(rows), rows, remarks)


def _figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    return {
        f"auroc_{row['set']}_{row['way']}": Figure(row["auroc"], f"AUROC over pictures, {row['set']}, {row['way']}")
        for row in rows
    }


def all_ways(bench: Bench, lying: Lying) -> list[dict[str, Any]]:
    """One row each, over the parts that no way's model has met."""
    done = list(_ways(bench, lying))
    parts = set.intersection(*({one.part for one in each.said} for each in done))
    return [_row(bench, lying, each, parts) for each in done]


def _ways(bench: Bench, lying: Lying) -> list[_Tried]:
    upright = _tried(bench, UPRIGHT, lying, lying.upright)
    shown = [entry_of(one, Split.GOLDEN) for one in lying.turned.unseen]
    said = list(outcomes(bench, upright.recipe, upright.version, shown))
    unprepared = _Tried(UNPREPARED, upright.recipe, upright.version, upright.learned, shown, said)
    found = [upright, unprepared, _tried(bench, NOTHING, lying, lying.turned)]
    found.append(_tried(replace(bench, turned_deg=ANY_WAY), COPIED, lying, lying.turned))
    if lying.mark:
        found.append(_tried(bench, ALIGNED, lying, lying.turned, lying.mark))
    return found


def _tried(bench: Bench, way: str, lying: Lying, task: Task, mark: LocateSettings | None = None) -> _Tried:
    recipe = lying.recipe(task, way, mark)
    done = tried(bench, task, recipe=recipe)
    return _Tried(way, recipe, done.version, len(task.learned), done.shown, done.unseen)


def _row(bench: Bench, lying: Lying, one: _Tried, parts: set[str]) -> dict[str, Any]:
    said = [each for each in one.said if each.part in parts]
    return {
        "set": lying.turned.name.removeprefix("coldstart-"),
        "way": one.way,
        "learned": one.learned,
        "shown": len(said),
        "not_found": sum(each.score is None for each in said),
        "auroc": ranked(said),
        **at_own_limit(said, one.version.card.reject_limit),
        "locate_ms": _locate_ms(bench, one.recipe, one.shown[:_TIMED]),
    }


def _locate_ms(bench: Bench, recipe: Recipe, entries: Sequence[SnapshotEntry]) -> float:
    images = bench.workspace.images
    template = images.get(recipe.locate.template) if recipe.locate.template else None
    times = []
    for entry in entries:
        pixels = images.get(entry.digest)
        began = time.perf_counter_ns()
        locate(pixels, recipe, template)
        times.append((time.perf_counter_ns() - began) / 1e6)
    return statistics.median(times)
