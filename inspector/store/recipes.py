"""Which recipes a workspace has, and what each of them once was: a recipe_id leads back to its exact content."""

from __future__ import annotations

from pathlib import Path

from inspector import recipe as recipe_file
from inspector.errors import RecipeError
from inspector.parsing import Section
from inspector.recipe import Recipe
from inspector.store.disk import plainly

_HISTORY = "history"


class RecipeStore:
    """The recipes under one folder: <name>.toml is what runs, history/<name>/<id>.toml what ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where a recipe lies or would lie. Raises RecipeError for what cannot be a recipe's name."""
        return self.folder / f"{Section({'name': name}, str(self.folder)).slug('name')}.toml"

    def new(self, recipe: Recipe) -> None:
        """Save a recipe under a name that is still free. Raises RecipeError where it is taken."""
        path = self.path(recipe.name)
        if path.exists():
            raise RecipeError(f"{path}: there is a recipe of this name already; choose another name")
        self.save(recipe)

    def load(self, name: str) -> Recipe:
        """Read what runs under a name; an edit by hand enters the history here. Raises RecipeError."""
        path = self.path(name)
        if not path.exists():
            known = ", ".join(self.list()) or "none"
            raise RecipeError(f"{path}: there is no such recipe; this workspace has: {known}")
        recipe = recipe_file.load(path)
        if recipe.name != name:
            raise RecipeError(f"{path}: name: expected {name!r} as in the file's name, received {recipe.name!r}")
        self._remember(recipe)
        return recipe

    def save(self, recipe: Recipe, replacing: str | None = None) -> None:
        """Remember it, then let it run: a crash in between leaves the earlier one running.

        replacing: the id of the recipe that was read and changed. Raises RecipeError where another one lies there by
        now: what somebody else saved meanwhile, such as a promotion, must not be undone by who knows nothing of it.
        """
        path = self.path(recipe.name)
        if replacing is not None and path.exists():
            there = self.load(recipe.name)
            if there.id not in {replacing, recipe.id}:
                raise RecipeError(
                    f"{path}: it was changed by somebody else meanwhile and now runs {there.model_id or 'no model'} at "
                    f"limits {there.limits.recheck:g} and {there.limits.reject:g}; nothing was saved: look at it "
                    "again, then save again"
                )
        self._remember(recipe)
        with plainly(path):
            recipe_file.save(recipe, path)

    def find(self, recipe_id: str) -> Recipe:
        """The recipe as it was under this id, as an Inspection names it. Raises RecipeError."""
        path = self._kept(recipe_id)
        recipe = recipe_file.load(path)
        if recipe.id != recipe_id:
            raise RecipeError(f"{path}: a remembered recipe was edited: expected {recipe_id}, received {recipe.id}")
        return recipe

    def history(self, name: str) -> list[Recipe]:
        """Everything that a recipe has been, the oldest first."""
        paths = (self.folder / _HISTORY / self.path(name).stem).glob("*.toml")
        return [self.find(path.stem) for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)]

    def _kept(self, recipe_id: str) -> Path:
        name, _, digest = recipe_id.partition("@")
        if not digest.isalnum():
            raise RecipeError(f"{self.folder}: expected a recipe id such as cap@0123456789ab, received {recipe_id!r}")
        return self.folder / _HISTORY / self.path(name).stem / f"{recipe_id}.toml"

    def _remember(self, recipe: Recipe) -> None:
        path = self._kept(recipe.id)
        with plainly(path):
            if not path.exists():
                recipe_file.save(recipe, path)

    def list(self) -> list[str]:
        """The names of all recipes, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.toml"))
