"""Exceptions that nobody caught: logged with their traceback, shown in words, and the program lives on."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from gui.hook import ExceptionHook
from inspector.errors import CameraLost


@pytest.fixture
def hook() -> Iterator[ExceptionHook]:
    made = ExceptionHook()
    made.install()
    yield made
    made.remove()


def raise_bug() -> None:
    raise ZeroDivisionError("a bug")


@pytest.mark.qt_no_exception_capture
def test_a_bug_in_a_slot_is_logged_and_shown(
    qtbot: QtBot, hook: ExceptionHook, caplog: pytest.LogCaptureFixture
) -> None:
    with qtbot.waitSignal(hook.caught) as told:
        QTimer.singleShot(0, raise_bug)
    assert told.args[1] == "ZeroDivisionError: a bug"
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert record.exc_info is not None
    assert "raise_bug" in logging.Formatter().formatException(record.exc_info)


@pytest.mark.qt_no_exception_capture
def test_a_bug_in_a_thread_arrives_in_the_main_thread(qtbot: QtBot, hook: ExceptionHook) -> None:
    threads: list[str] = []
    hook.caught.connect(lambda _what, _why: threads.append(threading.current_thread().name))
    with qtbot.waitSignal(hook.caught) as told:
        thread = threading.Thread(target=raise_bug)
        thread.start()
        thread.join()
    assert "a bug" in told.args[1]
    assert threads == [threading.main_thread().name]


def test_a_fault_of_the_world_is_told_without_a_traceback(
    qtbot: QtBot, hook: ExceptionHook, caplog: pytest.LogCaptureFixture
) -> None:
    with qtbot.waitSignal(hook.caught) as told:
        error = CameraLost("camera 7: unplugged; plug it in again")
        sys.excepthook(CameraLost, error, None)
    assert told.args[1] == "camera 7: unplugged; plug it in again"
    assert [record.exc_info for record in caplog.records] == [None]


@pytest.mark.qt_no_exception_capture
def test_an_interrupt_goes_its_usual_way(qtbot: QtBot, hook: ExceptionHook, capsys: pytest.CaptureFixture[str]) -> None:
    with qtbot.assertNotEmitted(hook.caught, wait=20):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_what_stood_there_before_comes_back() -> None:
    before = (sys.excepthook, threading.excepthook)
    hook = ExceptionHook()
    hook.install()
    assert (sys.excepthook, threading.excepthook) != before
    hook.remove()
    assert (sys.excepthook, threading.excepthook) == before
