"""Whether the line still runs as its model was taught."""

from __future__ import annotations

from datetime import datetime

from inspector.learning import watching
from inspector.learning.watching import Signal, Watch
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Table
from inspector.studies.study import Advance, Here, Study

_HEADS = ("what was looked at", "as taught", "chance of it if nothing had changed")


def study(workspace: Workspace, recipe: Recipe) -> Study:
    """Of the newest parts. Nothing is noted: who asks sees it, and the bound on false alarms is the guard's to keep."""

    def work(advance: Advance) -> Answer:
        reference = watching.reference_of(workspace, recipe, advance, lambda: advance(0, 0))
        return answer_of(watching.watch(workspace, reference, on_progress=advance))

    return Here("watching", work)


def answer_of(found: Watch) -> Answer:
    alarms = {alarm.name for alarm in found.alarms}
    rows = tuple((one.name, "no" if one.name in alarms else "yes", _chance(one)) for one in found.signals)
    return Answer((*found.lines, *_window(found.since, found.until)), (Table(_HEADS, rows),))


def _chance(signal: Signal) -> str:
    return f"{signal.p:.2g}" if signal.p >= 1e-4 else "below 0.0001"


def _window(since: datetime | None, until: datetime | None) -> tuple[str, ...]:
    if since is None or until is None:
        return ()
    return (f"parts from {since.astimezone():%d %b %Y %H:%M} to {until.astimezone():%d %b %Y %H:%M}",)
