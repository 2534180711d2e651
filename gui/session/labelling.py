"""Labelling: a person's word goes into the ledger at once; undo appends the word that takes it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from gui.session.label_writer import LabelWriter
from inspector.domain import GOOD, UNLIKE, UNNAMED, WITHDRAWN, Label, Record, Region
from inspector.errors import DatasetError, ModelError
from inspector.learning.layouts import class_name
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

UNDO_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of a part: its class, and where on the picture the defect is."""

    defect_class: str
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """One word as it was given: on which inspection, and what had counted before (None: nothing)."""

    inspection_id: str
    word: Word
    before: Word | None

    @property
    def defect_class(self) -> str:
        return self.word.defect_class


_TAKEN_BACK = Word(WITHDRAWN)


def _is_unnamed(word: Word | None) -> bool:
    return word is not None and word.defect_class == UNNAMED


class Labelling(QObject):
    """Signals, all in the main thread: `given` and `undone` (Given) once they are on disk, `failed`, `classes_known`.

    watch: asks to be told (by `now_durable`) when an inspection is on disk.
    """

    given = Signal(object)
    undone = Signal(object)
    failed = Signal(object)
    classes_known = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe, watch: Callable[[str], None]) -> None:
        super().__init__()
        self._workspace = workspace
        self._recipe = recipe
        self._work = Background("labelling", parent=self)
        self._work.failed.connect(self.failed)
        self._writer = LabelWriter(workspace.ledger, watch, self._work)
        self._writer.failed.connect(self.failed)
        self._history: deque[Given] = deque(maxlen=UNDO_DEPTH)
        self._words: dict[str, Word] = {}
        self._classes: list[str] = []
        self.today = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The defects that have a number key, in the order of the keys; it never changes while the program runs."""
        return tuple(self._classes)

    def load(self) -> None:
        """Learn which classes there are and how much was labelled today."""
        self._work.run(self._read, self._know)

    def give(
        self, inspection_id: str, defect_class: str, before: Word | None = None, regions: tuple[Region, ...] = ()
    ) -> None:
        """Append a word. before: what the record said before, where nothing was said in this session.

        regions: where the defect is; of a good part they are not kept.
        """
        earlier = self._words.get(inspection_id, before)
        given = Given(inspection_id, Word(defect_class, regions), None if earlier == _TAKEN_BACK else earlier)
        self._words[inspection_id] = given.word
        self._history.append(given)
        self.add_class(defect_class)
        self._write(given, given.word, lambda: self._was_given(given))

    def undo(self) -> Given | None:
        """Take the newest word back; None where there is nothing to undo. What counted before counts again.

        "A defect" and then "a scratch" on one part are one decision of a person, and one step back.
        """
        if not self._history:
            return None
        given = self._history.pop()
        while _is_unnamed(given.before) and self._history and self._history[-1].inspection_id == given.inspection_id:
            given = replace(given, before=self._history.pop().before)
        restored = given.before or _TAKEN_BACK
        self._words[given.inspection_id] = restored
        self._write(given, restored, lambda: self._was_undone(given))
        return given

    def word_on(self, record: Record) -> Word | None:
        """What counts for a record now, before the ledger is read again."""
        label = record.label
        known = Word(label.defect_class, label.regions) if label else None
        word = self._words.get(record.inspection.id, known)
        return None if word == _TAKEN_BACK else word

    def add_class(self, name: str) -> None:
        """Give a defect a key, the next one free."""
        if name not in {GOOD, UNNAMED, WITHDRAWN, UNLIKE} and name not in self._classes:
            self._classes.append(name)
            self.classes_known.emit(self.classes)

    def as_class(self, text: str) -> str | None:
        """What a person typed as the name of a class; None where it cannot be one."""
        try:
            name = class_name(text, "new class")
        except DatasetError:
            return None
        return None if name in {UNNAMED, WITHDRAWN} else name

    def now_durable(self, ids: Collection[str]) -> None:
        """These inspections are on disk: what was said about them can be written."""
        self._writer.now_durable(ids)

    def close(self) -> None:
        self._work.close()

    def _write(self, given: Given, said: Word, done: Callable[[], None]) -> None:
        who, now = self._workspace.settings.operator, datetime.now(UTC)
        regions = () if said.defect_class == GOOD else said.regions
        self._writer.write(Label(given.inspection_id, who, now, said.defect_class, regions), done)

    def _was_given(self, word: Given) -> None:
        self.today += word.defect_class != UNNAMED
        self.given.emit(word)

    def _was_undone(self, word: Given) -> None:
        self.today -= word.defect_class != UNNAMED
        self.undone.emit(word)

    def _read(self) -> tuple[list[str], int]:
        workspace, name = self._workspace, self._recipe.name
        known: list[str] = []
        if self._recipe.model_id:
            try:
                known += workspace.versions.load(name, self._recipe.model_id).card.classes
            except ModelError:
                known += []  # the station says what is wrong with its model; labelling goes on without it
        known += sorted({example.defect_class for example in workspace.ledger.examples(name)})
        morning = datetime.now().astimezone().date()
        labelled = workspace.ledger.records(name, labelled=True, limit=1000)
        labels = [record.label for record in labelled if record.label]
        return known, sum(label.labelled_at.astimezone().date() == morning for label in labels)

    def _know(self, found: tuple[list[str], int]) -> None:
        names, self.today = found
        for name in names:
            self.add_class(name)
        self.classes_known.emit(self.classes)
