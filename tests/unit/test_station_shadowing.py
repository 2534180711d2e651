"""A challenger beside the line: it decides nothing, delays nothing, and what it was too slow for is said."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.domain import Decision, Part, Scores, View
from inspector.errors import ModelError
from inspector.pipeline.assemble import Setup
from inspector.recipe import Limits
from inspector.station import Durable, PartInspected, Shadowing, StationEvent
from inspector.station.shadowing import PARTS_WAITING
from inspector.store.entry import Note, Shadow
from inspector.store.workspace import Workspace
from tests.unit.stations import BrightnessModel, BrokenModel, Line, small_recipe

TIMEOUT_S = 10


class HeldModel(BrightnessModel):
    """A challenger that takes as long for a part as the test likes."""

    def __init__(self) -> None:
        super().__init__("v2-held", level=-1000.0)
        self.reached = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.niceness = 0

    def let_go(self) -> None:
        """Hold nothing any more."""
        self.go.release(1000)

    def classify(self, view: View) -> Scores:
        self.niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 0
        self.reached.release()
        assert self.go.acquire(timeout=TIMEOUT_S)
        return super().classify(view)


class ShadowedLine(Line):
    """A line with a challenger, whose words go through the station's own writer."""

    def __init__(self, workspace: Workspace, challenger: BrightnessModel | None) -> None:
        super().__init__(workspace, small_recipe())
        self.challenger = challenger
        self.asked: list[str] = []
        self.kept: list[Shadow] = []
        self.accounts: list[dict[str, Any]] = []
        self.judged = threading.Semaphore(0)
        self.told = threading.Semaphore(0)
        self.shadowing = Shadowing(self.find, self.keep, self.tell)

    def find(self, recipe_id: str) -> Setup | None:
        self.asked.append(recipe_id)
        return Setup(self.setup.recipe, self.challenger) if self.challenger else None

    def keep(self, shadow: Shadow) -> None:
        self.kept.append(shadow)
        self.judged.release()

    def tell(self, account: dict[str, Any]) -> None:
        self.accounts.append(account)
        self.told.release()

    def hear(self, event: StationEvent) -> None:
        super().hear(event)
        self.shadowing.hear(event)

    def inspect(self, *serials: str) -> None:
        """Send parts one after the other, each when the one before has its verdict."""
        for serial in serials:
            self.station.trigger(Part(serial, "lot"))
            assert self.inspected.acquire(timeout=TIMEOUT_S)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "workspace") as made:
        yield made


Lines = Callable[[BrightnessModel | None], ShadowedLine]


@pytest.fixture
def started(workspace: Workspace) -> Iterator[Lines]:
    lines: list[ShadowedLine] = []

    def start(challenger: BrightnessModel | None) -> ShadowedLine:
        lines.append(ShadowedLine(workspace, challenger))
        lines[-1].station.start()
        return lines[-1]

    yield start
    for line in lines:
        line.station.stop()


def verdicts(line: ShadowedLine) -> list[Decision]:
    return [event.inspection.verdict.decision for event in line.shown()]


def test_a_challenger_judges_the_same_frames_and_its_words_are_kept(started: Lines) -> None:
    line = started(BrightnessModel("v2-strict", level=-1000.0))
    line.inspect("1", "2", "3")
    for _ in range(3):
        assert line.judged.acquire(timeout=TIMEOUT_S)
    inspected = [event.inspection for event in line.shown()]
    assert {shadow.inspection_id for shadow in line.kept} == {one.id for one in inspected}
    assert {shadow.model_id for shadow in line.kept} == {"v2-strict"}
    assert all(shadow.verdict.decision is Decision.NG for shadow in line.kept)
    line.station.stop()
    assert line.accounts == [{"model": "v2-strict", "judged": 3, "dropped": 0, "problem": ""}]


def test_it_changes_no_verdict(workspace: Workspace, started: Lines) -> None:
    alone, beside = started(None), started(BrightnessModel("v2-strict", level=-1000.0))
    for line in (alone, beside):
        line.inspect("1", "2", "3", "4")
    assert verdicts(alone) == verdicts(beside)
    assert [event.inspection.model_id for event in beside.shown()] == ["v1-brightness"] * 4


def test_a_challenger_that_hangs_delays_no_verdict_and_the_newest_are_judged_first(started: Lines) -> None:
    model = HeldModel()
    line = started(model)
    line.inspect("first")
    assert model.reached.acquire(timeout=TIMEOUT_S), "it is at work on the first part"
    names = [f"{number:02d}" for number in range(PARTS_WAITING + 5)]
    line.inspect(*names)
    assert len(line.gates[0].log) == len(names) + 1, "the line has heard of every part meanwhile"
    assert line.kept == []
    model.go.release()
    model.go.release()
    assert line.judged.acquire(timeout=TIMEOUT_S) and line.judged.acquire(timeout=TIMEOUT_S)
    parts = {event.inspection.id: event.inspection.part.serial for event in line.shown()}
    assert [parts[shadow.inspection_id] for shadow in line.kept] == ["first", names[-1]]
    model.let_go()


def test_what_it_missed_is_counted_and_said(started: Lines, caplog: pytest.LogCaptureFixture) -> None:
    model = HeldModel()
    line = started(model)
    line.inspect("first")
    assert model.reached.acquire(timeout=TIMEOUT_S)
    line.inspect(*(f"{number}" for number in range(PARTS_WAITING + 5)))
    line.station.stop()
    assert line.accounts == [{"model": "v2-held", "judged": 0, "dropped": PARTS_WAITING + 6, "problem": ""}]
    assert f"v2-held judged 0 parts and missed {PARTS_WAITING + 6}" in caplog.text
    model.let_go()


def test_what_comes_to_an_end_after_the_stop_is_not_kept(started: Lines) -> None:
    model = HeldModel()
    line = started(model)
    line.inspect("1")
    assert model.reached.acquire(timeout=TIMEOUT_S)
    line.station.stop()
    model.let_go()
    for thread in threading.enumerate():
        if thread.name == "challenger":
            thread.join(TIMEOUT_S)
    assert line.kept == [] and line.accounts[0]["dropped"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives one thread a priority of its own")
def test_it_stands_back_behind_the_line(started: Lines) -> None:
    model = HeldModel()
    line = started(model)
    line.inspect("1")
    assert model.reached.acquire(timeout=TIMEOUT_S)
    model.let_go()
    assert model.niceness == os.getpriority(os.PRIO_PROCESS, 0) + 5


def test_without_a_challenger_nothing_is_said(started: Lines) -> None:
    line = started(None)
    line.inspect("1", "2")
    line.station.stop()
    assert line.asked == [line.setup.recipe_id]
    assert line.accounts == [] and line.kept == []


def test_an_unfit_picture_is_not_put_before_it(started: Lines) -> None:
    line = started(BrightnessModel("v2"))
    line.station.swap(Setup(replace(line.setup.recipe, name="without"), None))
    line.inspect("1", "2")
    line.station.stop()
    assert verdicts(line) == [Decision.UNFIT] * 2
    assert line.kept == [] and sum(account["dropped"] for account in line.accounts) == 0


def test_a_change_over_asks_anew_and_gives_account_of_the_old_trial(started: Lines) -> None:
    line = started(BrightnessModel("v2"))
    line.inspect("1")
    assert line.judged.acquire(timeout=TIMEOUT_S)
    changed = line.with_recipe(limits=Limits(5.0, 6.0))
    line.station.swap(changed)
    assert line.told.acquire(timeout=TIMEOUT_S)
    line.inspect("2")
    assert line.judged.acquire(timeout=TIMEOUT_S)
    line.station.stop()
    assert line.asked == [line.setup.recipe_id, changed.recipe_id]
    assert [account["judged"] for account in line.accounts] == [1, 1]


def test_a_pause_is_no_end(started: Lines) -> None:
    line = started(BrightnessModel("v2"))
    line.station.pause()
    line.station.resume()
    assert line.accounts == [] and len(line.asked) <= 1


def test_a_challenger_that_cannot_be_loaded_is_said_and_the_line_goes_on(started: Lines) -> None:
    line = started(None)
    line.station.stop()

    def refuse(recipe_id: str) -> Setup | None:
        raise ModelError("v9: its folder is damaged")

    line.shadowing = Shadowing(refuse, line.keep, line.tell)
    line.station.start()
    assert line.told.acquire(timeout=TIMEOUT_S)
    line.inspect("1", "2")
    assert line.accounts == [{"model": "", "judged": 0, "dropped": 0, "problem": "v9: its folder is damaged"}]
    assert len(line.gates[-1].log) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_it_ends_the_trial_and_not_the_line(started: Lines) -> None:
    line = started(BrokenModel("v2-broken"))
    line.inspect("1")
    assert line.told.acquire(timeout=TIMEOUT_S)
    line.inspect("2", "3")
    assert "a fault in the program" in line.accounts[0]["problem"]
    assert len(line.gates[0].log) == 3 and line.faults() == []


# Through the station's own writer


def test_its_words_lie_in_the_ledger_beside_the_inspections(workspace: Workspace) -> None:
    durable = threading.Event()
    writers = []

    class Written(ShadowedLine):
        def open_writer(self, on_durable: Any, on_fault: Any) -> Any:
            writers.append(super().open_writer(on_durable, on_fault))
            return writers[-1]

        def keep(self, shadow: Shadow) -> None:
            writers[-1].note(shadow)
            super().keep(shadow)

        def tell(self, account: dict[str, Any]) -> None:
            writers[-1].note(Note(self.shown()[0].timing.inspected_at, "tried", "test", account))

        def hear(self, event: StationEvent) -> None:
            super().hear(event)
            if isinstance(event, Durable):
                durable.set()

    line = Written(workspace, BrightnessModel("v2-strict", level=-1000.0))
    line.station.start()
    line.inspect("1", "2")
    for _ in range(2):
        assert line.judged.acquire(timeout=TIMEOUT_S)
    line.station.stop()
    ids = [line.setup.recipe_id]
    found = workspace.ledger.shadows(ids, "v2-strict")
    was = [event.inspection.verdict.decision for event in line.shown()]
    differing = [decision for decision in was if decision is not Decision.NG]
    assert [shadow.verdict.decision for _, shadow in found] == [Decision.NG] * len(differing)
    assert sum(workspace.ledger.shadow_counts(ids, "v2-strict").values()) == 2
    assert workspace.ledger.events("tried")[0].detail["judged"] == 2
    assert workspace.ledger.verify() is None
    assert isinstance(line.shown()[0], PartInspected)
