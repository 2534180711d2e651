"""Law of the documents: each key that a person may write into a file is documented with its true default and range."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import asdict, fields
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from inspector import recipe as recipes
from inspector import settings
from inspector.devices import simulated
from inspector.devices.folder import FolderBackend
from inspector.devices.lines import NoLineBackend, SimulatedLineBackend
from inspector.devices.pylon import backend as pylon
from inspector.devices.render import DEFECT_CLASSES
from inspector.errors import CameraLost, RecipeError
from inspector.recipe import CameraSettings, LineSettings, Recipe
from inspector.settings import Settings
from tests.laws.documents import codes, table

RANGE = re.compile(r"^(-?[\d.]+) to (-?[\d.]+)")
OUT_OF_RANGE = re.compile(r"expected a (whole )?number from")
KNOWN = re.compile(r"no_such_key: unknown key; expected one of (.*)")
Probe = Callable[[dict[str, Any]], object]


def refusal(probe: Probe, table_: dict[str, Any]) -> str:
    """What the program says against a table, "" where it takes it."""
    try:
        probe(table_)
    except RecipeError as error:
        return str(error)
    except CameraLost:  # the options were fine; there is no such camera
        return ""
    return ""


def known_keys(probe: Probe) -> set[str]:
    match = KNOWN.search(refusal(probe, {"no_such_key": 1}))
    return set(match[1].split(", ")) if match else set()


def value_of(written: str) -> Any:
    return tomllib.loads(f"x = {written}")["x"]


def check_range(probe: Probe, key: str, cell: str) -> None:
    """Both ends are taken, and what lies beyond them is not."""
    match = RANGE.match(cell)
    assert match, f"{key}: expected 'LOW to HIGH', found {cell!r}"
    low, high = value_of(match[1]), value_of(match[2])
    for value, fits in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
        said = refusal(probe, {key: value})
        assert (OUT_OF_RANGE.search(said) is None) is fits, f"{key} = {value}: {said}"


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# -- the recipe


def in_section(name: str, keys: dict[str, Any]) -> Recipe:
    return recipes.parse({"name": "a", **({name: keys} if name else keys)}, "recipe")


@cache
def sections() -> dict[str, set[str]]:
    """The keys of each section of a recipe; "" is the top."""
    top = known_keys(partial(in_section, ""))
    inner = {key: known_keys(partial(in_section, key)) for key in top}
    found = {name: keys for name, keys in inner.items() if keys}
    return {"": top - found.keys(), **found}


def recipe_rows() -> list[list[str]]:
    return [[codes(row[0])[0], *row[1:]] for row in table("reference", "key", "default", "range, unit")]


def default_of(key: str) -> Any:
    """What a recipe that names nothing has there, None where nothing is set."""
    found: Any = recipes.to_toml(Recipe("a"))
    for step in key.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def test_every_recipe_key_is_documented_and_no_other() -> None:
    real = {f"{name}.{key}".lstrip(".") for name, keys in sections().items() for key in keys}
    written = [row[0] for row in recipe_rows()]
    assert sorted(written) == sorted(real)


@pytest.mark.parametrize("row", recipe_rows(), ids=lambda row: row[0])
def test_a_recipe_key_has_the_default_and_the_range_that_are_written(row: list[str]) -> None:
    key, default, range_ = row[:3]
    if key != "name":
        assert default_of(key) == (value_of(codes(default)[0]) if default else None)
    section, _, last = key.rpartition(".")
    if is_number(default_of(key)) or RANGE.match(range_):
        check_range(partial(in_section, section), last, range_)


@pytest.mark.parametrize("key", ["camera.trigger", "locate.mode"])
def test_the_choices_of_a_recipe_key_are_those_that_are_written(key: str) -> None:
    written = next(row[2] for row in recipe_rows() if row[0] == key)
    section, _, last = key.rpartition(".")
    assert f"expected one of {written}, received" in refusal(partial(in_section, section), {last: "neither"})


def test_a_box_as_it_is_written_is_one() -> None:
    assert in_section("", tomllib.loads("roi = {x = 0, y = 0, width = 640, height = 480}")).roi is not None


# -- options of the devices


def folder_options(options: dict[str, Any]) -> object:
    return FolderBackend().open(CameraSettings("folder", options=options))


def pylon_options(options: dict[str, Any]) -> object:
    return pylon.read_options(CameraSettings("pylon", options=options))


def line_options(options: dict[str, Any]) -> object:
    return SimulatedLineBackend().open(LineSettings("simulated", options=options))


PROBES: dict[str, Probe] = {
    "`folder` camera": folder_options,
    "`pylon` camera": pylon_options,
    "`simulated` camera": simulated.read_options,
    "`simulated` line": line_options,
}


@cache
def device_rows() -> list[tuple[str, str, str, str]]:
    """(plug-in, option, default, range); an empty first cell means the plug-in above."""
    rows = []
    plugin = ""
    for first, option, default, range_ in table("reference", "plug-in", "option"):
        plugin = first or plugin
        rows.append((plugin, codes(option)[0], default, range_))
    return rows


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Nested settings by the name of the innermost key."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value) if isinstance(value, dict) else {key: value}
    return found


@pytest.mark.parametrize("plugin", PROBES)
def test_every_option_of_a_device_is_documented_and_no_other(plugin: str) -> None:
    written = [option for name, option, _, _ in device_rows() if name == plugin]
    assert sorted(written) == sorted(known_keys(PROBES[plugin]))


@pytest.mark.parametrize("row", device_rows(), ids=lambda row: f"{row[0]} {row[1]}")
def test_an_option_of_a_device_takes_what_is_written(row: tuple[str, str, str, str]) -> None:
    plugin, option, default, range_ = row
    probe = PROBES[plugin]
    if default:
        value = value_of(codes(default)[0])
        assert refusal(probe, {option: value}) == ""
        if is_number(value):
            check_range(probe, option, range_)


def test_the_options_have_the_defaults_that_are_written() -> None:
    real = {
        "`simulated` camera": flat(asdict(simulated.read_options({}))),
        "`pylon` camera": asdict(pylon.read_options(CameraSettings("pylon"))),
    }
    compared = 0
    for plugin, option, default, _ in device_rows():
        if default and option in real.get(plugin, {}):
            assert real[plugin][option] == value_of(codes(default)[0]), f"{plugin} {option}"
            compared += 1
    assert compared > 18


def test_a_line_that_drives_nothing_has_no_options() -> None:
    with pytest.raises(RecipeError):
        NoLineBackend().open(LineSettings(options={"delay_ms": 1}))


def test_the_classes_of_the_rendered_parts_are_named() -> None:
    cell = next(range_ for _, option, _, range_ in device_rows() if option == "defects")
    assert cell.partition(": ")[2] == ", ".join(DEFECT_CLASSES)


# -- settings


def load_settings(file: Path, keys: dict[str, Any]) -> Settings:
    words = {True: "true", False: "false"}
    lines = [f"{key} = {words[value] if isinstance(value, bool) else repr(value)}" for key, value in keys.items()]
    file.write_text("\n".join(lines), encoding="utf-8")
    return settings.load(file)


def settings_rows() -> list[list[str]]:
    return [[codes(row[0])[0], *row[1:]] for row in table("reference", "key", "default", "range", "means")]


def test_every_setting_is_documented_and_no_other(tmp_path: Path) -> None:
    written = {row[0] for row in settings_rows()}
    assert written == known_keys(partial(load_settings, tmp_path / "settings.toml"))
    assert written == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("row", settings_rows(), ids=lambda row: row[0])
def test_a_setting_has_the_default_and_the_range_that_are_written(row: list[str], tmp_path: Path) -> None:
    key, default, range_ = row[:3]
    if codes(default):
        assert getattr(Settings(), key) == value_of(codes(default)[0])
    if is_number(getattr(Settings(), key)):
        check_range(partial(load_settings, tmp_path / "settings.toml"), key, range_)
