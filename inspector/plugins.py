"""Find cameras, line outputs and exporters by entry point; load only the one that is named; report, never crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from inspector.errors import DeviceError, InspectorError

Answer = TypeVar("Answer")
CAMERAS = "inspector.cameras"
LINES = "inspector.lines"
EXPORTERS = "inspector.exporters"


@dataclass(frozen=True, slots=True)
class PluginReport:
    """What `doctor` says of one plug-in: usable, or the reason why not."""

    group: str
    name: str
    problem: str | None


def names(group: str) -> tuple[str, ...]:
    """The names installed for one group, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=group)}))


def load(group: str, name: str) -> Any:
    """Import the plug-in called `name` and return its instance.

    Raises DeviceError where it is not installed or its import fails; the message says which and why.
    """
    return ask(group, name, lambda plugin: plugin)


def ask(group: str, name: str, question: Callable[[Any], Answer]) -> Answer:
    """What the plug-in called `name` answers, as `load` but with a call into it. Its own InspectorErrors pass."""
    found: EntryPoint | None = next((point for point in entry_points(group=group) if point.name == name), None)
    if found is None:
        known = ", ".join(names(group)) or "none"
        raise DeviceError(f"{group}: there is no plug-in called {name!r}; installed are: {known}")
    try:
        return question(found.load()())
    except InspectorError:
        raise
    except Exception as error:  # a plug-in is somebody else's code: whatever it does, the station says so and lives
        raise DeviceError(f"{group}: the plug-in {name!r} cannot be used: {type(error).__name__}: {error}") from error


def report(group: str) -> tuple[PluginReport, ...]:
    """Load each plug-in of a group and say what came of it."""
    reports = []
    for name in names(group):
        try:
            load(group, name)
        except DeviceError as error:
            reports.append(PluginReport(group, name, str(error)))
        else:
            reports.append(PluginReport(group, name, None))
    return tuple(reports)
