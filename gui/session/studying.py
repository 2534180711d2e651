"""Studying: one question about the parts and their model is answered while the screen goes on, and can be given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.session.depicting import thumbnail
from inspector.errors import InspectorError, StoreError
from inspector.machine import step_back
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies import backbones, evaluated, imported, line, misjudged, variants, withstood
from inspector.studies.answer import Answer
from inspector.studies.study import Study

BACKBONES, VARIANTS, WITHSTOOD, MISJUDGED, LINE = "backbones", "variants", "withstood", "misjudged", "line"
EVALUATED, IMPORTED = "evaluated", "imported"
STUDIES: Mapping[str, Callable[..., Study]] = {
    MISJUDGED: misjudged.study,
    LINE: line.study,
    WITHSTOOD: withstood.study,
    EVALUATED: evaluated.study,
    BACKBONES: backbones.study,
    VARIANTS: variants.study,
    IMPORTED: imported.study,
}
OF_A_FOLDER = frozenset({EVALUATED, IMPORTED})  # are given its path, too
SHOWN = 24  # pictures; the command line copies them all


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """An answer with its first pictures, each with what it shows."""

    answer: Answer
    pictures: tuple[tuple[QImage, str], ...] = ()


class Studying(QObject):
    """Signals: `progressed` (Progress), `answered` (name, Told), `ended`, `failed`."""

    progressed = Signal(object)
    answered = Signal(str, object)
    ended = Signal()
    failed = Signal(object)
    _stepped = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self._workspace = workspace
        self._studies = STUDIES
        self._stepped.connect(self.progressed, Qt.ConnectionType.QueuedConnection)  # from its thread to the screen's
        self._work = Background("study", parent=self)
        self._end_it = Background("ending", parent=self)
        self._under_way: Study | None = None
        self._cancelled = False

    @property
    def busy(self) -> bool:
        """Whether a study is under way."""
        return self._under_way is not None

    def use_studies(self, studies: Mapping[str, Callable[..., Study]]) -> None:
        """Ask others than the program's own from now on."""
        self._studies = studies

    def ask(self, name: str, folder: Path | None = None) -> None:
        """Start one of STUDIES; `progressed`, `answered` where it has one, and at last `ended` follow.

        folder: of those OF_A_FOLDER.
        """
        if not self.busy:
            study = self._studies[name](self._workspace, self.recipe, *([folder] if folder else []))
            self._under_way, self._cancelled = study, False
            self._work.run(lambda: self._run(study), lambda told: self._answer(name, told), self._fail)

    def cancel(self) -> None:
        """Give the study up; `ended` follows, and nothing is changed."""
        study = self._under_way
        if study is not None:
            self._cancelled = True
            self._end_it.run(study.cancel)

    def change(self, recipe: Recipe) -> None:
        """Another recipe runs."""
        self.recipe = recipe

    def close(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()
        self._work.close()
        self._end_it.close()

    def _run(self, study: Study) -> Told:
        step_back()
        answer = study.run(self._stepped.emit)
        return Told(answer, tuple(islice(self._pictures(answer), SHOWN)))

    def _pictures(self, answer: Answer) -> Iterator[tuple[QImage, str]]:
        """Those that can be shown: an answer that took minutes is not lost for a damaged picture."""
        for one in answer.pictures:
            try:
                yield thumbnail(self._workspace.images.get(one.digest)), one.words
            except StoreError:
                continue

    def _answer(self, name: str, told: Told) -> None:
        self._end()
        self.answered.emit(name, told)

    def _fail(self, error: InspectorError) -> None:
        self._end()
        if not self._cancelled:
            self.failed.emit(error)

    def _end(self) -> None:
        self._under_way = None
        self.ended.emit()
