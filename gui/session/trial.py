"""The trial of a model on the live line, beside the one in use: who challenges, and how it stands."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from inspector.learning.shadow import Standing, challenge, standing
from inspector.store.workspace import Workspace


class Trial(QObject):
    """Signals: `stood` (Standing, None where nobody challenges), `failed`."""

    stood = Signal(object)
    failed = Signal(object)

    def __init__(self, workspace: Workspace, recipe_name: str) -> None:
        super().__init__()
        self._workspace = workspace
        self._recipe_name = recipe_name
        self._work = Background("trial", parent=self)
        self._work.failed.connect(self.failed)

    def refresh(self) -> None:
        """See how the trial stands; `stood` follows."""
        self._work.run(self._stand, self.stood.emit)

    def challenge(self, model_id: str) -> None:
        """Let a model run in shadow from the line's next start on, "" ends the trial; `stood` follows."""
        who = self._workspace.settings.operator

        def work() -> Standing | None:
            challenge(self._workspace, self._recipe_name, model_id, who)
            return self._stand()

        self._work.run(work, self.stood.emit)

    def close(self) -> None:
        self._work.close()

    def _stand(self) -> Standing | None:
        return standing(self._workspace, self._recipe_name)
