"""How a challenger runs beside the model in use: after the line, the ledger and the screen, and only as it can keep up.

Nothing here is waited for. A part that the challenger is too slow for is left out, counted, and said at the end.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from inspector.domain import Decision
from inspector.errors import InspectorError
from inspector.machine import step_back
from inspector.pipeline.assemble import Setup, inspect
from inspector.station.events import PartInspected, StateChanged, StationEvent, StationState, StationStatus
from inspector.store.entry import Shadow

log = logging.getLogger(__name__)

PARTS_WAITING = 8
_AT_WORK = (StationState.STARTING, StationState.RUNNING, StationState.PAUSED)

Finds = Callable[[str], Setup | None]  # by recipe id: what the challenger decides with; None: nobody challenges
Keeps = Callable[[Shadow], None]
Tells = Callable[[dict[str, Any]], None]


class Shadowing:
    """Hears a station and lets a challenger judge the same frames, from its start or a change-over to the next one.

    find: asked in the challenger's own thread. keep: takes each word of the challenger. tell: takes the account of
    each trial when it ends: model, judged, dropped and problem ("" where there was none). Both return at once.
    """

    def __init__(self, find: Finds, keep: Keeps, tell: Tells) -> None:
        self._find = find
        self._keep = keep
        self._tell = tell
        self._lock = threading.Lock()
        self._trial: Trial | None = None

    def hear(self, event: StationEvent) -> None:
        """From any of the station's threads; returns at once."""
        if isinstance(event, StateChanged):
            self._follow(event.status)
        elif isinstance(event, PartInspected):
            trial = self._trial
            if trial is not None:
                trial.offer(event)

    def _follow(self, status: StationStatus) -> None:
        recipe_id = status.recipe_id if status.state in _AT_WORK else ""
        with self._lock:
            before = self._trial
            if recipe_id == (before.recipe_id if before else ""):
                return
            self._trial = Trial(recipe_id, self._find, self._keep, self._tell) if recipe_id else None
        if before is not None:
            before.end()


class Trial:
    """One challenger under one recipe, in one thread of its own. Of the parts that wait, the newest comes first."""

    def __init__(self, recipe_id: str, find: Finds, keep: Keeps, tell: Tells) -> None:
        self.recipe_id = recipe_id
        self._find = find
        self._keep = keep
        self._tell = tell
        self._wake = threading.Condition()
        self._waiting: deque[PartInspected] = deque()
        self._model_id = ""
        self._offered = 0
        self._judged = 0
        self._ended = False
        threading.Thread(target=self._run, name="challenger", daemon=True).start()

    def offer(self, event: PartInspected) -> None:
        """Let the challenger judge this part too, if it gets to it; an unfit picture says nothing of the part."""
        inspection = event.inspection
        if inspection.recipe_id != self.recipe_id or inspection.verdict.decision is Decision.UNFIT:
            return
        with self._wake:
            if self._ended:
                return
            self._offered += 1
            if len(self._waiting) == PARTS_WAITING:
                self._waiting.popleft()
            self._waiting.append(event)
            self._wake.notify()

    def end(self, problem: str = "") -> None:
        """What waits or is under way counts as dropped. May be called twice."""
        with self._wake:
            if self._ended:
                return
            self._ended = True
            self._waiting.clear()
            self._wake.notify()
            account = {"model": self._model_id, "judged": self._judged, "dropped": self._offered - self._judged}
        if problem:
            log.warning("the challenger does not run: %s", problem)
        elif account["dropped"]:
            log.warning("the challenger %(model)s judged %(judged)d parts and missed %(dropped)d", account)
        if problem or self._model_id:
            self._tell({**account, "problem": problem})

    def _run(self) -> None:
        finished = False
        try:
            self._judge_on()
            finished = True
        except InspectorError as error:
            self.end(str(error))
            finished = True
        finally:
            if not finished:  # our own bug: the thread ends with its traceback, and the line goes on
                self.end("a fault in the program; the log has the details")

    def _judge_on(self) -> None:
        step_back()
        setup = self._find(self.recipe_id)
        if setup is None or setup.model is None:
            self.end()
            return
        self._model_id = setup.model.model_id
        while (event := self._next()) is not None:
            known = event.inspection
            would = inspect(event.frame, known.part, setup, known.station, known.id)
            with self._wake:
                if not self._ended:
                    self._keep(Shadow(known.id, self._model_id, would.verdict))
                    self._judged += 1

    def _next(self) -> PartInspected | None:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._ended)
            return None if self._ended else self._waiting.pop()
