"""`inspector augmentations`: see what a network would be shown while it is adapted, before it is."""

from __future__ import annotations

import argparse
from collections import defaultdict

from inspector.cli.screen import answer
from inspector.domain import Pixels
from inspector.errors import DatasetError, PictureError
from inspector.learning import augmentation
from inspector.pictures import write_picture
from inspector.pipeline.assemble import view_of
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

_EACH = 2  # pictures of a class
_SIDE = 224


def augmentations(chosen: argparse.Namespace) -> None:
    how = augmentation.parse_words(chosen.augment)
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        shown = _some_views(workspace, recipe)
    names = [name for name, views in shown.items() for _ in views]
    write_picture(augmentation.sheet([view for views in shown.values() for view in views], how), chosen.out)
    result = {"picture": str(chosen.out), "rows": names, "augmentation": how.to_json()}
    answer(chosen.json, result, lambda: iter([f"{chosen.out}: {len(names)} rows: {', '.join(names)}"]))


def _some_views(workspace: Workspace, recipe: Recipe) -> dict[str, list[Pixels]]:
    """By class, the first few pictures in which the part is found."""
    template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
    shown: dict[str, list[Pixels]] = defaultdict(list)
    for example in workspace.ledger.examples(recipe.name):
        if len(shown[example.defect_class]) == _EACH:
            continue
        try:
            view = view_of(workspace.images.get(example.digest), recipe, template, _SIDE, _SIDE)
        except PictureError:
            continue
        shown[example.defect_class].append(view.pixels)
    found = {name: views for name, views in sorted(shown.items()) if views}
    if not found:
        raise DatasetError(
            f"recipe {recipe.name}: no labelled picture in which the part is found; import or label some"
        )
    return found
