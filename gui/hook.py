"""What becomes of an exception that nobody caught: into the log with its traceback, and onto the screen in words."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from inspector.errors import InspectorError

log = logging.getLogger(__name__)


class ExceptionHook(QObject):
    """Stands at the end of every thread; `caught` (what, why) comes in the main thread, and the program lives on.

    Qt swallows what a slot raises, and a thread dies in silence: without this hook the screen would freeze in a state
    that nobody can explain.
    """

    caught = Signal(str, str)
    _anywhere = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._anywhere.connect(self.caught, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread

    def remove(self) -> None:
        """Put back what stood there before."""
        sys.excepthook, threading.excepthook = self._before

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self._before[0](kind, error, trace)
            return
        if isinstance(error, InspectorError):
            log.error("%s", error)
            self._anywhere.emit(self.tr("This did not work"), str(error))
            return
        log.critical("a fault in the program", exc_info=(kind, error, trace))
        self._anywhere.emit(self.tr("A fault in the program; the station itself goes on"), f"{kind.__name__}: {error}")

    def _take_from_thread(self, failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            self._take(failure.exc_type, failure.exc_value, failure.exc_traceback)
