"""Packages of somebody else's, as pip would leave them on a PC: good plug-ins, and some that break in known places."""

from __future__ import annotations

from pathlib import Path

ENTRY_POINTS = """[inspector.cameras]
theirs = their_cameras:Good
no-import = no_such_module_at_all:Camera
no-make = their_cameras:NoMake
no-discover = their_cameras:NoDiscover
no-open = their_cameras:NoDiscover
away = their_cameras:Away

[inspector.lines]
their-line = their_cameras:NoDiscover
"""

CAMERAS = """
from inspector.devices.camera import CameraInfo
from inspector.errors import CameraLost


class Good:
    def discover(self):
        return (CameraInfo("theirs", "17", "their camera"),)


class NoMake:
    def __init__(self):
        raise RuntimeError("their licence ran out")


class NoDiscover:
    def discover(self):
        raise KeyError("their bug in discover")

    def open(self, settings):
        raise ZeroDivisionError("their bug in open")


class Away:
    def discover(self):
        raise CameraLost("their driver is not running; start it")

    def open(self, settings):
        raise CameraLost("their driver is not running; start it")
"""


def install_third_party(folder: Path) -> Path:
    """Lay the package into a folder; what puts the folder on the path makes the plug-ins known."""
    metadata = folder / "third_party-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: third_party\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (folder / "their_cameras.py").write_text(CAMERAS, encoding="utf-8")
    return folder
