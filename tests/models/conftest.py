"""One real training for all tests: EfficientNet-Lite0, from its own weights, on plates that we draw."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.domain import ModelCard
from inspector.store.cards import CARD, MODEL, read_card
from models import network as networks
from models.network import FeatureNetwork
from tests.models.plates import Room, Run, furnish, train
from tests.models.tiny import TINY


@dataclass(frozen=True)
class Trained:
    """A room after its first training. folder: the finished model, moved out of the output."""

    room: Room
    run: Run
    folder: Path

    @property
    def card(self) -> ModelCard:
        return read_card(self.folder / CARD)

    @property
    def model(self) -> Path:
        return self.folder / MODEL

    @property
    def network_folder(self) -> Path:
        (only,) = (self.room.folder / "cache" / "networks").iterdir()
        return only

    @property
    def network(self) -> FeatureNetwork:
        network = networks.load(self.network_folder)
        assert network is not None
        return network


@pytest.fixture(scope="session")
def tiny_network() -> bytes:
    """The tiny network's own file, in float32."""
    from models.export.conversion import FLOAT32, KerasNetwork  # TensorFlow takes seconds to load

    return KerasNetwork(TINY, Path("none"), True, TINY.height, TINY.width).convert(FLOAT32, ())


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    room = furnish(tmp_path_factory.mktemp("plates"), {"good": 10, "hole": 6, "scratch": 6}, golden=2)
    run = train(room.write_job())
    assert run.code == 0, run
    folder = room.folder / "first"
    shutil.move(room.output, folder)
    return Trained(room, run, folder)
