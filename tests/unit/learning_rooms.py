"""What the tests of learning start from: a workspace, folders of pictures, and models that can be published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inspector.domain import GOOD, Example, ModelCard, Pixels, Scores, View
from inspector.pictures import write_picture
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

RECIPE = "cap"
CLASSES = (GOOD, "dent", "scratch")
LIMITS = Limits(recheck=-1.0, reject=1.0)


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


def card(
    number: int,
    model: bytes,
    *,
    snapshot_id: str = "0" * 64,
    parent: str | None = None,
    limits: Limits = LIMITS,
    results: dict[str, Any] | None = None,
    view_id: str | None = None,
) -> ModelCard:
    digest = hashlib.sha256(model).hexdigest()
    return ModelCard(
        id=f"v{number}-{digest[:8]}",
        number=number,
        recipe=RECIPE,
        backbone="efficientnet-lite0",
        classes=CLASSES,
        input_height=16,
        input_width=16,
        mean=127.0,
        scale=128.0,
        quantisation="int8",
        view_id=view_id or Recipe(RECIPE).view_id,
        snapshot_id=snapshot_id,
        parent=parent,
        seed=0,
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        recheck_limit=limits.recheck,
        reject_limit=limits.reject,
        model_digest=digest,
        results=results or {},
    )


def publish(workspace: Workspace, number: int, **promises: Any) -> ModelVersion:
    """Publish a folder whose model file nobody runs: what its card says is what counts here."""
    model = f"model {number}".encode()
    folder = workspace.cache / f"made-{number}"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(model)
    return workspace.versions.publish(folder, card(number, model, **promises))


class BrightnessModel:
    """Takes bright pictures for defects: a model whose every score can be told beforehand."""

    input_size = (16, 16)
    model_id = "v1-brightness"

    def classify(self, view: View) -> Scores:
        defect = (float(view.pixels.mean()) - 120.0) / 10.0
        nothing = np.zeros(0, np.float32)
        return Scores(self.model_id, CLASSES, (0.0, defect, -9.0), defect, "dent", nothing, nothing)
