"""Watches a line that nobody looks at, beside its station: an alarm goes into the ledger and into the log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from inspector.machine import step_back
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


@contextmanager
def guarded(workspace: Workspace, recipe: Recipe, every_s: float | None = None) -> Iterator[None]:
    """Look at the line every so often until the end, in a thread of its own; never without a model in use.

    every_s: 0: never; None: as the settings say. The first look comes one interval after the start.
    """
    interval_s = workspace.settings.watch_every_min * 60.0 if every_s is None else every_s
    if not interval_s or not recipe.model_id:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(workspace, recipe, interval_s, over), name="guard", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(workspace: Workspace, recipe: Recipe, interval_s: float, over: threading.Event) -> None:
    if over.wait(interval_s):
        return
    step_back()
    from inspector.learning.watching import Guard  # here: it takes long to load, and a station's first verdict is due

    guard = Guard(workspace, over.is_set)
    guard.look(recipe)
    while not over.wait(interval_s):
        guard.look(recipe)
