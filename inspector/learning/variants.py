"""What a network would be shown of a recipe's pictures while it is adapted: a sheet for people to look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from inspector.domain import Pixels
from inspector.errors import DatasetError, PictureError
from inspector.learning.augmentation import DEFAULT, Augmentation, sheet
from inspector.pipeline.assemble import view_of
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

_EACH = 2  # pictures of a class
_SIDE = 224


@dataclass(frozen=True, slots=True, eq=False)
class VariantSheet:
    """pixels: RGB, in each row a view as it is and then changes of it. rows: their classes, from the top."""

    pixels: Pixels
    rows: tuple[str, ...]


def draw(workspace: Workspace, recipe: Recipe, how: Augmentation = DEFAULT) -> VariantSheet:
    """The same sheet for the same pictures. Raises DatasetError where no part is found in any, StoreError."""
    shown = _some_views(workspace, recipe)
    rows = tuple(name for name, views in shown.items() for _ in views)
    return VariantSheet(sheet([view for views in shown.values() for view in views], how), rows)


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
