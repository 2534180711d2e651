"""How results and long work look in a terminal: JSON for machines, lines and a bar for people."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from inspector.errors import StoreError

Advance = Callable[[str, int, int], None]


def as_json(value: Any) -> str:
    """JSON without NaN: a figure that cannot be known is null. In ASCII, which every terminal and pipe can carry."""
    return json.dumps(_finite(value), indent=2, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def answer(wants_json: bool, value: Any, lines: Callable[[], Iterator[str]]) -> None:
    """Print the result, for a machine or for a person. Raises StoreError where it cannot be written."""
    text = as_json(value) if wants_json else "\n".join(lines())
    try:
        print(in_reach_of(sys.stdout, text), end="\n" if text else "", flush=True)
    except BrokenPipeError:  # whoever read along, as `head` does, has seen enough
        _forget_the_rest()
    except OSError as error:
        _forget_the_rest()
        raise StoreError(f"standard output: the answer cannot be written: {error.strerror or error}") from error


def in_reach_of(stream: TextIO | None, text: str) -> str:
    """The text with each letter that the stream's encoding does not have as its number."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _forget_the_rest() -> None:
    """What is left in the buffer would be written, and fail, once more when the program ends."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextmanager
def progress_bar() -> Iterator[Advance]:
    """A bar on standard error; call it with (step, done, total). Without a terminal: one line for each step."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _line_for_each_step()
        return
    # Loaded here: a station that is to judge its first part has no use for it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def advance(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield advance


def _line_for_each_step() -> Advance:
    seen: set[str] = set()

    def advance(step: str, _done: int, total: int) -> None:
        if step not in seen:
            seen.add(step)
            print(f"{step} ({total})", file=sys.stderr, flush=True)

    return advance
