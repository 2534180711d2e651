"""The camera contract, held by every camera of our own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.devices.folder import FolderBackend
from inspector.devices.pylon import PylonBackend
from inspector.devices.simulated import SimulatedBackend
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings
from inspector.testing import CameraContract, ManualClock


class TestFolderCamera(CameraContract):
    exclusive = False

    @pytest.fixture
    def backend(self) -> FolderBackend:
        clock = ManualClock()
        return FolderBackend(clock, clock.wait)

    @pytest.fixture
    def settings(self, tmp_path: Path) -> CameraSettings:
        for number in range(3):
            write_picture(np.full((24, 32), 40 * number, np.uint8), tmp_path / f"part{number}.png")
        return CameraSettings(backend="folder", source=str(tmp_path))


class TestSimulatedCamera(CameraContract):
    exclusive = False

    @pytest.fixture
    def backend(self) -> SimulatedBackend:
        clock = ManualClock()
        return SimulatedBackend(clock, clock.wait)

    @pytest.fixture
    def settings(self) -> CameraSettings:
        return CameraSettings(backend="simulated", options={"width": 160, "height": 120})


class TestPylonCamera(CameraContract):
    """Basler's real SDK with its emulated camera."""

    wait_s = 0.02

    @pytest.fixture
    def backend(self) -> PylonBackend:
        pytest.importorskip("pypylon", reason="Basler's SDK is not installed: pip install inspector[basler]")
        return PylonBackend()

    @pytest.fixture
    def settings(self) -> CameraSettings:
        return CameraSettings(backend="pylon", options={"emulate": True, "width": 160, "height": 120})


class TestPylonCameraShowingAFolder(TestPylonCamera):
    """The same, with pictures of our own in front of the emulated camera."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> CameraSettings:
        for number in range(3):
            write_picture(np.full((24, 32), 40 * number, np.uint8), tmp_path / f"part{number}.png")
        return CameraSettings(backend="pylon", options={"emulate": True, "pictures": str(tmp_path)})
