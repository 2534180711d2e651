"""Rendered lines for the tests of watching: taught on some parts, then run on others under whatever light and lens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from inspector.devices.render.light import Sensor
from inspector.devices.render.part import NOMINAL, RenderedPart, render_part
from inspector.devices.render.program import LineProgram, RenderSettings
from inspector.domain import (
    GOOD,
    Decision,
    Example,
    Frame,
    FrameStatus,
    Inspection,
    Label,
    Part,
    Pixels,
    Reason,
    Snapshot,
    SnapshotEntry,
    Split,
    Timing,
    Verdict,
)
from inspector.learning import snapshot as snapshots
from inspector.learning.watching import Reference, Watch, reference_of, watch
from inspector.pipeline.assemble import Setup, inspect
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits, Recipe
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, publish

LOTS = LineProgram(parts_per_lot=10)  # each lot has a tone of its own, as much as 7 % brighter or darker
TAUGHT = RenderSettings(seed=31, width=128, height=96, program=LOTS)
LINE = RenderSettings(seed=32, width=128, height=96, program=LOTS)
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
PASS_ALL = Limits(90.0, 99.0)
Change = Callable[[Pixels], Pixels]


@lru_cache(maxsize=2000)
def rendered(settings: RenderSettings, number: int, sensor: Sensor = NOMINAL) -> RenderedPart:
    """Rendered once for all tests."""
    return render_part(settings, number, sensor)


def taught_room(place: Path, parts: int = 60) -> tuple[Workspace, Recipe]:
    """A workspace whose model in use was taught rendered parts; its card holds their scores as validation."""
    workspace = open_room(place)
    recipe = Recipe(RECIPE, limits=PASS_ALL)
    shown = [rendered(TAUGHT, number) for number in range(parts)]
    digests = [workspace.images.put(one.pixels) for one in shown]
    examples = [
        Example(digest, GOOD if one.defect_class == GOOD else "dent", one.part.group)
        for digest, one in zip(digests, shown, strict=True)
    ]
    workspace.ledger.add_examples(RECIPE, examples)
    entries = tuple(SnapshotEntry(one.digest, one.defect_class, one.part, Split.TRAIN) for one in examples)
    snapshot = Snapshot(RECIPE, entries)
    snapshots.save(snapshot, workspace.snapshots)
    trial = publish(workspace, 1, brightness_model(), snapshot_id=snapshot.id)
    setup = Setup(recipe, Classifier(trial.model, trial.card, 1))
    rows = [
        {"digest": one.digest, "part": one.part, "defect_class": one.defect_class, "leading_defect": "dent"}
        | {"score": judged(setup, pictured.pixels, pictured.part).scores.defect}  # type: ignore[union-attr]
        for one, pictured in zip(examples, shown, strict=True)
    ]
    in_use = publish(workspace, 2, brightness_model(), snapshot_id=snapshot.id, results={"validation": rows})
    recipe = Recipe(RECIPE, limits=PASS_ALL, model_id=in_use.card.id)
    workspace.recipes.save(recipe)
    return workspace, recipe


def judged(setup: Setup, pixels: Pixels, part: Part, inspection_id: str = "") -> Inspection:
    return inspect(Frame(pixels, "rendered", 0, 0, MONDAY, 0), part, setup, "line", inspection_id)


class Line:
    """Runs rendered parts through the real pipeline into the ledger, one a minute from Monday on."""

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        self.workspace = workspace
        self.recipe = recipe
        self.number = 0
        version = workspace.versions.load(RECIPE, recipe.model_id)
        self._setup = Setup(recipe, Classifier(version.model, version.card, 1))
        self._reference: Reference | None = None

    def look(self, parts: int = 80) -> Watch:
        """Watch the newest parts; what they are held against is read once."""
        self._reference = self._reference or reference_of(self.workspace, self.workspace.recipes.load(RECIPE))
        return watch(self.workspace, self._reference, parts=parts)

    @property
    def now(self) -> datetime:
        return MONDAY + timedelta(minutes=self.number)

    def run(self, parts: int, sensor: Sensor = NOMINAL, change: Change | None = None, keep: bool = True) -> None:
        entries = []
        for _ in range(parts):
            shown = rendered(LINE, self.number, sensor)
            pixels = change(shown.pixels) if change else shown.pixels
            inspection = judged(self._setup, pixels, shown.part, f"i{self.number:05d}")
            entries.append(self._entry(inspection, pixels if keep else None))
        self.workspace.images.put_many([entry.pixels for entry in entries if entry.pixels is not None])
        self.workspace.ledger.append(entries)

    def _entry(self, inspection: Inspection, pixels: Pixels | None, cycle_ms: float = 20.0) -> Entry:
        at = self.now
        self.number += 1
        return Entry(inspection, Timing(at, self.number, 0, 10, round(cycle_ms * 1e6)), RECIPE, pixels)

    def report(
        self, parts: int, decision: Decision = Decision.OK, defect_class: str | None = None, **timing: Any
    ) -> list[str]:
        """Parts of which only the verdict matters; returns their inspections' ids."""
        entries = []
        for _ in range(parts):
            verdict = Verdict(decision, Reason.BELOW_LIMITS, defect_class, 0.0, 0.0)
            name = f"i{self.number:05d}"
            model = self._setup.recipe.model_id
            part = Part(f"{self.number:06d}", "R")
            entries.append(
                self._entry(
                    Inspection(name, part, "line", "r@0", model, "0" * 64, FrameStatus.OK, None, None, verdict),
                    None,
                    **timing,
                )
            )
        self.workspace.ledger.append(entries)
        return [entry.inspection.id for entry in entries]

    def label(self, inspection_id: str, defect_class: str) -> None:
        self.workspace.ledger.add_label(Label(inspection_id, "ann", self.now, defect_class))
