"""What each way of finding what is unlike good parts is worth, by backbone, resolution, memory size and time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspector.bench.learning.coldstart.good_parts import HOW, cookie_task, dealt_tiles, snapshot_of
from inspector.bench.learning.finding import Figure, Finding
from inspector.bench.learning.trials import Bench, unseen_of
from inspector.domain import GOOD, Snapshot, SnapshotEntry
from inspector.errors import TrainingError
from inspector.learning import runs
from inspector.learning.runs import Task
from inspector.metrics import auroc
from inspector.recipe import Recipe

METHODS = Task("comparison of methods", "methods")
RESULT = "methods.json"
BACKBONES = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "mobilenet-v2")
SHIPPED = {"backbone": "efficientnet-lite0", "side": 320, "method": "together"}
USUAL = 1000  # places
_ABOUT = (
    "Cookies, and fold 0 of the magnet tiles: for each backbone and resolution one network in 8 bits and one look at "
    "all pictures; on these every method is fitted, and held against pictures of parts that it never saw. " + HOW
)
_REMARKS = (
    "Places: how many are remembered. MB: of RAM at work, for places with the distances to them. Time: of a file that "
    "says this alone, together of the whole file with its heat map; ratio: to the bare network, in turns, two threads.",
    "Fit: seconds; together with the folds that weigh the three, and with the heat map.",
    "The settings of the training were looked at on these same pictures, which flatters.",
)
_NO_TABLE = (OSError, ValueError, KeyError, TypeError)

Table = Mapping[str, Any]


def methods(bench: Bench) -> Finding:
    """Raises DatasetError where a data set is not there, and as a training does."""
    tasks = {"cookies": cookie_task(bench), "tiles": dealt_tiles(bench).task(0)}
    rows: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    for name, task in tasks.items():
        snapshot = snapshot_of(task)
        shown, _ = unseen_of(bench, snapshot)
        table = _measured(bench, snapshot)
        missing |= table["missing"]
        rows += [_row(name, row, shown) for row in table["rows"]]
    absent = [f"{name} is left out: its weights are not on this PC; {advice}" for name, advice in missing.items()]
    return Finding(_ABOUT, _figures(rows), rows, (*_REMARKS, *absent))


def _measured(bench: Bench, snapshot: Snapshot) -> Table:
    wishes = {"backbones": BACKBONES, "seed": 0}
    finish = partial(read_table, snapshot)
    run = runs.start(bench.workspace, METHODS, Recipe(snapshot.recipe), snapshot, wishes, finish, bench.command)
    return run.watched(bench.advance)


def read_table(snapshot: Snapshot, output: Path) -> Table:
    """By row its scores by picture. Raises TrainingError where it is no table of these pictures."""
    try:
        table = json.loads((output / RESULT).read_text(encoding="utf-8"))
        rows = [{**row, "scores": dict(zip(table["pictures"], row["scores"], strict=True))} for row in table["rows"]]
        found = {"snapshot": table["snapshot"], "missing": dict(table["missing"]), "rows": rows}
    except _NO_TABLE as error:
        raise TrainingError(f"the {METHODS.name} left no table ({error!r})") from error
    if found["snapshot"] != snapshot.id:
        raise TrainingError(
            f"the {METHODS.name} looked at snapshot {found['snapshot'][:12]}; expected {snapshot.id[:12]}; its program "
            "does not fit this one"
        )
    return found


def _row(name: str, row: Mapping[str, Any], shown: Sequence[SnapshotEntry]) -> dict[str, Any]:
    truth = [entry.defect_class != GOOD for entry in shown]
    return {
        "set": name,
        "backbone": row["backbone"],
        "side": row["side"],
        "method": row["method"],
        "places": row["places"] or "",
        "auroc": auroc(truth, [row["scores"][entry.digest] for entry in shown]),
        "mb": row["mb"],
        "invoke_ms": row["invoke_ms"],
        "ratio": row["invoke_ms"] / row["bare_ms"],
        "fit_s": row["fit_s"],
    }


def _figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """What fewer and more places than are remembered would change, of what is shipped."""
    shipped = [row for row in rows if SHIPPED.items() <= row.items()]
    areas = {(row["set"], row["places"]): row["auroc"] for row in shipped}
    return {
        f"auroc_{name}_{places}": Figure(
            area - areas[name, USUAL], f"AUROC over pictures, {name}, change by {places} places"
        )
        for (name, places), area in areas.items()
        if places != USUAL and (name, USUAL) in areas
    }
