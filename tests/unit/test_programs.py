"""Which words start our programs, and what is missing for them."""

from __future__ import annotations

import subprocess
import sys

from inspector import programs

BUNDLE = """
import sys, pathlib
sys.frozen, sys.executable = True, {executable!r}
from inspector import programs
print(programs.command("models"), programs.missing("models"), programs.remedy("models"), sep="|")
"""


def bundled(executable: str) -> str:
    """What a bundled program with this executable says, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", BUNDLE.format(executable=executable)], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_an_installed_program_is_a_module_of_this_python() -> None:
    assert programs.command("models") == (sys.executable, "-m", "models")
    assert programs.missing("models") == ()


def test_asking_what_is_missing_imports_nothing() -> None:
    program = (
        "import sys; from inspector import programs; programs.missing('models'); programs.missing('gui');"
        "assert not {'tensorflow', 'keras', 'PySide6', 'models', 'gui'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_without_tensorflow_the_missing_packages_are_named() -> None:
    program = (
        "import sys; sys.path = [p for p in sys.path if 'site-packages' not in p]; from inspector import programs;"
        "print(programs.missing('models'))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], check=True, capture_output=True, text=True)
    assert "tensorflow" in done.stdout
    assert "keras" in done.stdout


def test_a_bundle_looks_beside_itself() -> None:
    command, missing, remedy = bundled("/opt/inspector/inspector").split("|")
    assert (command, missing) == ("('/opt/inspector/inspector-models',)", "('inspector-models',)")
    assert "pip" not in remedy and "copy the workspace" in remedy


def test_what_can_be_installed_is_named() -> None:
    assert "inspector[train]" in programs.remedy("models")
    assert "inspector[gui]" in programs.remedy("gui")
