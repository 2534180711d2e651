"""A small real line for tests: simulated camera and gate, a real workspace, and a model that needs no training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from inspector.clock import Clock
from inspector.devices.camera import Camera
from inspector.devices.line import Line as LineOutput
from inspector.devices.lines import SimulatedLine, SimulatedLineBackend
from inspector.devices.simulated import SimulatedBackend
from inspector.domain import Part, Scores, View
from inspector.errors import InspectorError
from inspector.pipeline.assemble import Setup
from inspector.recipe import CameraSettings, Limits, LineSettings, Recipe
from inspector.station import Fault, PartInspected, Station, StationEvent, StationState
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer

SMALL = {"width": 128, "height": 96, "seed": 5}


class BrightnessModel:
    """Calls bright views defective: enough to tell verdicts apart."""

    input_size = (16, 16)

    def __init__(self, model_id: str = "v1-brightness", level: float = 100.0) -> None:
        self.model_id = model_id
        self.level = level

    def classify(self, view: View) -> Scores:
        defect = (float(view.pixels.mean()) - self.level) / 10
        nothing = np.zeros(0, np.float32)
        return Scores(self.model_id, ("good", "bright"), (0.0, defect), defect, "bright", nothing, nothing)


class BrokenModel(BrightnessModel):
    """A model with a bug in it."""

    def classify(self, view: View) -> Scores:
        raise ZeroDivisionError("a bug")


def small_recipe(line: dict[str, Any] | None = None, **options: Any) -> Recipe:
    return Recipe(
        "test",
        camera=CameraSettings(frame_timeout_s=0.3, options={**SMALL, **options}),
        limits=Limits(-0.5, 0.5),
        line=LineSettings("simulated", deadline_ms=60_000, options=line or {}),
    )


class Line:
    """A station with everything around it that a test may want to look at."""

    def __init__(
        self,
        workspace: Workspace,
        recipe: Recipe,
        model: BrightnessModel | None = None,
        *,
        keep_pictures: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self.workspace = workspace
        self.images = workspace.images
        self.setup = Setup(recipe, model or BrightnessModel())
        self.events: list[StationEvent] = []
        self.gates: list[SimulatedLine] = []
        self.cameras = 0
        self.faulted = threading.Event()
        self.inspected = threading.Semaphore(0)
        self.free_space_mb = 0
        self.station = Station(
            "line-1",
            self.setup,
            open_camera=self.open_camera,
            open_line=self.open_line,
            open_writer=self.open_writer,
            on_event=self.hear,
            prove=self.prove,
            keep_pictures=keep_pictures,
            clock=clock,
        )

    def open_camera(self) -> Camera:
        self.cameras += 1
        return SimulatedBackend().open(self.setup.recipe.camera)

    def open_line(self) -> LineOutput:
        self.gates.append(SimulatedLineBackend().open(self.setup.recipe.line))
        return self.gates[-1]

    def open_writer(
        self, on_durable: Callable[[Sequence[str]], None], on_fault: Callable[[InspectorError], None]
    ) -> Writer:
        return Writer(
            lambda: self.workspace.ledger,
            self.images,
            on_durable=on_durable,
            on_fault=on_fault,
            commit_ms=5,
            free_space_mb=self.free_space_mb,
        )

    def prove(self, setup: Setup) -> None:
        """Whether the model may judge: anything may, here."""

    def hear(self, event: StationEvent) -> None:
        self.events.append(event)
        if isinstance(event, PartInspected):
            self.inspected.release()
        if self.station.status.state is StationState.FAULTED:
            self.faulted.set()

    def run(self, parts: int) -> None:
        """Start, send some parts one after the other, and stop."""
        self.station.start()
        for number in range(parts):
            self.station.trigger(Part(f"{number:03d}", "lot"))
            assert self.inspected.acquire(timeout=10)
        self.station.stop()

    def send(self, *serials: str) -> None:
        """Trigger some parts as fast as it goes."""
        for serial in serials:
            self.station.trigger(Part(serial, "lot"))

    def shown(self) -> list[PartInspected]:
        return [event for event in self.events if isinstance(event, PartInspected)]

    def faults(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Fault)]

    def with_recipe(self, **changes: Any) -> Setup:
        return replace(self.setup, recipe=replace(self.setup.recipe, **changes))
