"""A table of texts under its title, on a plane of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QSizePolicy, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.texts import column_plane, note_label, read_label
from inspector.studies.answer import Table


def table_plane(table: Table, parent: QWidget | None = None) -> QWidget:
    """Heads and rows; it can be marked and copied, and is read out as one text."""
    frame, column = column_plane()
    frame.setParent(parent)
    if table.title:
        column.addWidget(read_label(table.title))
    inside = QWidget()
    grid = QGridLayout(inside)
    grid.setContentsMargins(0, 0, 0, STEP_PX)
    grid.setHorizontalSpacing(2 * STEP_PX)
    grid.setVerticalSpacing(STEP_PX)
    for place, head in enumerate(table.heads):
        grid.addWidget(note_label(head, "quiet"), 0, place)
    for number, row in enumerate(table.rows, start=1):
        for place, text in enumerate(row):
            cell = note_label(text)
            cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(cell, number, place)
    grid.setColumnStretch(len(table.heads), 1)
    column.addWidget(_as_wide_as_there_is_room(inside))
    frame.setAccessibleName("; ".join(filter(None, (table.title, *(", ".join(row) for row in table.rows)))))
    return frame


def _as_wide_as_there_is_room(inside: QWidget) -> QScrollArea:
    """A wide table is moved to the side, and not the whole page with it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    area.setWidget(inside)
    area.setFixedHeight(inside.sizeHint().height() + area.horizontalScrollBar().sizeHint().height())
    return area
