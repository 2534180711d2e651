"""Shows good parts to a recipe's camera, so that a model can be made of them: one user of the camera at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from inspector.clock import Clock
from inspector.commission import open_camera
from inspector.domain import Frame
from inspector.errors import DeviceError, InspectorError
from inspector.learning.shown import Shown, ShownParts
from inspector.recipe import Recipe
from inspector.station import Capture
from inspector.store.workspace import Workspace


class Showing:
    """One session of showing; the camera is its own as long as it lasts. It needs no model.

    on_shown: what became of each picture. on_end: called once after a start: why it ended by itself, None where it was
    stopped; the camera is free then. Both come from the camera's thread. lot: that the parts belong to. most: it ends
    by itself once so many were kept.
    """

    def __init__(
        self,
        workspace: Workspace,
        recipe: Recipe,
        on_shown: Callable[[Shown, Frame], None],
        on_end: Callable[[InspectorError | None], None],
        *,
        lot: str = "",
        most: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.parts = ShownParts(workspace, recipe, lot)
        self._workspace = workspace
        self._recipe = recipe
        self._on_shown = on_shown
        self._on_end = on_end
        self._most = most
        self._held = ExitStack()
        self._capture = Capture(
            recipe.camera, lambda: open_camera(recipe), on_frame=self._keep, on_end=self._end, clock=clock
        )

    @property
    def full(self) -> bool:
        """Whether as many parts were kept as were wanted."""
        return self._most is not None and self.parts.kept >= self._most

    def start(self) -> None:
        """Open the camera. Raises StoreError where a station has it, DeviceError where it does not answer."""
        with ExitStack() as held:
            held.enter_context(self._workspace.station_lock())
            self._held = held.pop_all()
        try:
            self._capture.start()
        except InspectorError:
            self._held.close()
            raise

    def take(self) -> None:
        """Keep the part that lies under the camera now. Raises DeviceError where parts come by themselves."""
        if not self._recipe.camera.by_hand:
            raise DeviceError(f"recipe {self._recipe.name}: its parts come by themselves; nobody has to ask for one")
        self._capture.take()

    def stop(self) -> None:
        """Returns when what was asked for is kept and the camera is free; may be called twice."""
        self._capture.stop()

    def _keep(self, frame: Frame) -> None:
        self._on_shown(self.parts.keep(frame), frame)
        if self.full:
            self._capture.end()

    def _end(self, problem: InspectorError | None) -> None:
        self._held.close()
        self._on_end(problem)
