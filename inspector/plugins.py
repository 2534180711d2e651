"""Find cameras, line outputs and exporters by entry point; load only the one that is named; report, never crash."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from inspector.errors import DeviceError, InspectorError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

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
    return tuple(sorted({point.name for point in _installed(group, tuple(sys.path))}))


@cache
def _installed(group: str, _where: tuple[str, ...]) -> EntryPoints:
    """The plug-ins of a group on the search path, looked for once: every installed package is opened for it."""
    from importlib.metadata import entry_points  # brings half of the e-mail package along: not before it is wanted

    return entry_points(group=group)


def load(group: str, name: str) -> Any:
    """Import the plug-in called `name` and return its instance.

    Raises DeviceError where it is not installed or its import fails; the message says which and why.
    """
    return ask(group, name, lambda plugin: plugin)


def ask(group: str, name: str, question: Callable[[Any], Answer]) -> Answer:
    """What the plug-in called `name` answers, as `load` but with a call into it. Its own InspectorErrors pass."""
    points = _installed(group, tuple(sys.path))
    found: EntryPoint | None = next((point for point in points if point.name == name), None)
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
