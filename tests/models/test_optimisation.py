"""A whole optimisation as the program starts it, and what of a model, a job or a cache stops it beforehand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.domain import Split
from inspector.errors import TrainingError
from inspector.store.cards import CARD, MODEL, read_card
from models.export.graph import attach, head_of
from models.optimisation.job import read_job
from models.optimisation.origin import read_origin
from tests.laws.sources import ROOT
from tests.models.conftest import Trained


def write(trained: Trained, folder: Path, **changed: Any) -> Path:
    """A job to optimise the trained model, its output folder included."""
    room = trained.room
    (folder / "output").mkdir(exist_ok=True)
    trained.room.write_job()
    learned = json.loads(room.job.read_text())
    shutil.rmtree(room.output)
    table = {key: learned[key] for key in ("recipe", "snapshot", "images", "template", "cache", "weights", "adapted")}
    table |= {"model": str(trained.folder), "variants": ["int8", "qat"], "max_drop": 0.0, "steps": 2, "seed": 0}
    file = folder / "job.json"
    file.write_text(json.dumps(table | {"number": 2, "output": str(folder / "output")} | changed))
    return file


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"variants": ["int4"]}, "variants: expected some of float, dynamic, int8, qat, pruned"),
        ({"variants": []}, "variants: expected some of"),
        ({"steps": -1}, "steps from 0"),
        ({"max_drop": 1.5}, "a max_drop from 0 to 1"),
        ({"number": 0}, "a number from 1"),
        ({"model": None}, "model: expected text, received None"),
    ],
)
def test_a_wrong_job_is_told(trained: Trained, tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(TrainingError) as caught:
        read_job(write(trained, tmp_path, **changed))
    assert words in str(caught.value)


def test_a_full_output_is_not_written_into(trained: Trained, tmp_path: Path) -> None:
    job = write(trained, tmp_path)
    (tmp_path / "output" / "old").touch()
    with pytest.raises(TrainingError, match="expected an empty folder"):
        read_job(job)


def test_the_head_in_a_file_is_the_one_that_was_attached(trained: Trained) -> None:
    content = trained.model.read_bytes()
    head = head_of(content)
    assert head.weights.shape == (3, len(trained.network.shift))
    assert attach(trained.network.content, head) == content


def test_a_file_without_a_head_is_told(trained: Trained) -> None:
    with pytest.raises(ValueError, match="the file holds no head of this program"):
        head_of(trained.network.content)


def test_the_origins_head_reads_float_features(trained: Trained, tmp_path: Path) -> None:
    """So that each variant's own shift can be taken out of it."""
    origin = read_origin(read_job(write(trained, tmp_path)))
    shipped = head_of(origin.content)
    assert np.allclose(origin.head.behind(origin.network.shift).bias, shipped.bias, atol=1e-5)
    assert {entry.split for entry in origin.entries} == {Split.TRAIN, Split.GOLDEN}
    assert set(origin.learned) <= set(origin.network.reference)


def altered(trained: Trained, folder: Path, **receipt: Any) -> str:
    """The model once more, its card with another receipt."""
    shutil.copytree(trained.folder, folder / "model")
    table = json.loads((folder / "model" / CARD).read_text())
    table["receipt"] |= receipt
    (folder / "model" / CARD).write_text(json.dumps(table))
    return str(folder / "model")


def test_a_variant_is_not_optimised_again(trained: Trained, tmp_path: Path) -> None:
    job = read_job(write(trained, tmp_path, model=altered(trained, tmp_path, variants=[])))
    with pytest.raises(TrainingError, match="it is itself an optimised"):
        read_origin(job)


def test_a_network_that_was_thrown_away_is_told(trained: Trained, tmp_path: Path) -> None:
    job = read_job(write(trained, tmp_path, model=altered(trained, tmp_path, feature_network="another")))
    with pytest.raises(TrainingError, match="is not in the cache any more; train a new model"):
        read_origin(job)


@pytest.fixture(scope="module")
def optimised(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The output of a real optimisation with all variants, and of steps as many as there is time for."""
    folder = tmp_path_factory.mktemp("optimised")
    job = write(trained, folder, variants=["float", "dynamic", "int8", "qat", "pruned"], steps=20, max_drop=1.0)
    words = [sys.executable, "-m", "models", "optimise", "--job", str(job)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"result": str(folder / "output")}
    yield folder / "output"


@pytest.fixture(scope="module")
def rows(optimised: Path) -> dict[str, Any]:
    table = json.loads((optimised / "variants.json").read_text())
    return {row["variant"]: row for row in table["variants"]}


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_all_variants_are_measured_in_one_run(rows: dict[str, Any], optimised: Path) -> None:
    for name, row in rows.items():
        sys.stdout.write(f"{name}: { {key: row[key] for key in row.keys() - {'flipped', 'classes'}} }\n")
    assert set(rows) == {"float", "dynamic", "int8", "qat", "pruned"}
    assert json.loads((optimised / "variants.json").read_text())["twin_difference"] < 1e-3


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_int8_keeps_what_float_says_in_less_time_and_space(rows: dict[str, Any]) -> None:
    """Both files in turns in one run: time at most 0.6, size at most 0.3, AUROC within 0.005.

    Of 32 views one on the other side of a limit is 3 %: here the verification's own bounds have to hold.
    """
    whole, small = rows["float"], rows["int8"]
    assert small["invoke_ms"] <= 0.6 * whole["invoke_ms"]
    assert small["size_bytes"] <= 0.3 * whole["size_bytes"]
    assert min(small["agreement"], small["correlation"]) >= 0.97
    assert abs(small["auroc"] - whole["auroc"]) <= 0.005


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_the_winner_is_a_whole_model_of_its_own(optimised: Path, trained: Trained) -> None:
    winner = json.loads((optimised / "variants.json").read_text())["winner"]
    assert winner in ("int8", "qat")  # the two that are fast
    assert (optimised / "model").exists() == (winner == "qat")
    if winner == "qat":
        card = read_card(optimised / "model" / CARD)
        assert (card.parent, card.quantisation) == (trained.card.id, "int8-qat")
        assert (card.receipt["size_bytes"], len(card.receipt["variants"])) == (
            (optimised / "model" / MODEL).stat().st_size,
            5,
        )
        assert {row["digest"] for row in card.results["golden"]} == {
            row["digest"] for row in trained.card.results["golden"]
        }
