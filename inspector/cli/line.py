"""`inspector gui | station`: a line with its window, or without one."""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inspector import programs
from inspector.cli.guarding import guarded
from inspector.cli.screen import answer
from inspector.commission import numbered_on, station_for
from inspector.domain import Decision, Part
from inspector.errors import RecipeError
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

_LOOK_S = 0.1


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
    with subprocess.Popen([*programs.command("gui"), *words]) as process:

        def pass_on(number: int, _frame: object) -> None:
            process.send_signal(number)

        # The window ends in good order by itself, and this program's answer is the window's.
        before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def station(chosen: argparse.Namespace) -> int:
    if not chosen.headless:
        words = ["--workspace", str(chosen.workspace), "--recipe", chosen.recipe, "--start", "--lot", chosen.lot]
        return window(words, chosen)
    watch = Watch()
    with Workspace.open(chosen.workspace) as workspace, workspace.station_lock():
        recipe = workspace.recipes.load(chosen.recipe)
        _refuse_untriggered(recipe)
        name_part = numbered_on(workspace, recipe, chosen.lot)
        running = station_for(workspace, recipe, watch.hear, name_part=name_part)
        with guarded(workspace, recipe):  # outside of the line: its stop waits for nobody
            running.start()
            try:
                with ended_like_ctrl_c():
                    _run(running, recipe, name_part, chosen.parts, watch)
            except KeyboardInterrupt:
                log.warning("interrupted: finishing the parts under way")
            finally:
                running.stop()
    status = running.status
    result = totals(status)
    answer(chosen.json, result, lambda: _lines(result, status.fault))
    return watch.exit_code


class Watch:
    """Listens to a station that nobody looks at. exit_code: of the fault that still stands, 0 where none does."""

    def __init__(self) -> None:
        self.faulted = threading.Event()
        self.exit_code = 0

    def hear(self, event: StationEvent) -> None:
        """Called from the station's threads."""
        if isinstance(event, PartInspected):
            verdict = event.inspection.verdict
            log.info("part %s: %s %s", event.inspection.part.serial, verdict.decision, verdict.defect_class or "")
        elif isinstance(event, Fault):
            self.exit_code = event.exit_code if event.message else 0
            if event.message:
                print(f"inspector: {event.message}", file=sys.stderr, flush=True)
        elif isinstance(event, StateChanged) and event.status.state is StationState.FAULTED:
            self.faulted.set()


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """A service manager ends a program with SIGTERM: it gets the same orderly end as Ctrl+C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse_untriggered(recipe: Recipe) -> None:
    if recipe.camera.by_hand:
        raise RecipeError(
            f"recipe {recipe.name}: [camera] nothing triggers it: set trigger_interval_s above 0, or trigger = "
            '"hardware" where a sensor triggers the camera'
        )


def _run(running: Station, recipe: Recipe, name_part: Callable[[int], Part], parts: int | None, watch: Watch) -> None:
    """Return when enough parts were triggered, or the station faulted."""
    if recipe.camera.trigger is TriggerMode.HARDWARE:
        while parts is None or running.status.inspections < parts:
            if watch.faulted.wait(_LOOK_S):
                return
        return
    pacer = Pacer(running, recipe.camera.trigger_interval_s, name_part, parts=parts)
    pacer.start()
    try:
        while not (pacer.wait(_LOOK_S) or watch.faulted.is_set()):
            pass
    finally:
        pacer.stop()


def _lines(result: dict[str, int], fault: str) -> Iterator[str]:
    yield "  ".join(f"{name} {count}" for name, count in result.items())
    if fault:
        yield f"fault: {fault}"
