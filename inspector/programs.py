"""How one of our programs starts another as a process, and what of it is not installed on this PC."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

_NEEDS = {"models": ("models", "tensorflow", "keras"), "gui": ("gui", "PySide6")}
_EXTRAS = {"models": "train", "gui": "gui"}


def command(name: str) -> tuple[str, ...]:
    """The words that start the program `name`: a module of this Python, or the executable beside a bundled one."""
    return (str(_bundled(name)),) if _is_bundle() else (sys.executable, "-m", name)


def missing(name: str) -> tuple[str, ...]:
    """What `name` needs and this PC does not have; empty where it can start. Imports nothing of it."""
    if _is_bundle():
        return () if _bundled(name).exists() else (_bundled(name).name,)
    return tuple(package for package in _NEEDS[name] if find_spec(package) is None)


def remedy(name: str) -> str:
    """What a person can do about a missing program: a bundle cannot be added to."""
    if _is_bundle():
        return "use a PC with the whole program, and copy the workspace there and back"
    return f"install it with pip install 'inspector[{_EXTRAS[name]}]', or use another PC and copy the workspace"


def _is_bundle() -> bool:
    return bool(getattr(sys, "frozen", False))


def _bundled(name: str) -> Path:
    here = Path(sys.executable)
    return here.with_name(f"{name if name == 'inspector' else f'inspector-{name}'}{here.suffix}")
