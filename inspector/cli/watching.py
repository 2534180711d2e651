"""`inspector certify | watch`: what a model withstands, and whether its line still runs as it was taught."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from inspector.cli.screen import answer, progress_bar
from inspector.errors import ModelError
from inspector.learning import robustness, watching
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

ALARM = 10
_ENDS = {
    robustness.Broken.ESCAPE: "a defect would pass",
    robustness.Broken.OVERKILL: "too many good parts would be rejected",
    robustness.Broken.STOPPED: "too many good parts would be stopped",
    robustness.Broken.END: "not tried",
}


def certify(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        recipe = workspace.recipes.load(chosen.recipe)
        version = _version(workspace, recipe, chosen.model)
        found = robustness.certify(
            workspace,
            recipe,
            version,
            parts=chosen.parts,
            on_progress=lambda done, total: advance("certifying", done, total),
        )
        file = robustness.save(workspace, found)

    def lines() -> Iterator[str]:
        for each in found.ranges:
            for end in (each.low, each.high):
                if end.broken_by in _ENDS:
                    yield f"{each.axis:<14} to {end.value:>6g} {each.unit:<12} beyond: {_ENDS[end.broken_by]}"
        yield found.sentence

    answer(chosen.json, {**found.to_json(), "file": str(file)}, lines)


def _version(workspace: Workspace, recipe: Recipe, wanted: str | None) -> ModelVersion:
    """The one that was asked for, the one in use, or else the newest."""
    if wanted or recipe.model_id:
        return workspace.versions.load(recipe.name, wanted or recipe.model_id)
    versions = workspace.versions.list(recipe.name)
    if not versions:
        raise ModelError(f"recipe {recipe.name}: there is no model yet; `inspector train` makes one")
    return workspace.versions.load(recipe.name, versions[-1].card.id)


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
