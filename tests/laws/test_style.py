"""Laws that tools judge: style, layout and types."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.laws.sources import ROOT


def verdict(*command: str) -> str:
    """What a tool has to say against the project; empty where it is content."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_ruff_finds_nothing() -> None:
    assert verdict("ruff", "check", "--no-cache", ".") == ""


def test_every_file_is_laid_out_by_ruff() -> None:
    assert verdict("ruff", "format", "--check", "--no-cache", ".") == ""


@pytest.mark.timeout(600)
def test_every_type_is_strict() -> None:
    assert verdict("mypy") == ""
