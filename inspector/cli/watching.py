"""`inspector certify | watch`: what a model withstands, and whether its line still runs as it was taught."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from inspector.cli.screen import answer, progress_bar
from inspector.learning import robustness, watching
from inspector.store.workspace import Workspace
from inspector.studies import withstood
from inspector.studies.chosen import version_of

ALARM = 10


def certify(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        recipe = workspace.recipes.load(chosen.recipe)
        version = version_of(workspace, recipe, chosen.model)
        found = robustness.certify(
            workspace,
            recipe,
            version,
            parts=chosen.parts,
            on_progress=lambda done, total: advance("certifying", done, total),
        )
        file = robustness.save(workspace, found)

    answer(chosen.json, {**found.to_json(), "file": str(file)}, withstood.answer_of(found).lines)


def watch(chosen: argparse.Namespace) -> int:
    since = datetime.now(UTC) - timedelta(hours=chosen.hours) if chosen.hours else None
    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        recipe = workspace.recipes.load(chosen.recipe)
        reference = watching.reference_of(
            workspace, recipe, lambda done, total: advance("reading what was taught", done, total)
        )
        found = watching.watch(workspace, reference, parts=chosen.parts, since=since)
        watching.note(workspace, found)
    answer(chosen.json, found.to_json(), lambda: iter(found.lines))
    return ALARM if found.alarms else 0
