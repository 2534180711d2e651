"""Plug-ins are found by name, loaded one at a time, and their failures become plain words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inspector import plugins
from inspector.devices.folder import FolderBackend
from inspector.errors import DeviceError

ENTRY_POINTS = """[inspector.cameras]
broken = broken_camera:Camera
absent = no_such_module_at_all:Camera
good = good_camera:Camera
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody else's on the path, with metadata as pip would leave it."""
    metadata = tmp_path / "third_party-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: third_party\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (tmp_path / "broken_camera.py").write_text("raise RuntimeError('their licence ran out')\n", encoding="utf-8")
    (tmp_path / "good_camera.py").write_text("class Camera:\n    mark = 'theirs'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_our_own_backends_stand_in_the_same_table() -> None:
    assert {"folder", "pylon", "simulated"} <= set(plugins.names(plugins.CAMERAS))
    assert {"none", "simulated"} <= set(plugins.names(plugins.LINES))
    assert isinstance(plugins.load(plugins.CAMERAS, "folder"), FolderBackend)


@pytest.mark.usefixtures("third_party")
def test_a_plug_in_of_somebody_else_is_loaded_by_its_name() -> None:
    assert plugins.load(plugins.CAMERAS, "good").mark == "theirs"


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("broken", "RuntimeError: their licence ran out"),
        ("absent", "no_such_module_at_all"),
        ("none", "installed are: "),
    ],
)
def test_what_cannot_be_loaded_is_said_and_nothing_crashes(name: str, words: str) -> None:
    with pytest.raises(DeviceError, match=words):
        plugins.load(plugins.CAMERAS, name)


@pytest.mark.usefixtures("third_party")
def test_a_broken_plug_in_does_not_hide_the_others() -> None:
    reports = {report.name: report.problem for report in plugins.report(plugins.CAMERAS)}
    assert reports["good"] is None and reports["folder"] is None
    assert reports["broken"] is not None and "licence" in reports["broken"]


def test_looking_at_the_names_imports_nothing() -> None:
    sys.modules.pop("inspector.devices.pylon", None)
    plugins.names(plugins.CAMERAS)
    assert "inspector.devices.pylon" not in sys.modules
