"""A workspace that is ready to inspect: one recipe, and the brightness model in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, Limits, LineSettings, Recipe
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, publish

CAMERA = CameraSettings(trigger_interval_s=0.02, options={"width": 128, "height": 96, "seed": 5})


def ready_workspace(place: Path, **changes: Any) -> Path:
    """Its folder. changes: of the recipe, such as `camera`."""
    with open_room(place) as workspace:
        version = publish(workspace, 1, brightness_model())
        recipe = Recipe(RECIPE, camera=CAMERA, line=LineSettings("simulated", deadline_ms=60_000.0))
        workspace.recipes.save(replace(recipe, model_id=version.card.id, limits=Limits(-1.0, 1.0), **changes))
        return workspace.path


def settle(workspace: Path, **settings: object) -> None:
    """Write the workspace's settings.toml."""
    (workspace / "settings.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")


def pictures(folder: Path, names: Sequence[str], side: int = 24) -> Path:
    """A folder of small pictures, each of its own brightness."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 21, (side, side))
        write_picture((noise + 40 + 37 * number % 180).astype(np.uint8), path)
    return folder
