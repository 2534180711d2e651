"""A live picture for adjusting a camera: one thread makes every call to it, the screen gets the newest picture."""

from __future__ import annotations

import threading
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from gui.look.images import to_image
from inspector import plugins
from inspector.devices.camera import Camera, CameraBackend
from inspector.errors import InspectorError, TriggerTimeout
from inspector.recipe import CameraSettings, TriggerMode

REST_S = 0.1


class Preview(QObject):
    """At most one camera at a time. Signals come in the main thread.

    opened: the camera's parameters (tuple of Parameter); adjusted: (name, what the camera made of the value);
    pictured: `image` has changed; failed: InspectorError, and the camera is given back; ended: it is given back.
    """

    opened = Signal(object)
    adjusted = Signal(str, float)
    pictured = Signal()
    failed = Signal(object)
    ended = Signal()
    _knock = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._wishes: dict[str, float] = {}
        self._image = QImage()
        self._pending = False
        self._knock.connect(self._show, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def image(self) -> QImage:
        with self._lock:
            return self._image

    def start(self, settings: CameraSettings) -> None:
        """Open a camera and show what it sees; whatever was open is given back first."""
        self.stop()
        self._stopping = threading.Event()
        self._wishes.clear()
        self._thread = threading.Thread(target=self._run, args=(settings, self._stopping), name="preview", daemon=True)
        self._thread.start()

    def adjust(self, name: str, value: float) -> None:
        """Set a parameter before the next picture; of several values for one name the last one counts."""
        with self._lock:
            self._wishes[name] = value

    def stop(self) -> None:
        """Give the camera back; returns when that is done."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, settings: CameraSettings, stopping: threading.Event) -> None:
        try:
            backend = cast(CameraBackend, plugins.load(plugins.CAMERAS, settings.backend))
            with backend.open(settings) as camera:
                self.opened.emit(tuple(camera.parameters()))
                camera.arm(TriggerMode.SOFTWARE)
                self._watch(camera, stopping)
        except InspectorError as error:
            self.failed.emit(error)
        finally:
            self.ended.emit()

    def _watch(self, camera: Camera, stopping: threading.Event) -> None:
        number = 0
        while not stopping.wait(REST_S):
            self._grant(camera)
            camera.trigger(number)
            number += 1
            try:
                frame = camera.next_frame(1.0)
            except TriggerTimeout:
                continue  # the next one may come; the picture shown stays
            self._keep(to_image(frame.pixels))

    def _grant(self, camera: Camera) -> None:
        with self._lock:
            wishes, self._wishes = self._wishes, {}
        for name, value in wishes.items():
            self.adjusted.emit(name, camera.set_parameter(name, value))

    def _keep(self, image: QImage) -> None:
        with self._lock:
            self._image = image
            told, self._pending = self._pending, True
        if not told:
            self._knock.emit()

    def _show(self) -> None:
        with self._lock:
            self._pending = False
        self.pictured.emit()
