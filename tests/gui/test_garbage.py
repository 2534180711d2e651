"""Cyclic garbage dies in the main thread."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from gui.garbage import MainThreadCollector


class Knot:
    """Garbage that only the collector finds; says in which thread it died."""

    deaths: list[str] = []  # noqa: RUF012  (a test's own notebook)

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Knot.deaths.append(threading.current_thread().name)


@pytest.fixture
def collector() -> Iterator[MainThreadCollector]:
    made = MainThreadCollector()
    made.begin()
    Knot.deaths.clear()
    yield made
    made.end()


def litter() -> None:
    for _ in range(3000):
        Knot()


def test_a_thread_that_litters_does_not_collect(qtbot: QtBot, collector: MainThreadCollector) -> None:
    thread = threading.Thread(target=litter, name="litterer")
    thread.start()
    thread.join()
    assert Knot.deaths == []
    qtbot.waitUntil(lambda: len(Knot.deaths) == 3000)
    assert set(Knot.deaths) == {threading.main_thread().name}


def test_python_collects_again_afterwards(collector: MainThreadCollector) -> None:
    assert not gc.isenabled()
    collector.end()
    assert gc.isenabled()
