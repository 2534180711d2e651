"""Long work: what is being done, how much is done, how long it still takes, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.widgets.buttons import Button
from gui.widgets.texts import note_label


class ProgressPanel(QWidget):
    """Emits `cancelled` once; the panel then says that it is stopping until `finish` is called."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = Words(self)
        self._step = note_label()
        self._left = note_label(tone="quiet")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._cancel = Button(self.tr("Cancel"), dense=True)
        self._cancel.clicked.connect(lambda _checked: self.stop())
        words = QHBoxLayout()
        words.addWidget(self._step, 1)
        words.addWidget(self._left)
        left = QVBoxLayout()
        left.setSpacing(STEP_PX)
        left.addLayout(words)
        left.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP_PX)
        row.addLayout(left, 1)
        row.addWidget(self._cancel)
        self.setVisible(False)

    def begin(self, step: str) -> None:
        self._cancel.setEnabled(True)
        self.show_step(step, 0, 0, None)
        self.setVisible(True)

    def show_step(self, step: str, done: int, total: int, remaining_s: float | None) -> None:
        """`total` 0 means that nobody knows yet how much there is."""
        if not self._cancel.isEnabled() and self.isVisible():
            return
        self._step.setText(self.tr("{0}  {1} of {2}").format(step, done, total) if total else step)
        left = "" if remaining_s is None else self.tr("{0} left").format(self._words.duration(remaining_s))
        self._left.setText(left)
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def finish(self) -> None:
        self.setVisible(False)

    def stop(self) -> None:
        """As if Cancel had been touched."""
        if not self._cancel.isEnabled():
            return
        self._step.setText(self.tr("Stopping"))
        self._left.setText("")
        self._bar.setRange(0, 0)
        self._cancel.setEnabled(False)
        self.cancelled.emit()
