"""Laws of words: no nameless rooms, no SQL outside the store, no address of a machine or of a registry."""

from __future__ import annotations

import ast
import re

from tests.laws.sources import ROOT, every_source, program, project_files

NAMELESS = {"utils", "util", "common", "helpers", "helper", "core", "manager", "service", "handler", "misc"}
NAMELESS_CLASS = re.compile(r"(Manager|Handler|Helper|Util|Utils|Base|Abstract|Impl)$|^(Base|Abstract)[A-Z]")
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|PRAGMA)\b", re.S)
ADDRESS = re.compile(r"https?://([^/\s\"'<>)\]`:]+)")
PUBLIC_PLACES = {
    "storage.googleapis.com",  # where Keras itself keeps its weights
    "www.apache.org",
    "www.w3.org",
    "keepachangelog.com",
    "semver.org",
    "doi.org",
    "arxiv.org",
    "github.com",
    "www.freedesktop.org",
    "sqlite.org",
    "www.sqlite.org",
}
LOCAL = re.compile(r"^(localhost|127\.0\.0\.1|\[::1\]|\{.*)$")
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.])/(home|Users|work)/\w|[A-Z]:\\\\?Users\\")
TEXT = {".py", ".md", ".toml", ".txt", ".in", ".sh", ".spec", ".svg", ".desktop", ".cfg", ".ini", ""}


def texts() -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in project_files()
        if path.suffix in TEXT
    ]


def test_no_file_has_a_name_that_says_nothing() -> None:
    nameless = [source.name for source in every_source() if NAMELESS & set(source.name.removesuffix(".py").split("/"))]
    assert nameless == []


def test_no_class_has_a_name_that_says_nothing() -> None:
    nameless = [
        f"{source.name}: {node.name}"
        for source in program()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and NAMELESS_CLASS.search(node.name)
    ]
    assert nameless == []


def test_sql_is_spoken_in_the_store_only() -> None:
    speakers = [
        f"{source.name}:{node.lineno}"
        for source in program()
        if not source.name.startswith("inspector/store/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert speakers == []


def test_no_registry_and_no_private_host_is_named() -> None:
    named = {
        (name, host)
        for name, text in texts()
        for host in ADDRESS.findall(text)
        if host not in PUBLIC_PLACES and not LOCAL.match(host)
    }
    assert named == set()


def test_no_folder_of_one_machine_is_named() -> None:
    named = [name for name, text in texts() if SOMEBODYS_FOLDER.search(text) and name != "tests/laws/test_words.py"]
    assert named == []
