"""How the window comes up: application, theme, exception hook, session; and how it goes down again."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QApplication

from gui.garbage import MainThreadCollector
from gui.hook import ExceptionHook
from gui.log import LogTail, LogView
from gui.look import theme
from gui.look.tokens import DARK
from gui.session.running import Run
from gui.session.session import Session
from gui.window import Window
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Screen:
    """The window and what stands behind it; `close` ends all of it."""

    window: Window
    session: Session
    hook: ExceptionHook
    tail: LogTail
    collector: MainThreadCollector

    def close(self) -> None:
        self.window.close()
        self.collector.end()
        self.hook.remove()
        logging.getLogger().removeHandler(self.tail)


def make_application(arguments: Sequence[str] = ()) -> QApplication:
    """The one QApplication of this process."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication([sys.argv[0], *arguments])
    application.setApplicationName("Inspector")
    application.setDesktopFileName("inspector")
    if existing is None:
        theme.apply(application, DARK.name)
    return application


def open_screen(application: QApplication, workspace: Workspace, recipe: Recipe, run: Run | None = None) -> Screen:
    """A window over a workspace, not yet shown; faults of the program go to its fault bar from now on."""
    if theme.colours().name != workspace.settings.theme:
        theme.apply(application, workspace.settings.theme)
    tail = LogTail()
    logging.getLogger().addHandler(tail)
    session = Session(workspace, recipe, run)
    window = Window(session, LogView(tail))
    hook = ExceptionHook(window)
    hook.caught.connect(window.show_bug)
    hook.install()
    session.labelling.load()
    collector = MainThreadCollector()
    collector.begin()
    return Screen(window, session, hook, tail, collector)
