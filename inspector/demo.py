"""The demonstration line: rendered flanges, a first model taught from forty of them, then drift and a new defect."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.devices.render.dataset import write_dataset
from inspector.devices.render.part import render_part
from inspector.devices.render.program import (
    PART_NUMBER,
    DefectShare,
    LineProgram,
    RenderSettings,
    defect_of,
    part_of,
)
from inspector.domain import Box, Part
from inspector.learning.dataset import import_dataset, read_dataset
from inspector.learning.gate import hold_against_champion
from inspector.learning.promotion import promote
from inspector.learning.snapshot import take
from inspector.learning.trainer import Trainer
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, LineSettings, Recipe
from inspector.store.workspace import Workspace

RECIPE = "demo-flange"
TAUGHT_PARTS = 40
PARTS_AHEAD = 240

# What the engineer has on the table on the first day: half of it good, three kinds of defects.
TAUGHT = RenderSettings(
    seed=11,
    program=LineProgram(
        defects=(DefectShare("scratch", 0.15), DefectShare("dent", 0.15), DefectShare("stain", 0.15)),
        parts_per_lot=10,
    ),
)

# What the line then makes: mostly good, the lamp ages, and burrs appear that nobody has taught.
LINE = RenderSettings(
    seed=12,
    program=LineProgram(
        defects=(
            DefectShare("scratch", 0.06),
            DefectShare("dent", 0.05),
            DefectShare("stain", 0.05),
            DefectShare("burr", 0.07, from_part=15),
        ),
        drift_per_part=-0.0015,
        drift_from=30,
        parts_per_lot=40,
    ),
)

PART_REGION = Box(110, 30, 420, 420)  # the part and its scatter: belt on which nothing can be wrong is not judged

Advance = Callable[[str, int, int], None]


def prepare(workspace: Workspace, advance: Advance, *, parts: int = PARTS_AHEAD, interval_s: float = 1.0) -> Recipe:
    """Make the recipe, teach its first model where there is none yet, and put the next `parts` before the camera.

    advance: called with (step, done, total). interval_s: seconds between two parts. Raises InspectorError.
    """
    if RECIPE not in workspace.recipes.list():
        workspace.recipes.save(
            Recipe(RECIPE, PART_NUMBER, "rendered flanges", roi=PART_REGION, line=LineSettings("simulated"))
        )
    recipe = workspace.recipes.load(RECIPE)
    if not recipe.model_id:
        recipe = _teach(workspace, recipe, advance)
    camera = replace(_camera(workspace, parts, advance), trigger_interval_s=interval_s)
    recipe = replace(recipe, camera=camera)
    workspace.recipes.save(recipe)
    return recipe


def camera_words(recipe: Recipe) -> str:
    """Which camera looks at the rendered parts, for the person who watches."""
    if recipe.camera.backend == "pylon":
        return "The parts pass Basler's own camera emulation, through the pylon SDK."
    return "The parts pass the simulated camera; with pypylon installed it would be Basler's camera emulation."


def name_parts(workspace: Workspace) -> Callable[[int], Part]:
    """Names the k-th part (from 1) of a run that begins now: the serials go on where the last run ended."""
    first = _seen(workspace)
    return lambda number: part_of(LINE, first + number - 1)


def truth(number: int) -> str:
    """What picture `number` (from 0) of the line really shows."""
    return defect_of(LINE, number)


def _seen(workspace: Workspace) -> int:
    return sum(workspace.ledger.counts(RECIPE).values())


def _teach(workspace: Workspace, recipe: Recipe, advance: Advance) -> Recipe:
    with tempfile.TemporaryDirectory(dir=workspace.path) as place:
        advance("rendering parts", 0, TAUGHT_PARTS)
        pictures = Path(place)
        write_dataset(TAUGHT, TAUGHT_PARTS, pictures)
        advance("rendering parts", TAUGHT_PARTS, TAUGHT_PARTS)
        items = read_dataset(pictures, groups=pictures / "groups.csv")
        import_dataset(workspace, recipe.name, items, lambda done, total: advance("importing", done, total))
    candidate = Trainer(workspace).start(recipe, take(workspace, recipe.name)).watched(advance)
    report = hold_against_champion(workspace, recipe.name, candidate.card.id)
    return promote(workspace, recipe.name, candidate.card.id, who="demo", report=report)


def _as_options(line: RenderSettings, first: int) -> dict[str, Any]:
    """The simulated camera's words for a rendered line whose first trigger shows picture `first`."""
    program = line.program
    return {
        "seed": line.seed,
        "start": first - 1,  # the camera counts from trigger 0, a station from 1
        "parts_per_lot": program.parts_per_lot,
        "drift_per_part": program.drift_per_part,
        "drift_from": program.drift_from,
        "defects": {entry.defect_class: entry.share for entry in program.defects},
        "first_part": {entry.defect_class: entry.from_part for entry in program.defects},
    }


def _camera(workspace: Workspace, parts: int, advance: Advance) -> CameraSettings:
    """Basler's own camera emulation where pypylon is installed, otherwise the simulated camera."""
    first = _seen(workspace)
    if importlib.util.find_spec("pypylon") is None:
        return CameraSettings("simulated", options=_as_options(LINE, first))
    folder = workspace.path / "line"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for ahead in range(parts):
        write_picture(render_part(LINE, first + ahead).pixels, folder / f"{first + ahead:06d}.png")
        advance("parts onto the line", ahead + 1, parts)
    return CameraSettings("pylon", options={"emulate": True, "pictures": str(folder)})
