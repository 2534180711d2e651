"""One picture that a model did not learn: what it looks like, and the two things that a person may say of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.widgets.buttons import Button, button
from gui.widgets.numbers import Choice
from gui.widgets.texts import ElidedLabel, note_label
from inspector.domain import UNNAMED
from inspector.learning.suspects import Suspect

_WIDTH_PX, _PICTURE_PX = 224, 168


class SuspectCard(QFrame):
    """Signals: `good`; `defect` with what was typed as its kind, "" for none; `larger`: the whole picture is wanted."""

    good = Signal()
    defect = Signal(str)
    larger = Signal()

    def __init__(self, suspect: Suspect, image: QImage, classes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("plane", "surface")
        self.setFixedWidth(_WIDTH_PX + 2 * STEP_PX)
        self.suspect = suspect
        self._words = Words(self)
        self.picture = self._make_picture(image)
        self.is_good = button(self.tr("It is good"), self.good.emit)
        self.is_defect = button(self.tr("It is a defect"), self._tell_defect)
        self.is_good.setAccessibleName(self.tr("Part {0}: it is good").format(suspect.part))
        self.is_defect.setAccessibleName(self.tr("Part {0}: it is a defect").format(suspect.part))
        self.kind, self.typed = self._make_kind(classes)
        self.said = note_label(tone="strong")
        self._lay_out()
        self.show_word(suspect.word)

    def _make_picture(self, image: QImage) -> Button:
        """A button that shows it: whoever looks closer may find a scratch that is not to be seen here."""
        made = Button("")
        made.setAccessibleName(self.tr("Part {0}, larger").format(self.suspect.part))
        made.setToolTip(self.tr("Show the whole picture"))
        size = QSize(_WIDTH_PX, _PICTURE_PX)
        shown = image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        made.setIcon(QIcon(QPixmap.fromImage(shown)))
        made.setIconSize(shown.size())
        made.setFixedHeight(_PICTURE_PX + STEP_PX)
        made.clicked.connect(lambda _checked: self.larger.emit())
        return made

    def _make_kind(self, classes: Sequence[str]) -> tuple[Choice, QLineEdit]:
        """The kinds there are to choose from, or to be typed where it is a new one."""
        name = self.tr("Part {0}: which defect, if you know it").format(self.suspect.part)
        made = Choice(name, [self._words.defect_class(known) for known in classes])
        typed = QLineEdit()
        made.setLineEdit(typed)
        made.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        made.setCompleter(None)  # type: ignore[arg-type]  # what it would complete is not always what is meant
        made.setCurrentIndex(-1)
        typed.setPlaceholderText(self.tr("which, if you know it"))
        typed.setAccessibleName(name)
        typed.setMaxLength(40)
        typed.returnPressed.connect(self._tell_defect)
        return made, typed

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(STEP_PX, STEP_PX, STEP_PX, STEP_PX)
        column.setSpacing(STEP_PX)
        named = ElidedLabel(self.suspect.part, "note")
        score = note_label(self.tr("score {0}").format(f"{self.suspect.score:.1f}"), "quiet")
        for widget in (self.picture, named, score, self.is_good, self.is_defect, self.kind, self.said):
            column.addWidget(widget)

    def show_word(self, word: str) -> None:
        """What was said of it, "" where nobody has; either can be said again."""
        known = self._words.defect_class(word)
        named = self.tr("a defect") if word == UNNAMED else known
        self.said.setText(self.tr("Said: {0}").format(named) if word else self.tr("Nobody has said"))

    def _tell_defect(self) -> None:
        self.defect.emit(self.typed.text().strip())
