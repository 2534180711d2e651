"""Laws of shape: short files, short functions, few broad excepts, as much proof as program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from statistics import median

from tests.laws.sources import ROOT, Source, every_source, program, project_files, proof

BROAD_EXCEPTS = {"inspector/plugins.py": 1, "inspector/station": 1, "gui/": 1}
LARGEST_FILE = 1_000_000


def functions(source: Source) -> Iterator[tuple[str, int]]:
    """Each function of a file with its number of lines, from `def` to its end."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{source.name}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "BaseException"
    return bool({"Exception", "BaseException"} & set(caught.strip("()").split(", ")))


def test_no_file_is_over_500_lines_and_half_are_under_150() -> None:
    lines = {source.name: source.lines for source in every_source() if source.text}
    assert {name: count for name, count in lines.items() if count > 500} == {}
    assert median(lines.values()) <= 150


def test_no_function_is_over_50_lines_and_half_are_under_8() -> None:
    lines = dict(function for source in program() for function in functions(source))
    assert {name: count for name, count in lines.items() if count > 50} == {}
    assert median(lines.values()) <= 7


def test_no_class_is_over_300_lines() -> None:
    large = [
        f"{source.name}:{node.lineno} {node.name}"
        for source in every_source()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= 300
    ]
    assert large == []


def test_everything_is_caught_in_three_places_only() -> None:
    """The top of a station's thread, Qt's hook for exceptions, and the loading of somebody else's plug-in."""
    found = [
        source.name
        for source in program()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    ]
    too_many = {
        place: names
        for place, allowed in BROAD_EXCEPTS.items()
        if len(names := [name for name in found if name.startswith(place)]) > allowed
    }
    assert too_many == {}
    assert [name for name in found if not name.startswith(tuple(BROAD_EXCEPTS))] == []


def test_no_test_waits_by_sleeping() -> None:
    sleepers = [
        f"{source.name}:{node.lineno}"
        for source in proof()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "sleep"}
    ]
    assert sleepers == []


def test_nothing_is_left_for_later() -> None:
    """A stub that is called done is worse than a feature that is not there."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    left = [f"{source.name}: {mark}" for source in every_source() for mark in marks if mark in source.text]
    assert left == []


def test_no_large_file_is_in_the_project() -> None:
    large = [path.relative_to(ROOT).as_posix() for path in project_files() if path.stat().st_size > LARGEST_FILE]
    assert large == []


def test_every_file_says_first_what_it_decides() -> None:
    silent = [source.name for source in program() if source.tree.body and not ast.get_docstring(source.tree)]
    assert silent == []


def test_there_is_a_line_of_test_for_each_line_of_program() -> None:
    assert sum(source.lines for source in proof()) >= sum(source.lines for source in program())
