"""`inspector recipe new | list | show | check`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import tomli_w

from inspector import plugins
from inspector import recipe as recipes
from inspector.cli.screen import answer
from inspector.commission import setup_for
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


def new(chosen: argparse.Namespace) -> None:
    wanted = {
        "name": chosen.name,
        "part_number": chosen.part_number,
        "camera": {"backend": chosen.camera, "source": chosen.source},
    }
    made = recipes.parse(wanted, "recipe new")
    with Workspace.create(chosen.workspace) as workspace:
        workspace.recipes.new(made)
        path = workspace.recipes.path(made.name)
    answer(chosen.json, {"recipe": made.id, "file": str(path)}, lambda: iter([f"{made.name}: {path}"]))


def list_all(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        found = [workspace.recipes.load(name) for name in workspace.recipes.list()]
    rows = [{"recipe": each.name, "part_number": each.part_number, "model": each.model_id} for each in found]

    def lines() -> Iterator[str]:
        for row in rows:
            yield f"{row['recipe']:<24} {row['part_number']:<16} {row['model'] or 'no model yet'}"

    answer(chosen.json, rows, lines)


def show(chosen: argparse.Namespace) -> None:
    recipe = _find(chosen)
    table = recipes.to_toml(recipe)
    answer(chosen.json, {"id": recipe.id, **table}, lambda: iter([tomli_w.dumps(table)]))


def check(chosen: argparse.Namespace) -> None:
    recipe = _find(chosen)
    plugins.load(plugins.CAMERAS, recipe.camera.backend)
    plugins.load(plugins.LINES, recipe.line.backend)
    with Workspace.open(chosen.workspace) as workspace:
        setup = setup_for(workspace, recipe)
    model = setup.model.model_id if setup.model else ""
    words = f"{recipe.name}: good; model: {model or 'none yet: every part will be unfit until one is promoted'}"
    answer(chosen.json, {"recipe": recipe.id, "model": model, "problems": []}, lambda: iter([words]))


def _find(chosen: argparse.Namespace) -> Recipe:
    """A recipe by its file's path, or by its name in the workspace."""
    if chosen.name.endswith(".toml"):
        return recipes.load(Path(chosen.name))
    with Workspace.open(chosen.workspace) as workspace:
        return workspace.recipes.load(chosen.name)
