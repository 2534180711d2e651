"""Law of the documents: what they tell a person to type or to open exists."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.laws.sources import ROOT, project_files

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
STARTED = re.compile(r"^(?:python3 run\.py|inspector)\s+([a-z-]+)", re.M)
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)
DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]


@cache
def commands() -> set[str]:
    """The sub-commands that `inspector --help` lists, with run.py's own."""
    done = subprocess.run(
        [sys.executable, "-m", "inspector", "--help"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {"test", *re.findall(r"^    ([a-z-]+)", done.stdout, re.M)}


def blocks(document: Path) -> str:
    return "\n".join(BLOCK.findall(document.read_text(encoding="utf-8")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_tells_to_type_exists(document: Path) -> None:
    assert set(STARTED.findall(blocks(document))) <= commands()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_links_to_exists(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_readme_shows_the_two_commands() -> None:
    shown = STARTED.findall(blocks(ROOT / "README.md"))
    assert {"demo", "test"} <= set(shown)


@pytest.mark.parametrize("name", ["installer/build.sh", "installer/check.sh", "requirements/lock.sh", ".ci/run"])
def test_a_command_for_developers_can_be_started(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111
