"""`inspector device`: on what this PC runs a model, measured."""

from __future__ import annotations

import argparse

from inspector import placement
from inspector.cli.screen import answer
from inspector.errors import ModelError
from inspector.store.workspace import Workspace


def device(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        wanted = chosen.model or recipe.model_id
        if not wanted:
            raise ModelError(f"recipe {recipe.name}: it has no model in use; promote one, or name one with --model")
        found = placement.measure(workspace, recipe, workspace.versions.load(recipe.name, wanted))
        wish = workspace.settings.device
    answer(
        chosen.json,
        {"model": wanted, "wish": str(wish), "placement": found.to_json()},
        lambda: iter([f"{wanted}: {found}", f'the settings say device = "{wish}"']),
    )
