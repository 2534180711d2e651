"""What is present on this PC, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector import __version__, plugins
from inspector.commission import proven, setup_for
from inspector.devices.camera import CameraBackend, CameraInfo
from inspector.errors import InspectorError
from inspector.placement import place
from inspector.recipe import Recipe
from inspector.settings import Device
from inspector.store.workspace import Workspace

_TRAINING = ("tensorflow", "keras", "sklearn")
_WINDOW = ("PySide6", "pyqtgraph")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination. action: what to do, "" where nothing is to be done."""

    what: str
    ok: bool
    detail: str
    action: str = ""


def examine(workspace: Workspace | None) -> list[Finding]:
    """Look at everything once; each finding stands for itself, and none of them stops the next."""
    wish = workspace.settings.device if workspace else Device.AUTO
    findings = [*_program(wish), *_plugins(), *_cameras()]
    if workspace is not None:
        findings += [*_storage(workspace), *_recipes(workspace)]
    return findings


def _program(wish: Device) -> Iterator[Finding]:
    yield Finding(
        "program", True, f"inspector {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    yield Finding("processor", True, f"{os.cpu_count()} cores, {platform.machine()}")
    yield _packages("training", _TRAINING, "install inspector[train], or train on another PC and copy the workspace")
    yield Finding("training runs", True, training_runs(wish, _lacking()))
    yield _packages("window", _WINDOW, "install inspector[gui], or run `inspector station --headless`")


def training_runs(wish: Device, lacking: Sequence[str]) -> str:
    """What a training will be computed on, told without loading TensorFlow.

    wish: of the settings; only "cpu" changes anything, and where a GPU cannot be had, training does without. lacking:
    what a GPU needs and this PC does not have.
    """
    if wish is Device.CPU:
        return f'on the processor: device = "{wish}" in the settings'
    if not lacking:
        return "on the NVIDIA GPU, if TensorFlow can use it, else on the processor"
    although = f', although device = "{wish}" in the settings' if wish is Device.GPU else ""
    return f"on the processor{although} (not here: {', '.join(lacking)})"


def _lacking() -> list[str]:
    driver, cuda = Path("/proc/driver/nvidia/version").exists(), importlib.util.find_spec("nvidia") is not None
    return [words for words, there in (("NVIDIA driver", driver), ("inspector[gpu]", cuda)) if not there]


def _packages(what: str, names: tuple[str, ...], action: str) -> Finding:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        return Finding(what, False, f"not installed: {', '.join(missing)}", action)
    return Finding(what, True, f"{', '.join(names)} installed")


def _plugins() -> Iterator[Finding]:
    for group in (plugins.CAMERAS, plugins.LINES, plugins.EXPORTERS):
        for report in plugins.report(group):
            yield Finding(
                f"{group} {report.name}",
                report.problem is None,
                report.problem or "loads",
                "" if report.problem is None else "install what it names, or choose another plug-in in the recipe",
            )


def _cameras() -> Iterator[Finding]:
    for name in plugins.names(plugins.CAMERAS):
        try:
            found = plugins.ask(plugins.CAMERAS, name, _discovered)
        except InspectorError as error:
            yield Finding(f"cameras of {name}", False, str(error), "mend the plug-in, or use another camera")
            continue
        listed = ", ".join(f"{camera.label} ({camera.source})" for camera in found) or "none found"
        yield Finding(f"cameras of {name}", True, listed)


def _discovered(backend: CameraBackend) -> Sequence[CameraInfo]:
    return backend.discover()


def _storage(workspace: Workspace) -> Iterator[Finding]:
    free_mb = shutil.disk_usage(workspace.path).free // 1_000_000
    least_mb = workspace.settings.free_space_mb
    yield Finding(
        "disk",
        free_mb > least_mb,
        f"{workspace.path}: {free_mb} MB free, the line stops below {least_mb} MB",
        "" if free_mb > least_mb else "free some space, or move the workspace",
    )
    counts = workspace.ledger.counts()
    yield Finding("ledger", True, f"{sum(counts.values())} inspections")


def _recipes(workspace: Workspace) -> Iterator[Finding]:
    for name in workspace.recipes.list():
        try:
            detail = _runs(workspace, workspace.recipes.load(name))
        except InspectorError as error:
            yield Finding(f"recipe {name}", False, str(error), "correct the recipe, or roll back its model")
        else:
            yield Finding(f"recipe {name}", True, detail)


def _runs(workspace: Workspace, recipe: Recipe) -> str:
    """Its model, what that says of golden pictures, and where it runs. Raises InspectorError."""
    setup = setup_for(workspace, recipe)
    if not setup.model:
        return "no model yet"
    proof = proven(workspace, setup)
    where = place(workspace, recipe, workspace.versions.load(recipe.name, recipe.model_id))
    return f"{setup.model.model_id} {proof}; it runs {where}"
