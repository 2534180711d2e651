"""`inspector gui | station`: a line with its window, or without one."""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

from inspector import programs
from inspector.cli.screen import answer
from inspector.commission import station_for
from inspector.domain import Decision, Part
from inspector.errors import DeviceError, RecipeError
from inspector.recipe import Recipe, TriggerMode
from inspector.station import (
    Fault,
    Pacer,
    PartInspected,
    StateChanged,
    Station,
    StationEvent,
    StationState,
    StationStatus,
)
from inspector.store.workspace import Workspace

log = logging.getLogger(__name__)


def totals(status: StationStatus) -> dict[str, int]:
    """The figures of one run, as every command that runs a line reports them."""
    return {
        "triggers": status.triggers,
        "inspections": status.inspections,
        "records": status.recorded,
        **{str(decision): status.decisions.get(decision, 0) for decision in Decision},
        "late": status.late,
    }


def gui(chosen: argparse.Namespace) -> int:
    words = ["--workspace", str(chosen.workspace)]
    return window([*words, "--recipe", chosen.recipe] if chosen.recipe else words, chosen)


def window(words: list[str], chosen: argparse.Namespace) -> int:
    """The window is a program of its own: this one never loads Qt."""
    if getattr(chosen, "offscreen", False):
        words.append("--offscreen")
    if getattr(chosen, "parts", None):
        words += ["--parts", str(chosen.parts)]
    if chosen.json:
        words.append("--json")
    return subprocess.run([*programs.command("gui"), *words], check=False).returncode


def station(chosen: argparse.Namespace) -> int:
    if not chosen.headless:
        words = ["--workspace", str(chosen.workspace), "--recipe", chosen.recipe, "--start", "--lot", chosen.lot]
        return window(words, chosen)
    faulted = threading.Event()
    with Workspace.open(chosen.workspace) as workspace, workspace.station_lock():
        recipe = workspace.recipes.load(chosen.recipe)
        _refuse_untriggered(recipe)

        def name_part(number: int) -> Part:
            return Part(serial=f"{number:08d}", lot=chosen.lot, part_number=recipe.part_number)

        running = station_for(workspace, recipe, lambda event: _tell(event, faulted), name_part=name_part)
        running.start()
        try:
            if recipe.camera.trigger is TriggerMode.SOFTWARE:
                _pace(running, recipe.camera.trigger_interval_s, name_part, chosen.parts, faulted)
            else:
                _count(running, chosen.parts, faulted)
        except KeyboardInterrupt:
            log.warning("interrupted: finishing the parts under way")
        finally:
            running.stop()
    status = running.status
    result = totals(status)
    answer(chosen.json, result, lambda: _lines(result, status.fault))
    return DeviceError.exit_code if faulted.is_set() else 0


def _refuse_untriggered(recipe: Recipe) -> None:
    camera = recipe.camera
    if camera.trigger is TriggerMode.SOFTWARE and not camera.trigger_interval_s:
        raise RecipeError(
            f"recipe {recipe.name}: [camera] nothing triggers it: set trigger_interval_s above 0, or trigger = "
            '"hardware" where a sensor triggers the camera'
        )


def _pace(
    running: Station, interval_s: float, name_part: Callable[[int], Part], parts: int | None, faulted: threading.Event
) -> None:
    pacer = Pacer(running, interval_s, name_part, parts=parts)
    pacer.start()
    while not pacer.wait(0.1):
        if faulted.is_set():
            break
    pacer.stop()


def _count(running: Station, parts: int | None, faulted: threading.Event) -> None:
    """A hardware-triggered line: nothing to do here but see when enough parts have passed."""
    while parts is None or running.status.inspections < parts:
        if faulted.wait(0.1):
            return


def _tell(event: StationEvent, faulted: threading.Event) -> None:
    if isinstance(event, PartInspected):
        verdict = event.inspection.verdict
        log.info("part %s: %s %s", event.inspection.part.serial, verdict.decision, verdict.defect_class or "")
    elif isinstance(event, Fault) and event.message:
        print(f"inspector: {event.message}", file=sys.stderr, flush=True)
    elif isinstance(event, StateChanged) and event.status.state is StationState.FAULTED:
        faulted.set()


def _lines(result: dict[str, int], fault: str) -> Iterator[str]:
    yield "  ".join(f"{name} {count}" for name, count in result.items())
    if fault:
        yield f"fault: {fault}"
