"""What a station runs for one part number: TOML in, a validated frozen value out.

A recipe file is written by people, so each message names the file, the key, what was expected and what was received.
Promotion rewrites only [model] and [limits].
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import tomli_w

from inspector.domain import Box
from inspector.errors import RecipeError
from inspector.parsing import Section


class TriggerMode(StrEnum):
    """Who asks for a frame: the station (software) or the camera's own input (hardware)."""

    SOFTWARE = "software"
    HARDWARE = "hardware"


class LocateMode(StrEnum):
    """fixed: the ROI as drawn. template: the ROI follows the best match of a template picture."""

    FIXED = "fixed"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """backend: the plug-in's name. source: its serial number, folder or address ("" = the first one found).

    trigger_interval_s: where nothing else triggers, the station does so itself, this often; 0 = only when asked.

    options: the backend's own settings, as the backend documents them.
    """

    backend: str = "simulated"
    source: str = ""
    trigger: TriggerMode = TriggerMode.SOFTWARE
    exposure_us: float | None = None
    gain_db: float | None = None
    trigger_interval_s: float = 1.0
    frame_timeout_s: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def by_hand(self) -> bool:
        """Whether a person has to ask for each picture."""
        return self.trigger is TriggerMode.SOFTWARE and self.trigger_interval_s == 0


@dataclass(frozen=True, slots=True)
class LocateSettings:
    """template: digest of the stored template picture. search_px: how far it may stray. min_match: 0 to 1.

    turn_deg: how far a part may lie turned either way from how it was taught, 0 to 180; 0 is not written down and not
    hashed, so that recipes from before there was one keep their ids.
    """

    mode: LocateMode = LocateMode.FIXED
    template: str = ""
    template_box: Box | None = None
    search_px: int = 40
    min_match: float = 0.6
    turn_deg: float = field(default=0.0, repr=False)


@dataclass(frozen=True, slots=True)
class FitnessLimits:
    """The range in which a Frame may be judged at all; outside it the verdict is UNFIT. Units as in Fitness."""

    min_brightness: float = 15.0
    max_brightness: float = 245.0
    max_dark: float = 0.98
    max_bright: float = 0.9
    min_contrast: float = 3.0
    min_focus: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The operating point on Scores.defect: below recheck is OK, from reject on is NG, between is RECHECK."""

    recheck: float = 0.0
    reject: float = 0.0


@dataclass(frozen=True, slots=True)
class LineSettings:
    """backend: the line output's plug-in name. deadline_ms: a verdict later than this after its trigger is late."""

    backend: str = "none"
    address: str = ""
    deadline_ms: float = 200.0
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a verdict, besides the pixels. model_id "" means: no model yet."""

    name: str
    part_number: str = ""
    description: str = ""
    camera: CameraSettings = CameraSettings()
    roi: Box | None = None
    locate: LocateSettings = LocateSettings()
    fitness: FitnessLimits = FitnessLimits()
    model_id: str = ""
    limits: Limits = Limits()
    line: LineSettings = LineSettings()

    @property
    def id(self) -> str:
        """Name and content hash: two recipes with one id judge alike."""
        digest = hashlib.sha256(tomli_w.dumps(to_toml(self)).encode()).hexdigest()
        return f"{self.name}@{digest[:12]}"

    @property
    def view_id(self) -> str:
        """Hash of what turns a Frame into a View; a model trained with another one does not fit."""
        parts = repr((self.roi, self.locate))
        if self.locate.turn_deg:
            parts += f" turn_deg={self.locate.turn_deg}"
        return hashlib.sha256(parts.encode()).hexdigest()[:12]


def load(path: Path) -> Recipe:
    """Read and validate a recipe file. Raises RecipeError with file, key, expected and received."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: there is no such recipe file") from None
    except (OSError, ValueError) as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise RecipeError(f"{path}: not a readable TOML file: {error}") from error
    return parse(table, str(path))


def parse(table: Mapping[str, Any], where: str) -> Recipe:
    """Validate a table as tomllib gives it; `where` names its origin in messages."""
    top = Section(table, where)
    camera = top.section("camera")
    locate = top.section("locate")
    fitness = top.section("fitness")
    limits = top.section("limits")
    line = top.section("line")
    model = top.section("model")
    recipe = Recipe(
        name=top.slug("name"),
        part_number=top.text("part_number", ""),
        description=top.text("description", ""),
        camera=CameraSettings(
            backend=camera.text("backend", "simulated"),
            source=camera.text("source", ""),
            trigger=camera.choice("trigger", TriggerMode, TriggerMode.SOFTWARE),
            exposure_us=camera.optional_number("exposure_us", 1.0, 10_000_000.0),
            gain_db=camera.optional_number("gain_db", -20.0, 100.0),
            trigger_interval_s=camera.number("trigger_interval_s", 1.0, 0.0, 3600.0),
            frame_timeout_s=camera.number("frame_timeout_s", 1.0, 0.01, 60.0),
            options=camera.table("options"),
        ),
        roi=top.optional_box("roi"),
        locate=LocateSettings(
            mode=locate.choice("mode", LocateMode, LocateMode.FIXED),
            template=locate.text("template", ""),
            template_box=locate.optional_box("template_box"),
            search_px=locate.integer("search_px", 40, 1, 2000),
            min_match=locate.number("min_match", 0.6, 0.0, 1.0),
            turn_deg=locate.number("turn_deg", 0.0, 0.0, 180.0),
        ),
        fitness=_fitness(fitness),
        model_id=model.text("id", ""),
        limits=Limits(
            recheck=limits.number("recheck", 0.0, -1000.0, 1000.0),
            reject=limits.number("reject", 0.0, -1000.0, 1000.0),
        ),
        line=LineSettings(
            backend=line.text("backend", "none"),
            address=line.text("address", ""),
            deadline_ms=line.number("deadline_ms", 200.0, 1.0, 60_000.0),
            options=line.table("options"),
        ),
    )
    for section in (top, camera, locate, fitness, limits, line, model):
        section.refuse_unknown()
    _check_together(recipe, where)
    return recipe


def _fitness(section: Section) -> FitnessLimits:
    default = FitnessLimits()
    return FitnessLimits(
        min_brightness=section.number("min_brightness", default.min_brightness, 0.0, 255.0),
        max_brightness=section.number("max_brightness", default.max_brightness, 0.0, 255.0),
        max_dark=section.number("max_dark", default.max_dark, 0.0, 1.0),
        max_bright=section.number("max_bright", default.max_bright, 0.0, 1.0),
        min_contrast=section.number("min_contrast", default.min_contrast, 0.0, 128.0),
        min_focus=section.number("min_focus", default.min_focus, 0.0, 1000.0),
    )


def _check_together(recipe: Recipe, where: str) -> None:
    if recipe.limits.recheck > recipe.limits.reject:
        raise RecipeError(
            f"{where}: [limits] recheck: expected at most reject ({recipe.limits.reject}), "
            f"received {recipe.limits.recheck}"
        )
    if recipe.fitness.min_brightness >= recipe.fitness.max_brightness:
        raise RecipeError(
            f"{where}: [fitness] min_brightness: expected below max_brightness ({recipe.fitness.max_brightness}), "
            f"received {recipe.fitness.min_brightness}"
        )
    if recipe.locate.mode is LocateMode.TEMPLATE and not (recipe.locate.template and recipe.locate.template_box):
        raise RecipeError(f"{where}: [locate] mode is template: expected template and template_box, received neither")
    if recipe.locate.mode is LocateMode.TEMPLATE and recipe.roi is None:
        raise RecipeError(
            f"{where}: [locate] mode is template: expected an roi, the region that moves with the mark: a whole "
            "picture that moves reaches outside itself, and the part would never be found; received none"
        )
    if recipe.locate.turn_deg and recipe.locate.mode is LocateMode.FIXED:
        raise RecipeError(
            f"{where}: [locate] turn_deg: expected 0, or mode template: a part is turned back by its mark; "
            f"received {recipe.locate.turn_deg:g}"
        )


def to_toml(recipe: Recipe) -> dict[str, Any]:
    """The table that `parse` reads back to an equal Recipe; what is not set is left out."""
    table: dict[str, Any] = _without_none(dataclasses.asdict(recipe))
    table["model"] = {"id": table.pop("model_id")}
    if not recipe.locate.turn_deg:
        del table["locate"]["turn_deg"]
    return table


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return str(value) if isinstance(value, StrEnum) else value


def save(recipe: Recipe, path: Path) -> None:
    """Write whole, then replace: a crash leaves the old recipe or the new one, never half of each.

    Raises RecipeError for one that could not be read back.
    """
    _check_together(recipe, str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".toml.new")
    with beside.open("wb") as file:
        tomli_w.dump(to_toml(recipe), file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
