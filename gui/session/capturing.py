"""Good parts are shown to the camera: each picture is kept in the background, the screen gets the newest one."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.look.images import to_image
from inspector.domain import Frame
from inspector.errors import InspectorError
from inspector.learning.shown import Shown
from inspector.recipe import Recipe
from inspector.showing import Showing
from inspector.store.workspace import Workspace


class Capturing(QObject):
    """One showing at a time. Every call returns at once; signals come in the main thread.

    busy: from `start` until `ended`. by_hand: whether a person has to ask for each part of this showing.
    began: the camera is open. shown (Shown): what became of the newest picture, which is `image`. taken_back (its
    name): the last part is learned from no more. ended: the camera is free. failed: InspectorError.
    """

    began = Signal()
    shown = Signal(object)
    taken_back = Signal(str)
    ended = Signal()
    failed = Signal(object)
    _knock = Signal()
    _over = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self.by_hand = False
        self.busy = False
        self.image = QImage()
        self._workspace = workspace
        self._recipe = recipe
        self._work = Background("capturing", parent=self)
        self._work.failed.connect(self.failed)
        self._showing: Showing | None = None
        self._asked = self._closed = False
        self._guard = threading.Lock()
        self._newest: tuple[Shown, QImage] | None = None
        self._knock.connect(self._look, Qt.ConnectionType.QueuedConnection)
        self._over.connect(self._end, Qt.ConnectionType.QueuedConnection)

    @property
    def good_parts(self) -> int:
        """How many there are to learn from, as far as a showing has counted them."""
        return self._showing.parts.good_parts if self._showing else 0

    @property
    def kept(self) -> int:
        """How many were shown since the camera was opened, and not taken back."""
        return self._showing.parts.kept if self._showing else 0

    def start(self) -> None:
        """Open the camera; `began` or `failed` follows."""
        if not self.busy:
            recipe = self._recipe
            self.busy, self.by_hand = True, recipe.camera.by_hand
            self.image, self._asked = QImage(), False
            self._work.run(lambda: self._open(recipe), lambda _none: self.began.emit(), self._not_opened)

    def take(self) -> None:
        """Keep the part that lies under the camera; a second touch before its picture has come asks for nothing."""
        if self.busy and self.by_hand and self._showing is not None and not self._asked:
            self._asked = True
            self._showing.take()

    def take_back(self) -> None:
        """The last part shown was not good; `taken_back` follows."""
        showing = self._showing
        if showing is not None:
            self._work.run(showing.parts.take_back, self.taken_back.emit)

    def stop(self) -> None:
        """Give the camera back; `ended` follows."""
        showing = self._showing
        if self.busy and showing is not None:
            self._work.run(showing.stop)

    def change(self, recipe: Recipe) -> None:
        """Another recipe runs; a showing under way goes on with the one that it began with."""
        self._recipe = recipe

    def close(self) -> None:
        """What was shown is kept; returns when the camera is free, and tells nothing any more."""
        self._closed = True
        self._work.close()
        if self._showing is not None:
            self._showing.stop()

    def _open(self, recipe: Recipe) -> None:
        self._showing = None
        showing = Showing(self._workspace, recipe, self._keep, self._over.emit)
        showing.start()
        self._showing = showing

    def _not_opened(self, error: InspectorError) -> None:
        self.busy = False
        self.failed.emit(error)
        self.ended.emit()

    def _keep(self, shown: Shown, frame: Frame) -> None:
        """In the camera's thread."""
        image = to_image(frame.pixels) if frame.pixels.size else QImage()
        with self._guard:
            told, self._newest = self._newest is not None, (shown, image)
        if not told:
            self._knock.emit()

    def _look(self) -> None:
        with self._guard:
            newest, self._newest = self._newest, None
        if newest is not None and not self._closed:
            self._asked = False
            one, self.image = newest
            self.shown.emit(one)

    def _end(self, problem: InspectorError | None) -> None:
        self.busy = False
        if self._closed:  # late news for a window that goes down
            return
        if problem is not None:
            self.failed.emit(problem)
        self.ended.emit()
