"""Whatever a valid recipe, section or settings file holds: it comes back equal, and what is wrong is named."""

from __future__ import annotations

import math
import string
import tempfile
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from inspector import recipe as recipes
from inspector import settings
from inspector.domain import Box
from inspector.errors import RecipeError
from inspector.parsing import Section
from inspector.recipe import (
    CameraSettings,
    FitnessLimits,
    Limits,
    LineSettings,
    LocateMode,
    LocateSettings,
    Recipe,
    TriggerMode,
)
from inspector.store.recipes import RecipeStore

words = st.text(st.characters(codec="utf-8"), max_size=30)
slugs = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)
boxes = st.builds(
    Box, st.integers(0, 100_000), st.integers(0, 100_000), st.integers(1, 100_000), st.integers(1, 100_000)
)
option_values = st.recursive(
    words | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
options = st.dictionaries(words, option_values, max_size=4)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda value: value + 0.0)


cameras = st.builds(
    CameraSettings,
    backend=words,
    source=words,
    trigger=st.sampled_from(TriggerMode),
    exposure_us=st.none() | numbers(1.0, 10_000_000.0),
    gain_db=st.none() | numbers(-20.0, 100.0),
    trigger_interval_s=numbers(0.0, 3600.0),
    frame_timeout_s=numbers(0.01, 60.0),
    options=options,
)
locating = st.builds(LocateSettings, st.just(LocateMode.FIXED), words, st.none() | boxes) | st.builds(
    LocateSettings,
    st.just(LocateMode.TEMPLATE),
    st.text("0123456789abcdef", min_size=64, max_size=64),
    boxes,
    st.integers(1, 2000),
    numbers(0.0, 1.0),
    st.just(0.0) | numbers(0.0, 180.0),
)
fitness = st.builds(
    FitnessLimits,
    min_brightness=numbers(0.0, 100.0),
    max_brightness=numbers(100.5, 255.0),
    max_dark=numbers(0.0, 1.0),
    max_bright=numbers(0.0, 1.0),
    min_contrast=numbers(0.0, 128.0),
    min_focus=numbers(0.0, 1000.0),
)
limits = st.tuples(numbers(-1000.0, 1000.0), numbers(-1000.0, 1000.0)).map(lambda pair: Limits(min(pair), max(pair)))
lines = st.builds(LineSettings, words, words, numbers(1.0, 60_000.0), options)
valid_recipes = st.builds(
    Recipe,
    name=slugs,
    part_number=words,
    description=words,
    camera=cameras,
    roi=st.none() | boxes,
    locate=locating,
    fitness=fitness,
    model_id=words,
    limits=limits,
    line=lines,
).filter(lambda recipe: recipe.roi or recipe.locate.mode is LocateMode.FIXED)


# Recipes


@given(valid_recipes)
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_valid_recipe_comes_back_from_its_file_equal_and_with_its_id(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "r.toml"
        recipes.save(recipe, path)
        again = recipes.load(path)
    assert again == recipe
    assert again.id == recipe.id
    assert again.view_id == recipe.view_id


@given(valid_recipes)
@hypothesis_settings(max_examples=25, deadline=None)
def test_every_recipe_is_found_again_by_its_id(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as place:
        store = RecipeStore(Path(place))
        store.save(recipe)
        store.save(replace(recipe, description="another"))
        assert store.find(recipe.id) == recipe
        assert store.load(recipe.name).description == "another"


@given(valid_recipes, valid_recipes)
@hypothesis_settings(max_examples=25, deadline=None)
def test_two_recipes_have_one_id_exactly_when_they_are_equal(one: Recipe, other: Recipe) -> None:
    assert (one.id == other.id) == (one == other)


@given(valid_recipes, st.data())
@hypothesis_settings(max_examples=25, deadline=None)
def test_one_key_too_many_anywhere_is_refused_by_name(recipe: Recipe, data: st.DataObject) -> None:
    table = recipes.to_toml(recipe)
    place = data.draw(st.sampled_from(["", "camera", "locate", "fitness", "limits", "line", "model"]))
    (table[place] if place else table)["a_key_of_nobody"] = 1
    with pytest.raises(RecipeError, match="a_key_of_nobody: unknown key"):
        recipes.parse(table, "r.toml")


NUMBERS = {
    "camera": ("exposure_us", "gain_db", "trigger_interval_s", "frame_timeout_s"),
    "locate": ("search_px", "min_match", "turn_deg"),
    "fitness": tuple(field.name for field in fields(FitnessLimits)),
    "limits": ("recheck", "reject"),
    "line": ("deadline_ms",),
}


@pytest.mark.parametrize(("section", "key"), [(name, key) for name, keys in NUMBERS.items() for key in keys])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, -1e300, True, "5", [5], {}, 10**400])
def test_no_number_of_a_recipe_takes_what_is_no_number(section: str, key: str, value: object) -> None:
    with pytest.raises(RecipeError, match=rf"^r\.toml: \[{section}\] {key}: expected .* received"):
        recipes.parse({"name": "r", section: {key: value}}, "r.toml")


def test_minus_nothing_is_nothing() -> None:
    one, other = (recipes.parse({"name": "r", "limits": {"reject": zero}}, "r") for zero in (-0.0, 0))
    assert one == other
    assert one.id == other.id


@pytest.mark.parametrize(
    "name", ["", "UPPER", "-first", "a b", "a/b", "..", "a.b", "ä", "a\n", "x" * 65, 5, None, ["a"]]
)
def test_a_name_that_is_no_file_name_everywhere_is_refused(name: object) -> None:
    with pytest.raises(RecipeError, match="name: expected 1 to 64 lower-case letters"):
        recipes.parse({"name": name}, "r.toml")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1" + "0" * 5000,
        "\x00",
        "[camera",
        'name = "a"\nname = "b"',
        "\ufeff\ufeff",
        'name = "a"\n[camera]\n[camera]',
    ],
)
def test_a_file_that_is_no_toml_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match="not a readable TOML file"):
        recipes.load(path)


def test_a_folder_in_the_place_of_a_recipe_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "r.toml").mkdir()
    with pytest.raises(RecipeError, match="not a readable TOML file"):
        recipes.load(tmp_path / "r.toml")


def test_a_recipe_edited_by_hand_is_taken_with_its_new_id(tmp_path: Path) -> None:
    store = RecipeStore(tmp_path)
    store.save(Recipe("washer"))
    before = store.load("washer").id
    path = store.path("washer")
    path.write_text(path.read_text(encoding="utf-8").replace("reject = 0.0", "reject = 2.5"), encoding="utf-8")
    edited = store.load("washer")
    assert edited.limits == Limits(0.0, 2.5)
    assert edited.id != before
    assert {each.id for each in store.history("washer")} == {before, edited.id}


@pytest.mark.parametrize("folder", ["with a space", "Größe µm", "部品", "x" * 200, "percent%20", "a'b\"c"])
def test_a_recipe_lives_in_any_folder(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "r.toml"
    recipe = Recipe("r", camera=CameraSettings("folder", str(path)))
    recipes.save(recipe, path)
    assert recipes.load(path) == recipe


# Sections


@given(st.integers() | st.floats() | words | st.booleans() | st.none() | st.lists(st.integers(), max_size=2))
def test_a_number_is_in_its_range_or_refused(value: Any) -> None:
    section = Section({"key": value}, "file")
    try:
        number = section.number("key", 0.0, -5.0, 5.0)
    except RecipeError as error:
        assert str(error).startswith("file: key: expected a number from -5 to 5, received ")
    else:
        assert isinstance(number, float) and -5.0 <= number <= 5.0 and number == value


@given(st.integers() | st.floats() | words | st.booleans() | st.none())
def test_a_whole_number_is_whole_and_in_its_range_or_refused(value: Any) -> None:
    section = Section({"key": value}, "file", "part")
    try:
        number = section.integer("key", 0, -5, 5)
    except RecipeError as error:
        assert str(error).startswith("file: [part] key: expected a whole number from -5 to 5, received ")
    else:
        assert type(number) is int and -5 <= number <= 5


@given(st.integers() | st.floats() | words | st.booleans() | st.lists(words, max_size=2))
def test_a_choice_is_one_of_its_words_or_refused_with_all_of_them(value: Any) -> None:
    section = Section({"key": value}, "file")
    try:
        chosen = section.choice("key", TriggerMode, TriggerMode.SOFTWARE)
    except RecipeError as error:
        assert "expected one of software, hardware" in str(error)
    else:
        assert chosen == value


@given(words | st.integers() | st.booleans() | st.none())
def test_a_flag_and_a_text_are_what_they_are_or_refused(value: Any) -> None:
    section = Section({"key": value}, "file")
    for read, kind in ((lambda: section.flag("key", True), bool), (lambda: section.text("key", ""), str)):
        if isinstance(value, kind):
            assert read() == value
        else:
            with pytest.raises(RecipeError, match=r"^file: key: expected "):
                read()


@given(st.dictionaries(st.sampled_from(["x", "y", "width", "height"]), st.integers(-2, 3)))
def test_a_box_has_four_sides_that_make_sense_or_is_refused(table: dict[str, int]) -> None:
    sane = len(table) == 4 and min(table["x"], table["y"]) >= 0 and min(table["width"], table["height"]) >= 1
    section = Section({"roi": table}, "file")
    if sane:
        assert section.optional_box("roi") == Box(**table)
    else:
        with pytest.raises(RecipeError, match=r"^file: \[roi\] (x|y|width|height): expected a whole number"):
            section.optional_box("roi")


@given(st.sets(st.text(string.ascii_lowercase, min_size=1, max_size=5), max_size=5), st.data())
def test_exactly_the_keys_that_nobody_asked_for_are_refused(keys: set[str], data: st.DataObject) -> None:
    asked = data.draw(st.sets(st.sampled_from(sorted(keys)))) if keys else set()
    section = Section(dict.fromkeys(keys, 1), "file", "part")
    for key in asked:
        assert section.integer(key, 0, 0, 9) == 1
    unknown = sorted(keys - asked)
    if unknown:
        with pytest.raises(RecipeError, match=rf"^file: \[part\] {unknown[0]}: unknown key"):
            section.refuse_unknown()
    else:
        section.refuse_unknown()


def test_what_is_not_given_takes_its_default() -> None:
    section = Section({}, "file")
    assert section.number("a", 1.5, 0.0, 2.0) == 1.5
    assert section.optional_number("b", 0.0, 1.0) is None
    assert section.optional_box("c") is None
    assert section.choice("d", TriggerMode, TriggerMode.HARDWARE) is TriggerMode.HARDWARE
    assert section.section("e").flag("f", True) is True
    section.refuse_unknown()


def test_a_box_within_a_section_is_named_with_both() -> None:
    section = Section({"locate": {"template_box": {"x": 1}}}, "file").section("locate")
    with pytest.raises(RecipeError, match=r"^file: \[locate\.template_box\] y: expected"):
        section.optional_box("template_box")


# Settings

SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "station": words,
        "operator": words,
        "theme": st.sampled_from(["dark", "light"]),
        "invoke_threads": st.integers(1, 64),
        "store_pictures": st.booleans(),
        "free_space_mb": st.integers(0, 1_000_000),
        "commit_ms": st.integers(1, 1000),
        "watch_every_min": st.integers(0, 1440),
        "gate_new_escapes": st.integers(0, 1000),
        "gate_overkill_points": st.floats(0.0, 100.0),
        "gate_recheck_points": st.floats(0.0, 100.0),
        "gate_escape_claim_percent": st.floats(0.0, 100.0),
    },
)


@given(SETTINGS)
@hypothesis_settings(max_examples=25, deadline=None)
def test_settings_are_what_the_file_says_and_else_the_defaults(table: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "settings.toml"
        path.write_text(tomli_w.dumps(table), encoding="utf-8")
        assert tomllib.loads(path.read_text(encoding="utf-8")) == table
        read = settings.load(path)
    assert read == replace(settings.Settings(), **table)


@pytest.mark.parametrize(
    "line",
    [
        *("invoke_threads = 0", "invoke_threads = 65", "invoke_threads = 2.0", "invoke_threads = true"),
        *("commit_ms = 0", "commit_ms = 1001", "free_space_mb = -1", "free_space_mb = 1000001"),
        *("watch_every_min = -1", "watch_every_min = 1441", "watch_every_min = 0.5"),
        *(
            "gate_new_escapes = -1",
            "gate_new_escapes = 0.5",
            "gate_overkill_points = -0.1",
            "gate_recheck_points = 101",
        ),
        *("gate_escape_claim_percent = 100.1", 'gate_escape_claim_percent = "none"'),
        *("store_pictures = 1", 'store_pictures = "yes"', "station = 7", "operator = []", "theme = 1"),
        'theme = "purple"',
    ],
)
def test_a_setting_out_of_its_range_is_named_with_file_and_key(tmp_path: Path, line: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(line, encoding="utf-8")
    key = line.split(" ", maxsplit=1)[0]
    with pytest.raises(RecipeError, match=rf"settings\.toml: {key}: expected .* received"):
        settings.load(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"station = ", b"x = 1" + b"0" * 5000])
def test_settings_that_are_no_toml_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"settings\.toml: not a readable TOML file"):
        settings.load(path)
