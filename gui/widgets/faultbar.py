"""The bar at the top: what went wrong, why, and the one button that helps; the log is one click behind."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.buttons import Button
from gui.widgets.texts import note_label, plane, read_label


class FaultBar(QWidget):
    """Hidden until there is a fault. Emits `helped` for its main button, `log_wanted`, `closed`."""

    helped = Signal()
    log_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = read_label(tone="strong")
        self._why = note_label(wraps=True)
        self._why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._help = Button("", "first")
        self._help.clicked.connect(lambda _checked: self.helped.emit())
        self._log = Button(self.tr("Log"))
        self._log.clicked.connect(lambda _checked: self.log_wanted.emit())
        self._close = Button(self.tr("Close"))
        self._close.clicked.connect(self.clear)
        self._lay_out()
        self.setVisible(False)

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame = plane("fault")
        outer.addWidget(frame)
        row = QHBoxLayout(frame)
        row.setContentsMargins(2 * STEP_PX, STEP_PX, 2 * STEP_PX, STEP_PX)
        row.setSpacing(STEP_PX)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._what)
        words.addWidget(self._why)
        row.addLayout(words, 1)
        for shown in (self._help, self._log, self._close):
            row.addWidget(shown, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def show_fault(self, what: str, why: str, helps: str = "") -> None:
        """Show a fault until it is closed or another one comes; `helps` is the word on the button, "" for none."""
        self._what.setText(what)
        self._why.setText(why)
        self._help.relabel(helps)
        self._help.setVisible(bool(helps))
        self.setAccessibleName(self.tr("Fault: {0}").format(what))
        self.setVisible(True)

    def clear(self) -> None:
        if self.isVisible():
            self.setVisible(False)
            self.closed.emit()

    @property
    def helps(self) -> str:
        """The word on the button that helps; "" where none does."""
        return self._help.text()

    @property
    def what(self) -> str:
        return self._what.text()

    @property
    def why(self) -> str:
        return self._why.text()
