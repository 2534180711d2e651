"""A row of named facts (part, lot, recipe, model): a quiet name over a value that may be long."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.texts import ElidedLabel, note_label


class FactRow(QWidget):
    """Shows as many values as it has names."""

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * STEP_PX)
        self._names = tuple(names)
        self._values: list[ElidedLabel] = []
        for name in names:
            column = QVBoxLayout()
            column.setSpacing(0)
            value = ElidedLabel("–")
            column.addWidget(note_label(name, "quiet"))
            column.addWidget(value)
            row.addLayout(column)
            self._values.append(value)
        row.addStretch(1)

    def show_values(self, values: Sequence[str]) -> None:
        """An empty value is shown as a dash."""
        for name, label, value in zip(self._names, self._values, values, strict=True):
            label.setText(value or "–")
            label.setAccessibleName(f"{name}: {value}")
            label.updateGeometry()
