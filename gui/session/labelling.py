"""Labelling: a person's word goes into the ledger at once; undo appends the word that takes it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from gui.session.label_writer import LabelWriter
from inspector.domain import GOOD, UNLIKE, UNNAMED, WITHDRAWN, Label, Record
from inspector.errors import DatasetError, ModelError
from inspector.learning.layouts import class_name
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

UNDO_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Given:
    """One word as it was given: on which inspection, and what had counted before (None: nothing)."""

    inspection_id: str
    defect_class: str
    before: str | None


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
        self._words: dict[str, str] = {}
        self._classes: list[str] = []
        self.today = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The defects that have a number key, in the order of the keys; it never changes while the program runs."""
        return tuple(self._classes)

    def load(self) -> None:
        """Learn which classes there are and how much was labelled today."""
        self._work.run(self._read, self._know)

    def give(self, inspection_id: str, defect_class: str, before: str | None = None) -> None:
        """Append a word. before: what the record said before, where nothing was said in this session."""
        earlier = self._words.get(inspection_id, before)
        word = Given(inspection_id, defect_class, None if earlier == WITHDRAWN else earlier)
        self._words[inspection_id] = defect_class
        self._history.append(word)
        self.add_class(defect_class)
        self._write(word, word.defect_class, lambda: self._was_given(word))

    def undo(self) -> Given | None:
        """Take the newest word back; None where there is nothing to undo. What counted before counts again.

        "A defect" and then "a scratch" on one part are one decision of a person, and one step back.
        """
        if not self._history:
            return None
        word = self._history.pop()
        while word.before == UNNAMED and self._history and self._history[-1].inspection_id == word.inspection_id:
            word = replace(word, before=self._history.pop().before)
        restored = word.before or WITHDRAWN
        self._words[word.inspection_id] = restored
        self._write(word, restored, lambda: self._was_undone(word))
        return word

    def word_on(self, record: Record) -> str | None:
        """What counts for a record now, before the ledger is read again."""
        label = record.label
        word = self._words.get(record.inspection.id, label.defect_class if label else None)
        return None if word == WITHDRAWN else word

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

    def _write(self, word: Given, said: str, done: Callable[[], None]) -> None:
        label = Label(word.inspection_id, self._workspace.settings.operator, datetime.now(UTC), said)
        self._writer.write(label, done)

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
