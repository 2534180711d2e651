"""Recipes: what runs is one file, and what ran is found again by its id."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from inspector.errors import RecipeError
from inspector.recipe import Limits, Recipe
from inspector.store.recipes import RecipeStore


@pytest.fixture
def recipes(tmp_path: Path) -> RecipeStore:
    return RecipeStore(tmp_path / "recipes")


def at(recipe: Recipe, limit: float) -> Recipe:
    return dataclasses.replace(recipe, limits=Limits(limit, limit))


def test_a_new_recipe_is_saved(recipes: RecipeStore) -> None:
    recipes.new(Recipe("cap", "4711"))
    assert recipes.load("cap") == Recipe("cap", "4711")
    assert recipes.path("cap").exists()


def test_a_new_recipe_never_replaces_one(recipes: RecipeStore) -> None:
    recipes.save(at(Recipe("cap"), 2.0))
    with pytest.raises(RecipeError, match=r"cap\.toml: there is a recipe of this name already"):
        recipes.new(Recipe("cap"))
    assert recipes.load("cap").limits.reject == 2.0


def test_recipes_are_listed_by_name(recipes: RecipeStore) -> None:
    assert recipes.list() == []
    for name in ("lid", "cap"):
        recipes.new(Recipe(name))
    assert recipes.list() == ["cap", "lid"]


def test_an_unknown_recipe_is_named_with_those_that_exist(recipes: RecipeStore) -> None:
    recipes.new(Recipe("cap"))
    with pytest.raises(RecipeError, match=r"lid\.toml: there is no such recipe; this workspace has: cap"):
        recipes.load("lid")


@pytest.mark.parametrize("name", ["", "../etc/passwd", "Cap", "a b", "x" * 65, "cap@1"])
def test_what_cannot_be_a_name_leads_to_no_file(recipes: RecipeStore, name: str) -> None:
    for ask in (recipes.path, recipes.load, lambda name: recipes.new(Recipe(name))):
        with pytest.raises(RecipeError, match="name: expected 1 to 64 lower-case letters"):
            ask(name)


def test_a_recipe_under_another_name_is_refused(recipes: RecipeStore) -> None:
    recipes.new(Recipe("cap"))
    recipes.path("cap").rename(recipes.path("lid"))
    with pytest.raises(RecipeError, match=r"lid\.toml: name: expected 'lid' as in the file's name, received 'cap'"):
        recipes.load("lid")


def test_everything_a_recipe_was_is_found_by_its_id(recipes: RecipeStore) -> None:
    versions = [at(Recipe("cap"), limit) for limit in (0.0, 1.0, 2.0)]
    for recipe in versions:
        recipes.save(recipe)
    assert recipes.load("cap") == versions[-1]
    assert [recipes.find(recipe.id) for recipe in versions] == versions
    assert sorted(recipes.history("cap"), key=lambda recipe: recipe.limits.reject) == versions


def test_a_recipe_that_returns_is_remembered_once(recipes: RecipeStore) -> None:
    for limit in (0.0, 1.0, 0.0):
        recipes.save(at(Recipe("cap"), limit))
    assert len(recipes.history("cap")) == 2


def test_an_edit_by_hand_is_remembered_when_it_is_loaded(recipes: RecipeStore) -> None:
    first = Recipe("cap")
    recipes.new(first)
    path = recipes.path("cap")
    path.write_text(path.read_text().replace("reject = 0.0", "reject = 3.5"))
    edited = recipes.load("cap")
    assert edited.limits.reject == 3.5
    assert recipes.find(edited.id) == edited and recipes.find(first.id) == first


def test_an_edited_history_is_not_believed(recipes: RecipeStore) -> None:
    recipe = Recipe("cap")
    recipes.new(recipe)
    (kept,) = (recipes.folder / "history" / "cap").glob("*.toml")
    kept.write_text(kept.read_text().replace("reject = 0.0", "reject = 3.5"))
    with pytest.raises(RecipeError, match=f"a remembered recipe was edited: expected {recipe.id}"):
        recipes.find(recipe.id)


@pytest.mark.parametrize("recipe_id", ["cap", "cap@", "cap@../../x", "../cap@0123456789ab", "cap@0123456789ab"])
def test_an_id_that_never_ran_is_refused(recipes: RecipeStore, recipe_id: str) -> None:
    recipes.new(Recipe("cap"))
    with pytest.raises(RecipeError):
        recipes.find(recipe_id)


def test_a_recipe_that_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    store = RecipeStore(tmp_path)
    read = Recipe("cap")
    store.save(read)
    promoted = dataclasses.replace(read, model_id="v2-12345678", limits=Limits(-1.0, 1.0))
    store.save(promoted, replacing=read.id)
    with pytest.raises(RecipeError, match="now runs v2-12345678 at limits -1 and 1; nothing was saved"):
        store.save(dataclasses.replace(read, part_number="4711"), replacing=read.id)
    assert store.load("cap") == promoted
    store.save(dataclasses.replace(promoted, part_number="4711"), replacing=promoted.id)
    assert store.load("cap").part_number == "4711"


def test_a_recipe_whose_file_is_gone_is_saved_again(tmp_path: Path) -> None:
    store = RecipeStore(tmp_path)
    store.save(Recipe("cap"))
    store.path("cap").unlink()
    store.save(Recipe("cap", part_number="4711"), replacing=Recipe("cap").id)
    assert store.load("cap").part_number == "4711"
