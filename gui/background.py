"""Work that must not hold up the screen: disk, database and models run here, answers come back in the main thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from inspector.errors import InspectorError

Answer = TypeVar("Answer")


class Background(QObject):
    """Runs calls one after the other (or on `threads` threads) and hands each answer to the main thread.

    Faults of the world go to `failed`; any other exception is raised in the main thread, where the exception hook
    shows it: a bug in a thread is never silent.
    """

    failed = Signal(object)
    _finished = Signal(object, object, object)

    def __init__(self, name: str, threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Answer],
        done: Callable[[Answer], object] | None = None,
        failed: Callable[[InspectorError], object] | None = None,
    ) -> Future[Answer]:
        """Start `work` in a thread; `done` or `failed` (default: the signal) is called in the main thread.

        After `close` nothing is started, and the Future is a cancelled one.
        """
        if self._closed:  # a late signal of a window that goes down
            future: Future[Answer] = Future()
            future.cancel()
            return future
        future = self._pool.submit(work)
        future.add_done_callback(lambda ready: self._finished.emit(ready, done, failed))
        return future

    def _deliver(
        self,
        future: Future[Any],
        done: Callable[[Any], object] | None,
        failed: Callable[[InspectorError], object] | None,
    ) -> None:
        if self._closed or future.cancelled():
            return
        error = future.exception()
        if isinstance(error, InspectorError):
            (failed or self.failed.emit)(error)
        elif error is not None:
            raise error
        elif done is not None:
            done(future.result())

    def close(self) -> None:
        """Let the call under way finish, forget the rest; nothing is delivered afterwards."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
