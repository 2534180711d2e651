"""What one optimisation is asked to do: its job file, read and checked before anything else happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.errors import TrainingError
from models.job import check_empty, read_table

FLOAT, DYNAMIC, INT8, QAT, PRUNED = VARIANTS = ("float", "dynamic", "int8", "qat", "pruned")

_KEYS = {
    "recipe": str,
    "snapshot": str,
    "images": str,
    "template": str | None,
    "cache": str,
    "model": str,
    "weights": str | None,
    "adapted": str | None,
    "variants": list,
    "max_drop": float,
    "steps": int,
    "seed": int,
    "number": int,
    "output": str,
}


@dataclass(frozen=True, slots=True)
class OptimisationJob:
    """recipe, snapshot: files. images: folder of an ImageStore. template: the fiducial's picture, where there is one.

    cache: folder with the feature network that the model stands on. model: the ModelVersion's folder. weights: the
    backbone's file, where the model was not trained from the installed one. adapted: folder of the version with its
    adapted network, None for the pretrained one. variants: some of VARIANTS. max_drop: the share of golden parts, 0 to
    1, whose verdict may turn to the worse. steps: of fine-tuning. number: of the new version. output: empty folder.
    """

    recipe: Path
    snapshot: Path
    images: Path
    template: Path | None
    cache: Path
    model: Path
    weights: Path | None
    adapted: Path | None
    variants: tuple[str, ...]
    max_drop: float
    steps: int
    seed: int
    number: int
    output: Path


def read_job(file: Path) -> OptimisationJob:
    """Read a job file. Raises TrainingError with key, expected and received."""
    table = read_table(file, _KEYS)
    unknown = [name for name in table["variants"] if name not in VARIANTS]
    if unknown or not table["variants"]:
        raise TrainingError(f"{file}: variants: expected some of {', '.join(VARIANTS)}; received {table['variants']}")
    if min(table["seed"], table["steps"]) < 0 or table["number"] < 1 or not 0 <= table["max_drop"] <= 1:
        raise TrainingError(
            f"{file}: expected seed and steps from 0, a number from 1 and a max_drop from 0 to 1, received {table}"
        )
    check_empty(Path(table["output"]))
    paths = ("recipe", "snapshot", "images", "template", "cache", "model", "weights", "adapted", "output")
    values = {key: Path(value) if key in paths and value is not None else value for key, value in table.items()}
    return OptimisationJob(**values | {"variants": tuple(table["variants"])})
