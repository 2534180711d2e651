"""The two limits as numbers: typed, or moved by the arrow keys."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.numbers import NumberField
from gui.widgets.texts import note_label
from inspector.learning.scored import BOUND
from inspector.recipe import Limits

_STEP = 0.1
_WIDTH_PX = 112


class LimitFields(QWidget):
    """Emits `typed` (Limits) when a person changes one, and `held` ("recheck", "reject" or "") as the focus moves.

    The limits are kept as exact as they were given; two decimals of them are shown.
    """

    typed = Signal(object)
    held = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = Limits()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        self.recheck = self._field(row, "recheck", self.tr("Recheck limit, dashed"))
        row.addSpacing(2 * STEP_PX)
        self.reject = self._field(row, "reject", self.tr("Reject limit, solid"))
        row.addStretch(1)

    def _field(self, row: QHBoxLayout, name: str, title: str) -> NumberField:
        field = NumberField(self.tr("{0}: arrow keys move it").format(title), -BOUND, BOUND, _STEP)
        field.setObjectName(name)
        field.setFixedWidth(_WIDTH_PX)
        field.valueChanged.connect(lambda value: self._type(name, value))
        field.installEventFilter(self)
        row.addWidget(note_label(title, "quiet"))
        row.addWidget(field)
        return field

    @property
    def limits(self) -> Limits:
        return self._limits

    def show_limits(self, limits: Limits) -> None:
        self._limits = limits
        self.recheck.show_value(limits.recheck)
        self.reject.show_value(limits.reject)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.held.emit(watched.objectName() if event.type() is QEvent.Type.FocusIn else "")
        return super().eventFilter(watched, event)

    def _type(self, name: str, value: float) -> None:
        """Neither limit passes the other."""
        limits = self._limits
        allowed = min(value, limits.reject) if name == "recheck" else max(value, limits.recheck)
        self.show_limits(replace(limits, **{name: allowed}))
        self.typed.emit(self._limits)
