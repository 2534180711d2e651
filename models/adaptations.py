"""Where unfinished adaptations lie, so that a killed one goes on where it was and a finished one leaves nothing."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from inspector.recipe import Recipe

_FOLDER = "adaptations"


def place_of(cache: Path, recipe: Recipe, *what: object) -> Path:
    """The folder of one adaptation; the same words give the same folder. Those of other ones are cleared."""
    digest = hashlib.sha256(" ".join(map(str, (recipe.view_id, *what))).encode()).hexdigest()
    place = cache / _FOLDER / recipe.name / digest[:12]
    for other in place.parent.glob("*"):
        if other != place:  # stems are large, and nobody asks for those of an earlier snapshot again
            shutil.rmtree(other, ignore_errors=True)
    return place


def clear(cache: Path, recipe_name: str) -> None:
    shutil.rmtree(cache / _FOLDER / recipe_name, ignore_errors=True)
