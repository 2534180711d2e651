"""The questions on the Learn page: what may be asked of the parts and their model, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QListWidget, QScrollArea, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.session.studying import (
    BACKBONES,
    EVALUATED,
    IMPORTED,
    LINE,
    MISJUDGED,
    OF_A_FOLDER,
    STUDIES,
    VARIANTS,
    WITHSTOOD,
    Studying,
    Told,
)
from gui.widgets.buttons import button
from gui.widgets.pictures import PictureRow
from gui.widgets.progress import ProgressPanel
from gui.widgets.tables import table_plane
from gui.widgets.texts import column_plane, note_label, read_label
from inspector.learning.runs import Progress

_SIDE_PX = 320


class StudiesPanel(QWidget):
    """Asks one question at a time; each keeps its last answer while the program runs."""

    def __init__(self, studying: Studying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studying = studying
        self._words = Words(self)
        self._names = tuple(STUDIES)
        self._told: dict[str, Told] = {}
        self._file: Path | None = None
        self.choose_folder: Callable[[], Path | None] = self._ask_for_folder
        self.questions = QListWidget()
        self.questions.setAccessibleName(self.tr("Questions"))
        self.questions.setFixedWidth(_SIDE_PX)
        self.questions.setWordWrap(True)
        self.question = read_label(tone="strong")
        self.what = note_label(tone="quiet", wraps=True)
        self.ask = button(self.tr("Ask"), self.start, "first", dense=True)
        self.open = button(self.tr("Open the picture"), self._open, dense=True)
        self.progress = ProgressPanel()
        self.sentences = note_label(wraps=True)
        self.sentences.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.pictures = PictureRow(self.tr("Pictures that the answer is about"))
        self.tables: list[QWidget] = []
        self._lay_out()
        self._connect()
        self.questions.addItems([self._question(name) for name in self._names])
        self.questions.setCurrentRow(0)

    def _question(self, name: str) -> str:
        return {
            MISJUDGED: self.tr("Where is it wrong?"),
            LINE: self.tr("Is the line still as it was taught?"),
            WITHSTOOD: self.tr("What does it withstand?"),
            EVALUATED: self.tr("How good is it on these pictures?"),
            IMPORTED: self.tr("What can be learned from these?"),
            BACKBONES: self.tr("Which network suits these parts?"),
            VARIANTS: self.tr("Can it be smaller or faster?"),
        }[name]

    def _how(self, name: str) -> str:
        """How the question is answered."""
        return {
            MISJUDGED: self.tr(
                "Every part was scored once by a model that had not seen it. The worst errors, among which parts "
                "they gather, and labels that other parts speak against."
            ),
            LINE: self.tr(
                "The newest parts against what the model learned: light, focus, scores, product mix, misfires and "
                "time. An alarm says what changed and when to retrain."
            ),
            WITHSTOOD: self.tr(
                "Golden parts in other light, blurred, shifted, turned and noisy: the range in which the operating "
                "point holds. It is kept as the model's certificate and sets the limits of the alarms."
            ),
            EVALUATED: self.tr(
                "Choose a folder of pictures by class: every figure with its interval, and which of them the model "
                "has met in training, so that nobody believes what it knows by heart."
            ),
            IMPORTED: self.tr(
                "Choose a folder of pictures by class: they are taken in, and the next training learns from them. "
                "What cannot be read, or contradicts an earlier word, is listed and left out."
            ),
            BACKBONES: self.tr(
                "Every pretrained network whose weights are on this PC: how well it tells your parts apart, each "
                "left out once, and how long it takes here."
            ),
            VARIANTS: self.tr(
                "The model in float, in eight bits, trained for eight bits and pruned, in one run on your parts. "
                "What is faster and keeps the verdicts becomes a candidate; the gate decides as always."
            ),
        }[name]

    def _lay_out(self) -> None:
        frame, head = column_plane()
        row = QHBoxLayout()
        row.setSpacing(STEP_PX)
        row.addWidget(self.question, 1)
        row.addWidget(self.open)
        row.addWidget(self.ask)
        head.addLayout(row)
        for below in (self.what, self.progress, self.sentences):
            head.addWidget(below)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * STEP_PX)
        self._column.addWidget(frame)
        self._column.addWidget(self.pictures)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("Answer"))
        area.setWidget(inside)
        middle = QHBoxLayout(self)
        middle.setContentsMargins(0, 2 * STEP_PX, 0, 0)
        middle.setSpacing(2 * STEP_PX)
        middle.addWidget(self.questions)
        middle.addWidget(area, 1)

    def _connect(self) -> None:
        studying = self._studying
        studying.progressed.connect(self._show_progress)
        studying.answered.connect(self._keep)
        studying.ended.connect(self._end)
        self.progress.cancelled.connect(studying.cancel)
        self.questions.currentRowChanged.connect(lambda _row: self._show())

    @property
    def name(self) -> str:
        """Of the question that is chosen."""
        return self._names[max(0, self.questions.currentRow())]

    def start(self) -> None:
        """As if Ask had been touched."""
        if self._studying.busy:
            return
        folder = self.choose_folder() if self.name in OF_A_FOLDER else None
        if self.name in OF_A_FOLDER and folder is None:
            return
        self.ask.setEnabled(False)
        self.questions.setEnabled(False)
        self.progress.begin(self.tr("Starting"))
        self._studying.ask(self.name, folder)

    def _ask_for_folder(self) -> Path | None:
        chosen = QFileDialog.getExistingDirectory(self, self._question(self.name))
        return Path(chosen) if chosen else None

    def cancel(self) -> None:
        if self._studying.busy:
            self.progress.stop()

    def forget(self) -> None:
        """Another model runs, or the same one at other limits: what was answered is not of it."""
        self._told.clear()
        self._show()

    def _show_progress(self, step: Progress) -> None:
        self.progress.show_step(self._words.step(step.step), step.done, step.total, step.remaining_s)

    def _end(self) -> None:
        self.progress.finish()
        self.ask.setEnabled(True)
        self.questions.setEnabled(True)

    def _keep(self, name: str, told: Told) -> None:
        self._told[name] = told
        self._show()

    def _show(self) -> None:
        self.question.setText(self._question(self.name))
        self.what.setText(self._how(self.name))
        told = self._told.get(self.name)
        self.sentences.setVisible(told is not None)
        self.sentences.setText("\n".join(told.answer.sentences) if told else "")
        self.pictures.show_pictures(told.pictures if told else ())
        self._file = told.answer.file if told else None
        self.open.setVisible(self._file is not None)
        for table in self.tables:
            self._column.removeWidget(table)
            table.hide()
            table.deleteLater()
        self.tables = [table_plane(table) for table in told.answer.tables if table.rows] if told else []
        for place, table in enumerate(self.tables, start=2):
            self._column.insertWidget(place, table)

    def _open(self) -> None:
        if self._file:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._file)))
