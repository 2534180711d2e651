"""A whole training that adapts the network, and one that builds on what it left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.domain import ModelCard, Split
from inspector.learning.augmentation import DEFAULT
from inspector.store.cards import CARD, MODEL, read_card
from models import adapted
from models.adaptation import adaptation as adaptations
from tests.models.plates import Room, Run, furnish_with_specks, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Adapted:
    """A room after an adaptation. folder: the finished model, moved to where a workspace keeps it."""

    room: Room
    run: Run
    folder: Path

    @property
    def card(self) -> ModelCard:
        return read_card(self.folder / CARD)


@pytest.fixture(scope="module", params=[adaptations.FINETUNE, adaptations.ADAPTER])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adapted]:
    room = furnish_with_specks(tmp_path_factory.mktemp("plates"), 50)
    run = train(room.write_job(mode=request.param, augmentation={"crop": 0.05}), timeout_s=800)
    assert run.code == 0, run
    folder = room.folder / read_card(room.output / CARD).id
    shutil.move(room.output, folder)
    yield Adapted(room, run, folder)


def test_the_card_says_how_the_network_came_about(trained: Adapted, request: pytest.FixtureRequest) -> None:
    words = trained.card.results["adaptation"]
    assert words["augmentation"] == DEFAULT.to_json() | {"crop": 0.05}
    assert words["folds"] == adaptations.FOLDS and words["masks"] == 48
    assert 1 <= words["epoch"] <= words["schedule"]["epochs"]
    assert trained.card.results["mode"] in request.node.callspec.id
    assert trained.card.results["adapted_by"] == trained.card.id
    assert {path.name for path in trained.folder.iterdir()} == {MODEL, CARD, adapted.BACKBONE, adapted.FEATURES}


def test_specks_that_the_pretrained_network_misses_are_told_apart(trained: Adapted) -> None:
    words = trained.card.results["adaptation"]
    assert words["auroc_before"] < 0.92 < words["auroc_after"]
    assert trained.card.results["split_by_part"]["auroc"] > 0.92


def test_the_file_says_what_the_adapted_keras_network_says(trained: Adapted) -> None:
    assert trained.card.receipt["agreement"] >= 0.97


def test_nothing_of_the_adaptation_is_left_in_the_cache(trained: Adapted) -> None:
    assert not (trained.room.folder / "cache" / "adaptations" / "plate").exists()


def test_later_labels_are_learned_in_seconds_on_the_adapted_network(trained: Adapted) -> None:
    run = train(trained.room.write_job(adapted=str(trained.folder), parent=trained.card.id, number=2))
    assert run.code == 0, run
    again = read_card(trained.room.output / CARD)
    shutil.rmtree(trained.room.output)
    assert not run.totals("tuning") and not run.totals("looking")
    assert again.results["mode"] == "features" and again.results["adapted_by"] == trained.card.id
    assert again.receipt["feature_network"] == trained.card.receipt["feature_network"]
    assert again.model_digest == trained.card.model_digest, "the same pictures make the same model"
    assert {row["digest"] for row in again.results["validation"]} == {
        entry.digest for entry in trained.room.snapshot.only(Split.TRAIN)
    }
