"""Ends the window in good order when the system asks: Ctrl+C in its terminal, or a service manager's SIGTERM."""

from __future__ import annotations

import signal
import socket
from types import FrameType

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Quits the application's loop on a signal; what is under way is then finished as if the window had been closed.

    Qt's loop runs no Python while nothing happens, so a plain handler would wait for the next mouse move: the signal's
    number comes through a socket, which wakes the loop.
    """

    def __init__(self, application: QApplication) -> None:
        self._application = application
        self._ear, self._mouth = socket.socketpair()
        for end in (self._ear, self._mouth):
            end.setblocking(False)
        self._before = {number: signal.signal(number, self._noted) for number in _SIGNALS}
        self._wakeup_before = signal.set_wakeup_fd(self._mouth.fileno())
        self._notifier = QSocketNotifier(self._ear.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._heard)

    def remove(self) -> None:
        """Leave the signals as they were."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._ear.close()
        self._mouth.close()

    def _noted(self, number: int, frame: FrameType | None) -> None:
        """Python asks for a handler; the work is done where the socket is heard."""

    def _heard(self) -> None:
        self._ear.recv(64)
        self._application.quit()
