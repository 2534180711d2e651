"""`inspector shadow`: which model is tried on the live line beside the one in use, and how its trial stands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from inspector.cli.screen import answer
from inspector.learning.paired import Advice
from inspector.learning.shadow import Standing, challenge, standing
from inspector.store.workspace import Workspace


def shadow(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        if chosen.model or chosen.off:
            challenge(workspace, recipe.name, chosen.model or "", workspace.settings.operator)
        stands = standing(workspace, recipe.name)
    nobody = {"model": recipe.model_id, "challenger": ""}
    answer(chosen.json, stands.to_json() if stands else nobody, lambda: _lines(recipe.name, stands))


def _lines(recipe_name: str, stands: Standing | None) -> Iterator[str]:
    if stands is None:
        yield f"{recipe_name}: no model runs in shadow"
        return
    yield from stands.sentences()
    for (was, would), number in sorted(stands.pictures.items()):
        yield f"  {was:<8} -> {would:<8} {number}"
    if stands.waiting:
        yield f"`inspector review --recipe {recipe_name}` lists the parts on which they differ"
    if stands.tally.advice is Advice.PROMOTE:
        yield f"`inspector promote --recipe {recipe_name} --model {stands.challenger}` puts it on the line"
