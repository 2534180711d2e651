"""Watches a line without being asked: when there is something new to see, and what is noted, or said only once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from inspector.errors import InspectorError
from inspector.learning.watching.reference import Reference, certificate_of
from inspector.learning.watching.watch import Watch, note, reference_of, watch
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

log = logging.getLogger(__name__)


class _Over(Exception):
    """The station ends: the look under way is given up."""


class Guard:
    """Watches one line for as long as it runs, all looks in one thread; what a model is held against is read once.

    is_over: asked before each picture, from that thread; once it says so, a look ends and nothing is noted.
    problem: why the last look saw nothing of the line, "" after one that went well.
    """

    def __init__(self, workspace: Workspace, is_over: Callable[[], bool]) -> None:
        # One thread for an invoke, whatever the settings say: it only has what the line leaves.
        self._workspace = replace(workspace, settings=replace(workspace.settings, invoke_threads=1))
        self._is_over = is_over
        self._reference: Reference | None = None
        self._inspected = 0
        self._told: set[tuple[str, str]] = set()
        self.problem = ""

    def look(self, recipe: Recipe) -> Watch | None:
        """Note an alarm, another one or its end; None without a model or a new part, and where there is a `problem`.

        The log hears of what is noted, and once of each problem of each model.
        """
        if not recipe.model_id:
            return None
        try:
            found = self._look(recipe)
        except _Over:
            return None
        except InspectorError as error:
            self._tell(recipe.model_id, str(error))
            return None
        self.problem = ""
        return found

    def _look(self, recipe: Recipe) -> Watch | None:
        inspected = self._workspace.inspected
        if inspected == self._inspected:
            return None  # the bound on false alarms counts one look for each part, and labels alone could change it
        reference = self._held_against(recipe)
        found = watch(self._workspace, reference, on_progress=self._advance)
        self._go_on()
        if note(self._workspace, found):
            for line in found.lines:
                log.warning("watch: %s", line)
        self._inspected = inspected
        return found

    def _held_against(self, recipe: Recipe) -> Reference:
        """Kept until the recipe runs something else; a certificate may come at any time."""
        if self._reference is None or self._reference.recipe != recipe:
            self._reference = None
            self._reference = reference_of(self._workspace, recipe, self._advance, self._go_on)
        return replace(self._reference, certificate=certificate_of(self._workspace, recipe, recipe.model_id))

    def _advance(self, _done: int, _total: int) -> None:
        self._go_on()

    def _go_on(self) -> None:
        if self._is_over():
            raise _Over

    def _tell(self, model: str, problem: str) -> None:
        self.problem = problem
        if (model, problem) not in self._told:
            self._told.add((model, problem))
            log.warning("the line is not watched: %s", problem)
