"""What a training left out: a person's word on each picture is kept in the background, and a large picture fetched."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.look.images import to_image
from inspector.domain import GOOD, UNNAMED
from inspector.learning.suspects import say
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


class Suspecting(QObject):
    """Signals, all in the main thread: `said` (digest, word) once it is on disk; `enlarged` (QImage); `failed`."""

    said = Signal(str, str)
    enlarged = Signal(QImage)
    failed = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self._workspace = workspace
        self._recipe = recipe
        self._work = Background("suspecting", parent=self)
        self._work.failed.connect(self.failed)

    def good(self, digest: str) -> None:
        """It is a good part, and no training shall suspect it again."""
        self._say(digest, GOOD)

    def defect(self, digest: str, name: str = "") -> None:
        """It shows a defect; without a name it teaches nothing."""
        self._say(digest, name or UNNAMED)

    def enlarge(self, digest: str) -> None:
        """Fetch the whole picture."""
        self._work.run(lambda: to_image(self._workspace.images.get(digest)), self.enlarged.emit)

    def change(self, recipe: Recipe) -> None:
        """Another recipe runs."""
        self._recipe = recipe

    def close(self) -> None:
        self._work.close()

    def _say(self, digest: str, word: str) -> None:
        workspace, name = self._workspace, self._recipe.name
        self._work.run(lambda: say(workspace, name, digest, word), lambda kept: self.said.emit(kept, word))
