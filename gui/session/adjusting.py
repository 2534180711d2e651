"""Adjusting a station: which cameras there are, what is missing on this PC, and what the recipe says of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from gui.session.preview import Preview
from inspector import doctor, plugins
from inspector.devices.camera import CameraBackend, CameraInfo
from inspector.domain import Box
from inspector.errors import DeviceError, InspectorError, RecipeError
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person set on the screen and has not saved. None: as the recipe has it. whole: no region, all of it."""

    camera: CameraInfo | None = None
    exposure_us: float | None = None
    gain_db: float | None = None
    region: Box | None = None
    whole: bool = False

    def applied(self, recipe: Recipe) -> Recipe:
        camera = recipe.camera
        if self.camera is not None and (self.camera.backend, self.camera.source) != (camera.backend, camera.source):
            same = self.camera.backend == camera.backend
            camera = replace(
                camera,
                backend=self.camera.backend,
                source=self.camera.source,
                options=camera.options if same else {},
            )
        camera = replace(
            camera,
            exposure_us=camera.exposure_us if self.exposure_us is None else self.exposure_us,
            gain_db=camera.gain_db if self.gain_db is None else self.gain_db,
        )
        region = None if self.whole else self.region or recipe.roi
        return replace(recipe, camera=camera, roi=region)


class Adjusting(QObject):
    """Signals: `cameras_found` (list of CameraInfo), `examined` (list of Finding), `saved` (Recipe), `failed`.

    `overtaken` (Recipe): nothing was saved, since somebody else has saved this one; the wishes still stand.
    """

    cameras_found = Signal(object)
    examined = Signal(object)
    saved = Signal(object)
    overtaken = Signal(object)
    failed = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.preview = Preview()
        self.wishes = Wishes()
        self._workspace = workspace
        self._earlier: list[Recipe] = []
        self._work = Background("adjusting", parent=self)
        self._work.failed.connect(self.failed)
        self.preview.failed.connect(self.failed)

    @property
    def planned(self) -> Recipe:
        """The recipe as it would be saved now."""
        return self.wishes.applied(self.recipe)

    @property
    def needs_training(self) -> bool:
        """Whether the model in use would not fit the planned recipe."""
        return bool(self.recipe.model_id) and self.planned.view_id != self.recipe.view_id

    def look(self) -> None:
        """Look for cameras and examine the PC."""
        self._work.run(_cameras, self.cameras_found.emit)
        self._work.run(lambda: doctor.examine(self._workspace), self.examined.emit)

    def wish(self, **changes: object) -> None:
        """Set fields of `wishes`."""
        self.wishes = replace(self.wishes, **changes)  # type: ignore[arg-type]

    def adjust(self, name: str, value: float) -> None:
        """Set a parameter of the camera in view; exposure and gain can be saved to the recipe."""
        self.preview.adjust(name, value)
        if name in {"exposure_us", "gain_db"}:
            self.wish(**{name: value})

    def save(self) -> None:
        """Write the planned recipe; `saved` follows."""
        planned = self.planned
        if planned != self.recipe:
            before = self.recipe
            self._write(planned, lambda: self._earlier.append(before))

    @property
    def can_undo(self) -> bool:
        return bool(self._earlier)

    def undo(self) -> None:
        """Write the recipe as it was before the last save; what was promoted since then stays."""
        if self._earlier:
            earlier = replace(self._earlier[-1], model_id=self.recipe.model_id, limits=self.recipe.limits)
            self._write(earlier, self._earlier.pop)

    def change(self, recipe: Recipe) -> None:
        """Another recipe runs, whoever wrote it."""
        self.recipe = recipe

    def close(self) -> None:
        self.preview.stop()
        self._work.close()

    def _write(self, recipe: Recipe, then: Callable[[], object]) -> None:
        replacing = self.recipe.id
        self._work.run(
            lambda: self._workspace.recipes.save(recipe, replacing),
            lambda _none: self._saved(recipe, then),
            lambda error: self._not_saved(error, recipe.name),
        )

    def _not_saved(self, error: InspectorError, name: str) -> None:
        self.failed.emit(error)
        if isinstance(error, RecipeError):
            self._work.run(lambda: self._workspace.recipes.load(name), self.overtaken.emit)

    def _saved(self, recipe: Recipe, then: Callable[[], object]) -> None:
        if recipe != self.recipe:  # a second click saves the same once more
            then()
        self.recipe = recipe
        self.wishes = Wishes()
        self.saved.emit(recipe)


def _discover(backend: CameraBackend) -> Sequence[CameraInfo]:
    return backend.discover()


def _cameras() -> list[CameraInfo]:
    """What every plug-in finds; one that cannot be loaded is the doctor's to report."""
    found: list[CameraInfo] = []
    for name in plugins.names(plugins.CAMERAS):
        try:
            found += plugins.ask(plugins.CAMERAS, name, _discover)
        except DeviceError:
            continue
    return found
