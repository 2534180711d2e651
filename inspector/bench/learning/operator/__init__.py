"""A simulated operator at a rendered line: whether looking where it pays teaches more than looking anywhere."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from inspector.bench.learning.finding import Finding
from inspector.bench.learning.operator.account import found
from inspector.bench.learning.operator.line import Mix
from inspector.bench.learning.operator.simulation import Simulation
from inspector.bench.learning.trials import Bench
from inspector.domain import Snapshot
from inspector.learning.trainer import Trainer
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

__all__ = ["Mix", "Simulation", "found", "operator"]


def operator(bench: Bench, mix: Mix | None = None) -> Finding:
    """Raises as a training does. mix: another line than the usual one."""
    mix = mix or Mix()

    def learn(workspace: Workspace, recipe: Recipe, snapshot: Snapshot) -> ModelVersion:
        return Trainer(workspace, bench.command).start(recipe, snapshot, mode=bench.mode).watched(bench.advance)

    with TemporaryDirectory(dir=bench.workspace.path) as place:
        return found(mix, Simulation(Path(place), mix, learn, bench.advance).run())
