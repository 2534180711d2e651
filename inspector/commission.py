"""Puts a station together from a workspace: recipe, model, camera, line and ledger, each by its own name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from inspector import plugins
from inspector.clock import Clock
from inspector.devices.camera import Camera, CameraBackend
from inspector.devices.line import Line, LineBackend
from inspector.domain import Part
from inspector.errors import InspectorError, ModelError
from inspector.pipeline.assemble import Setup
from inspector.pipeline.classify import Classifier
from inspector.recipe import Recipe
from inspector.station import Station, StationEvent, numbered_part
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer


def classifier_for(workspace: Workspace, recipe: Recipe, model_id: str | None = None) -> Classifier:
    """The recipe's model (or another of its versions), loaded and checked against the recipe. Raises ModelError."""
    wanted = model_id or recipe.model_id
    if not wanted:
        raise ModelError(f"recipe {recipe.name}: it has no model yet; train one and promote it")
    version = workspace.versions.load(recipe.name, wanted)
    if version.card.view_id != recipe.view_id:
        raise ModelError(
            f"recipe {recipe.name}: model {wanted} was trained on views {version.card.view_id}, but the recipe's ROI "
            f"and alignment now give {recipe.view_id}; train again, or set them back"
        )
    return Classifier(version.folder / "model.tflite", version.card, workspace.settings.invoke_threads)


def setup_for(workspace: Workspace, recipe: Recipe) -> Setup:
    """What the pipeline needs for a recipe; without a model where it has none yet."""
    model = classifier_for(workspace, recipe) if recipe.model_id else None
    template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
    return Setup(recipe, model, template)


def open_camera(recipe: Recipe) -> Camera:
    """The recipe's camera, opened. Raises DeviceError."""
    backend = cast(CameraBackend, plugins.load(plugins.CAMERAS, recipe.camera.backend))
    return backend.open(recipe.camera)


def open_line(recipe: Recipe) -> Line:
    """The recipe's line output, opened. Raises DeviceError."""
    backend = cast(LineBackend, plugins.load(plugins.LINES, recipe.line.backend))
    return backend.open(recipe.line)


def station_for(
    workspace: Workspace,
    recipe: Recipe,
    on_event: Callable[[StationEvent], None],
    *,
    name_part: Callable[[int], Part] = numbered_part,
    clock: Clock | None = None,
) -> Station:
    """A stopped station for one recipe. The caller holds `workspace.station_lock()` while it runs."""

    def open_writer(on_durable: Callable[[Sequence[str]], None], on_fault: Callable[[InspectorError], None]) -> Writer:
        return Writer(
            workspace.ledger,
            workspace.images,
            on_durable=on_durable,
            on_fault=on_fault,
            commit_ms=workspace.settings.commit_ms,
            free_space_mb=workspace.settings.free_space_mb,
        )

    return Station(
        workspace.settings.station,
        setup_for(workspace, recipe),
        open_camera=lambda: open_camera(recipe),
        open_line=lambda: open_line(recipe),
        open_writer=open_writer,
        on_event=on_event,
        clock=clock,
        name_part=name_part,
        keep_pictures=workspace.settings.store_pictures,
    )
