"""Guarding: the line that runs here is watched without being asked, so that an alarm needs nobody's schedule."""

from __future__ import annotations

from threading import Event

from PySide6.QtCore import QObject, QTimer, Signal

from gui.background import Background
from gui.session.running import Running
from inspector.learning.watching import Guard
from inspector.machine import step_back
from inspector.recipe import Recipe
from inspector.station import StationState
from inspector.store.workspace import Workspace

_MINUTE_MS = 60_000


class Guarding(QObject):
    """`looked` follows each look at the line; what it noted is in the ledger by then.

    every_ms: how long from one look to the next, 0: never; None: as the settings say.
    """

    looked = Signal()

    def __init__(self, workspace: Workspace, running: Running, every_ms: int | None = None) -> None:
        super().__init__()
        self._running = running
        self._over = Event()
        self._guard = Guard(workspace, self._over.is_set)
        self._work = Background("guarding", parent=self)
        self._busy = False
        self._problem = ("", "")
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.look)
        interval_ms = workspace.settings.watch_every_min * _MINUTE_MS if every_ms is None else every_ms
        if interval_ms:  # its rounds go on from one start of the line to the next, or short runs would never be watched
            self._clock.start(interval_ms)

    @property
    def problem(self) -> str:
        """Why the model in use is not watched; "" where it is, or nobody has looked yet."""
        model, words = self._problem
        return words if model == self._running.recipe.model_id else ""

    def look(self) -> None:
        """Look at the line now, if it runs with a model and no look is under way."""
        recipe = self._running.recipe
        if self._busy or not recipe.model_id or self._running.status.state is not StationState.RUNNING:
            return
        self._busy = True  # a bug in a look leaves it so: it is shown once and not every quarter of an hour
        self._work.run(lambda: self._look(recipe), self._looked)

    def close(self) -> None:
        """Give up what is under way; returns after the picture that is looked at."""
        self._clock.stop()
        self._over.set()
        self._work.close()

    def _look(self, recipe: Recipe) -> tuple[str, str]:
        step_back()
        self._guard.look(recipe)
        return recipe.model_id, self._guard.problem

    def _looked(self, problem: tuple[str, str]) -> None:
        self._busy = False
        self._problem = problem
        self.looked.emit()
