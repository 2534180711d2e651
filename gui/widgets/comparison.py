"""A table of figures: what is compared down the side, one column for each model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.texts import note_label, plane, read_label


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the figure's name and what it is for each model."""

    name: str
    values: tuple[str, ...]


class ComparisonTable(QWidget):
    """Shows column heads and Lines; the whole of it is read out as one text."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame = plane()
        outer.addWidget(frame)
        self._grid = QGridLayout(frame)
        self._grid.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        self._grid.setHorizontalSpacing(3 * STEP_PX)
        self._grid.setVerticalSpacing(STEP_PX)
        self._shown: list[QLabel] = []
        self._places: list[list[int]] = []
        self.setAccessibleName(name)

    def show_lines(self, heads: Sequence[str], lines: Sequence[Line]) -> None:
        cells = [(0, column + 1, head) for column, head in enumerate(heads)]
        for row, line in enumerate(lines):
            cells += [(row + 1, column, text) for column, text in enumerate((line.name, *line.values))]
        if [place for *place, _ in cells] != self._places:
            self._build([(row, column) for row, column, _ in cells])
        for label, (_, _, text) in zip(self._shown, cells, strict=True):
            label.setText(text)
        spoken = "; ".join(f"{line.name}: {', '.join(line.values)}" for line in lines)
        self.setAccessibleName(f"{self._name}. {', '.join(heads)}. {spoken}")

    def _build(self, places: Sequence[tuple[int, int]]) -> None:
        """A label for each place; figures that only change keep theirs, since they may follow a hand."""
        for label in self._shown:
            self._grid.removeWidget(label)
            label.deleteLater()
        self._shown, self._places = [], [list(place) for place in places]
        for row, column in places:
            if not row:
                self._put(read_label(tone="strong"), row, column)
                self._grid.setColumnStretch(column, 1)
            else:
                self._put(note_label(wraps=True) if column else note_label(tone="quiet"), row, column)

    def _put(self, label: QLabel, row: int, column: int) -> None:
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(label, row, column)
        self._shown.append(label)

    def text(self) -> str:
        """Everything that is shown."""
        return self.accessibleName()
