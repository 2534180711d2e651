"""The documents taken apart: their code blocks, the commands in them and their tables."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.laws.sources import ROOT, project_files

DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]
PAGES = sorted((ROOT / "docs").glob("*.md"))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_STARTED = re.compile(r"^(?:[A-Z_]+=\S+ +)*(?:python3 run\.py|inspector-station|inspector)(?: +|$)(.*)")
_QUOTED = re.compile(r"`(?:python3 run\.py|inspector-station|inspector) ([^`]+)`")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(page: str) -> str:
    """The text of docs/<page>.md."""
    return (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> list[str]:
    """The code blocks that are marked with this language."""
    return [block for marked, block in _BLOCK.findall(text) if marked == language]


def prose(text: str) -> str:
    """A text without its code blocks."""
    return _BLOCK.sub("", text)


def typed(text: str) -> list[list[str]]:
    """The words after the program's name of every command in an unmarked code block, without comments."""
    lines = "\n".join(blocks(text)).replace("\\\n", " ").splitlines()
    started = [match[1] for match in map(_STARTED.match, lines) if match]
    return [shlex.split(words, comments=True) for words in started]


def quoted(text: str) -> list[list[str]]:
    """The words of every command of the program that is named within a sentence."""
    return [shlex.split(words) for words in _QUOTED.findall(prose(text))]


def table(page: str, *heads: str) -> list[list[str]]:
    """The rows of the one table in docs/<page>.md whose first columns have these heads, cell by cell."""
    found = [rows for rows in _tables(text_of(page)) if tuple(rows[0][: len(heads)]) == heads]
    assert len(found) == 1, f"docs/{page}.md: expected one table with the columns {heads}, found {len(found)}"
    return found[0][2:]


def _tables(text: str) -> list[list[list[str]]]:
    found: list[list[list[str]]] = [[]]
    for line in prose(text).splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return [rows for rows in found if rows]


def codes(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]*)`", cell)
