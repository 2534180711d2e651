"""One workspace whose first model was really trained, shared by the tests that need one; each gets its own copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector import demo
from inspector.store.workspace import Workspace

PARTS = 12


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's workspace after its first training, with PARTS parts before the camera."""
    folder = tmp_path_factory.mktemp("taught") / "workspace"
    with Workspace.create(folder) as workspace:
        demo.prepare(workspace, lambda *_: None, parts=PARTS, interval_s=0.05)
    return folder


@pytest.fixture
def place(taught: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy that a test may change as it likes."""
    copy = tmp_path / "workspace"
    shutil.copytree(taught, copy)
    with Workspace.open(copy) as workspace:
        recipe = workspace.recipes.load(demo.RECIPE)
        options = recipe.camera.options | {"pictures": str(copy / "line")}  # in place of the original's
        workspace.recipes.save(replace(recipe, camera=replace(recipe.camera, options=options)))
    yield copy
