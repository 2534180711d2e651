"""What every test of the screen stands on: no window system, a real workspace and model, nothing left behind."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before the first import of Qt

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.application import Screen, make_application, open_screen
from gui.look import theme
from gui.look.tokens import DARK
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, furnish


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """pytest-qt's own application, made the way the program makes it."""
    application = make_application()
    theme.apply(application, "dark")
    return application


@pytest.fixture(scope="module", autouse=True)
def what_was_loaded(qapp: QApplication) -> None:
    """What imports made, also those of the first tests, is no test's garbage and need not be looked through each time.

    Between two files nothing of a test is left to be kept by mistake.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_is_left(qapp: QApplication) -> Iterator[None]:
    """Whatever a test began has ended with it: threads and windows."""
    if theme.colours() is not DARK:
        theme.apply(qapp, "dark")
    before = set(threading.enumerate())
    yield
    windows = qapp.topLevelWidgets()
    for widget in windows:
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
    if windows:
        gc.collect()  # here, in the main thread: a widget that is collected in a worker takes the process along
    left = [thread.name for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert left == []


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with furnish(tmp_path) as made:
        yield made


@pytest.fixture
def screen(qapp: QApplication, qtbot: QtBot, workspace: Workspace) -> Iterator[Screen]:
    """The whole window over the workspace, shown, its line stopped."""
    opened = open_screen(qapp, workspace, workspace.recipes.load(RECIPE))
    opened.hook.remove()  # pytest-qt has its own, which fails the test
    opened.window.show()
    qtbot.waitExposed(opened.window)
    qtbot.waitUntil(lambda: opened.session.labelling.classes == ("dent", "scratch"))
    yield opened
    opened.close()
