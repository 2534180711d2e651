"""What a job file must say, and how its progress is foretold."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from inspector.domain import Tiles
from inspector.errors import TrainingError
from models.job import read_job
from models.progress import PLANNED_S, Progress


@pytest.fixture
def table(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "output").mkdir()
    return {
        "recipe": "recipe.toml",
        "snapshot": "snapshot.json",
        "images": "images",
        "template": None,
        "cache": "cache",
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
        "output": str(tmp_path / "output"),
    }


def write(folder: Path, content: Any) -> Path:
    file = folder / "job.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_a_job_is_read_as_it_was_written(tmp_path: Path, table: dict[str, Any]) -> None:
    job = read_job(write(tmp_path, table | {"template": "t.png", "parent": "v1-12345678", "seed": 7}))
    assert (job.template, job.weights, job.parent, job.seed) == (Path("t.png"), None, "v1-12345678", 7)
    assert job.output == tmp_path / "output"


@pytest.mark.parametrize(("words", "tiles"), [("auto", None), ("1x1", Tiles()), ("2x3", Tiles(2, 3))])
def test_tiles_are_read_for_a_model_of_good_parts(
    tmp_path: Path, table: dict[str, Any], words: str, tiles: Tiles | None
) -> None:
    job = read_job(write(tmp_path, table | {"mode": "anomaly", "tiles": words, "budget_ms": 12}))
    assert (job.tiles, job.budget_ms) == (tiles, 12.0)


def test_how_far_parts_lie_turned_is_read_for_a_model_of_good_parts(tmp_path: Path, table: dict[str, Any]) -> None:
    assert read_job(write(tmp_path, table | {"mode": "anomaly", "turned_deg": 90})).turned_deg == 90.0


@pytest.mark.parametrize(("said", "memory_mb"), [(None, 40.0), (3, 3.0), (0.5, 0.5)])
def test_ram_for_places_is_read_for_a_model_of_good_parts(
    tmp_path: Path, table: dict[str, Any], said: float | None, memory_mb: float
) -> None:
    assert read_job(write(tmp_path, table | {"mode": "anomaly", "memory_mb": said})).memory_mb == memory_mb


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("recipe", None, "recipe: expected text, received None"),
        ("seed", "0", "seed: expected a whole number, received '0'"),
        ("seed", True, "seed: expected a whole number, received True"),
        ("seed", 1.5, "seed: expected a whole number"),
        ("seed", -1, "seed from 0"),
        ("number", 0, "number from 1"),
        ("looks", 2, "looks: expected 1 or 4, received 2"),
        ("template", 3, "template: expected text or null, received 3"),
        ("tiles", "2x2", "tiles: expected 1x1 for a model of mode features, received '2x2'"),
        ("tiles", "many", "tiles: expected auto, or rows and columns such as 2x3, at most 24 tiles in all"),
        ("tiles", None, "tiles: expected text, received None"),
        ("budget_ms", 0, "budget_ms: expected a time above 0 ms, received 0"),
        ("turned_deg", 20, "turned_deg: expected 0 for a model of mode features, received 20"),
        ("turned_deg", 181.0, "turned_deg: expected 0 to 180 degrees, either way, received 181"),
        ("turned_deg", None, "turned_deg: expected"),
        ("budget_ms", "10", "budget_ms: expected a number, received '10'"),
        ("memory_mb", 40, "memory_mb: expected none for a model of mode features, received 40"),
        ("memory_mb", 0, "memory_mb: expected a size above 0 MB, received 0"),
        ("memory_mb", -1.5, "memory_mb: expected a size above 0 MB, received -1.5"),
        ("memory_mb", float("nan"), "memory_mb: expected a size above 0 MB, received nan"),
        ("memory_mb", float("inf"), "memory_mb: expected a size above 0 MB, received inf"),
        ("memory_mb", "40", "memory_mb: expected a number or null, received '40'"),
        ("memory_mb", True, "memory_mb: expected a number or null, received True"),
        ("augmentation", [], "augmentation: expected a table, received"),
        ("float_model", "f.tflite", "float_model: expected mode anomaly, received features"),
    ],
)
def test_a_wrong_value_is_told_with_its_key(
    tmp_path: Path, table: dict[str, Any], key: str, value: Any, expected: str
) -> None:
    with pytest.raises(TrainingError, match=expected):
        read_job(write(tmp_path, table | {key: value}))


def test_missing_and_unknown_keys_are_refused(tmp_path: Path, table: dict[str, Any]) -> None:
    with pytest.raises(TrainingError, match="expected the keys recipe, snapshot"):
        read_job(write(tmp_path, {key: value for key, value in table.items() if key != "cache"}))
    with pytest.raises(TrainingError, match="expected the keys"):
        read_job(write(tmp_path, table | {"colour": "blue"}))


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00", "null"])
def test_what_is_no_job_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(TrainingError, match=r"job\.json"):
        read_job(write(tmp_path, content))


def test_an_output_that_is_missing_or_used_is_refused(tmp_path: Path, table: dict[str, Any]) -> None:
    with pytest.raises(TrainingError, match="expected an empty folder"):
        read_job(write(tmp_path, table | {"output": str(tmp_path / "elsewhere")}))
    (tmp_path / "output" / "card.json").write_text("{}")
    with pytest.raises(TrainingError, match="expected an empty folder"):
        read_job(write(tmp_path, table))


class Hand:
    """A clock that is moved by hand, in seconds."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def told(steps: list[tuple[str, int, int]], seconds_each: float) -> list[dict[str, Any]]:
    stream, clock = io.StringIO(), Hand()
    progress = Progress(stream, clock)
    for step in steps:
        progress.step(*step)
        clock.now_s += seconds_each
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_rest_is_unknown_until_something_is_done() -> None:
    assert told([("features", 0, 10)], 1.0) == [{"step": "features", "done": 0, "total": 10, "remaining_s": None}]


def test_the_rest_follows_from_the_steps_own_speed_and_those_to_come() -> None:
    last = told([("features", done, 10) for done in range(6)], 2.0)[-1]
    to_come = PLANNED_S["fitting"] + PLANNED_S["verification"] + PLANNED_S["golden"]
    assert last["remaining_s"] == pytest.approx(10 / 5 * 5 + to_come)


def test_a_new_step_starts_its_own_clock() -> None:
    lines = told([("fitting", 1, 2), ("fitting", 2, 2), ("golden", 0, 4), ("golden", 1, 4)], 3.0)
    assert lines[-1]["remaining_s"] == pytest.approx(9.0)


def test_the_last_step_ends_with_nothing_left() -> None:
    assert told([("golden", 0, 2), ("golden", 2, 2)], 1.0)[-1]["remaining_s"] == 0.0
