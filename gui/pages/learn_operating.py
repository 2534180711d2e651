"""The operating point on the Learn page: scores under two limits, what these do to parts, and what may be claimed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.session.operating import Operating, Standing
from gui.widgets.buttons import button
from gui.widgets.comparison import ComparisonTable, Line
from gui.widgets.limitchart import LimitChart, SideScores, TradeChart
from gui.widgets.limitfields import LimitFields
from gui.widgets.targets import TargetFields
from gui.widgets.texts import column_plane, note_label, read_label
from inspector.learning.operating_point import Choice, LeastCost
from inspector.learning.scored import Estimate, Rates, ScoredParts, Side, rates, trade
from inspector.metrics import Proportion
from inspector.recipe import Limits

_SIDE_PX = 336
_CURVE_PX = 240


class OperatingPanel(QWidget):
    """Limits are tried here and put to use by a button; every figure follows the limits as they move."""

    def __init__(self, operating: Operating, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._operating = operating
        self._standing: Standing | None = None
        self._remarks: tuple[str, ...] = ()
        self._words = Words(self)
        self.chart = LimitChart(
            self.tr("Scores"), self.tr("The scores of the model in use are shown here, once there is one.")
        )
        self.curve = TradeChart(self.tr("○ recheck limit, □ reject limit"), self.tr("no curve"))
        self.fields = LimitFields()
        self.table = ComparisonTable(self.tr("What the limits do"))
        self.targets = TargetFields()
        self.claim = note_label(tone="strong", wraps=True)
        self.remarks = note_label(wraps=True)
        self.warning = note_label(wraps=True)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("Reason to let them pass"))
        self.reason.setAccessibleName(self.tr("Reason to let parts pass that are stopped today"))
        self.use = button(self.tr("Use these limits"), self.use_limits, "first", dense=True)
        self.back = button(self.tr("Undo"), operating.undo, dense=True)
        self._lay_out()
        self._connect()
        self._show_standing(None)

    def _lay_out(self) -> None:
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 2 * STEP_PX, 0, 0)
        whole.setSpacing(2 * STEP_PX)
        left = QVBoxLayout()
        left.setSpacing(2 * STEP_PX)
        charts = QHBoxLayout()
        charts.setSpacing(2 * STEP_PX)
        charts.addWidget(self.chart, 1)
        self.curve.setFixedWidth(_CURVE_PX)
        charts.addWidget(self.curve)
        left.addLayout(charts, 1)
        left.addWidget(self.fields)
        left.addWidget(self.table)
        whole.addLayout(left, 1)
        whole.addWidget(self._side())

    def _side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(_SIDE_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * STEP_PX)
        column.addWidget(self._framed(read_label(self.tr("Find limits")), self.targets))
        column.addWidget(self._said(), 1)
        column.addWidget(self.warning)
        column.addWidget(self.reason)
        row = QHBoxLayout()
        row.addWidget(self.use, 1)
        row.addWidget(self.back)
        column.addLayout(row)
        return side

    def _said(self) -> QWidget:
        """What may be claimed; how long that is, depends on the parts."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("What may be claimed"))
        framed = self._framed(self.claim, self.remarks)
        area.setWidget(framed)
        return area

    def _framed(self, *widgets: QWidget) -> QWidget:
        frame, column = column_plane()
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        return frame

    def _connect(self) -> None:
        self._operating.gathered.connect(self._show_standing)
        self._operating.chosen.connect(self._show_choice)
        self.targets.wished.connect(self._find)
        self.chart.dragged.connect(self._moved)
        self.fields.typed.connect(self._moved)
        self.fields.held.connect(self.chart.hold)
        self.reason.textChanged.connect(lambda _text: self._show_buttons())

    @property
    def limits(self) -> Limits:
        """The limits as they are tried."""
        return self.fields.limits

    def use_limits(self) -> None:
        """Put the limits that are tried to use."""
        if self.use.isEnabled():
            self._operating.use(self.limits, self.reason.text())
            self.reason.clear()

    def _show_standing(self, standing: Standing | None) -> None:
        """Limits that are tried stay as they are while nothing else has changed under them."""
        before, self._standing = self._standing, standing
        for widget in (self.fields, self.targets):
            widget.setEnabled(standing is not None)
        if standing is None:
            self.chart.show_parts(SideScores(), SideScores())
            self.curve.show_curve((), ())
            self._show_figures()
            return
        evidence = standing.evidence
        golden = _scores(evidence.golden)
        self.chart.name(
            self.tr("Good above, filled; defective below, hatched; ○ and × are golden parts")
            if evidence.validated
            else self.tr("Golden parts: good above, filled; defective below, hatched")
        )
        self.chart.show_parts(_scores(evidence.chosen_on), golden if evidence.validated else SideScores())
        both = evidence.chosen_on.good.n and evidence.chosen_on.bad.n
        self.curve.show_curve(*(map(tuple, trade(evidence.chosen_on)) if both else ((), ())))
        same = before and (before.evidence.model_id, before.limits) == (evidence.model_id, standing.limits)
        if not same:
            self._remarks = ()
            self.fields.show_limits(standing.limits)
        self._show_limits()

    def _find(self) -> None:
        if self._standing:
            self._operating.choose(self._standing, self.targets.target, self.targets.review)

    def _show_choice(self, choice: Choice) -> None:
        self._remarks = choice.remarks
        self.fields.show_limits(choice.limits)
        self._show_limits()

    def _moved(self, limits: Limits) -> None:
        """A person moves them: what was said of a choice no longer holds."""
        self._remarks = ()
        self.fields.show_limits(limits)
        self._show_limits()

    def _show_limits(self) -> None:
        self.chart.show_limits(self.limits)
        if self._standing and self.curve.has_values():
            parts = self._standing.evidence.chosen_on
            at = np.array([self.limits.recheck, self.limits.reject])
            self.curve.show_points(*map(tuple, trade(parts, at)))
        self._show_figures()

    def _show_figures(self) -> None:
        standing = self._standing
        if standing is None:
            self.table.show_lines([self.tr("No model")], [])
            self.claim.setText("")
        else:
            evidence = standing.evidence
            shown = {self.tr("Golden parts"): evidence.proof(self.limits)}
            if evidence.validated:
                shown = {self.tr("Validation parts"): rates(evidence.validation, self.limits), **shown}
            self.table.show_lines(list(shown), self._lines(list(shown.values())))
            self.claim.setText(evidence.claim(self.limits, self.targets.target))
        self.remarks.setText("\n\n".join(self._remarks))
        self.remarks.setVisible(bool(self._remarks))
        self._show_buttons()

    def _lines(self, found: list[Rates]) -> list[Line]:
        lines = [
            Line(self.tr("Escapes"), tuple(self._rate(one.escape) for one in found)),
            Line(self.tr("Overkill"), tuple(self._rate(one.overkill) for one in found)),
            Line(self.tr("Good parts to a person"), tuple(self._rate(one.recheck_good) for one in found)),
            Line(self.tr("Defective parts to a person"), tuple(self._rate(one.recheck_bad) for one in found)),
        ]
        rate, target = self.targets.review.defect_rate, self.targets.target
        if rate:
            shares = [one.work(rate) for one in found]
            lines.append(Line(self.tr("All parts to a person"), tuple(self._share(one) for one in shares)))
        if rate and isinstance(target, LeastCost):
            costs = [target.expected(one, rate) for one in found]
            lines.append(Line(self.tr("Expected cost for a part"), tuple(self._cost(one) for one in costs)))
        return lines

    def _rate(self, rate: Proportion) -> str:
        if not rate.n:
            return self.tr("no parts")
        return self.tr("{0}  ({1}, {2} parts)").format(
            self._words.percent(rate.value), self._words.interval(rate.low, rate.high), rate.n
        )

    def _share(self, share: Estimate) -> str:
        return self.tr("{0}  ({1})").format(
            self._words.percent(share.value), self._words.interval(share.low, share.high)
        )

    def _cost(self, cost: Estimate) -> str:
        return self.tr("{0}  ({1} to {2})").format(*(f"{value:.3g}" for value in (cost.value, cost.low, cost.high)))

    def _show_buttons(self) -> None:
        standing = self._standing
        escapes = standing.new_escapes(self.limits) if standing else 0
        changed = standing is not None and standing.in_use and self.limits != standing.limits
        self.warning.setVisible(bool(escapes) and changed)
        self.reason.setVisible(bool(escapes) and changed)
        self.warning.setText(self.tr("{0} defective golden parts that are stopped today would pass.").format(escapes))
        self.use.setEnabled(changed and (not escapes or bool(self.reason.text().strip())))
        self.back.setEnabled(self._operating.can_undo)


def _scores(parts: ScoredParts) -> SideScores:
    return SideScores(_finite(parts.good), _finite(parts.bad))


def _finite(side: Side) -> tuple[float, ...]:
    return tuple(side.scores[np.isfinite(side.scores)].tolist())
