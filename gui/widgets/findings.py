"""The doctor's list: what is present, what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QSizePolicy, QWidget

from gui.look.shapes import paint_verdict
from gui.look.theme import colours
from gui.look.tokens import STEP_PX
from gui.widgets.texts import note_label
from inspector.doctor import Finding
from inspector.domain import Decision

_MARK_PX = 20


class Mark(QWidget):
    """A small circle with a tick or an octagon with a cross."""

    def __init__(self, ok: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decision = Decision.OK if ok else Decision.NG
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(_MARK_PX, _MARK_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        paint_verdict(QPainter(self), QRectF(self.rect()), self._decision, colours())


class FindingsList(QScrollArea):
    """Shows Findings, those that need somebody first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("What is present and what is missing"))
        self.setWidget(note_label(self.tr("Looking"), "quiet"))

    def show_findings(self, findings: Sequence[Finding]) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, STEP_PX, 0)
        grid.setHorizontalSpacing(STEP_PX)
        grid.setVerticalSpacing(STEP_PX)
        grid.setColumnStretch(2, 1)
        for row, finding in enumerate(sorted(findings, key=lambda finding: finding.ok)):
            words = finding.detail if finding.ok else f"{finding.detail}\n→ {finding.action}"
            detail = note_label(words, wraps=True)
            detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(Mark(finding.ok), row, 0)
            grid.addWidget(note_label(finding.what, "quiet"), row, 1)
            grid.addWidget(detail, row, 2)
        grid.setRowStretch(len(findings), 1)
        self.setWidget(inside)
