"""One number of a camera: a slider within the camera's own limits, with the exact value beside it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from gui.look.tokens import STEP_PX
from gui.widgets.texts import note_label
from inspector.devices.camera import Parameter

_POSITIONS = 1000
_WIDE = 100.0


class ParameterSlider(QWidget):
    """Emits `chosen` (name, value) when a person moves it; a wide range (exposure) is laid out by ratio."""

    chosen = Signal(str, float)

    def __init__(self, parameter: Parameter, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameter = parameter
        self._label = note_label(title)
        self._label.setMinimumWidth(120)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _POSITIONS)
        self._slider.setAccessibleName(title)
        self._field = QDoubleSpinBox()
        self._field.setAccessibleName(self.tr("{0}, exact value").format(title))
        self._field.setRange(parameter.minimum, parameter.maximum)
        self._field.setSingleStep(parameter.increment or (parameter.maximum - parameter.minimum) / 100)
        self._field.setDecimals(0 if parameter.increment >= 1 else 2)
        self._field.setKeyboardTracking(False)
        self._field.setFixedWidth(96)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        row.addWidget(self._label)
        row.addWidget(self._slider, 1)
        row.addWidget(self._field)
        self.setEnabled(not parameter.locked)
        self.show_value(parameter.value)
        self._slider.valueChanged.connect(self._slid)
        self._field.valueChanged.connect(self._typed)

    @property
    def value(self) -> float:
        return self._field.value()

    def show_value(self, value: float) -> None:
        """Show what the camera made of it, without asking the camera again."""
        for control in (self._slider, self._field):
            control.blockSignals(True)
        self._field.setValue(value)
        self._slider.setValue(self._position(value))
        for control in (self._slider, self._field):
            control.blockSignals(False)

    def _slid(self, position: int) -> None:
        self.show_value(self._value(position))
        self.chosen.emit(self._parameter.name, self._field.value())

    def _typed(self, value: float) -> None:
        self.show_value(value)
        self.chosen.emit(self._parameter.name, value)

    @property
    def _by_ratio(self) -> bool:
        low, high = self._parameter.minimum, self._parameter.maximum
        return low > 0 and high / low > _WIDE

    def _position(self, value: float) -> int:
        low, high = self._parameter.minimum, self._parameter.maximum
        if high <= low:
            return 0
        if self._by_ratio:
            return round(_POSITIONS * math.log(max(value, low) / low) / math.log(high / low))
        return round(_POSITIONS * (value - low) / (high - low))

    def _value(self, position: int) -> float:
        low, high = self._parameter.minimum, self._parameter.maximum
        share = position / _POSITIONS
        value = low * (high / low) ** share if self._by_ratio else low + share * (high - low)
        step = self._parameter.increment
        return min(high, max(low, low + round((value - low) / step) * step)) if step else value
