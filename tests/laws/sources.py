"""Which files the laws are about: the project's own, found on disk so that a copy without git is judged too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("inspector", "gui", "models", "installer", "run.py")
IGNORED = (".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()))


@dataclass(frozen=True)
class Source:
    """One Python file: its path in the project, its text and its tree."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    def imports(self) -> set[str]:
        """The full names of all modules that the file imports, wherever in it."""
        names = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
        return names


def project_files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the project, without what .gitignore names."""
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in IGNORED):
            continue
        if path.is_dir():
            yield from project_files(path)
        else:
            yield path


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


@cache
def every_source() -> tuple[Source, ...]:
    return tuple(_read(path) for path in project_files() if path.suffix == ".py")


def program() -> list[Source]:
    """What a user runs."""
    return [source for source in every_source() if source.name.startswith(ROOMS)]


def proof() -> list[Source]:
    """What proves it."""
    return [source for source in every_source() if source.name.startswith("tests/")]
