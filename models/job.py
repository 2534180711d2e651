"""What one training is asked to do: the job file, read and checked before anything else happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.domain import Tiles
from inspector.errors import TrainingError
from inspector.learning import augmentation
from inspector.learning.augmentation import Augmentation
from inspector.learning.trainer import (
    LOOKS,
    MEMORY_MB,
    MODES,
    check_float_model,
    check_memory,
    check_tiles,
    check_turned,
)
from inspector.parsing import tiles_of

_KEYS = {
    "recipe": str,
    "snapshot": str,
    "images": str,
    "template": str | None,
    "cache": str,
    "backbone": str,
    "weights": str | None,
    "mode": str,
    "looks": int,
    "tiles": str,
    "budget_ms": int | float,
    "turned_deg": int | float,
    "memory_mb": int | float | None,
    "augmentation": dict,
    "adapted": str | None,
    "tensorboard": str | None,
    "float_model": str | None,
    "seed": int,
    "parent": str | None,
    "number": int,
    "output": str,
}


@dataclass(frozen=True, slots=True)
class Job:
    """recipe, snapshot: files. images: folder of an ImageStore. template: the fiducial's picture, where there is one.

    cache: folder that later trainings may share. weights: a file to use in place of the installed one. parent: the
    model in use. mode: one of MODES. looks: one of LOOKS. tiles: in which a part is looked at, None: as many as
    budget_ms allows. budget_ms: of time for looking at one part. memory_mb: of RAM for remembered places. turned_deg:
    how far parts may lie turned, either way; all of mode ANOMALY alone. augmentation: what a network is shown while it
    is adapted. adapted: folder of the version whose adapted network is built on. tensorboard: folder for the course of
    an adaptation. float_model: file for the same model on the network in float32, of mode ANOMALY alone. number: of the
    new version. output: empty folder for model.tflite and card.json.
    """

    recipe: Path
    snapshot: Path
    images: Path
    template: Path | None
    cache: Path
    backbone: str
    weights: Path | None
    mode: str
    looks: int
    tiles: Tiles | None
    budget_ms: float
    turned_deg: float
    memory_mb: float
    augmentation: Augmentation
    adapted: Path | None
    tensorboard: Path | None
    float_model: Path | None
    seed: int
    parent: str | None
    number: int
    output: Path


def read_job(file: Path) -> Job:
    """Read a job file. Raises TrainingError with key, expected and received."""
    table = read_table(file, _KEYS)
    if table["mode"] not in MODES:
        raise TrainingError(f"{file}: mode: expected one of {', '.join(MODES)}, received {table['mode']!r}")
    if table["looks"] not in LOOKS:
        raise TrainingError(f"{file}: looks: expected {' or '.join(map(str, LOOKS))}, received {table['looks']!r}")
    check_float_model(table["mode"], _optional(table["float_model"]))
    check_tiles(table["mode"], table["tiles"], table["budget_ms"])
    check_turned(table["mode"], table["turned_deg"])
    check_memory(table["mode"], table["memory_mb"])
    if table["seed"] < 0 or table["number"] < 1:
        raise TrainingError(f"{file}: expected a seed from 0 and a number from 1, received {table}")
    job = Job(
        recipe=Path(table["recipe"]),
        snapshot=Path(table["snapshot"]),
        images=Path(table["images"]),
        template=_optional(table["template"]),
        cache=Path(table["cache"]),
        backbone=table["backbone"],
        weights=_optional(table["weights"]),
        mode=table["mode"],
        looks=table["looks"],
        tiles=tiles_of(table["tiles"]),
        budget_ms=float(table["budget_ms"]),
        turned_deg=float(table["turned_deg"]),
        memory_mb=float(table["memory_mb"] or MEMORY_MB),
        augmentation=augmentation.parse(table["augmentation"]),
        adapted=_optional(table["adapted"]),
        tensorboard=_optional(table["tensorboard"]),
        float_model=_optional(table["float_model"]),
        seed=table["seed"],
        parent=table["parent"],
        number=table["number"],
        output=Path(table["output"]),
    )
    check_empty(job.output)
    return job


def read_table(file: Path, kinds: Mapping[str, Any]) -> dict[str, Any]:
    """What a job file says: exactly these keys, each of its kind. Raises TrainingError with expected and received."""
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{file}: not a readable job file: {error}") from error
    if not isinstance(table, dict) or table.keys() != kinds.keys():
        raise TrainingError(f"{file}: expected the keys {', '.join(kinds)}")
    for key, kind in kinds.items():
        value = table[key]
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TrainingError(f"{file}: {key}: expected {_name(kind)}, received {value!r}")
    return table


def check_empty(output: Path) -> None:
    """Raises TrainingError where a job's output is not an empty folder."""
    if not output.is_dir() or any(output.iterdir()):
        raise TrainingError(f"{output}: expected an empty folder to put the result into")


def _name(kind: Any) -> str:
    names = {str: "text", int: "a whole number", list: "a list", dict: "a table", int | float: "a number"}
    return {**names, int | float | None: "a number or null"}.get(kind, "text or null")


def _optional(value: str | None) -> Path | None:
    return None if value is None else Path(value)
