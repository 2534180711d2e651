"""The verdict panel: shape, word, class, score and limit of one part, readable from two metres."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look.shapes import paint_verdict
from gui.look.theme import colours, sized
from gui.look.tokens import CORNER_PX, FADE_MS, READ_PX, STEP_PX, VERDICT_PX, mixed
from gui.look.words import Words
from inspector.domain import Verdict

TINT = 0.2
_SHAPE_PX = 96
_MARGIN_PX = 2 * STEP_PX
_LINE_PX = READ_PX + STEP_PX


class VerdictPanel(QWidget):
    """Shows one Verdict; a change fades in, and nothing ever blinks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = Words(self)
        self._verdict: Verdict | None = None
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(FADE_MS)
        self._fade.setStartValue(0.3)
        self._fade.setEndValue(1.0)
        self._fade.valueChanged.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_verdict(None)

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show `verdict`; None means that no part was judged yet."""
        changed = verdict is not None and (
            self._verdict is None
            or (verdict.decision, verdict.defect_class) != (self._verdict.decision, self._verdict.defect_class)
        )
        self._verdict = verdict
        self.setAccessibleName(self.tr("Verdict: {0}").format(self._spoken()))
        if changed:
            self._fade.start()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(
            _SHAPE_PX + 3 * _MARGIN_PX + self._word_width(), _SHAPE_PX + 2 * _LINE_PX + STEP_PX + 2 * _MARGIN_PX
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def _word_width(self) -> int:
        """Room for the longest word, so that the page does not move with the verdict."""
        metrics = QFontMetrics(sized(VERDICT_PX, bold=True))
        return metrics.horizontalAdvance(self.tr("RECHECK"))

    def _word_px(self, width: float) -> int:
        """The word's height: as large as the room for the longest word allows, whatever fonts the PC has."""
        return min(VERDICT_PX, int(VERDICT_PX * width / self._word_width()))

    def _spoken(self) -> str:
        if self._verdict is None:
            return self.tr("no part yet")
        word = self._words.decision(self._verdict.decision)
        return f"{word}, {self._words.cause(self._verdict)}, {self._figures(self._verdict)}".strip(", ")

    def _figures(self, verdict: Verdict) -> str:
        if verdict.score is None or verdict.limit is None:
            return ""
        return self.tr("score {0}   limit {1}").format(f"{verdict.score:.1f}", f"{verdict.limit:.1f}")

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = colours()
        painter.setPen(Qt.PenStyle.NoPen)
        plane = palette.surface
        if self._verdict is not None:
            plane = mixed(palette.of(self._verdict.decision), palette.surface, TINT)
        painter.setBrush(QColor(plane))
        painter.drawRoundedRect(self.rect(), CORNER_PX, CORNER_PX)
        if self._verdict is None:
            painter.setPen(QColor(palette.quiet))
            painter.setFont(sized(READ_PX))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("no part yet"))
            return
        if self._fade.state() is QVariantAnimation.State.Running:
            painter.setOpacity(float(self._fade.currentValue()))
        self._paint_verdict(painter, self._verdict)

    def _paint_verdict(self, painter: QPainter, verdict: Verdict) -> None:
        palette = colours()
        area = QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        paint_verdict(painter, QRectF(area.left(), area.top(), _SHAPE_PX, _SHAPE_PX), verdict.decision, palette)
        painter.setPen(QColor(palette.text))
        beside = _SHAPE_PX + _MARGIN_PX
        word = QRectF(area.left() + beside, area.top(), area.width() - beside, _SHAPE_PX)
        painter.setFont(sized(self._word_px(word.width()), bold=True))
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(word, middle, self._words.decision(verdict.decision))
        line = QRectF(area.left(), area.top() + _SHAPE_PX + STEP_PX, area.width(), _LINE_PX)
        painter.setFont(sized(READ_PX, bold=True))
        cause = painter.fontMetrics().elidedText(
            self._words.cause(verdict), Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(line, middle, cause)
        painter.setFont(sized(READ_PX))
        painter.drawText(line.translated(0, _LINE_PX), middle, self._figures(verdict))
