"""What the tests of training learn from: small plates that we draw ourselves, and jobs that ask to learn them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inspector import recipe as recipes
from inspector.domain import GOOD, Pixels, Snapshot, SnapshotEntry, Split
from inspector.learning import snapshot as snapshots
from inspector.recipe import Recipe
from inspector.store.images import ImageStore
from tests.laws.sources import ROOT

RECIPE = "plate"
SIDE = 96
CLASSES = (GOOD, "hole", "scratch")
TIMEOUT_S = 110


def plate(kind: str, seed: int) -> Pixels:
    """A brushed grey plate, with a dark hole, a bright scratch or nothing on it; another one for each seed."""
    random = np.random.default_rng(seed)
    pixels = random.normal(120.0, 6.0, (SIDE, 1)) + random.normal(0.0, 3.0, (SIDE, SIDE))
    y, x = random.integers(20, SIDE - 20, 2)
    if kind == "hole":
        rows, columns = np.ogrid[:SIDE, :SIDE]
        pixels[(rows - y) ** 2 + (columns - x) ** 2 < 64] = 25.0
    if kind == "scratch":
        steps = np.arange(-16, 17)
        pixels[y + steps // 2, x + steps] = 230.0
        pixels[y + steps // 2 + 1, x + steps] = 220.0
    return np.clip(pixels, 0, 255).astype(np.uint8)


def speck(kind: str, seed: int) -> tuple[Pixels, Pixels]:
    """A plate with one faint speck, and where it is: bright on a good one, dark on a faulty one.

    What a network knows from photographs hardly tells them apart, and what it can learn does.
    """
    random = np.random.default_rng(seed)
    pixels = random.normal(120.0, 6.0, (SIDE, 1)) + random.normal(0.0, 3.0, (SIDE, SIDE))
    y, x = random.integers(12, SIDE - 12, 2)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    inside = (rows - y) ** 2 + (columns - x) ** 2 < 5
    pixels[inside] += 14.0 if kind == GOOD else -14.0
    return np.clip(pixels, 0, 255).astype(np.uint8), inside.astype(np.uint8) * np.uint8(255)


@dataclass(frozen=True)
class Room:
    """A folder with everything that jobs need, and the last job written into it."""

    folder: Path
    snapshot: Snapshot

    @property
    def job(self) -> Path:
        return self.folder / "job.json"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def images(self) -> ImageStore:
        return ImageStore(self.folder / "images")

    def write_job(self, **changed: Any) -> Path:
        self.output.mkdir(exist_ok=True)
        table: dict[str, Any] = {
            "recipe": str(self.folder / "recipe.toml"),
            "snapshot": str(snapshots.save(self.snapshot, self.folder)),
            "images": str(self.folder / "images"),
            "template": None,
            "cache": str(self.folder / "cache"),
            "backbone": "efficientnet-lite0",
            "weights": None,
            "mode": "features",
            "looks": 1,
            "tiles": "1x1",
            "budget_ms": 100.0,
            "turned_deg": 0.0,
            "memory_mb": None,
            "augmentation": {},
            "adapted": None,
            "tensorboard": None,
            "float_model": None,
            "seed": 0,
            "parent": None,
            "number": 1,
            "output": str(self.output),
        }
        self.job.write_text(json.dumps(table | changed), encoding="utf-8")
        return self.job


def furnish(folder: Path, counts: dict[str, int], golden: int = 0, recipe: Recipe | None = None) -> Room:
    """A room with so many parts of each class, two pictures each; the first `golden` parts of a class held back."""
    images = ImageStore(folder / "images")
    entries = []
    for place, (kind, parts) in enumerate(counts.items()):
        for part in range(parts):
            for shot in range(2):
                digest = images.put(plate(kind, 1000 * place + 10 * part + shot))
                split = Split.GOLDEN if part < golden else Split.TRAIN
                entries.append(SnapshotEntry(digest, kind, f"{kind}-{part}", split))
    images.close()
    recipes.save(recipe or Recipe(RECIPE), folder / "recipe.toml")
    (folder / "cache").mkdir()
    return Room(folder, Snapshot(RECIPE, tuple(sorted(entries))))


def furnish_with_specks(folder: Path, parts: int) -> Room:
    """As `furnish`, with so many good and as many faulty plates, one picture each, the faults marked by masks."""
    images = ImageStore(folder / "images")
    entries = []
    for part in range(parts):
        for place, kind in enumerate((GOOD, "speck")):
            pixels, mask = speck(kind, 2 * part + place)
            split = Split.GOLDEN if part < 2 else Split.TRAIN
            marked = "" if kind == GOOD else images.put(mask)
            entries.append(SnapshotEntry(images.put(pixels), kind, f"{kind}-{part}", split, marked))
    images.close()
    recipes.save(Recipe(RECIPE), folder / "recipe.toml")
    (folder / "cache").mkdir()
    return Room(folder, Snapshot(RECIPE, tuple(sorted(entries))))


@dataclass(frozen=True)
class Run:
    """How one training process ended. messages: its lines, each parsed."""

    code: int
    messages: list[dict[str, Any]]
    errors: str

    @property
    def last(self) -> dict[str, Any]:
        return self.messages[-1]

    def totals(self, step: str) -> set[int]:
        """The totals that a step named; empty where it did not happen."""
        return {message["total"] for message in self.messages if message.get("step") == step}


def command(job: Path) -> list[str]:
    return [sys.executable, "-m", "models", "train", "--job", str(job)]


def train(job: Path, timeout_s: float = TIMEOUT_S) -> Run:
    """Run the process to its end."""
    done = subprocess.run(command(job), cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_s)
    return Run(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)
