"""The training on the Learn page: what it may do, what the network will see, how far it is, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.session.comparing import Comparison
from gui.session.labelling import Labelling
from gui.session.training import Training
from gui.widgets.buttons import button
from gui.widgets.numbers import Choice
from gui.widgets.progress import ProgressPanel
from gui.widgets.sheet import SheetWindow
from gui.widgets.texts import column_plane, note_label
from inspector.learning.trainer import ADAPTER, ANOMALY, FEATURES, FINETUNE, LOOKS, MODES, Progress, looks_of

_ADAPTING = (FINETUNE, ADAPTER)


class TrainingPanel(QWidget):
    """Starts trainings and follows them. Signals: `good_parts_wanted` to be shown; `began`, a training."""

    good_parts_wanted = Signal()
    began = Signal()

    def __init__(self, training: Training, labelling: Labelling, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self._labelling = labelling
        self._words = Words(self)
        self._adapted = False
        self.mode = Choice(self.tr("What the training may change"), self._mode_names())
        self.backbone = Choice(self.tr("Network that the next model stands on"), ())
        self.backbone.setToolTip(self.backbone.accessibleName())
        self.backbone.setVisible(False)
        self.fresh = QCheckBox(self.tr("from the network as delivered"))
        self.fresh.setAccessibleName(self.tr("Start from the network as delivered, not from the adapted one"))
        self.fresh.setVisible(False)
        self.four = QCheckBox(self.tr("four looks"))
        self.four.setAccessibleName(self.tr("Look at each part and its three mirrors: surer, for four times the work"))
        self.four.setToolTip(self.four.accessibleName())
        self.changes = QLineEdit()
        self.changes.setPlaceholderText(self.tr("usual changes, or as mirror=no,turn_deg=5"))
        self.changes.setAccessibleName(self.tr("How the pictures are changed while the network is adapted"))
        self.changes.setToolTip(self.changes.accessibleName())
        self.what = note_label(tone="quiet", wraps=True)
        self.ready = note_label(wraps=True)
        self.progress = ProgressPanel()
        self.sheet = SheetWindow(
            self.tr("What the network will see"),
            self.tr(
                "On the left each part as the model sees it on the line. To its right, the same part as it is changed "
                "at random, each time anew, while a network is adapted. Zoom in with the wheel or plus: a defect "
                "that cannot be seen here cannot be learned."
            ),
            self,
        )
        self.show_good = button(self.tr("Show good parts"), self.good_parts_wanted.emit, dense=True)
        self.see = button(self.tr("What it will see"), self._draw, dense=True)
        self.retrain = button(self.tr("Retrain"), self.start, "first", dense=True)
        self._lay_out()
        self._connect()
        self._show_mode()

    def _mode_names(self) -> tuple[str, ...]:
        """In the order of MODES."""
        return (
            self.tr("features (seconds)"),
            self.tr("finetune (minutes)"),
            self.tr("adapter (minutes)"),
            self.tr("good parts alone (seconds)"),
        )

    def _chosen(self) -> str:
        return MODES[self.mode.currentIndex()]

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame, column = column_plane()
        outer.addWidget(frame)
        row = QHBoxLayout()
        row.setSpacing(STEP_PX)
        row.addWidget(self.mode)
        row.addWidget(self.backbone)
        row.addWidget(self.four)
        row.addWidget(self.fresh)
        row.addStretch(1)
        row.addWidget(self.show_good)
        row.addWidget(self.see)
        row.addWidget(self.retrain)
        column.addLayout(row)
        for below in (self.what, self.changes, self.ready, self.progress):
            column.addWidget(below)

    def _connect(self) -> None:
        training = self._training
        training.progressed.connect(self._show_progress)
        training.ended.connect(self._end)
        training.drawn.connect(self._show_sheet)
        training.compared.connect(self._show_origin)
        training.failed.connect(lambda _error: self.see.setEnabled(True))
        self.see.clicked.connect(lambda _checked: self.see.setEnabled(False))
        self.mode.currentIndexChanged.connect(lambda _place: self._show_mode())
        self._labelling.given.connect(lambda _word: self.show_ready())
        self.progress.cancelled.connect(training.cancel)

    def start(self) -> None:
        """As if Retrain had been touched."""
        if not self._training.busy:
            self._allow(False)
            self.began.emit()
            self.progress.begin(self.tr("Taking stock of the labels"))
            looks = max(LOOKS) if self.four.isChecked() and self._chosen() != ANOMALY else min(LOOKS)
            mode, backbone = self._chosen(), self.backbone.currentText() or None
            self._training.retrain(mode, looks, self.fresh.isChecked(), backbone, self._said_changes())
            self.show_ready()

    def _draw(self) -> None:
        self._training.draw(self._said_changes())

    def _said_changes(self) -> str:
        """What is written where it counts: features alone are looked at as they are."""
        return self.changes.text().strip() if self._chosen() in _ADAPTING else ""

    def cancel(self) -> None:
        if self._training.busy:
            self.progress.stop()

    def show_ready(self) -> None:
        """How much there is to learn from; while it is learned from, its progress stands there."""
        self.ready.setVisible(not self._training.busy)
        self.ready.setText(
            self.tr(
                "{0} labelled today. Retraining learns from every label and compares before anything changes."
            ).format(self._labelling.today)
        )

    def _allow(self, change: bool) -> None:
        for widget in (self.show_good, self.retrain, self.mode, self.backbone, self.four, self.fresh, self.changes):
            widget.setEnabled(change)

    def _end(self) -> None:
        self.progress.finish()
        self._allow(True)
        self.show_ready()

    def _show_progress(self, step: Progress) -> None:
        self.progress.show_step(self._words.step(step.step), step.done, step.total, step.remaining_s)

    def _show_mode(self) -> None:
        self.what.setText(
            (
                self.tr("The network stays as it is and only its verdict is learned anew: for new labels, any day."),
                self.tr(
                    "The upper half of the network is adapted to your parts: where features alone miss a defect that "
                    "people see, with dozens of parts in each class."
                ),
                self.tr(
                    "A small addition to the network is adapted to your parts: as finetune, for fewer parts, as there "
                    "is less that it can learn by heart."
                ),
                self.tr(
                    "For the first day, when there is no defect yet: it learns what good parts look like, and rejects "
                    "what looks unlike all of them. Twenty good parts are a start, two hundred are better."
                ),
            )[self.mode.currentIndex()]
        )
        self.fresh.setVisible(self._adapted and self._chosen() == FEATURES)
        self.changes.setVisible(self._chosen() in _ADAPTING)
        self.four.setVisible(self._chosen() != ANOMALY)
        self.show_good.setVisible(self._chosen() == ANOMALY)

    def _show_origin(self, comparison: Comparison) -> None:
        """As the model in use does; where that stands on an adapted network there is a choice of what to stand on."""
        champion = comparison.champion
        self.four.setChecked(champion is not None and looks_of(champion.card) == max(LOOKS))
        self._adapted = champion is not None and bool(champion.card.results.get("adapted_by"))
        if not self._adapted:
            self.fresh.setChecked(False)
        self._show_backbones(comparison.backbones)
        self._show_mode()

    def _show_backbones(self, names: tuple[str, ...]) -> None:
        """There is a choice once networks were compared. What was chosen stays so while the choice is the same."""
        if names != tuple(self.backbone.itemText(place) for place in range(self.backbone.count())):
            self.backbone.clear()
            self.backbone.addItems(names)
        self.backbone.setVisible(len(names) > 1)

    def _show_sheet(self, image: QImage, rows: tuple[str, ...]) -> None:
        self.see.setEnabled(True)
        named = self.tr(", ").join(self._words.defect_class(name) for name in rows)
        self.sheet.show_sheet(image, self.tr("Rows from the top: {0}").format(named))
