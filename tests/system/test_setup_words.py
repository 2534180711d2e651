"""What run.py finds out about a machine, and what it says of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


run = load()


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_command(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_python_with_wheels_is_taken(version: tuple[int, int]) -> None:
    run.refuse_python(version)


@pytest.mark.parametrize("version", [(3, 7), (3, 10), (3, 14)])
def test_another_python_is_refused_with_the_range(version: tuple[int, int]) -> None:
    with pytest.raises(run.SetupFault, match=r"needs Python 3\.11 to 3\.13; this is 3\.\d+"):
        run.refuse_python(version)


def test_a_refusal_names_a_python_that_is_there(commands: Path) -> None:
    write_command(commands, "python3.12", "exit 0")
    with pytest.raises(run.SetupFault, match=r"Run it with python3\.12"):
        run.refuse_python((3, 9))


def test_a_refusal_says_what_to_install_where_none_is_there(commands: Path) -> None:
    assert list(commands.iterdir()) == []
    with pytest.raises(run.SetupFault, match="Install one of them"):
        run.refuse_python((3, 9))


def test_a_library_is_found_by_loading_it() -> None:
    assert run.has_library("libc.so.6")
    assert not run.has_library("libno-such-thing.so.9")


def test_a_window_needs_all_that_no_window_needs_and_more() -> None:
    assert set(run.OFFSCREEN) < set(run.WINDOW)


def test_a_font_is_found_in_any_folder_below(tmp_path: Path) -> None:
    assert not run.has_font([str(tmp_path), str(tmp_path / "missing")])
    (tmp_path / "truetype").mkdir()
    (tmp_path / "truetype" / "Sans.ttf").touch()
    assert run.has_font([str(tmp_path)])


def test_without_apt_the_packages_are_named(commands: Path) -> None:
    assert list(commands.iterdir()) == []
    with pytest.raises(run.SetupFault, match="libegl1 libgl1"):
        run.install_packages(["libegl1", "libgl1"], before=[])


def test_where_it_may_not_the_line_to_type_is_shown(commands: Path) -> None:
    write_command(commands, "apt-get", "exit 1")
    line = "sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1"
    with pytest.raises(run.SetupFault, match=line):
        run.install_packages(["libegl1"], before=None)


def test_where_it_may_apt_is_called_and_named(commands: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_command(commands, "apt-get", f'echo "$@" >> {commands}/calls')
    run.install_packages(["libegl1", "libgl1"], before=[])
    assert (commands / "calls").read_text().splitlines() == [
        "update -qq",
        "install -y --no-install-recommends libegl1 libgl1",
    ]
    assert "apt-get install -y --no-install-recommends libegl1 libgl1" in capsys.readouterr().err


def test_a_failing_apt_is_quoted_and_the_line_shown(commands: Path) -> None:
    write_command(commands, "apt-get", "echo 'E: Unable to locate package libegl1' >&2; exit 100")
    with pytest.raises(run.SetupFault, match=r"(?s)Unable to locate package libegl1.*sudo apt-get update"):
        run.install_packages(["libegl1"], before=[])


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("WARNING: Retrying after NewConnectionError: Failed to establish a new connection", "does not reach"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "not the one that was locked"),
        ("ERROR: something never seen before", "something never seen before"),
    ],
)
def test_what_pip_says_becomes_plain_words(output: str, words: str) -> None:
    assert words in run.explain(output)


def test_a_full_disk_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(run.SetupFault, match=r"needs 1000000 GB of free disk, there are \d"):
        run.refuse_full_disk(tmp_path, needed_gb=1e6)


def test_a_demo_without_a_display_runs_offscreen_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run.without_display(["demo", "--parts", "5"]) == ["demo", "--parts", "5", "--offscreen"]
    assert "To see it" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["demo", "--offscreen"], ["doctor", "--json"], ["demo", "--help"]])
def test_other_commands_stay_as_they_were_typed(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run.without_display(words) == words
    assert capsys.readouterr().err == ""


def test_with_a_display_the_demo_opens_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert run.without_display(["demo"]) == ["demo"]


def test_progress_in_a_log_is_one_line_in_ten(capsys: pytest.CaptureFixture[str]) -> None:
    progress = run.Progress(40)
    for number in range(25):
        progress(f"Collecting package{number}==1.0\n")
        progress("  Downloading a file\n")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("(")[0].strip() for line in lines] == ["10 of 40: package9", "20 of 40: package19"]


def test_no_words_show_the_usage() -> None:
    with pytest.raises(SystemExit, match=r"run\.py demo"):
        run.main([])


def test_only_the_standard_library_is_imported() -> None:
    text = (ROOT / "run.py").read_text()
    imported = {line.split()[1] for line in text.splitlines() if line.strip().startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)
