"""Real pictures, by the commands alone: magnetic tiles, split by tile and never by picture, and through a camera.

    INSPECTOR_DATA=FOLDER python3 run.py test -m slow tests/system/test_real_data.py --log-cli-level=INFO

INSPECTOR_MODE=finetune or adapter adapts the network in each fold, which takes about an hour in all.
FOLDER holds magnetic_tile/ in the MVTec layout with parts.csv (image, part); the tiles are those of Huang, Qiu and
Yuan, "Surface defect saliency of magnetic tile" (The Visual Computer, 2020).
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.cli import main
from inspector.metrics import auroc
from inspector.recipe import CameraSettings
from inspector.store.workspace import Workspace

DATA = os.environ.get("INSPECTOR_DATA", "")
MODE = os.environ.get("INSPECTOR_MODE", "features")
FOLDS = 5
PLAIN_BASELINE = 0.878  # part-grouped AUROC of plain pooled features with logistic regression

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800 if MODE == "features" else 10_800),
    pytest.mark.skipif(not DATA, reason="INSPECTOR_DATA is not set: it names the folder with the real pictures"),
]
log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def tiles() -> Path:
    return Path(DATA) / "magnetic_tile"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real")


def fold_of(part: str) -> int:
    """The fold a tile falls into, by its name alone."""
    return int(hashlib.sha256(part.encode()).hexdigest(), 16) % FOLDS


def lay_out(tiles: Path, folder: Path, wanted: set[str]) -> Path:
    """Copy some pictures into a data set of their own, with the groups file that goes with all of them."""
    for name in wanted:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiles / name, folder / name)
    shutil.copy(tiles / "parts.csv", folder / "parts.csv")
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def rows_of(file: Path) -> Iterator[tuple[bool, float]]:
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield row["truth"] != "good", float(row["score"])


def test_tiles_that_were_never_seen_are_ranked_better_than_the_plain_baseline(
    tiles: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tiles / "parts.csv").open(encoding="utf-8", newline="") as stream:
        parts = {row["image"]: row["part"] for row in csv.DictReader(stream)}
    workspace = place / "workspace"
    truth: list[bool] = []
    scores: list[float] = []
    areas = []
    for fold in range(FOLDS):
        held_out = {name for name, part in parts.items() if fold_of(part) == fold}
        learned = lay_out(tiles, place / f"learned{fold}", set(parts) - held_out)
        unseen = lay_out(tiles, place / f"unseen{fold}", held_out)
        common = ("--recipe", f"fold{fold}", "--workspace", workspace, "--json")
        run(capsys, "import", learned, "--groups", learned / "parts.csv", *common)
        trained = run(capsys, "train", "--mode", MODE, *common)
        out = place / f"fold{fold}.csv"
        words = ("evaluate", unseen, "--groups", unseen / "parts.csv", "--out", out, "--model", trained["model"])
        result = run(capsys, *words, *common)
        assert result["seen_in_training"] == result["seen_parts"] == 0
        bad, score = zip(*rows_of(out), strict=True)
        truth += bad
        # Folds have models of their own, whose scores have no common zero: compare them by their rank.
        scores += list(np.argsort(np.argsort(score)) / len(score))
        areas.append(result["auroc"])
        inside = trained["results"]
        log.info(
            "fold %d: unseen tiles AUROC %.3f, macro-F1 %.3f; in training by part %.3f, by picture (naive) %.3f",
            fold,
            result["auroc"],
            result["macro_f1"],
            inside["split_by_part"]["auroc"],
            inside["naive_split_by_picture"]["auroc"],
        )
    log.info("mean of the folds %.3f, all folds by rank %.3f", np.mean(areas), auroc(truth, scores))
    assert np.mean(areas) >= PLAIN_BASELINE


def test_the_tiles_pass_a_basler_camera(tiles: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pypylon", reason="pypylon is not installed")
    line = place / "line"
    line.mkdir()
    pictures = sorted((tiles / "test").rglob("*.jpg"))[:60]
    for number, picture in enumerate(pictures):
        shutil.copy(picture, line / f"{number:04d}.jpg")
    with Workspace.open(place / "workspace") as workspace:
        recipe = workspace.recipes.load("fold0")
        options = {"emulate": True, "pictures": str(line)}
        camera = CameraSettings("pylon", options=options, trigger_interval_s=0.05)
        workspace.recipes.save(replace(recipe, camera=camera))
    words = ("station", "--recipe", "fold0", "--headless", "--parts", str(len(pictures)), "--json")
    totals = run(capsys, *words, "--workspace", place / "workspace")
    assert totals["triggers"] == totals["records"] == len(pictures)
    assert totals["unfit"] == 0
    log.info("through the camera: %s", totals)
