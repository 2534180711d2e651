"""Laws of the rooms: who may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.sources import ROOT, every_source, program

ONLY_IN = {
    "cv2": ("inspector/opencv.py",),
    "PySide6": ("gui/",),
    "pyqtgraph": ("gui/",),
    "tensorflow": ("models/",),
    "keras": ("models/",),
    "tf_keras": ("models/",),
    "tensorflow_model_optimization": ("models/",),
    "sklearn": ("models/",),
    "pypylon": ("inspector/devices/",),
    "sqlalchemy": ("inspector/store/",),
    "alembic": ("inspector/store/",),
    "sqlite3": ("inspector/store/",),
}
HEAVY = ("tensorflow", "keras", "PySide6", "pyqtgraph", "sklearn", "pypylon")


def loaded_by(module: str) -> set[str]:
    """The heavy packages that a fresh interpreter holds after importing one module."""
    code = f"import {module}, sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_every_room_stands_on_its_floor() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_package_is_imported_only_in_its_room(package: str) -> None:
    strangers = [
        source.name
        for source in program()
        if any(name.split(".")[0] == package for name in source.imports())
        and not source.name.startswith(ONLY_IN[package])
    ]
    assert strangers == []


def test_tests_take_opencv_from_the_same_place_as_the_program() -> None:
    assert [source.name for source in every_source() if "cv2" in source.imports()] == ["inspector/opencv.py"]


@pytest.mark.parametrize("module", ["inspector.station", "inspector.cli", "inspector.learning.trainer"])
def test_deciding_loads_neither_a_window_nor_a_trainer(module: str) -> None:
    assert loaded_by(module) == set()


def test_the_screen_loads_no_trainer_and_the_trainer_no_screen() -> None:
    assert loaded_by("gui.__main__") <= {"PySide6", "pyqtgraph"}
    assert not loaded_by("models") & {"PySide6", "pyqtgraph"}


def test_no_window_is_opened_by_opencv() -> None:
    """Its Qt and PySide6's in one process end in an abort."""
    banned = {"imshow", "namedWindow", "waitKey"}
    found = [
        (source.name, node.attr)
        for source in every_source()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in banned
    ]
    assert found == []


def test_production_code_does_not_use_the_contract_suites() -> None:
    users = [source.name for source in program() if "inspector.testing" in source.imports()]
    assert users == []
