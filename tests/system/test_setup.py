"""run.py with a real Python environment and the real pip: set up once, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.system.small_project import SmallProject, slow_index, write_wheel


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallProject, tuple[int, str, str]]:
    project = SmallProject(tmp_path_factory.mktemp("setup"))
    return project, project.run("count", "two words")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


Setup = tuple[SmallProject, tuple[int, str, str]]


def test_the_first_start_sets_up_then_becomes_the_program(set_up: Setup) -> None:
    project, (code, out, err) = set_up
    assert (code, out) == (7, "leaf 3 count two words\n")
    assert f"Setting Inspector up in {project.root / '.venv'}" in err


def test_a_second_start_is_at_once_and_says_nothing(set_up: Setup) -> None:
    project, _ = set_up
    start = time.monotonic()
    code, out, err = project.run("again")
    assert (code, out, err) == (7, "leaf 3 again\n", "")
    assert time.monotonic() - start < 1.0 + 0.5  # half a second for the program itself on a busy machine


def test_a_changed_pyproject_installs_the_project_but_not_the_packages(set_up: Setup) -> None:
    project, _ = set_up
    with (project.root / "pyproject.toml").open("a") as file:
        file.write("\n[tool.other]\n")
    code, _, err = project.run("again")
    assert code == 7
    assert "Installing Inspector itself" in err
    assert "Fetching" not in err


def test_a_folder_that_was_moved_is_set_up_anew(set_up: Setup, tmp_path: Path) -> None:
    project, _ = set_up
    moved = SmallProject(tmp_path)
    shutil.copytree(project.root / ".venv", moved.root / ".venv", symlinks=True)
    code, _, err = moved.run("again")
    assert code == 7
    assert "Setting Inspector up" in err


def test_a_package_that_is_not_the_locked_one_is_not_installed(project: SmallProject) -> None:
    write_wheel(project.wheel.parent, number=4)
    code, out, err = project.run("count")
    assert (code, out) == (1, "")
    assert "not the one that was locked" in err
    assert "Traceback" not in err


def test_no_network_is_said_in_plain_words(project: SmallProject) -> None:
    code, _, err = project.run("count", index_url="http://127.0.0.1:9/simple")
    assert code == 1
    assert "does not reach the Python package index" in err
    assert "Traceback" not in err


def test_a_set_up_that_was_killed_is_done_again(project: SmallProject) -> None:
    with slow_index(project.wheel) as index:
        first = project.start("first", index_url=index.url)
        assert index.asked.wait(60)
        os.kill(first.pid, signal.SIGKILL)
        second = project.start("second", index_url=index.url)
        assert second.stderr is not None
        waited = second.stderr.readline()
        index.released.set()
        out, err = second.communicate(timeout=100)
        first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert "under way" in waited  # the killed one's pip is still at work, and is waited for
    assert "Setting Inspector up" in err
    assert (second.returncode, out) == (7, "leaf 3 second\n")


def test_two_starts_at_once_set_up_once(project: SmallProject) -> None:
    with slow_index(project.wheel) as index:
        first = project.start("first", index_url=index.url)
        assert index.asked.wait(60)
        second = project.start("second", index_url=index.url)
        assert second.stderr is not None
        waited = second.stderr.readline()
        index.released.set()
        outputs = [process.communicate(timeout=100) for process in (first, second)]
    assert "under way" in waited
    assert [process.returncode for process in (first, second)] == [7, 7]
    assert "Setting Inspector up" in outputs[0][1]
    assert "Setting Inspector up" not in outputs[1][1]
    assert outputs[1][0] == "leaf 3 second\n"
