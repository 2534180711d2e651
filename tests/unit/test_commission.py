"""A station put together from a workspace is what its recipe and settings say, or it says why it cannot be."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.commission import (
    challenger_for,
    classifier_for,
    numbered_on,
    open_camera,
    open_line,
    setup_for,
    station_for,
)
from inspector.devices.simulated import SimulatedCamera
from inspector.domain import Box, Decision, Part
from inspector.errors import CameraLost, DeviceError, ModelError, RecipeError, StoreError
from inspector.learning.shadow import challenge, standing
from inspector.recipe import CameraSettings, Limits, LineSettings, LocateMode, LocateSettings, Recipe
from inspector.station import Fault, PartInspected, StateChanged, StationEvent, StationState
from inspector.store.entry import TRIED
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, picture, publish
from tests.unit.ready import ready_workspace, settle
from tests.unit.third_party import install_third_party


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return ready_workspace(tmp_path)


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace.open(place) as opened:
        yield opened


@pytest.fixture
def recipe(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


def nobody(event: StationEvent) -> None:
    """Listens to a station that is only looked at through its ledger."""


def run(workspace: Workspace, recipe: Recipe, *serials: str) -> None:
    station = station_for(workspace, recipe, nobody)
    station.start()
    for serial in serials:
        station.trigger(Part(serial, "lot"))
    station.stop()


# The model


def test_the_model_is_the_recipes_or_the_one_that_is_asked_for(workspace: Workspace, recipe: Recipe) -> None:
    assert classifier_for(workspace, recipe).model_id == recipe.model_id
    bare = replace(recipe, model_id="")
    assert classifier_for(workspace, bare, recipe.model_id).model_id == recipe.model_id
    with pytest.raises(ModelError, match="no model yet; train one"):
        classifier_for(workspace, bare)


@pytest.mark.parametrize(
    "changes",
    [
        {"roi": Box(0, 0, 40, 40)},
        {"locate": LocateSettings(search_px=41)},
        {"locate": LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(0, 0, 9, 9))},
    ],
)
def test_a_model_of_other_views_is_refused(
    workspace: Workspace, recipe: Recipe, changes: dict[str, Box | LocateSettings]
) -> None:
    with pytest.raises(ModelError, match="train again, or set them back"):
        classifier_for(workspace, replace(recipe, **changes))  # type: ignore[arg-type]


def test_limits_camera_and_words_change_no_view(workspace: Workspace, recipe: Recipe) -> None:
    changed = replace(recipe, limits=Limits(5.0, 6.0), camera=CameraSettings("folder"), description="other words")
    assert classifier_for(workspace, changed).model_id == recipe.model_id


def test_without_a_model_a_setup_stands_and_nothing_passes(workspace: Workspace, recipe: Recipe) -> None:
    setup = setup_for(workspace, replace(recipe, model_id=""))
    assert setup.model is None
    run(workspace, replace(recipe, model_id=""), "1", "2")
    assert workspace.ledger.counts()[Decision.UNFIT] == 2


def test_the_template_is_the_stored_picture(workspace: Workspace, recipe: Recipe) -> None:
    digest = workspace.images.put(picture(3))
    aligned = replace(recipe, model_id="", locate=LocateSettings(LocateMode.TEMPLATE, digest, Box(0, 0, 32, 24)))
    template = setup_for(workspace, aligned).template
    assert template is not None and (template == picture(3)).all()


def test_a_template_that_is_away_is_said(workspace: Workspace, recipe: Recipe) -> None:
    away = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(0, 0, 32, 24))
    with pytest.raises(StoreError, match="not in this workspace"):
        setup_for(workspace, replace(recipe, model_id="", locate=away))


# The devices


def test_camera_and_line_are_opened_by_their_names(recipe: Recipe) -> None:
    with open_camera(recipe) as camera:
        assert isinstance(camera, SimulatedCamera)
    open_line(recipe).close()


@pytest.mark.parametrize("name", ["nosuch", ""])
def test_a_device_that_is_not_installed_is_named(workspace: Workspace, recipe: Recipe, name: str) -> None:
    with pytest.raises(DeviceError, match=f"no plug-in called '{name}'.*simulated"):
        open_camera(replace(recipe, camera=CameraSettings(name)))
    station = station_for(workspace, replace(recipe, line=LineSettings(name)), nobody)
    with pytest.raises(DeviceError, match=f"no plug-in called '{name}'"):
        station.start()
    assert station.status.state is StationState.STOPPED


def test_a_wrong_option_is_said_when_the_station_starts(workspace: Workspace, recipe: Recipe) -> None:
    wrong = replace(recipe, camera=CameraSettings("simulated", options={"widht": 100}))
    station = station_for(workspace, wrong, nobody)
    with pytest.raises(RecipeError, match="widht: unknown key"):
        station.start()
    assert station.status.state is StationState.STOPPED


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(install_third_party(tmp_path / "theirs")))


@pytest.mark.usefixtures("third_party")
def test_a_bug_in_a_plug_in_is_said_in_words_and_the_station_is_stopped(workspace: Workspace, recipe: Recipe) -> None:
    for changed in (
        replace(recipe, camera=CameraSettings("no-open")),
        replace(recipe, line=LineSettings("their-line")),
    ):
        station = station_for(workspace, changed, nobody)
        with pytest.raises(DeviceError, match="cannot be used: ZeroDivisionError: their bug in open"):
            station.start()
        assert station.status.state is StationState.STOPPED


@pytest.mark.usefixtures("third_party")
def test_what_a_plug_in_says_in_words_stays_as_it_is(recipe: Recipe) -> None:
    with pytest.raises(CameraLost, match=r"^their driver is not running; start it$"):
        open_camera(replace(recipe, camera=CameraSettings("away")))


# The station


def test_records_bear_the_stations_name_recipe_and_model(workspace: Workspace, recipe: Recipe) -> None:
    run(workspace, recipe, "1", "2")
    for record in workspace.ledger.records():
        assert record.inspection.station == workspace.settings.station
        assert (record.inspection.recipe_id, record.inspection.model_id) == (recipe.id, recipe.model_id)
        assert record.recipe == RECIPE
        assert workspace.images.has(record.inspection.frame_digest)


def test_settings_of_the_station_are_obeyed(place: Path) -> None:
    settle(place, station="press-7", store_pictures=False)
    with Workspace.open(place) as workspace:
        run(workspace, workspace.recipes.load(RECIPE), "1")
        [record] = workspace.ledger.records()
        assert record.inspection.station == "press-7"
        assert list(workspace.images.files()) == []


def test_an_edit_by_hand_between_loading_and_starting_waits_for_the_next_load(
    workspace: Workspace, recipe: Recipe
) -> None:
    station = station_for(workspace, recipe, nobody)
    path = workspace.recipes.path(RECIPE)
    path.write_text(path.read_text(encoding="utf-8").replace("reject = 1.0", "reject = 900.0"), encoding="utf-8")
    station.start()
    station.trigger(Part("1"))
    station.stop()
    [record] = workspace.ledger.records()
    assert record.inspection.recipe_id == recipe.id
    assert workspace.recipes.find(recipe.id).limits.reject == 1.0
    assert workspace.recipes.load(RECIPE).limits.reject == 900.0


def test_the_picture_of_every_record_can_be_judged_again_with_the_same_result(
    workspace: Workspace, recipe: Recipe
) -> None:
    from inspector.clock import SystemClock
    from inspector.domain import Frame
    from inspector.pipeline.assemble import inspect

    run(workspace, recipe, *(f"{number}" for number in range(10)))
    clock = SystemClock()
    for record in workspace.ledger.records():
        known = record.inspection
        setup = setup_for(workspace, workspace.recipes.find(known.recipe_id))
        frame = Frame(workspace.images.get(known.frame_digest), "replay", 0, 0, clock.now(), clock.ns())
        assert inspect(frame, known.part, setup, known.station, "again") == known


# Names


def test_parts_without_serials_are_numbered_on_from_run_to_run(workspace: Workspace, recipe: Recipe) -> None:
    first = numbered_on(workspace, recipe, "lot-1")
    assert [first(number).serial for number in (1, 2)] == ["00000001", "00000002"]
    run(workspace, recipe, "a", "b", "c")
    again = numbered_on(workspace, recipe, "lot-1")
    assert again(1) == Part("00000004", "lot-1", recipe.part_number)
    other = numbered_on(workspace, replace(recipe, name="other"), "lot-1")
    assert other(1).serial == "00000004", "two recipes share the lot, and never a name"


# The journal


def test_the_journal_keeps_what_happened_to_the_station(workspace: Workspace, recipe: Recipe) -> None:
    run(workspace, recipe, "1")
    kept = [event.detail["state"] for event in reversed(workspace.ledger.events(kind="station", recipe=RECIPE))]
    assert kept == ["starting", "running", "stopped"]


def test_a_fault_is_kept_with_its_words(workspace: Workspace, recipe: Recipe) -> None:
    faulted = threading.Event()

    def hear(event: StationEvent) -> None:
        if isinstance(event, Fault):
            faulted.set()

    losing = replace(recipe, line=LineSettings("simulated", deadline_ms=60_000, options={"lose_after": 1}))
    station = station_for(workspace, losing, hear)
    station.start()
    station.trigger(Part("1"))
    station.trigger(Part("2"))
    assert faulted.wait(10)
    station.stop()
    [event] = workspace.ledger.events(kind="fault")
    assert "controller" in event.detail["message"]


def test_a_ledger_that_cannot_keep_the_journal_stops_no_event(
    workspace: Workspace, recipe: Recipe, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[StationEvent] = []
    station = station_for(workspace, recipe, heard.append)
    ledger = workspace.path / "ledger.db"
    workspace.ledger.close()
    for left in workspace.path.glob("ledger.db*"):
        left.unlink()
    ledger.mkdir()
    station.start()
    station.stop()
    assert [event.status.state for event in heard if isinstance(event, StateChanged)][-1] is StationState.STOPPED
    assert [event for event in heard if isinstance(event, Fault)]
    assert "not in the ledger: station {'state': 'starting'" in caplog.text


def test_the_station_waits_for_no_ledger_that_is_locked(workspace: Workspace, recipe: Recipe) -> None:
    """Its journal is the writer's affair: a person's program on the ledger must not hold a verdict back."""
    judged = threading.Event()
    station = station_for(workspace, recipe, lambda event: judged.set() if isinstance(event, PartInspected) else None)
    with closing(sqlite3.connect(workspace.path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        station.start()
        station.trigger(Part("1"))
        assert judged.wait(4), "SQLite waits five seconds for a lock"
        other.execute("ROLLBACK")
    station.stop()
    assert len(workspace.ledger.records()) == 1


def test_every_part_is_passed_on_to_who_listens(workspace: Workspace, recipe: Recipe) -> None:
    heard: list[StationEvent] = []
    station = station_for(workspace, recipe, heard.append)
    station.start()
    station.trigger(Part("1"))
    station.stop()
    assert [event.inspection.part for event in heard if isinstance(event, PartInspected)] == [Part("1")]


# The challenger


def challenged(workspace: Workspace, recipe: Recipe, **promises: Any) -> str:
    """Put a second version of the brightness model in shadow, at limits that reject everything."""
    second = publish(workspace, 2, brightness_model(), **{"limits": Limits(-900.0, -800.0), **promises})
    challenge(workspace, recipe.name, second.card.id, "mia")
    return second.card.id


def test_nobody_challenges_until_somebody_says_so(workspace: Workspace, recipe: Recipe) -> None:
    assert challenger_for(workspace, recipe.id) is None
    challenge(workspace, RECIPE, challenged(workspace, recipe), "mia")
    challenge(workspace, RECIPE, "", "mia")
    assert challenger_for(workspace, recipe.id) is None


def test_a_challenger_decides_at_its_own_limits_and_with_one_thread(workspace: Workspace, recipe: Recipe) -> None:
    model_id = challenged(workspace, recipe)
    setup = challenger_for(workspace, recipe.id)
    assert setup is not None and setup.model is not None
    assert setup.model.model_id == model_id and setup.recipe.limits == Limits(-900.0, -800.0)
    assert (setup.recipe.roi, setup.recipe.fitness) == (recipe.roi, recipe.fitness)


def run_slowly(workspace: Workspace, recipe: Recipe, *serials: str) -> list[Decision]:
    """A run in which the challenger has the time to judge every part."""
    inspected = threading.Semaphore(0)
    decisions: list[Decision] = []

    def hear(event: StationEvent) -> None:
        if isinstance(event, PartInspected):
            decisions.append(event.inspection.verdict.decision)
            inspected.release()

    station = station_for(workspace, recipe, hear)
    station.start()
    for serial in serials:
        station.trigger(Part(serial, "lot"))
        assert inspected.acquire(timeout=10)
    deadline = threading.Event()
    for _ in range(500):
        stands = standing(workspace, RECIPE)
        if stands is None or stands.problem or sum(stands.pictures.values()) == len(serials):
            break
        deadline.wait(0.02)
    station.stop()
    return decisions


def test_a_station_lets_the_challenger_judge_too_and_keeps_both(workspace: Workspace, recipe: Recipe) -> None:
    alone = run_slowly(workspace, recipe, "1", "2", "3")
    model_id = challenged(workspace, recipe)
    beside = run_slowly(workspace, recipe, "1", "2", "3")
    assert alone == beside, "the simulated camera shows the same parts again"
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.challenger == model_id
    assert {would for _, would in stands.pictures} == {Decision.NG}
    assert sum(stands.pictures.values()) == 3
    assert {record.inspection.model_id for record in workspace.ledger.records()} == {recipe.model_id}
    assert workspace.ledger.events(TRIED)[0].detail == {"model": model_id, "judged": 3, "dropped": 0, "problem": ""}


def test_a_damaged_challenger_is_said_and_the_line_runs(workspace: Workspace, recipe: Recipe) -> None:
    model_id = challenged(workspace, recipe)
    (workspace.versions.load(RECIPE, model_id).folder / "model.tflite").write_bytes(b"nothing of use")
    run_slowly(workspace, recipe, "1", "2")
    assert len(workspace.ledger.records()) == 2
    stands = standing(workspace, RECIPE)
    assert stands is not None and model_id in stands.problem
