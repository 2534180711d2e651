"""What a person asks of the limits: a target, how often parts are defective, and how much people look at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.numbers import Choice, NumberField
from gui.widgets.texts import note_label
from inspector.learning.operating_point import (
    DEFAULT_REVIEW,
    DEFAULT_TARGET,
    LeastCost,
    MaxEscape,
    MaxOverkill,
    Review,
    Target,
)

_ESCAPE, _OVERKILL, _COST = range(3)


class TargetFields(QWidget):
    """A form; emits `wished` when a person changes it. `target` and `review` are what it says."""

    wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(STEP_PX)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.kind = Choice(
            self.tr("Target of the limits"),
            (self.tr("At most so many escapes"), self.tr("At most so much overkill"), self.tr("Least cost")),
        )
        self.kind.setCurrentIndex(_OVERKILL)
        self._form.addRow(self.kind)
        self.escape = self._percent(self.tr("Escapes"), 1.0)
        self.bound = QCheckBox(self.tr("as upper bound, 95 % confidence"))
        self.bound.setAccessibleName(self.tr("The escape target holds for the exact upper bound with 95 % confidence"))
        self._form.addRow(self.bound)
        self.overkill = self._percent(self.tr("Overkill"), 100 * DEFAULT_TARGET.share)
        self.costs = [
            self._cost(self.tr("An escape costs"), 100.0),
            self._cost(self.tr("Overkill costs"), 5.0),
            self._cost(self.tr("A recheck costs"), 1.0),
        ]
        self.defect_rate = self._percent(self.tr("Defective on the line"), 0.0)
        self.budget = self._percent(self.tr("To a person at most"), 100 * DEFAULT_REVIEW.share)
        self._connect()
        self._show_kind()

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(lambda _place: self._show_kind())
        self.kind.currentIndexChanged.connect(lambda _place: self.wished.emit())
        self.bound.toggled.connect(lambda _on: self.wished.emit())
        for field in (self.escape, self.overkill, *self.costs, self.defect_rate, self.budget):
            field.valueChanged.connect(lambda _value: self.wished.emit())

    def _percent(self, name: str, value: float) -> NumberField:
        return self._field(name, self.tr(" %"), 100.0, value)

    def _cost(self, name: str, value: float) -> NumberField:
        return self._field(name, "", 1e6, value)

    def _field(self, name: str, unit: str, most: float, value: float) -> NumberField:
        field = NumberField(name, 0.0, most, 0.5)
        field.setSuffix(unit)
        field.setValue(value)
        self._form.addRow(note_label(name, "quiet", wraps=True), field)
        return field

    def _show_kind(self) -> None:
        """Only the fields that count for the kind of target."""
        shown: dict[int, list[QWidget]] = {
            _ESCAPE: [self.escape, self.bound],
            _OVERKILL: [self.overkill],
            _COST: [*self.costs],
        }
        for kind, fields in shown.items():
            for field in fields:
                self._form.setRowVisible(field, kind == self.kind.currentIndex())

    @property
    def target(self) -> Target:
        kind = self.kind.currentIndex()
        if kind == _ESCAPE:
            return MaxEscape(self.escape.value() / 100, self.bound.isChecked())
        if kind == _OVERKILL:
            return MaxOverkill(self.overkill.value() / 100)
        return LeastCost(*(field.value() for field in self.costs))

    @property
    def review(self) -> Review:
        return Review(self.budget.value() / 100, self.defect_rate.value() / 100)
