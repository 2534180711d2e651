"""The crossing from the station's threads to the screen: newest only, one knock at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from pytestqt.qtbot import QtBot

from gui.bridge import REJECTS, Bridge, Mailbox
from gui.session.running import STOPPED
from inspector.domain import Decision
from inspector.station import Durable, Fault, PartInspected, StateChanged
from tests.gui.rooms import inspected


def test_only_the_newest_part_is_kept() -> None:
    mailbox = Mailbox()
    first, second = inspected(Decision.OK), inspected(Decision.OK)
    assert mailbox.put(first)
    assert not mailbox.put(second), "the reader was told already"
    assert mailbox.take().newest is second
    assert mailbox.take().newest is None


def test_the_last_rejects_are_kept_newest_first() -> None:
    mailbox = Mailbox()
    rejects = [inspected(Decision.NG, str(number)) for number in range(REJECTS + 3)]
    for reject in rejects:
        mailbox.put(reject)
        mailbox.put(inspected(Decision.OK))
    kept = mailbox.take().rejects
    assert [one.inspection.part.serial for one in kept] == [str(number) for number in range(REJECTS + 2, 2, -1)]
    assert mailbox.take().rejects == kept


@pytest.mark.parametrize("decision", [Decision.RECHECK, Decision.UNFIT, Decision.NG])
def test_whatever_does_not_open_the_gate_is_a_reject(decision: Decision) -> None:
    mailbox = Mailbox()
    mailbox.put(inspected(decision))
    assert len(mailbox.take().rejects) == 1


def test_state_and_fault_arrive_once() -> None:
    mailbox = Mailbox()
    mailbox.put(StateChanged(STOPPED))
    mailbox.put(Fault("the lamp is out"))
    glance = mailbox.take()
    assert (glance.status, glance.fault) == (STOPPED, Fault("the lamp is out"))
    assert (mailbox.take().status, mailbox.take().fault) == (None, None)


def test_the_disk_is_news_only_for_what_somebody_waits_for() -> None:
    mailbox = Mailbox()
    mailbox.watch("b")
    assert not mailbox.put(Durable(("a",)))
    assert mailbox.put(Durable(("a", "b")))
    assert mailbox.take().durable == {"b"}
    assert not mailbox.put(Durable(("b",))), "it is watched once"


def test_one_knock_for_many_events(qtbot: QtBot) -> None:
    bridge = Bridge(look_ms=0)
    knocks: list[int] = []
    bridge.news.connect(lambda: knocks.append(1))
    event = inspected(Decision.OK)
    for _ in range(1000):
        bridge(event)
    qtbot.waitUntil(lambda: bool(knocks))
    assert len(knocks) == 1
    bridge.take()
    bridge(event)
    qtbot.waitUntil(lambda: len(knocks) == 2)


def test_twenty_thousand_events_from_four_threads(qtbot: QtBot) -> None:
    """Every reject is either among the last eight or was overtaken; the reader ends with the newest of all."""
    bridge = Bridge(look_ms=0)
    seen: list[PartInspected] = []

    def look() -> None:
        newest = bridge.take().newest
        if newest is not None:
            seen.append(newest)

    bridge.news.connect(look)
    events = [inspected(Decision.OK, side=16) for _ in range(100)]
    last = inspected(Decision.OK, "last", side=16)

    def send(_thread: int) -> None:
        for number in range(5000):
            bridge(events[number % 100])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send, range(4)))
        bridge(last)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] is last)
    assert len(seen) < 20_001


@pytest.mark.slow
def test_a_frozen_screen_costs_no_memory(qtbot: QtBot) -> None:
    """2,000 frames of 4 MP while nobody looks: as queued signals they would be 8 GB."""
    bridge = Bridge(look_ms=0)
    process = psutil.Process()
    before = process.memory_info().rss
    for number in range(2000):
        bridge(inspected(Decision.NG, str(number), side=2048))
    grown = process.memory_info().rss - before
    assert grown < (REJECTS + 4) * 2048 * 2048
    seen: list[str] = []
    bridge.news.connect(lambda: seen.append(bridge.take().rejects[0].inspection.part.serial))
    qtbot.waitUntil(lambda: seen == ["1999"])


def test_looks_are_apart(qtbot: QtBot) -> None:
    """However fast the line is, the screen looks at most once in look_ms."""
    bridge = Bridge(look_ms=200)
    looks: list[int] = []
    bridge.news.connect(lambda: looks.append(1) or bridge.take())
    done = threading.Event()
    event = inspected(Decision.OK, side=16)

    def line() -> None:
        while not done.wait(0.001):
            bridge(event)

    thread = threading.Thread(target=line)
    thread.start()
    qtbot.wait(500)
    done.set()
    thread.join()
    assert 1 <= len(looks) <= 3
