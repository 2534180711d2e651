"""Which version a study is about where nobody names one."""

from __future__ import annotations

from inspector.errors import ModelError
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace


def version_of(workspace: Workspace, recipe: Recipe, wanted: str | None = None) -> ModelVersion:
    """The one that was asked for, the one in use, or else the newest. Raises ModelError."""
    if wanted or recipe.model_id:
        return workspace.versions.load(recipe.name, wanted or recipe.model_id)
    versions = workspace.versions.list(recipe.name)
    if not versions:
        raise ModelError(f"recipe {recipe.name}: there is no model yet; `inspector train` makes one")
    return workspace.versions.load(recipe.name, versions[-1].card.id)
