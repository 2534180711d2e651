"""What the tests of learning start from: a workspace, folders of pictures, and models that can be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inspector.domain import GOOD, Example, Pixels
from inspector.learning import leakage
from inspector.pictures import write_picture
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE, card

_COMPARED: dict[frozenset[Example], dict[Path, bytes]] = {}  # what a workspace keeps of the comparison of these


def picture(seed: int, level: int = 120) -> Pixels:
    """A small picture of its own for each seed; `level` is its mean grey."""
    noise = np.random.default_rng(seed).integers(-20, 20, (24, 32))
    return np.clip(level + noise, 0, 255).astype(np.uint8)


def put_file(folder: Path, name: str, seed: int, level: int = 120) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(picture(seed, level), path)
    return path


def open_room(path: Path) -> Workspace:
    """A workspace with one recipe."""
    workspace = Workspace.create(path / "workspace")
    workspace.recipes.save(Recipe(RECIPE))
    return workspace


def teach(workspace: Workspace, parts: Mapping[str, Sequence[str]], pictures_each: int = 1) -> None:
    """Make Examples: class to part names; the pictures themselves are stored too."""
    seeds = iter(range(sum(len(names) for names in parts.values()) * pictures_each))
    base = len(workspace.ledger.examples(RECIPE)) * 1000
    examples = [
        Example(workspace.images.put(picture(base + next(seeds), 60 if name == GOOD else 180)), name, part)
        for name, names in parts.items()
        for part in names
        for _ in range(pictures_each)
    ]
    workspace.ledger.add_examples(RECIPE, examples)


def compare_once(workspace: Workspace) -> None:
    """Let a workspace remember that its Examples were compared, which is done once for all that were taught the same.

    For tests of what comes after: each pair of so small and noisy pictures is looked at closely, in every snapshot.
    """
    examples = workspace.ledger.examples(RECIPE)
    taught = frozenset(examples)
    if taught not in _COMPARED:
        leakage.look(workspace, RECIPE, examples)
        kept = (file for file in (workspace.cache / "same-parts").rglob("*") if file.is_file())
        _COMPARED[taught] = {file.relative_to(workspace.cache): file.read_bytes() for file in kept}
    for file, content in _COMPARED[taught].items():
        (workspace.cache / file).parent.mkdir(parents=True, exist_ok=True)
        (workspace.cache / file).write_bytes(content)


def publish(workspace: Workspace, number: int, model: bytes | None = None, **promises: Any) -> ModelVersion:
    """Publish a version. Without a `model`, its file runs nowhere: what its card says is what counts."""
    content = model or f"model {number}".encode()
    folder = workspace.cache / f"made-{number}"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(content)
    return workspace.versions.publish(folder, card(number, content, **promises))


def brightness_model() -> bytes:
    """A real model file that takes bright pictures for dents."""
    return (Path(__file__).parents[1] / "data" / "brightness.tflite").read_bytes()
