"""Law of the documents: what they tell a person to type or to open exists, and each page can be found and read."""

from __future__ import annotations

import argparse
import re
from functools import cache
from pathlib import Path

import pytest

from inspector.cli.arguments import parser
from inspector.learning.trainer import DEFAULT_BACKBONE
from tests.laws.documents import DOCUMENTS, PAGES, codes, name_of, quoted, table, text_of, typed
from tests.laws.sources import ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
BACKBONE = re.compile(r'name="([a-z0-9.-]+)"')
COMMON = {"--help", "--workspace", "--json", "--verbose"}
LONGEST = 200


@cache
def commands() -> dict[str, set[str]]:
    """Each sub-command with its options; an alias is an entry of its own."""
    return dict(_below(parser(), ""))


def _below(above: argparse.ArgumentParser, name: str) -> list[tuple[str, set[str]]]:
    inner = [action for action in above._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        options = {word for action in above._actions for word in action.option_strings if word.startswith("--")}
        return [(name, options)]
    choices = [choice for action in inner for choice in action.choices.items()]
    return [found for word, below in choices for found in _below(below, f"{name} {word}".strip())]


def read(document: Path) -> str:
    return document.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_tells_to_type_is_understood(document: Path) -> None:
    for words in typed(read(document)):
        if words[:1] not in ([], ["test"], ["--help"]):  # run.py's own
            try:
                parser().parse_args(words)
            except SystemExit:
                pytest.fail(f"{name_of(document)}: not understood: {' '.join(words)}")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_sentence_names_as_a_command_exists_with_its_options(document: Path) -> None:
    for words in quoted(read(document)):
        if words[0] in {"test", "--help"}:
            continue
        name = " ".join(words[:2]) if words[0] == "recipe" else words[0]
        assert name in commands(), f"{name_of(document)}: {' '.join(words)}"
        assert {word for word in words if word.startswith("--")} <= commands()[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_links_to_exists(document: Path) -> None:
    targets = [target for target in LINK.findall(read(document)) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_readme_shows_the_two_commands() -> None:
    shown = [words[0] for words in typed(read(ROOT / "README.md")) if words]
    assert {"demo", "test"} <= set(shown)


def test_every_page_is_in_the_index_and_the_index_is_in_the_readme() -> None:
    listed = set(LINK.findall(text_of("README")))
    assert {path.name for path in PAGES} - {"README.md"} <= listed
    assert "docs/README.md" in LINK.findall(read(ROOT / "README.md"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_short_and_its_lines_can_be_read_anywhere(page: Path) -> None:
    lines = read(page).splitlines()
    assert len(lines) <= LONGEST
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


def test_every_command_is_in_the_reference_with_all_its_options() -> None:
    shown = {codes(row[0])[0]: set(codes(row[1])) for row in table("reference", "command", "further options")}
    real = {name: options - COMMON for name, options in commands().items() if name != "batch"}
    assert shown == real


def test_what_every_command_takes_is_said_once_for_all() -> None:
    for name, options in commands().items():
        assert options >= COMMON, name
    before = text_of("reference").split("| command |")[0]
    assert all(option in before for option in COMMON - {"--help"})
    assert commands()["batch"] == commands()["inspect-folder"]


def test_the_backbones_that_are_named_exist() -> None:
    known = BACKBONE.findall(read(ROOT / "models" / "backbones" / "registry.py"))
    named = [words[words.index("--backbone") + 1] for words in typed(text_of("engineer")) if "--backbone" in words]
    assert named
    assert set(named) <= set(known)
    assert DEFAULT_BACKBONE in known


@pytest.mark.parametrize("name", ["installer/build.sh", "installer/check.sh", "requirements/lock.sh", ".ci/run"])
def test_a_command_for_developers_can_be_started(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111
