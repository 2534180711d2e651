"""The workspace that tests of the screen stand on: a folder as camera, and a real model whose scores one can tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.session.running import Running
from inspector.domain import (
    Decision,
    Frame,
    FrameStatus,
    Inspection,
    Part,
    Pixels,
    Reason,
    Scores,
    Timing,
    Verdict,
)
from inspector.pictures import encode_png
from inspector.recipe import CameraSettings, Recipe
from inspector.station import PartInspected, StationState
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import CLASSES, LIMITS, RECIPE, card

__all__ = ["RECIPE"]

SIDE = 96
OK_LEVEL, UNSURE_LEVEL, NG_LEVEL = 60, 121, 180
LEVELS = (NG_LEVEL, OK_LEVEL, UNSURE_LEVEL)
PATIENCE_MS = 30_000  # for what runs a model: a PC that does other things as well takes its time
MODEL = (Path(__file__).parents[1] / "data" / "brightness.tflite").read_bytes()


def picture(level: int, seed: int = 0) -> Pixels:
    """An RGB picture of this mean; one that is NG has a greenish corner, where the model's heat map glows."""
    noise = np.random.default_rng(seed).integers(-20, 21, (SIDE, SIDE, 3))
    pixels = np.full((SIDE, SIDE, 3), level) + noise
    if level >= NG_LEVEL:
        pixels[: SIDE // 2, : SIDE // 2] += (-40, 40, 0)
    return np.clip(pixels, 0, 255).astype(np.uint8)


@cache
def shown(number: int) -> bytes:
    """The file of the line's picture of this number."""
    return encode_png(picture(LEVELS[number % 3], number))


@contextmanager
def furnish(path: Path, pictures: int = 9) -> Iterator[Workspace]:
    """A workspace whose line shows NG, OK, RECHECK, NG, OK, ... each time a part is asked for."""
    line = path / "line"
    line.mkdir()
    for number in range(pictures):
        (line / f"{number:03d}.png").write_bytes(shown(number))
    with Workspace.create(path / "workspace") as workspace:
        recipe = Recipe(
            RECIPE, "C-1", camera=CameraSettings("folder", str(line), trigger_interval_s=0.0), limits=LIMITS
        )
        version = publish(workspace, 1)
        workspace.recipes.save(dataclasses.replace(recipe, model_id=version.card.id))
        yield workspace


def publish(workspace: Workspace, number: int, model: bytes = MODEL, **promises: object) -> ModelVersion:
    """The brightness model as this version."""
    folder = workspace.cache / f"made-{number}"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(model)
    return workspace.versions.publish(folder, card(number, model, **promises))


def inspected(decision: Decision = Decision.NG, serial: str = "7", side: int = SIDE) -> PartInspected:
    """An event as a station sends it, of a part that is in no ledger."""
    levels = {Decision.OK: OK_LEVEL, Decision.NG: NG_LEVEL, Decision.RECHECK: UNSURE_LEVEL, Decision.UNFIT: 0}
    pixels = np.full((side, side), levels[decision], np.uint8)
    frame = Frame(pixels, "test", 1, 1, datetime.now(UTC), 0)
    return PartInspected(inspection_of(frame, verdict_of(decision), serial), timing(), frame)


def verdict_of(decision: Decision) -> Verdict:
    reasons = {
        Decision.OK: Reason.BELOW_LIMITS,
        Decision.NG: Reason.ABOVE_REJECT_LIMIT,
        Decision.RECHECK: Reason.BETWEEN_LIMITS,
        Decision.UNFIT: Reason.TOO_DARK,
    }
    scored = decision is not Decision.UNFIT
    named = decision in {Decision.NG, Decision.RECHECK}
    return Verdict(
        decision, reasons[decision], "scratch" if named else None, 7.1 if scored else None, 4.0 if scored else None
    )


def inspection_of(frame: Frame, verdict: Verdict, serial: str) -> Inspection:
    heat = np.zeros((4, 4), np.float32)
    heat[0, 0] = 8.0
    scores = Scores("v1", CLASSES, (0.0, 7.1, 0.0), 7.1, "dent", heat, np.zeros(4, np.float32))
    return Inspection(
        id=uuid4().hex,
        part=Part(serial, "lot-88"),
        station="here",
        recipe_id="cap@1",
        model_id="v1",
        frame_digest=frame.digest,
        frame_status=FrameStatus.OK,
        fitness=None,
        scores=None if verdict.score is None else scores,
        verdict=verdict,
    )


def timing(cycle_ms: float = 12.0) -> Timing:
    return Timing(datetime(2026, 3, 1, 14, 5, tzinfo=UTC), 1, 0, 0, int(cycle_ms * 1e6))


def start_line(qtbot: QtBot, running: Running) -> None:
    running.start()
    qtbot.waitUntil(lambda: running.status.state is StationState.RUNNING)


def run_parts(qtbot: QtBot, screen: Screen, parts: int) -> None:
    """Let so many parts go by, one after the other, until the screen shows the last one."""
    running = screen.session.running
    if running.status.state is not StationState.RUNNING:
        start_line(qtbot, running)
    for _ in range(parts):
        wanted = running.status.inspections + 1
        running.trigger()
        qtbot.waitUntil(lambda wanted=wanted: running.status.recorded >= wanted)
        qtbot.waitUntil(lambda wanted=wanted: _live_trigger(screen) == wanted)


def _live_trigger(screen: Screen) -> int:
    live = screen.session.watching.live
    return live.timing.trigger if live else 0
