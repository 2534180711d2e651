"""What one process can measure in itself: a Frame to its Inspection, and a paced line with its ledger."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inspector.bench.conveyor import ConveyorCamera
from inspector.bench.measure import Measure, interleaved_ms, percentile
from inspector.clock import SystemClock
from inspector.devices.lines import NoLineBackend
from inspector.devices.render.part import render_part
from inspector.devices.render.program import RenderSettings
from inspector.domain import Decision, Frame, Part, Pixels
from inspector.errors import DeviceError, RecipeError
from inspector.opencv import cv2
from inspector.pipeline.assemble import Setup, inspect
from inspector.pipeline.classify import Classifier
from inspector.recipe import CameraSettings, LineSettings, LocateSettings, Recipe
from inspector.station import Pacer, PartInspected, Station, StationEvent, StationState, numbered_part
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer

_ROUNDS = 300
_INTERVAL_S = 0.01


def bare_interpreter(model: Path, threads: int) -> tuple[Interpreter, int]:
    """The same file in a bare LiteRT interpreter, and its input's index."""
    interpreter = Interpreter(model_path=str(model), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter, int(interpreter.get_input_details()[0]["index"])


def frame_to_inspection(recipe: Recipe, classifier: Classifier, model: Path, threads: int, *, colour: bool) -> Measure:
    """A Frame of 1024 x 1024 in memory to its Inspection, against the same resize and the bare invoke.

    The whole frame is judged, whatever region the recipe has: both sides must resize the same pixels.
    """
    setup = Setup(replace(recipe, roi=None, locate=LocateSettings()), classifier)
    grey = render_part(RenderSettings(width=1024, height=1024), 0).pixels
    pixels = np.dstack([grey, grey, grey]) if colour else grey
    clock = SystemClock()
    frame = Frame(pixels, "bench", 1, 1, clock.now(), clock.ns())
    interpreter, index = bare_interpreter(model, threads)
    height, width = classifier.input_size
    kind = interpreter.get_input_details()[0]["dtype"]

    def bare() -> None:
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        view = small if colour else cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)
        interpreter.set_tensor(index, view.astype(kind, copy=False)[np.newaxis])
        interpreter.invoke()

    if inspect(frame, Part("1"), setup, "bench", "bench").scores is None:
        raise RecipeError(
            f"recipe {setup.recipe.name}: bench: its ROI and fitness limits do not let a rendered part of "
            "1024 x 1024 pixels be judged at all; measure without --recipe"
        )
    ours, floor = interleaved_ms(lambda: inspect(frame, Part("1"), setup, "bench", "bench"), bare, _ROUNDS)
    return Measure(ours, floor, "ms", limit=1.6)


def paced_line(setup: Setup, model: Path, threads: int, seconds: int, folder: Path) -> Measure:
    """A station at 100 parts a second, pictures of 640 x 480 stored: 99th percentile from trigger to verdict.

    No part may be lost, go unjudged or be kept without its picture. Against the bare invoke, timed alone before the
    line runs.
    """
    pictures = [render_part(RenderSettings(), number).pixels for number in range(64)]
    interpreter, _ = bare_interpreter(model, threads)
    _, bare = interleaved_ms(interpreter.invoke, interpreter.invoke, _ROUNDS)
    cycles: list[float] = []

    def on_event(event: StationEvent) -> None:
        if isinstance(event, PartInspected):
            cycles.append(event.timing.cycle_ms)

    with tempfile.TemporaryDirectory(dir=folder) as place, Workspace.create(Path(place)) as workspace:
        station = _station(setup, workspace, pictures, on_event)
        station.start()
        began = time.monotonic()
        pacer = Pacer(station, _INTERVAL_S, numbered_part, parts=int(seconds / _INTERVAL_S))
        pacer.start()
        while not pacer.wait(0.1) and station.status.state is StationState.RUNNING:
            pass
        took_s = time.monotonic() - began
        pacer.stop()
        station.stop()
        status = station.status
        if status.fault:
            raise DeviceError(f"bench: the line stopped: {status.fault}")
        stored = sum(1 for _ in workspace.images.files())
    forbidden = {
        "lost": status.triggers - status.recorded,
        "not judged": status.decisions.get(Decision.UNFIT, 0),
        "without a stored picture": status.triggers - stored,
    }
    extra = {
        "triggers": status.triggers,
        "parts_per_s": status.triggers / took_s,
        "median_ms": percentile(cycles, 0.5),
        "worst_ms": max(cycles),
    }
    return Measure(percentile(cycles, 0.99), bare, "ms", limit=8.0, forbidden=forbidden, extra=extra)


def _station(
    setup: Setup, workspace: Workspace, pictures: list[Pixels], on_event: Callable[[StationEvent], None]
) -> Station:
    own = replace(setup, recipe=replace(setup.recipe, camera=CameraSettings(), line=LineSettings()))
    return Station(
        "bench",
        own,
        open_camera=lambda: ConveyorCamera(pictures),
        open_line=lambda: NoLineBackend().open(LineSettings()),
        open_writer=lambda durable, fault: Writer(
            lambda: workspace.ledger, workspace.images, on_durable=durable, on_fault=fault, commit_ms=30
        ),
        on_event=on_event,
    )
