"""One command, `inspector`, with sub-commands; every fault of the world ends in one plain line and a known exit code.

Exit codes: 0 done; 2 wrong usage; 3 recipe or settings file; 4 pictures or dataset; 5 camera or line; 6 storage;
7 model; 8 training; 9 the gate refused; 10 `watch` found an alarm; 1 any other fault; 130 interrupted. A station that
is told to end, by Ctrl+C or by a service manager's SIGTERM, finishes and records the parts under way and ends with 0.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from inspector.errors import InspectorError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; returns the exit code."""
    with _nothing_collected():
        from inspector.cli.arguments import parser

        chosen = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if chosen.verbose else logging.WARNING, format="%(levelname)s %(message)s")
    if "workspace" not in chosen:
        from inspector.settings import default_workspace

        chosen.workspace = default_workspace()
    try:
        code = _command(*chosen.runs.split(":"))(chosen)
    except InspectorError as error:
        print(f"inspector: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("inspector: interrupted", file=sys.stderr)
        return INTERRUPTED
    return int(code or 0)


def _command(module: str, function: str) -> Callable[..., int | None]:
    """Each command loads only what it needs: `inspector --help` must not wait for a model runtime."""
    with _nothing_collected():
        found: Callable[..., int | None] = getattr(import_module(f"inspector.cli.{module}"), function)
    return found


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Imported modules are never garbage: to search them for it over and over takes a tenth of a start."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
