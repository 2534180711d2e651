"""The past stands or is shown not to: seals are checked and stored pictures are judged again."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from inspector.commission import station_for
from inspector.domain import Part
from inspector.errors import ModelError, RecipeError, StoreError
from inspector.pictures import write_picture
from inspector.recipe import CameraSettings, Limits, Recipe
from inspector.replay import verify
from inspector.station import PartInspected, StationEvent
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, picture, publish

PARTS = 6


def nothing(done: int, total: int) -> None:
    """Nobody watches the progress."""


def inspect_parts(workspace: Workspace, parts: int = PARTS) -> None:
    """Let a real station judge some parts with the recipe as it stands."""
    inspected = threading.Semaphore(0)

    def hear(event: StationEvent) -> None:
        if isinstance(event, PartInspected):
            inspected.release()

    station = station_for(workspace, workspace.recipes.load(RECIPE), hear)
    station.start()
    for number in range(parts):
        station.trigger(Part(f"{number}"))
        assert inspected.acquire(timeout=10)
    station.stop()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    line = tmp_path / "line"
    line.mkdir()
    for number in range(PARTS):
        write_picture(picture(number, 60 + 20 * number), line / f"{number}.png")
    with Workspace.create(tmp_path / "workspace") as made:
        recipe = Recipe(RECIPE, camera=CameraSettings("folder", str(line)), limits=Limits(-2.0, 2.0))
        made.recipes.save(recipe)
        model = publish(made, 1, brightness_model(), view_id=recipe.view_id)
        made.recipes.save(replace(recipe, model_id=model.card.id))
        inspect_parts(made)
        yield made


def test_every_stored_verdict_is_repeated_bit_for_bit(workspace: Workspace) -> None:
    found = verify(workspace, 100, nothing)
    assert found.holds
    assert (found.inspections, found.replayed, found.differing) == (PARTS, PARTS, ())
    verdicts = {record.inspection.verdict.decision for record in workspace.ledger.records()}
    assert len(verdicts) > 1


def test_only_the_newest_are_replayed_when_that_is_asked(workspace: Workspace) -> None:
    assert verify(workspace, 2, nothing).replayed == 2


def test_what_was_judged_under_an_earlier_recipe_is_replayed_with_that(workspace: Workspace) -> None:
    recipe = workspace.recipes.load(RECIPE)
    workspace.recipes.save(replace(recipe, limits=Limits(-1000.0, -999.0)))
    inspect_parts(workspace, 2)
    found = verify(workspace, 100, nothing)
    assert found.holds and found.replayed == PARTS + 2


def test_a_record_that_was_changed_by_hand_breaks_its_seal(workspace: Workspace) -> None:
    victim = workspace.ledger.records(limit=3)[-1].inspection.id
    workspace.close()
    with sqlite3.connect(workspace.path / "ledger.db") as opened:
        for (name,) in opened.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            opened.execute(f"drop trigger {name}")
        opened.execute("update inspections set decision = 'ok', score = 0 where id = ?", (victim,))
    opened.close()
    with Workspace.open(workspace.path) as again:
        assert verify(again, 1, nothing).broken == victim


def test_a_picture_that_was_exchanged_is_not_replayed_as_the_old_one(workspace: Workspace) -> None:
    digest = workspace.ledger.records(limit=1)[0].inspection.frame_digest
    file = workspace.images.path(digest)
    file.chmod(0o644)
    write_picture(np.full((24, 32), 10, np.uint8), file)
    with pytest.raises(StoreError, match=digest[:8]):
        verify(workspace, 1, nothing)


def test_a_record_without_its_picture_is_counted_and_not_guessed(workspace: Workspace) -> None:
    digest = workspace.ledger.records(limit=1)[0].inspection.frame_digest
    workspace.images.path(digest).unlink()
    found = verify(workspace, 100, nothing)
    assert (found.replayed, found.without_picture) == (PARTS - 1, 1)


def test_a_model_that_was_changed_since_is_refused(workspace: Workspace) -> None:
    recipe = workspace.recipes.load(RECIPE)
    file = workspace.versions.load(RECIPE, recipe.model_id).model
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.chmod(0o644)
    file.write_bytes(bytes(content))
    with pytest.raises(ModelError):
        verify(workspace, 1, nothing)


def test_a_recipe_whose_history_is_gone_is_said(workspace: Workspace) -> None:
    kept = workspace.recipes.folder / "history"
    for file in kept.rglob("*.toml"):
        file.chmod(0o644)
        file.unlink()
    with pytest.raises(RecipeError):
        verify(workspace, 1, nothing)


def test_the_command_answers_in_words_in_json_and_by_its_code(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--workspace", str(workspace.path)]
    assert main(words) == 0
    assert f"{PARTS} inspections: every seal holds" in capsys.readouterr().out
    assert main([*words, "--json", "--replay", "3"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["holds"] and answer["replayed"] == 3
