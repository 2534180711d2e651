"""The writer: durable before acknowledged, in order, in groups; and a fault is told once and never hidden."""

from __future__ import annotations

import dataclasses
import logging
import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, FrameStatus, Label
from inspector.errors import StoreError
from inspector.store.entry import Entry, Note
from inspector.store.images import ImageStore
from inspector.store.ledger import Ledger
from inspector.store.writer import Writer
from tests.unit.store_entries import NOON, entry, picture, pictured


class Bench:
    """A ledger, a picture store and what a writer on them says. A closed `gate` holds the acknowledgements back."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.db", busy_timeout_s=0.5)
        self.images = ImageStore(folder / "images")
        self.groups: list[list[str]] = []
        self.faults: queue.Queue[StoreError] = queue.Queue()
        self.reached = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def writer(self, **settings: int) -> Writer:
        return Writer(
            lambda: self.ledger,
            self.images,
            on_durable=self.durable,
            on_fault=self.faults.put,
            **{"commit_ms": 5, "free_space_mb": 0, **settings},
        )

    def durable(self, ids: Sequence[str]) -> None:
        for each in ids:
            record = self.ledger.record(each)
            if record.inspection.part.serial.startswith("S"):
                self.images.get(record.inspection.frame_digest, verify=True)
        self.groups.append(list(ids))
        self.reached.set()
        self.gate.wait()

    @property
    def acknowledged(self) -> list[str]:
        return [each for group in self.groups for each in group]

    def recorded(self) -> list[str]:
        return [record.inspection.id for record in self.ledger.records(newest_first=False, limit=None)]

    def close(self) -> None:
        self.ledger.close()
        self.images.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as made:
        yield made


def ids(entries: Sequence[Entry]) -> list[str]:
    return [each.inspection.id for each in entries]


def test_an_acknowledged_entry_is_in_the_ledger_and_its_picture_readable(bench: Bench) -> None:
    """The check itself stands in Bench.durable, at the moment of the acknowledgement."""
    entries = [pictured(n) for n in range(12)]
    with bench.writer() as writer:
        for each in entries:
            writer.submit(each)
    assert bench.acknowledged == ids(entries) == bench.recorded()
    assert writer.undurable == 0 and writer.fault is None


def test_closing_writes_all_that_was_taken(bench: Bench) -> None:
    writer = bench.writer(commit_ms=1000)
    entries = [pictured(n) for n in range(5)]
    for each in entries:
        writer.submit(each)
    writer.close()
    writer.close()
    assert bench.acknowledged == ids(entries)


def test_a_writer_that_got_nothing_closes(bench: Bench) -> None:
    bench.writer().close()
    assert bench.groups == []


def test_what_waits_is_written_as_one_group(bench: Bench) -> None:
    bench.gate.clear()
    writer = bench.writer(commit_ms=1)
    writer.submit(pictured(0))
    assert bench.reached.wait(10)
    waiting = [pictured(n) for n in range(1, 31)]
    for each in waiting:
        writer.submit(each)
    assert writer.undurable == 30
    bench.gate.set()
    writer.close()
    assert [len(group) for group in bench.groups] == [1, 30]


def test_no_group_is_so_large_that_its_first_waits_for_ever(bench: Bench) -> None:
    bench.gate.clear()
    writer = bench.writer(commit_ms=1)
    writer.submit(pictured(0))
    assert bench.reached.wait(10)
    for number in range(250):
        writer.submit(entry(number, serial="no picture"))
    bench.gate.set()
    writer.close()
    assert [len(group) for group in bench.groups] == [1, 100, 100, 50]


def test_frames_that_never_came_are_recorded_without_a_picture(bench: Bench) -> None:
    empty = entry(1, pixels=np.empty((0, 0), np.uint8), serial="missing", status=FrameStatus.MISSING)
    with bench.writer() as writer:
        writer.submit(empty)
        writer.submit(entry(2, serial="not kept"))
    assert bench.recorded() == bench.acknowledged
    assert list(bench.images.files()) == [] and bench.ledger.pictures() == set()


def test_a_disk_that_is_too_slow_is_a_fault_and_loses_nothing_taken(bench: Bench) -> None:
    bench.gate.clear()
    writer = bench.writer(commit_ms=1, queue_size=3)
    entries = [pictured(n) for n in range(4)]
    writer.submit(entries[0])
    assert bench.reached.wait(10)
    for each in entries[1:]:
        writer.submit(each)
    for _ in range(2):
        with pytest.raises(StoreError, match="3 inspections wait to be written"):
            writer.submit(pictured(9))
    assert "use a faster disk" in str(bench.faults.get_nowait())
    bench.gate.set()
    with pytest.raises(StoreError, match="the disk is too slow"):
        writer.submit(pictured(10))
    writer.close()
    assert bench.acknowledged == ids(entries) == bench.recorded()
    assert bench.faults.empty()


def test_too_little_free_space_stops_the_writer_before_the_disk_is_full(bench: Bench) -> None:
    writer = bench.writer(free_space_mb=10**9)
    writer.submit(pictured(1))
    fault = bench.faults.get(timeout=10)
    assert "expected at least 1000000000 MB free" in str(fault) and str(bench.images.folder) in str(fault)
    with pytest.raises(StoreError, match="nearly full"):
        writer.submit(pictured(2))
    writer.close()
    assert bench.recorded() == bench.acknowledged == []
    assert writer.undurable == 1
    assert bench.faults.empty()


def test_a_ledger_locked_by_another_program_is_a_fault_and_stays_whole(bench: Bench) -> None:
    with closing(sqlite3.connect(bench.ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer = bench.writer()
        writer.submit(pictured(1))
        assert "another program keeps the ledger locked" in str(bench.faults.get(timeout=10))
        writer.close()
        other.execute("ROLLBACK")
    assert bench.acknowledged == bench.recorded() == []
    with bench.writer() as again:
        again.submit(pictured(1))
    assert len(bench.recorded()) == 1


def test_a_person_labels_while_the_station_writes(bench: Bench, tmp_path: Path) -> None:
    first = pictured(0)
    bench.ledger.append([first])
    other = Ledger(tmp_path / "ledger.db")
    with bench.writer(commit_ms=1) as writer:
        for number in range(1, 60):
            writer.submit(entry(number, serial="x"))
            other.add_label(Label(first.inspection.id, "mia", NOON, GOOD))
    other.close()
    assert bench.faults.empty()
    assert len(bench.recorded()) == 60
    assert len(bench.ledger.record(first.inspection.id).labels) == 59


def kept_notes(bench: Bench) -> list[str]:
    return [event.kind for event in reversed(bench.ledger.events())]


def test_a_note_shares_the_commit_of_the_parts_beside_it(bench: Bench) -> None:
    with bench.writer(commit_ms=1) as writer:
        writer.note(Note(NOON, "station", "cap", {"state": "running"}))
        writer.submit(pictured(1))
        assert bench.reached.wait(10)
        [event] = bench.ledger.events()
    assert (event.kind, event.recipe, event.detail) == ("station", "cap", {"state": "running"})
    assert event.happened_at == NOON


def test_a_note_alone_is_written_at_the_end_at_the_latest(bench: Bench) -> None:
    with bench.writer() as writer:
        writer.note(Note(NOON, "station", None, {}))
    assert kept_notes(bench) == ["station"]
    assert bench.groups == [], "nobody waits for the acknowledgement of a note"


def test_what_stopped_the_line_is_noted_although_the_writer_takes_no_more_parts(bench: Bench) -> None:
    writer = bench.writer(free_space_mb=10**9)
    writer.note(Note(NOON, "station", "cap", {}))
    writer.submit(pictured(1))
    fault = bench.faults.get(timeout=10)
    writer.note(Note(NOON, "fault", "cap", {"message": str(fault)}))
    writer.close()
    assert kept_notes(bench) == ["station", "fault"] and bench.recorded() == []


def test_a_note_that_cannot_be_kept_is_in_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(bench.ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with bench.writer() as writer:
            writer.note(Note(NOON, "lamp", "cap", {}))
        other.execute("ROLLBACK")
    writer.note(Note(NOON, "late", "cap", {}))
    assert "not in the ledger: lamp" in caplog.text and "another program keeps the ledger locked" in caplog.text
    assert "not in the ledger: late {}: the writer is closed" in caplog.text


def test_a_closed_writer_takes_nothing(bench: Bench) -> None:
    writer = bench.writer()
    writer.close()
    with pytest.raises(StoreError, match="the writer is closed"):
        writer.submit(pictured(1))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_program_stops_the_line_and_is_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    of_another = dataclasses.replace(pictured(1), pixels=picture(2))
    writer = bench.writer()
    writer.submit(of_another)
    assert "a fault of the program; see the log" in str(bench.faults.get(timeout=10))
    writer.close()
    assert bench.recorded() == []
    (logged,) = [line for line in caplog.records if line.levelno == logging.CRITICAL]
    assert logged.exc_info is not None and "is not of the picture" in str(logged.exc_info[1])
