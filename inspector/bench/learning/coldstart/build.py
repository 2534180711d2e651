"""How soon a model of good parts is on the line, from pictures in a folder on, and how much memory that takes."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from inspector import programs
from inspector.bench.learning.coldstart.good_parts import HOW
from inspector.bench.learning.finding import Figure, Finding, at_most
from inspector.bench.learning.tiles import FOLDER, tile_items
from inspector.bench.learning.trials import Bench
from inspector.domain import GOOD
from inspector.errors import DatasetError, DeviceError
from inspector.learning.dataset import import_dataset
from inspector.learning.gate import hold_against_champion
from inspector.learning.layouts import DatasetItem
from inspector.learning.promotion import promote
from inspector.learning.snapshot import take
from inspector.learning.trainer import ANOMALY, Trainer
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

WITHIN_S = {20: 20.0, 200: 60.0, 800: 120.0}  # by pictures
MOST_MB = 2000.0
RECIPE = "coldstart-build"
FRESH, KEPT = "fresh", "kept"
_NETWORKS = "networks"
_ABOUT = (
    "{pictures} pictures of good magnet tiles in a folder to a promoted model: import, comparison of all pictures, "
    "split, training, gate, promotion. Fresh: a new recipe. Kept: the network of an earlier training is there. " + HOW
)
_REMARKS = (
    "One picture of each tile before a second one of any. One part in five is golden and not learned.",
    "Memory is the largest that the training process, or one that it started, had resident, by the kernel's count.",
    "A model that the gate did not let through has no time.",
)
# The starter of a program learns how much memory that took, and nothing else does.
_STARTER = (
    "import pathlib, resource, subprocess, sys; rc = subprocess.call(sys.argv[2:]); "
    "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024; "
    "pathlib.Path(sys.argv[1]).write_text(str(peak)); sys.exit(rc if rc >= 0 else 128 - rc)"
)


@dataclass(frozen=True, slots=True)
class _Built:
    seconds: float
    peak_mb: float
    promoted: bool


def build(bench: Bench, pictures: int, within_s: float) -> Finding:
    """pictures: how many to take. within_s: how long that may last.

    Raises DatasetError where there are not so many, and as a training does.
    """
    if sys.platform == "win32":
        raise DeviceError("coldstart-build: the memory of a training is measured on Linux; leave this measure out")
    items = chosen(tile_items(bench), pictures)
    with _workspace(bench, None) as first:
        fresh = _built(bench, first, items)
        with _workspace(bench, first.cache / _NETWORKS) as second:
            kept = _built(bench, second, items)
    rows = [_row(name, one) for name, one in ((FRESH, fresh), (KEPT, kept))]
    return Finding(_ABOUT.format(pictures=pictures), _figures(pictures, within_s, rows), rows, _REMARKS)


def _figures(pictures: int, within_s: float, rows: Sequence[dict[str, Any]]) -> dict[str, Figure]:
    seconds = {
        f"seconds_{row['network']}": Figure(
            row["seconds"] if row["promoted"] else float("nan"),
            f"{pictures} pictures to a promoted model, network {row['network']}",
            at_most(within_s),
            unit="s",
        )
        for row in rows
    }
    peak = Figure(max(row["peak_mb"] for row in rows), "memory of the training", at_most(MOST_MB), unit="MB")
    return {**seconds, "peak_mb": peak}


def _row(network: str, one: _Built) -> dict[str, Any]:
    return {"network": network, "seconds": one.seconds, "peak_mb": one.peak_mb, "promoted": one.promoted}


def chosen(items: Iterable[DatasetItem], count: int) -> list[DatasetItem]:
    """So many good pictures: one of each part before a second one of any. Raises DatasetError where there are fewer."""
    parts: dict[str, list[DatasetItem]] = defaultdict(list)
    for item in items:
        if item.defect_class == GOOD:
            parts[item.part].append(item)
    in_turn = [item for turn in zip_longest(*parts.values()) for item in chain(turn) if item]
    if len(in_turn) < count:
        raise DatasetError(f"{FOLDER}: expected at least {count} pictures of good tiles, received {len(in_turn)}")
    return in_turn[:count]


@contextmanager
def _workspace(bench: Bench, networks: Path | None) -> Iterator[Workspace]:
    """One that knows nothing but the networks that another one has kept."""
    with tempfile.TemporaryDirectory(dir=bench.workspace.path) as place, Workspace.create(Path(place)) as workspace:
        if networks and networks.is_dir():
            shutil.copytree(networks, workspace.cache / _NETWORKS)
        yield workspace


def _built(bench: Bench, workspace: Workspace, items: Sequence[DatasetItem]) -> _Built:
    """As `import` and `train --mode anomaly` do it."""
    peak = workspace.cache / "peak"
    words = bench.command or programs.command("models")
    command = (sys.executable, "-I", "-c", _STARTER, str(peak), *words)
    workspace.recipes.new(Recipe(RECIPE))
    began = time.monotonic()
    import_dataset(workspace, RECIPE, items, lambda done, total: bench.advance("importing", done, total))
    snapshot = take(workspace, RECIPE, good_only=True)
    run = Trainer(workspace, command).start(workspace.recipes.load(RECIPE), snapshot, mode=ANOMALY)
    candidate = run.watched(bench.advance)
    report = hold_against_champion(workspace, RECIPE, candidate.card.id)
    if report.passed:
        promote(workspace, RECIPE, candidate.card.id, "bench", report=report)
    return _Built(time.monotonic() - began, float(peak.read_text()) / 1e6, report.passed)
