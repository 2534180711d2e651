"""Where a model runs on this PC: on its processor, or on its GPU where that is wished for or proven better."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inspector import programs
from inspector.domain import Box, Pixels, View
from inspector.errors import ModelError, StoreError
from inspector.pipeline import accelerator
from inspector.pipeline.assemble import Setup, view_of
from inspector.pipeline.classify import Classifier
from inspector.pipeline.selftest import self_test
from inspector.recipe import Recipe
from inspector.settings import Device
from inspector.store.disk import plainly, write_whole
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

log = logging.getLogger(__name__)

_PICTURES = 10
_WARM_UP, _RUNS = 5, 30
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Placement:
    """device: "cpu" or "gpu". why: in plain words. cpu_ms, gpu_ms: median of an invoke, None where not measured."""

    device: str
    why: str
    cpu_ms: float | None = None
    gpu_ms: float | None = None

    def __str__(self) -> str:
        return f"on the {'GPU' if self.device == Device.GPU else 'processor'}: {self.why}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def placed(workspace: Workspace, recipe: Recipe, version: ModelVersion, threads: int | None = None) -> Classifier:
    """The model, loaded where it is to run. Raises ModelError."""
    threads = threads or workspace.settings.invoke_threads
    on_gpu = place(workspace, recipe, version).device == Device.GPU
    return Classifier(version.model, version.card, threads, on_gpu)


def place(workspace: Workspace, recipe: Recipe, version: ModelVersion) -> Placement:
    """As the settings say; with "auto" as it was measured, once for each model on each PC with a GPU."""
    wish = workspace.settings.device
    if wish is not Device.AUTO:
        return Placement(str(wish), f'device = "{wish}" in the settings')
    if not accelerator.in_sight():
        return Placement(Device.CPU, "no GPU is in sight")
    from importlib.metadata import version as version_of

    file = workspace.cache / "placement" / f"{version.card.id}-{version_of('ai-edge-litert')}.json"
    return _kept(file) or _ask(workspace, recipe, version, file)


def _kept(file: Path) -> Placement | None:
    try:
        found = Placement(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.device in (Device.CPU, Device.GPU) else None


def _ask(workspace: Workspace, recipe: Recipe, version: ModelVersion, file: Path) -> Placement:
    """Measure in a process of its own: a graphics driver that crashes or hangs must not take the line with it."""
    words = [
        "device",
        "--workspace",
        str(workspace.path),
        "--recipe",
        recipe.name,
        "--model",
        version.card.id,
        "--json",
    ]
    try:
        ran = subprocess.run(
            [*programs.command("inspector"), *words], capture_output=True, check=True, timeout=_PATIENCE_S
        )
        found = Placement(**json.loads(ran.stdout)["placement"])
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, KeyError) as error:
        log.warning("the GPU could not be measured, so the processor is used: %s", error)
        found = Placement(Device.CPU, f"measuring the GPU failed ({type(error).__name__})")
    with plainly(file):
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(found.to_json()), encoding="utf-8")
    return found


def measure(workspace: Workspace, recipe: Recipe, version: ModelVersion) -> Placement:
    """Run the model on both, and take the GPU only where it says the same of golden pictures and is faster."""
    processor = Classifier(version.model, version.card, workspace.settings.invoke_threads)
    cpu_ms = _invoke_ms(processor)
    try:
        gpu = Classifier(version.model, version.card, on_gpu=True)
        gpu_ms = _invoke_ms(gpu)
        template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
        setup = Setup(recipe, gpu, template)
        proof = self_test(setup, lambda digest: golden_view(workspace, setup, digest), _PICTURES)
    except ModelError as error:
        return Placement(Device.CPU, str(error), cpu_ms)
    if proof is None or not proof.pictures:
        return Placement(Device.CPU, "there is no golden picture to hold the GPU against", cpu_ms, gpu_ms)
    times = f"{gpu_ms:.2f} ms on the GPU, {cpu_ms:.2f} ms on the processor"
    if gpu_ms >= cpu_ms:
        return Placement(Device.CPU, f"it is faster ({times})", cpu_ms, gpu_ms)
    return Placement(Device.GPU, f"it is faster ({times}) and {proof}", cpu_ms, gpu_ms)


def golden_view(workspace: Workspace, setup: Setup, digest: str) -> View | None:
    """A stored picture as the model is shown it; None where it is gone or damaged: then it proves nothing of a model.

    It is kept in the cache: to decode large pictures would hold the first verdict up at each start. Raises
    PictureError where the part is not found in it.
    """
    assert setup.model is not None
    height, width = setup.model.input_size
    kept = workspace.cache / "golden-views" / f"{setup.recipe.view_id}-{width}x{height}" / f"{digest}.npy"
    pixels = _kept_view(kept, (height, width, 3)) if workspace.images.has(digest) else None
    if pixels is None:
        try:
            picture = workspace.images.get(digest)
        except StoreError:
            return None
        pixels = view_of(picture, setup.recipe, setup.template, height, width).pixels
        content = io.BytesIO()
        np.save(content, pixels)
        with suppress(StoreError):  # a cache that cannot be written says nothing of the model either
            write_whole(kept, content.getvalue())
    return View(pixels, Box(0, 0, width, height), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))


def _kept_view(file: Path, shape: tuple[int, int, int]) -> Pixels | None:
    try:
        pixels = np.load(file)
    except (OSError, ValueError, EOFError):
        return None
    return pixels if pixels.shape == shape and pixels.dtype == np.uint8 else None


def _invoke_ms(model: Classifier) -> float:
    height, width = model.input_size
    view = View(
        np.full((height, width, 3), 128, dtype=np.uint8), Box(0, 0, width, height), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    )
    times_ns = []
    for _ in range(_WARM_UP + _RUNS):
        began_ns = time.perf_counter_ns()
        model.classify(view)
        times_ns.append(time.perf_counter_ns() - began_ns)
    return round(float(np.median(times_ns[_WARM_UP:])) / 1e6, 3)
