"""What a model did not learn, on the Learn page: each picture with two answers, before the model goes anywhere."""

from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.session.comparing import Comparison
from gui.session.labelling import Labelling
from gui.session.suspecting import Suspecting
from gui.widgets.sheet import SheetWindow
from gui.widgets.suspect import SuspectCard
from gui.widgets.texts import column_plane, note_label, read_label
from inspector.domain import GOOD

_BAR_PX = 16


class SuspectsPanel(QWidget):
    """Hidden where there are none, and for a model in use also where each has its word."""

    def __init__(self, suspecting: Suspecting, labelling: Labelling, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._suspecting = suspecting
        self._labelling = labelling
        self._words: dict[str, str] = {}
        self._more = 0
        self.cards: dict[str, SuspectCard] = {}
        self.told = note_label(wraps=True)
        self.row = QScrollArea()
        self.row.setWidgetResizable(True)
        self.row.setAccessibleName(self.tr("Pictures that were not learned"))
        self.row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.sheet = SheetWindow(
            self.tr("A picture that was not learned"),
            self.tr("Zoom in with the wheel or plus. It looks unlike the other good parts: is it one?"),
            self,
        )
        self._lay_out()
        suspecting.said.connect(self._show_word)
        suspecting.enlarged.connect(self._show_large)

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame, column = column_plane()
        outer.addWidget(frame)
        for widget in (read_label(self.tr("Not learned: are these good parts?")), self.told, self.row):
            column.addWidget(widget)

    def show_comparison(self, comparison: Comparison) -> None:
        """The same pictures keep their places, and what is being typed there."""
        waits = any(not one.word for one, _ in comparison.suspects)
        self.setVisible(waits or bool(comparison.suspects and comparison.candidate))
        self._more = comparison.more_suspects
        self._words = {one.digest: one.word for one, _ in comparison.suspects}
        if list(self.cards) != list(self._words):
            self._fill(comparison)
        for digest, word in self._words.items():
            self.cards[digest].show_word(word)
        self._tell()

    def _fill(self, comparison: Comparison) -> None:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP_PX)
        classes = self._labelling.classes
        self.cards = {one.digest: SuspectCard(one, image, classes) for one, image in comparison.suspects}
        for digest, card in self.cards.items():
            self._connect(digest, card)
            row.addWidget(card)
        row.addStretch(1)
        self.row.setWidget(inside)
        self.row.setFixedHeight(inside.sizeHint().height() + _BAR_PX)

    def _connect(self, digest: str, card: SuspectCard) -> None:
        card.good.connect(lambda: self._suspecting.good(digest))
        card.defect.connect(lambda written: self._say_defect(digest, card, written))
        card.larger.connect(lambda: self._suspecting.enlarge(digest))

    def _say_defect(self, digest: str, card: SuspectCard, written: str) -> None:
        name = self._labelling.as_class(written) if written else ""
        if name is None or name == GOOD:
            card.typed.selectAll()
            card.typed.setFocus()
            return
        self._suspecting.defect(digest, name)

    def _show_word(self, digest: str, word: str) -> None:
        self._labelling.add_class(word)
        if digest in self.cards:
            self._words[digest] = word
            self.cards[digest].show_word(word)
            self._tell()

    def _show_large(self, image: QImage) -> None:
        self.sheet.show_sheet(image, "")

    def _tell(self) -> None:
        """How many wait, and what comes of an answer."""
        waiting = sum(not word for word in self._words.values())
        lines = [
            self.tr(
                "They look unlike the others, so the newest model knows nothing of them. Say what each is: a good one "
                "is learned by the next training and not suspected again, a defect is no longer taken for good."
            ),
            self.tr("{0} of {1} wait for your word.").format(waiting, len(self._words))
            if waiting
            else self.tr("Each has your word. Retrain learns from it."),
        ]
        if self._more:
            lines.append(self.tr("{0} more; `inspector review --suspects` lists them all.").format(self._more))
        self.told.setText(" ".join(lines))
