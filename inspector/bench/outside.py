"""What only another process can show: how much memory a station takes, how soon it judges, how fast it relearns."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from inspector import demo, programs
from inspector.bench.measure import Measure
from inspector.devices.render import render_part, write_dataset
from inspector.domain import Snapshot, Split
from inspector.errors import DeviceError
from inspector.learning.dataset import import_dataset, read_dataset
from inspector.learning.snapshot import take
from inspector.learning.trainer import LOOKS, Trainer
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, LineSettings, Recipe
from inspector.store.workspace import Workspace

_PARTS = 60
_PICTURES = 8
_EXTRACTED_PARTS = 300
_REFIT_PARTS = 1500
_RUNS = 5
_IMPORTS = "import numpy, cv2; from ai_edge_litert.interpreter import Interpreter"
_LOAD = "i = Interpreter(model_path={model!r}, num_threads={threads}); i.allocate_tensors(); i.invoke()"


# A program's peak counts from before its first instruction, when it still shares its starter's memory; so a small
# program starts it.
_STARTER = (
    "import resource, subprocess, sys; rc = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024); sys.exit(rc)"
)


def _environment() -> dict[str, str]:
    if sys.platform == "win32":
        raise DeviceError("bench: memory and start-up are measured on Linux; use --only frame_to_inspection here")
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def peak_mb(words: Sequence[str]) -> float:
    """The largest resident memory of a program, or of one that it starts. Raises DeviceError where it fails."""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", _STARTER, *words], env=_environment(), capture_output=True, check=False
    )
    _refuse_failed(words, ran.returncode, ran.stderr)
    return float(ran.stdout)


def _seconds(words: Sequence[str], until: bytes | None = None) -> float:
    """From a program's start to its end, or to a line on its standard error that holds `until`.

    Raises DeviceError where it fails.
    """
    began = time.monotonic()
    said, came_s = b"", None
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment()) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if until and until in line and came_s is None:
                came_s = time.monotonic() - began
    _refuse_failed(words, process.returncode, said)
    return came_s or time.monotonic() - began


def _refuse_failed(words: Sequence[str], code: int, said: bytes) -> None:
    if code:
        raise DeviceError(f"bench: `{' '.join(words)}` ended with {code}: {said[-2000:]!r}")


def _python(*statements: str) -> list[str]:
    return [sys.executable, "-c", "; ".join(statements)]


@contextmanager
def _bench_workspace(workspace: Workspace, recipe: Recipe) -> Iterator[Path]:
    """A workspace of its own with the same model and a folder as camera: no figure goes into the user's ledger."""
    with tempfile.TemporaryDirectory(dir=workspace.path) as place, Workspace.create(Path(place)) as fresh:
        for number in range(_PICTURES):
            write_picture(render_part(demo.LINE, number).pixels, fresh.cache / f"{number}.png")
        camera = CameraSettings("folder", str(fresh.cache), trigger_interval_s=0.05)
        shutil.copytree(workspace.path / "models" / recipe.name, fresh.path / "models" / recipe.name)
        for row in workspace.versions.load(recipe.name, recipe.model_id).card.results.get("golden", ()):
            fresh.images.put(workspace.images.get(row["digest"]))  # what the model tests itself on at the start
        fresh.recipes.save(replace(recipe, camera=camera, line=LineSettings()))
        yield fresh.path


def _station(place: Path, recipe: Recipe, parts: int) -> list[str]:
    words = ["station", "--workspace", str(place), "--recipe", recipe.name, "--headless"]
    return [sys.executable, "-m", "inspector", *words, "--parts", str(parts)]


def headless_memory(workspace: Workspace, recipe: Recipe) -> Measure:
    """Peak resident memory of a station without a window, against the bare imports; at most 250 MB."""
    bare = peak_mb(_python(_IMPORTS))
    with _bench_workspace(workspace, recipe) as place:
        ours = peak_mb(_station(place, recipe, _PARTS))
    return Measure(ours, bare, "MB", limit=250, limit_on="value")


def window_memory(workspace: Workspace, recipe: Recipe) -> Measure:
    """Peak resident memory of a station with its window (drawn off screen), at most 450 MB."""
    bare = peak_mb(_python(_IMPORTS, "import PySide6.QtWidgets"))
    with _bench_workspace(workspace, recipe) as place:
        words = ["--workspace", str(place), "--recipe", recipe.name, "--start", "--parts", str(_PARTS)]
        ours = peak_mb([*programs.command("gui"), *words, "--offscreen"])
    return Measure(ours, bare, "MB", limit=450, limit_on="value")


def first_verdict(workspace: Workspace, recipe: Recipe, model: Path) -> Measure:
    """Start of a headless station to its first verdict, against bare imports, model load and one invoke."""
    load = _LOAD.format(model=str(model), threads=workspace.settings.invoke_threads)
    bare, ours = [], []
    with _bench_workspace(workspace, recipe) as place:
        for _ in range(_RUNS):
            bare.append(_seconds(_python(_IMPORTS, load)))
            ours.append(_seconds([*_station(place, recipe, 1), "--verbose"], until=b" part "))
    return Measure(median(ours), median(bare), "s", limit=2.0)


def feature_extraction(workspace: Workspace) -> Measure:
    """A look at a picture while a training extracts features, against the bare invoke measured in that training.

    A picture is read, cut to its view and looked at in its four mirrors, and what is found is kept on disk: all that
    shared out over the four.
    """
    with _taught(workspace, _EXTRACTED_PARTS) as (fresh, recipe, snapshot):
        begun: list[float] = []
        ended: list[float] = []
        run = Trainer(fresh).start(recipe, snapshot)
        for step in run.progress():
            if step.step == "features":
                (begun if step.done == 0 else ended).append(time.monotonic())
        pictures = len(snapshot.only(Split.TRAIN))
        look_ms = 1000 * (max(ended) - min(begun)) / pictures / max(LOOKS)
        return Measure(look_ms, float(run.result.card.receipt["invoke_ms"]), "ms", limit=2.0)


def head_refit(workspace: Workspace) -> Measure:
    """A second training on 1,500 parts whose features are cached, start of the process included; at most 15 s.

    Against the first training, which had to extract them.
    """
    with _taught(workspace, _REFIT_PARTS) as (fresh, recipe, snapshot):
        first_s = _train(fresh, recipe, snapshot)
        again_s = _train(fresh, recipe, snapshot)
    return Measure(again_s, first_s, "s", limit=15, limit_on="value")


@contextmanager
def _taught(workspace: Workspace, parts: int) -> Iterator[tuple[Workspace, Recipe, Snapshot]]:
    """A workspace beside the given one in which so many rendered parts are labelled."""
    with tempfile.TemporaryDirectory(dir=workspace.path) as place:
        pictures = Path(place) / "pictures"
        write_dataset(demo.TAUGHT, parts, pictures)
        with Workspace.create(Path(place) / "workspace") as fresh:
            recipe = Recipe("refit")
            fresh.recipes.save(recipe)
            import_dataset(fresh, recipe.name, read_dataset(pictures, groups=pictures / "groups.csv"))
            yield fresh, recipe, take(fresh, recipe.name)


def _train(workspace: Workspace, recipe: Recipe, snapshot: Snapshot) -> float:
    began = time.monotonic()
    run = Trainer(workspace).start(recipe, snapshot)
    for _ in run.progress():
        pass
    assert run.result is not None
    return time.monotonic() - began
