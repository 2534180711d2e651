"""Puts a station together from a workspace: recipe, model, camera, line and ledger, each by its own name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from inspector import plugins
from inspector.clock import Clock, SystemClock
from inspector.devices.camera import Camera, CameraBackend
from inspector.devices.line import Line, LineBackend
from inspector.domain import Part
from inspector.errors import InspectorError, ModelError
from inspector.pipeline.assemble import Setup
from inspector.pipeline.classify import Classifier
from inspector.pipeline.selftest import SelfTest, self_test
from inspector.placement import golden_view, placed
from inspector.recipe import Limits, Recipe
from inspector.station import Fault, Shadowing, StateChanged, Station, StationEvent, numbered_part
from inspector.store.entry import CHALLENGED, TRIED, Note, Shadow
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer

TESTED = "self-test"
PICTURES_AT_START, ALL_PICTURES = 2, 10  # each costs the first part a few milliseconds


def classifier_for(
    workspace: Workspace, recipe: Recipe, model_id: str | None = None, threads: int | None = None
) -> Classifier:
    """The recipe's model (or another of its versions), loaded and checked against the recipe. Raises ModelError.

    threads: for one invoke; None: as the settings say.
    """
    wanted = model_id or recipe.model_id
    if not wanted:
        raise ModelError(f"recipe {recipe.name}: it has no model yet; train one and promote it")
    version = workspace.versions.load(recipe.name, wanted)
    if version.card.view_id != recipe.view_id:
        raise ModelError(
            f"recipe {recipe.name}: model {wanted} was trained on views {version.card.view_id}, but the recipe's ROI "
            f"and alignment now give {recipe.view_id}; train again, or set them back"
        )
    return placed(workspace, recipe, version, threads)


def setup_for(workspace: Workspace, recipe: Recipe) -> Setup:
    """What the pipeline needs for a recipe; without a model where it has none yet."""
    model = classifier_for(workspace, recipe) if recipe.model_id else None
    template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
    return Setup(recipe, model, template)


def challenger_for(workspace: Workspace, recipe_id: str) -> Setup | None:
    """What a challenger decides with under a recipe, at the limits it would run with; None where nobody challenges.

    It takes one thread, whatever the settings say: it only has what the line leaves. Raises ModelError, RecipeError.
    """
    name, _, _ = recipe_id.partition("@")
    if not workspace.latest_event(CHALLENGED, name):
        return None
    from inspector.learning.shadow import challenger

    recipe = workspace.recipes.find(recipe_id)
    model_id = challenger(workspace, recipe)
    if not model_id:
        return None
    model = classifier_for(workspace, recipe, model_id, threads=1)
    tried = replace(recipe, model_id=model_id, limits=Limits(model.card.recheck_limit, model.card.reject_limit))
    template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
    return Setup(tried, model, template)


def proven(workspace: Workspace, setup: Setup, at_most: int = ALL_PICTURES) -> SelfTest | None:
    """Hold the model against its card on stored golden pictures; None without a model. Raises ModelError."""

    return self_test(setup, lambda digest: golden_view(workspace, setup, digest), at_most)


def open_camera(recipe: Recipe) -> Camera:
    """The recipe's camera, opened. Raises DeviceError."""

    def opened(backend: CameraBackend) -> Camera:
        return backend.open(recipe.camera)

    return plugins.ask(plugins.CAMERAS, recipe.camera.backend, opened)


def open_line(recipe: Recipe) -> Line:
    """The recipe's line output, opened. Raises DeviceError."""

    def opened(backend: LineBackend) -> Line:
        return backend.open(recipe.line)

    return plugins.ask(plugins.LINES, recipe.line.backend, opened)


def numbered_on(workspace: Workspace, recipe: Recipe, lot: str) -> Callable[[int], Part]:
    """Names the k-th part (from 1) of a run on a line that reads no serials, on from all that the ledger has seen.

    Two parts of one lot must never get one name: they would count as one part wherever parts are counted.
    """
    seen = workspace.inspected
    return lambda number: Part(f"{seen + number:08d}", lot, recipe.part_number)


class Journal:
    """Keeps what happened to a station in the ledger, beside the parts; `hear` passes every event on.

    Kept: each change of state or of what runs, and each fault with its words. writer: of the station's present run.
    """

    def __init__(self, recipe: Recipe, on_event: Callable[[StationEvent], None], clock: Clock) -> None:
        self.writer: Writer | None = None
        self._recipe = recipe.name
        self._on_event = on_event
        self._clock = clock
        self._last: tuple[str, ...] = ()

    def hear(self, event: StationEvent) -> None:
        """From any of the station's threads."""
        if isinstance(event, StateChanged):
            now = (str(event.status.state), event.status.recipe_id, event.status.model_id)
            if now != self._last:
                self._last = now
                self._keep("station", dict(zip(("state", "recipe", "model"), now, strict=True)))
        elif isinstance(event, Fault):
            self._keep("fault", {"message": event.message})
        self._on_event(event)

    def tested(self, detail: dict[str, Any]) -> None:
        """Keep how the model's test of itself went."""
        self._keep(TESTED, detail)

    def tried(self, account: dict[str, Any]) -> None:
        """Keep how a challenger's trial went."""
        self._keep(TRIED, account)

    def _keep(self, kind: str, detail: dict[str, Any]) -> None:
        self.beside(Note(self._clock.now(), kind, self._recipe, detail))

    def beside(self, words: Note | Shadow) -> None:
        """Keep what is said beside the parts."""
        if self.writer is not None:
            self.writer.note(words)


def station_for(
    workspace: Workspace,
    recipe: Recipe,
    on_event: Callable[[StationEvent], None],
    *,
    name_part: Callable[[int], Part] = numbered_part,
    clock: Clock | None = None,
) -> Station:
    """A stopped station for one recipe. The caller holds `workspace.station_lock()` while it runs."""

    clock = clock or SystemClock()
    journal = Journal(recipe, on_event, clock)
    shadowing = Shadowing(lambda recipe_id: challenger_for(workspace, recipe_id), journal.beside, journal.tried)

    def hear(event: StationEvent) -> None:
        journal.hear(event)
        shadowing.hear(event)  # last: whatever it does, the line, the ledger and the screen have had theirs

    def prove(setup: Setup) -> None:
        try:
            found = proven(workspace, setup, PICTURES_AT_START)
        except ModelError as error:
            journal.tested({"problem": str(error)})
            raise
        if found:
            journal.tested(found.to_json())

    def open_writer(on_durable: Callable[[Sequence[str]], None], on_fault: Callable[[InspectorError], None]) -> Writer:
        journal.writer = Writer(
            lambda: workspace.ledger,
            workspace.images,
            on_durable=on_durable,
            on_fault=on_fault,
            commit_ms=workspace.settings.commit_ms,
            free_space_mb=workspace.settings.free_space_mb,
        )
        return journal.writer

    return Station(
        workspace.settings.station,
        setup_for(workspace, recipe),
        open_camera=lambda: open_camera(recipe),
        open_line=lambda: open_line(recipe),
        open_writer=open_writer,
        on_event=hear,
        clock=clock,
        name_part=name_part,
        prove=prove,
        keep_pictures=workspace.settings.store_pictures,
    )
