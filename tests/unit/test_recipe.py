"""A recipe file is read whole or refused with file, key, expected and received."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector import recipe as recipes
from inspector import settings
from inspector.domain import Box
from inspector.errors import RecipeError
from inspector.recipe import CameraSettings, Limits, LocateMode, LocateSettings, Recipe, TriggerMode

FULL = Recipe(
    name="washer-m8",
    part_number="4711",
    camera=CameraSettings("folder", "/pictures", TriggerMode.HARDWARE, 900.0, 3.0, options={"loop": True}),
    roi=Box(10, 20, 300, 200),
    locate=LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(5, 5, 60, 60), 25, 0.7),
    model_id="v3-0123abcd",
    limits=Limits(-0.5, 1.25),
)
TURNED = replace(FULL, locate=replace(FULL.locate, turn_deg=180.0))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "washer.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_saved_is_read_back_equal(tmp_path: Path) -> None:
    for recipe in (TURNED, FULL):
        recipes.save(recipe, tmp_path / "r.toml")
        assert recipes.load(tmp_path / "r.toml") == recipe
    assert [path.name for path in tmp_path.iterdir()] == ["r.toml"]


def test_a_name_alone_is_a_recipe(tmp_path: Path) -> None:
    assert recipes.load(written(tmp_path, 'name = "washer"')) == Recipe(name="washer")


def test_equal_recipes_have_equal_ids_and_a_changed_limit_another() -> None:
    assert replace(FULL).id == FULL.id
    assert replace(FULL, limits=Limits(-0.5, 1.5)).id != FULL.id
    assert FULL.id.startswith("washer-m8@")


def test_only_what_cuts_the_view_changes_the_view_id() -> None:
    assert replace(FULL, limits=Limits(0, 9), model_id="v9").view_id == FULL.view_id
    assert replace(FULL, roi=Box(10, 20, 300, 201)).view_id != FULL.view_id
    assert TURNED.view_id != FULL.view_id != replace(TURNED, locate=replace(TURNED.locate, turn_deg=12.0)).view_id


def test_recipes_from_before_parts_could_turn_keep_their_ids_and_their_files() -> None:
    """A model that was trained by then must still fit, and an inspection still lead back to its recipe."""
    assert (FULL.id, FULL.view_id) == ("washer-m8@ae3585861c74", "91c211dc0416")
    assert (Recipe("a").id, Recipe("a").view_id) == ("a@110d6004f027", "bb22e60c9e80")
    assert "turn_deg" not in recipes.to_toml(FULL)["locate"]
    assert recipes.to_toml(TURNED)["locate"]["turn_deg"] == 180.0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (replace(FULL, locate=LocateSettings(turn_deg=5.0)), r"\[locate\] turn_deg: expected 0, or mode template"),
        (replace(FULL, roi=None), r"\[locate\] mode is template: expected an roi, .* received none"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, wrong: Recipe, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        recipes.save(wrong, tmp_path / "r.toml")
    assert not list(tmp_path.iterdir())


WRONG = {
    "misspelt key": (
        'name = "a"\n[camera]\nexposure = 3',
        r"\[camera\] exposure: unknown key; expected one of .*exposure_us",
    ),
    "unknown section": ('name = "a"\n[cameras]\n', "cameras: unknown key"),
    "out of range": (
        'name = "a"\n[camera]\nexposure_us = -3',
        r"\[camera\] exposure_us: expected a number from 1 to 1e\+07, received -3",
    ),
    "text for number": (
        'name = "a"\n[limits]\nreject = "high"',
        r"\[limits\] reject: expected a number .* received 'high'",
    ),
    "truth for number": ('name = "a"\n[limits]\nreject = true', "received True"),
    "not a number": ('name = "a"\n[limits]\nreject = nan', "received nan"),
    "no such choice": ('name = "a"\n[camera]\ntrigger = "soft"', "expected one of software, hardware, received 'soft'"),
    "no name": ('part_number = "a"', "name: expected 1 to 64 lower-case .* received nothing"),
    "name with slash": ('name = "../evil"', "received '../evil'"),
    "section is no table": ('name = "a"\ncamera = 3', "camera: expected a table, received 3"),
    "roi without width": (
        'name = "a"\nroi = {x = 1, y = 1, height = 5}',
        r"\[roi\] width: expected a whole number from 1",
    ),
    "limits crossed": (
        'name = "a"\n[limits]\nrecheck = 2.0\nreject = 1.0',
        r"recheck: expected at most reject \(1.0\), received 2.0",
    ),
    "light crossed": (
        'name = "a"\n[fitness]\nmin_brightness = 200\nmax_brightness = 100',
        "expected below max_brightness",
    ),
    "turned further than round": (
        'name = "a"\n[locate]\nturn_deg = 181',
        "expected a number from 0 to 180, received 181",
    ),
    "turned without a mark": (
        'name = "a"\nroi = {x = 0, y = 0, width = 9, height = 9}\n[locate]\nturn_deg = 20',
        r"\[locate\] turn_deg: expected 0, or mode template: .* received 20",
    ),
    "a mark, and nothing that moves with it": (
        f'name = "a"\n[locate]\nmode = "template"\ntemplate = "{"ab" * 32}"\n'
        "template_box = {x = 0, y = 0, width = 9, height = 9}",
        "mode is template: expected an roi",
    ),
    "template missing": ('name = "a"\n[locate]\nmode = "template"', "expected template and template_box"),
    "not toml": ("name = ", "not a readable TOML file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_mistake_is_named_with_file_and_key(tmp_path: Path, case: str) -> None:
    text, words = WRONG[case]
    path = written(tmp_path, text)
    with pytest.raises(RecipeError, match=words) as caught:
        recipes.load(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_file_and_a_binary_file_are_plain_messages(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no such recipe file"):
        recipes.load(tmp_path / "gone.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="not a readable TOML file"):
        recipes.load(tmp_path / "binary.toml")


def test_settings_default_without_a_file_and_refuse_a_wrong_key(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "settings.toml").commit_ms == 30
    file = tmp_path / "settings.toml"
    file.write_text("invoke_threads = 4\n", encoding="utf-8")
    assert settings.load(file).invoke_threads == 4
    file.write_text("invoke_thread = 4\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="invoke_thread: unknown key"):
        settings.load(file)
