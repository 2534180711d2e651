"""Real pictures, by the commands alone: what learning reaches on parts it never saw, and magnet tiles before a camera.

    INSPECTOR_DATA=FOLDER python3 run.py test -m slow tests/system/test_real_data.py --log-cli-level=INFO

INSPECTOR_MODE=finetune or adapter adapts the network in each fold, which takes about an hour in all.
FOLDER holds magnetic_tile/ in the MVTec layout with parts.csv (image, part), the tiles of Huang, Qiu and Yuan, "Surface
defect saliency of magnetic tile" (The Visual Computer, 2020), and elpv/ with images/ and labels.csv, the solar cells of
Deitsch and others, "Automatic classification of defective photovoltaic module cells" (Solar Energy, 2019).

What is held here is that nothing becomes worse than a plain baseline. What `bench-learning` is to reach is more, and
its table says of each figure whether it does.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.recipe import CameraSettings
from inspector.store.workspace import Workspace

DATA = os.environ.get("INSPECTOR_DATA", "")
MODE = os.environ.get("INSPECTOR_MODE", "features")
# Plain pooled features with logistic regression: AUROC by tile, accuracy by cell.
PLAIN_TILES, PLAIN_CELLS = 0.878, 0.852

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600 if MODE == "features" else 10_800),
    pytest.mark.skipif(not DATA, reason="INSPECTOR_DATA is not set: it names the folder with the real pictures"),
]
log = logging.getLogger(__name__)


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*(str(word) for word in words), "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def measured(capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    """One measure of `bench-learning`, its figures by name."""
    finding = run(capsys, "bench-learning", "--data", DATA, "--mode", MODE, "--only", name)["measures"][name]
    log.info("%s", finding["about"])
    for row in (*finding["figures"].values(), *finding["rows"]):
        log.info("%s", row)
    return dict(finding)


def test_tiles_that_were_never_seen_are_ranked_better_than_the_plain_baseline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = measured(capsys, "tiles")
    assert len(found["rows"]) == 5
    # Two looks at other pictures draw the line between alike and the same a little differently; what the second one
    # still finds stands in no figure, and that is said.
    met = sum(row["met"] for row in found["rows"])
    assert met <= 5
    assert bool(met) == any("were met by their fold's model" in remark for remark in found["remarks"])
    assert found["figures"]["auroc"]["value"] >= PLAIN_TILES
    assert found["figures"]["naive_auroc"]["value"] > found["figures"]["auroc"]["value"]


def test_cells_that_were_never_seen_are_told_apart_better_than_the_plain_baseline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = measured(capsys, "cells")["figures"]
    assert figures["accuracy"]["value"] >= PLAIN_CELLS
    assert figures["size_mb"]["holds"]


def test_the_integer_file_of_the_tiles_is_small_and_says_nearly_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    figures = measured(capsys, "quantisation")["figures"]
    assert figures["size_ratio"]["holds"]
    assert figures["time_ratio"]["value"] < 1
    assert figures["agreement"]["value"] >= 0.95
    assert figures["auroc_change"]["value"] <= 0.05


def lay_out(tiles: Path, folder: Path, wanted: Iterable[str]) -> Path:
    """Copy some pictures into a data set of their own, with the groups file that goes with all of them."""
    for name in wanted:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiles / name, folder / name)
    shutil.copy(tiles / "parts.csv", folder / "parts.csv")
    return folder


def fold_of(part: str) -> int:
    return int(hashlib.sha256(part.encode()).hexdigest(), 16) % 5


def test_tiles_are_learned_evaluated_and_inspected_through_a_basler_camera(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an engineer would, command by command; a fifth of the tiles is held out by the hash of their names."""
    pytest.importorskip("pypylon", reason="pypylon is not installed")
    tiles, workspace, line = Path(DATA) / "magnetic_tile", tmp_path / "workspace", tmp_path / "line"
    with (tiles / "parts.csv").open(encoding="utf-8", newline="") as stream:
        held_out = {row["image"]: fold_of(row["part"]) == 0 for row in csv.DictReader(stream)}
    learned = lay_out(tiles, tmp_path / "learned", (name for name, out in held_out.items() if not out))
    unseen = lay_out(tiles, tmp_path / "unseen", (name for name, out in held_out.items() if out))
    common = ("--recipe", "tile", "--workspace", workspace)
    run(capsys, "import", learned, "--groups", learned / "parts.csv", *common)
    trained = run(capsys, "train", *common)
    assert trained["promoted"]
    evaluated = run(capsys, "evaluate", unseen, "--groups", unseen / "parts.csv", *common)
    assert evaluated["pictures"] == sum(held_out.values())
    assert evaluated["seen_in_training"] == len(evaluated["seen"]) > 0, "parts.csv names some tiles twice"
    assert evaluated["unseen"]["auroc"] > 0.75
    claims = (trained["results"][split]["auroc"] for split in ("split_by_part", "naive_split_by_picture"))
    log.info("unseen tiles %s; in training by part and, naively, by picture %s", evaluated["unseen"], [*claims])
    line.mkdir()
    pictures = sorted((unseen / "test").rglob("*.jpg"))[:60]
    for number, picture in enumerate(pictures):
        shutil.copy(picture, line / f"{number:04d}.jpg")
    with Workspace.open(workspace) as opened:
        options = {"emulate": True, "pictures": str(line)}
        camera = CameraSettings("pylon", options=options, trigger_interval_s=0.05)
        opened.recipes.save(replace(opened.recipes.load("tile"), camera=camera))
    totals = run(capsys, "station", *common, "--headless", "--parts", str(len(pictures)))
    assert totals["triggers"] == totals["records"] == len(pictures)
    assert totals["unfit"] == 0
    log.info("through the camera: %s", totals)
