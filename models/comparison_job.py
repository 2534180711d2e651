"""What one comparison of backbones is asked to do: its job file, read and checked before anything else happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.errors import TrainingError
from models.job import check_empty, read_table

_KEYS = {
    "recipe": str,
    "snapshot": str,
    "images": str,
    "template": str | None,
    "cache": str,
    "backbones": list,
    "seed": int,
    "output": str,
}


@dataclass(frozen=True, slots=True)
class ComparisonJob:
    """recipe, snapshot: files. images: folder of an ImageStore. template: the fiducial's picture, where there is one.

    cache: folder that trainings share. backbones: names; none for every one whose weights are here. output: empty
    folder for the table.
    """

    recipe: Path
    snapshot: Path
    images: Path
    template: Path | None
    cache: Path
    backbones: tuple[str, ...]
    seed: int
    output: Path


def read_job(file: Path) -> ComparisonJob:
    """Read a job file. Raises TrainingError with key, expected and received."""
    table = read_table(file, _KEYS)
    if table["seed"] < 0 or not all(isinstance(name, str) for name in table["backbones"]):
        raise TrainingError(f"{file}: expected a seed from 0 and names of backbones, received {table}")
    job = ComparisonJob(
        recipe=Path(table["recipe"]),
        snapshot=Path(table["snapshot"]),
        images=Path(table["images"]),
        template=Path(table["template"]) if table["template"] else None,
        cache=Path(table["cache"]),
        backbones=tuple(table["backbones"]),
        seed=table["seed"],
        output=Path(table["output"]),
    )
    check_empty(job.output)
    return job
