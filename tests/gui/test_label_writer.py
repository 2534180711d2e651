"""Labels on their way to disk: in order, also when the person was faster than the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from gui.background import Background
from gui.session.label_writer import LabelWriter
from inspector.domain import Decision, Label
from inspector.station import PartInspected
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, inspected


class Desk:
    """A LabelWriter, and what it asked for and was told."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.work = Background("labels")
        self.watched: list[str] = []
        self.written: list[str] = []
        self.faults: list[str] = []
        self.writer = LabelWriter(workspace.ledger, self.watched.append, self.work)
        self.writer.failed.connect(lambda error: self.faults.append(str(error)))

    def say(self, inspection_id: str, word: str) -> None:
        label = Label(inspection_id, "kim", datetime.now(UTC), word)
        self.writer.write(label, lambda: self.written.append(word))

    def record(self, event: PartInspected) -> None:
        """The station's writer brings the record to disk."""
        self.workspace.ledger.append([Entry(event.inspection, event.timing, RECIPE, None)])

    def words_on(self, inspection_id: str) -> list[str]:
        return [label.defect_class for label in self.workspace.ledger.record(inspection_id).labels]


@pytest.fixture
def desk(workspace: Workspace) -> Iterator[Desk]:
    made = Desk(workspace)
    yield made
    made.work.close()


@pytest.fixture
def event() -> PartInspected:
    return inspected(Decision.OK)


def test_a_label_on_a_record_is_written_at_once(qtbot: QtBot, desk: Desk, event: PartInspected) -> None:
    desk.record(event)
    desk.say(event.inspection.id, "dent")
    qtbot.waitUntil(lambda: desk.written == ["dent"])
    assert desk.words_on(event.inspection.id) == ["dent"]


def test_a_label_waits_for_its_record(qtbot: QtBot, desk: Desk, event: PartInspected) -> None:
    identity = event.inspection.id
    desk.say(identity, "dent")
    desk.say(identity, "scratch")
    assert desk.watched == [identity]
    qtbot.wait(50)
    assert (desk.written, desk.faults) == ([], [])
    desk.record(event)
    desk.writer.now_durable([identity])
    qtbot.waitUntil(lambda: desk.written == ["dent", "scratch"])
    assert desk.words_on(identity) == ["dent", "scratch"]


def test_the_record_may_arrive_while_the_label_looks_for_it(qtbot: QtBot, desk: Desk, event: PartInspected) -> None:
    """The word "on disk" comes before the answer "not there": the label must not wait for a second word."""
    desk.say(event.inspection.id, "dent")
    desk.record(event)
    desk.writer.now_durable([event.inspection.id])
    qtbot.waitUntil(lambda: desk.written == ["dent"])
    assert desk.words_on(event.inspection.id) == ["dent"], "once, not twice"


def test_labels_on_other_parts_do_not_wait(qtbot: QtBot, desk: Desk, event: PartInspected) -> None:
    other = inspected(Decision.OK, "8")
    desk.record(other)
    desk.say(event.inspection.id, "dent")
    desk.say(other.inspection.id, "scratch")
    qtbot.waitUntil(lambda: desk.written == ["scratch"])


def test_a_ledger_that_cannot_be_read_is_a_fault(qtbot: QtBot, desk: Desk, event: PartInspected) -> None:
    """Not a matter of waiting: the label would be lost without a word."""
    ledger = desk.workspace.ledger
    ledger.close()
    for file in ledger.path.parent.glob("ledger.db*"):
        file.write_bytes(b"no database any more" * 1000)
    desk.say(event.inspection.id, "dent")
    qtbot.waitUntil(lambda: len(desk.faults) == 1)
    assert "ledger.db" in desk.faults[0]


def test_news_of_a_part_that_nobody_labelled_is_ignored(desk: Desk) -> None:
    desk.writer.now_durable(["somebody else"])
    assert desk.written == []
