"""A training program under which the workspace changes: it is started as `models train --job FILE` from its folder.

What happens meanwhile is the word in MEANWHILE.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.domain import GOOD, UNLIKE, Box
from inspector.learning.promotion import promote
from inspector.store.workspace import Workspace
from tests.unit.attack import rows
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import publish
from tests.unit.training_stand_in import finish

PROGRAM = "from tests.unit.meanwhile_stand_in import main\nmain()\n"


def put_rival_in_use(workspace: Workspace, job: dict[str, Any]) -> None:
    """Somebody else's model, which is no better and no worse."""
    rival = publish(workspace, 7, results={"golden": rows(workspace)})
    promote(workspace, RECIPE, rival.card.id, "ben", force_reason="it was here first")
    finish(job, results={"golden": rows(workspace)})


def cut_another_region(workspace: Workspace, job: dict[str, Any]) -> None:
    golden = rows(workspace)
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), roi=Box(0, 0, 24, 20)))
    finish(job, results={"golden": golden})


def take_the_number(workspace: Workspace, job: dict[str, Any]) -> None:
    """Another training on the same pictures was quicker and made the very same model."""
    golden = rows(workspace)
    publish(workspace, job["number"], json.dumps(job["seed"]).encode(), snapshot_id=Path(job["snapshot"]).stem)
    finish(job, results={"golden": golden})


def learn_nothing(workspace: Workspace, job: dict[str, Any]) -> None:
    """A model that lets every part pass."""
    finish(job, results={"golden": rows(workspace, score=-4.0)})


def tell_what_was_asked(workspace: Workspace, job: dict[str, Any]) -> None:
    asked = {
        key: job[key] for key in ("backbone", "mode", "looks", "augmentation", "adapted", "weights", "seed", "parent")
    }
    finish(job, results={"golden": rows(workspace), "asked": asked})


def know_good_parts_alone(workspace: Workspace, job: dict[str, Any]) -> None:
    assert {row["defect_class"] for row in rows(workspace)} == {GOOD}
    asked = {key: job[key] for key in ("mode", "looks", "adapted")}
    results = {"golden": rows(workspace, leading_defect=UNLIKE), "asked": asked}
    finish(job, classes=(GOOD, UNLIKE), results=results)


def nothing(workspace: Workspace, job: dict[str, Any]) -> None:
    assert {row["defect_class"] for row in rows(workspace)} == {GOOD, "dent"}
    finish(job, results={"golden": rows(workspace)})


MEANWHILE = {
    "rival": put_rival_in_use,
    "region": cut_another_region,
    "number": take_the_number,
    "blind": learn_nothing,
    "asked": tell_what_was_asked,
    "good alone": know_good_parts_alone,
    "nothing": nothing,
}


def main() -> None:
    job = json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
    with Workspace.open(Path(job["cache"]).parent) as workspace:
        MEANWHILE[os.environ["MEANWHILE"]](workspace, job)
