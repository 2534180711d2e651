"""Reporting: a model's report is written while the screen goes on, and can be given up."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from gui.background import Background
from inspector.errors import InspectorError, StoreError
from inspector.filing import Filed, file_report
from inspector.store.workspace import Workspace


class Reporting(QObject):
    """Signals: `progressed` (done, total), `filed` (Path of the page), `ended`, `failed`."""

    progressed = Signal(int, int)
    filed = Signal(object)
    ended = Signal()
    failed = Signal(object)
    _drawn = Signal(int, int)

    def __init__(self, workspace: Workspace, recipe_name: str) -> None:
        super().__init__()
        self._workspace = workspace
        self._recipe_name = recipe_name
        self._drawn.connect(self.progressed, Qt.ConnectionType.QueuedConnection)  # from its thread to the screen's
        self._work = Background("report", parent=self)
        self._busy = False
        self._cancelled = False

    @property
    def busy(self) -> bool:
        """Whether a report is under way."""
        return self._busy

    def file(self, model_id: str) -> None:
        """Write the report of this model; `progressed`, `filed` where it is whole, and at last `ended` follow."""
        if not self._busy:
            self._busy, self._cancelled = True, False
            self._work.run(lambda: self._file(model_id), self._filed, self._not_filed)

    def cancel(self) -> None:
        """Give the report up; an earlier one stays as it was, and `ended` follows."""
        self._cancelled = True

    def close(self) -> None:
        self._cancelled = True
        self._work.close()

    def _file(self, model_id: str) -> Filed:
        return file_report(self._workspace, self._recipe_name, model_id, on_progress=self._drew)

    def _drew(self, done: int, total: int) -> None:
        if self._cancelled:
            raise StoreError("cancelled before it was written; an earlier report is as it was")
        self._drawn.emit(done, total)

    def _filed(self, filed: Filed) -> None:
        self._end()
        self.filed.emit(filed.html)

    def _not_filed(self, error: InspectorError) -> None:
        self._end()
        if not self._cancelled:
            self.failed.emit(error)

    def _end(self) -> None:
        self._busy = False
        self.ended.emit()
