"""Work beside the screen: answers and faults come back in the main thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from gui.background import Background
from inspector.errors import InspectorError, StoreError


@pytest.fixture
def work() -> Iterator[Background]:
    made = Background("test")
    yield made
    made.close()


def test_the_answer_comes_back_in_the_main_thread(qtbot: QtBot, work: Background) -> None:
    threads: list[str] = []
    work.run(
        lambda: threading.current_thread().name, lambda name: threads.extend((name, threading.current_thread().name))
    )
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0].startswith("test")
    assert threads[1] == threading.main_thread().name


def test_answers_come_in_the_order_of_the_calls(qtbot: QtBot, work: Background) -> None:
    answers: list[int] = []
    for number in range(50):
        work.run(lambda number=number: number, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 50)
    assert answers == list(range(50))


def fail() -> None:
    raise StoreError("the disk is full")


def test_a_fault_of_the_world_goes_to_the_one_who_asked(qtbot: QtBot, work: Background) -> None:
    faults: list[InspectorError] = []
    work.failed.connect(lambda _error: pytest.fail("nobody else is to hear of it"))
    work.run(fail, None, faults.append)
    qtbot.waitUntil(lambda: [str(fault) for fault in faults] == ["the disk is full"])


def test_a_fault_that_nobody_takes_is_told_to_everybody(qtbot: QtBot, work: Background) -> None:
    with qtbot.waitSignal(work.failed) as told:
        work.run(fail)
    assert str(told.args[0]) == "the disk is full"


def test_a_bug_is_raised_where_the_hook_hears_it(qtbot: QtBot, work: Background) -> None:
    with capture_exceptions() as caught:
        work.run(lambda: 1 // 0, lambda _answer: pytest.fail("there is no answer"))
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError


def test_nothing_is_delivered_after_the_end(qtbot: QtBot) -> None:
    work = Background("test")
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        go_on.wait(10)

    work.run(slow, lambda _none: pytest.fail("too late"))
    work.run(lambda: None, lambda _none: pytest.fail("never begun"))
    assert started.wait(10)
    go_on.set()
    work.close()
    assert work.run(lambda: pytest.fail("closed")).cancelled()
    qtbot.wait(20)
