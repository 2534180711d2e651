"""The charts and fields of the operating point: what is drawn, what a hand or a key moves, and what that emits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.look import theme
from gui.look.tokens import LIGHT
from gui.widgets.charts import Chart
from gui.widgets.limitchart import LimitChart, ShareAxis, SideScores, TradeChart
from gui.widgets.limitfields import LimitFields
from gui.widgets.targets import TargetFields
from inspector.domain import Decision
from inspector.learning.operating_point import LeastCost, MaxEscape, MaxOverkill, Review
from inspector.recipe import Limits

BARS = SideScores((-3.0, -2.5, -2.4), (4.0, 5.0))
MARKS = SideScores((-2.0,), (3.0, 3.5))


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[LimitChart]:
    made = LimitChart("scores", "no model")
    qtbot.addWidget(made, before_close_func=Chart.release)
    made.resize(700, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.show_parts(BARS, MARKS)
    made.show_limits(Limits(-1.0, 2.0))
    rate = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", 0)  # a test's hand is faster than a person's
    yield made
    pg.setConfigOption("mouseRateLimit", rate)
    made.release()


@pytest.fixture
def trade(qtbot: QtBot) -> Iterator[TradeChart]:
    made = TradeChart("trade", "no curve")
    qtbot.addWidget(made, before_close_func=Chart.release)
    made.resize(240, 240)
    made.show()
    yield made
    made.release()


def items(chart: Chart, kind: type[Any]) -> list[Any]:
    return [item for item in chart.plot.plotItem.items if isinstance(item, kind)]


def limit_lines(chart: LimitChart) -> list[Any]:
    """The recheck and the reject line; the base line of the bars lies flat."""
    return [line for line in items(chart, pg.InfiniteLine) if line.angle == 90]


def drag(chart: LimitChart, start: float, end: float) -> None:
    """As a mouse does it, from one score to another; with its button down on the way, which qtbot leaves out."""
    box, view = chart.plot.getViewBox(), chart.plot.viewport()
    height = 0.5 * box.viewRange()[1][1]
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    path = np.linspace(start, end, 6)
    acts = [(QEvent.Type.MouseMove, start, none, none), (QEvent.Type.MouseButtonPress, start, left, left)]
    acts += [(QEvent.Type.MouseMove, score, none, left) for score in path]
    acts += [(QEvent.Type.MouseButtonRelease, end, left, none)]
    for kind, score, button, held in acts:
        place = QPointF(chart.plot.mapFromScene(box.mapViewToScene(QPointF(score, height))))
        event = QMouseEvent(kind, place, view.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(view, event)


def test_each_side_is_in_percent_of_its_own_parts(chart: LimitChart) -> None:
    above, below = items(chart, pg.BarGraphItem)
    assert sum(above.opts["height"]) == pytest.approx(100)
    assert sum(below.opts["height"]) == pytest.approx(-100)


def test_the_sides_are_told_apart_by_pattern_too(chart: LimitChart) -> None:
    above, below = items(chart, pg.BarGraphItem)
    assert above.opts["brush"].style() is Qt.BrushStyle.SolidPattern
    assert below.opts["brush"].style() is Qt.BrushStyle.BDiagPattern
    good, defective = items(chart, pg.ScatterPlotItem)
    assert (good.opts["symbol"], defective.opts["symbol"]) == ("o", "x")
    assert (len(good.data), len(defective.data)) == (1, 2)


def test_what_hangs_below_the_line_is_no_negative_share() -> None:
    assert ShareAxis("left").tickStrings([-10.0, 0.0, 5.0], 1.0, 5.0) == ["10", "0", "5"]


def test_the_limits_differ_in_style_and_bound_the_named_zones(chart: LimitChart) -> None:
    recheck, reject = limit_lines(chart)
    assert (recheck.value(), reject.value()) == (-1.0, 2.0)
    assert recheck.pen.style() is Qt.PenStyle.DashLine
    assert reject.pen.style() is Qt.PenStyle.SolidLine
    zones = items(chart, pg.LinearRegionItem)
    assert [zone.getRegion()[1] for zone in zones[:2]] == [-1.0, 2.0]
    assert [name.toPlainText() for name in items(chart, pg.TextItem)] == ["OK", "RECHECK", "NG"]


def test_a_zone_too_narrow_for_its_word_goes_without(qtbot: QtBot, chart: LimitChart) -> None:
    name = next(item for item in items(chart, pg.TextItem) if item.toPlainText() == "RECHECK")
    assert name.isVisible()
    chart.show_limits(Limits(1.0, 2.0))
    assert not name.isVisible()
    chart.resize(1600, 300)
    qtbot.waitUntil(name.isVisible)


def test_a_limit_is_dragged_and_says_so(chart: LimitChart) -> None:
    told: list[Limits] = []
    chart.dragged.connect(told.append)
    drag(chart, 2.0, 3.2)
    assert told, "the line was not grabbed"
    assert told[-1].recheck == -1.0
    assert told[-1].reject == pytest.approx(3.2, abs=0.15)
    assert limit_lines(chart)[1].value() == told[-1].reject


def test_a_limit_that_is_dragged_stops_at_the_other(chart: LimitChart) -> None:
    told: list[Limits] = []
    chart.dragged.connect(told.append)
    drag(chart, -1.0, 4.0)
    assert told[-1] == Limits(2.0, 2.0)
    assert all(limits.recheck <= limits.reject for limits in told)


def test_a_limit_outside_the_scores_widens_the_chart(chart: LimitChart) -> None:
    chart.show_limits(Limits(-50.0, 50.0))
    low, high = chart.plot.getViewBox().viewRange()[0]
    assert low < -50 < 50 < high
    assert [line.value() for line in limit_lines(chart)] == [-50.0, 50.0]


def test_the_limit_that_the_keyboard_moves_is_drawn_thick(chart: LimitChart) -> None:
    recheck, reject = limit_lines(chart)
    chart.hold("reject")
    assert (recheck.pen.width(), reject.pen.width()) == (2, 4)
    chart.hold("")
    assert reject.pen.width() == 2


def test_without_parts_there_are_words_and_limits_do_no_harm(qtbot: QtBot, chart: LimitChart) -> None:
    chart.show_parts(SideScores(), SideScores())
    chart.show_limits(Limits(0.0, 1.0))
    chart.hold("recheck")
    assert not chart.plot.isVisible()


def test_another_theme_redraws_limits_and_zones(qapp: QApplication, qtbot: QtBot, chart: LimitChart) -> None:
    theme.apply(qapp, "light")
    qtbot.waitUntil(lambda: limit_lines(chart)[0].pen.color().name().upper() == LIGHT.text)
    tint = items(chart, pg.LinearRegionItem)[2].brush.color()
    assert tint.name().upper() == LIGHT.of(Decision.NG)
    assert [line.value() for line in limit_lines(chart)] == [-1.0, 2.0]


def test_the_curve_shows_both_limits_in_shapes_of_their_own(trade: TradeChart) -> None:
    trade.show_curve((1.0, 0.1, 0.0), (0.0, 0.05, 1.0))
    trade.show_points((0.1, 0.02), (0.05, 0.3))
    curve, recheck, reject = items(trade, pg.PlotDataItem)
    assert list(curve.getData()[0]) == [100.0, 10.0, 0.0]
    assert (recheck.opts["symbol"], reject.opts["symbol"]) == ("o", "s")
    assert (reject.getData()[0][0], reject.getData()[1][0]) == (2.0, 30.0)
    assert trade.plot.getViewBox().viewRange()[1][1] > 30


def test_a_curve_without_limits_yet_is_no_fault(trade: TradeChart) -> None:
    trade.show_curve((1.0, 0.0), (0.0, 1.0))
    assert len(items(trade, pg.PlotDataItem)) == 1
    trade.show_curve((), ())
    assert not trade.plot.isVisible()


# -- limits as numbers


@pytest.fixture
def fields(qtbot: QtBot) -> LimitFields:
    made = LimitFields()
    qtbot.addWidget(made)
    made.show_limits(Limits(-1.0, 0.15))
    made.show()
    return made


def test_arrow_keys_move_a_limit(qtbot: QtBot, fields: LimitFields) -> None:
    with qtbot.waitSignal(fields.typed) as told:
        qtbot.keyClick(fields.recheck, Qt.Key.Key_Up)
    assert told.args == [Limits(-0.9, 0.15)]
    assert fields.recheck.value() == -0.9


def test_a_limit_typed_past_the_other_stops_there(qtbot: QtBot, fields: LimitFields) -> None:
    with qtbot.waitSignal(fields.typed) as told:
        fields.recheck.setValue(3.0)
    assert told.args == [Limits(0.15, 0.15)]
    with qtbot.waitSignal(fields.typed) as told:
        fields.reject.setValue(-3.0)
    assert told.args == [Limits(0.15, 0.15)]
    assert fields.reject.value() == 0.15


def test_a_limit_that_nobody_touches_stays_exact(qtbot: QtBot, fields: LimitFields) -> None:
    exact = 0.123456789
    fields.show_limits(Limits(-1.0, exact))
    assert fields.limits.reject == exact
    qtbot.keyClick(fields.recheck, Qt.Key.Key_Down)
    assert fields.limits == Limits(-1.1, exact)


def test_the_focus_tells_which_limit_is_meant(qtbot: QtBot, fields: LimitFields) -> None:
    told: list[str] = []
    fields.held.connect(told.append)
    fields.activateWindow()
    qtbot.waitUntil(fields.isActiveWindow)
    for field, name in ((fields.reject, "reject"), (fields.recheck, "recheck")):
        field.setFocus()
        qtbot.waitUntil(lambda name=name: told[-1:] == [name])
    fields.recheck.clearFocus()
    qtbot.waitUntil(lambda: told[-1:] == [""])


# -- the target


@pytest.fixture
def targets(qtbot: QtBot) -> TargetFields:
    made = TargetFields()
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_form_starts_with_what_a_training_aims_at(targets: TargetFields) -> None:
    assert targets.target == MaxOverkill(0.05)
    assert targets.review == Review(0.10, 0.0)


def test_each_kind_of_target_has_its_own_fields(qtbot: QtBot, targets: TargetFields) -> None:
    with qtbot.waitSignal(targets.wished):
        targets.kind.setCurrentIndex(0)
    assert targets.escape.isVisible() and not targets.overkill.isVisible()
    targets.escape.setValue(2.5)
    assert targets.target == MaxEscape(0.025)
    with qtbot.waitSignal(targets.wished):
        targets.bound.click()
    assert targets.target == MaxEscape(0.025, by_bound=True)
    targets.kind.setCurrentIndex(2)
    assert all(field.isVisible() for field in targets.costs) and not targets.bound.isVisible()
    assert targets.target == LeastCost(100.0, 5.0, 1.0)


def test_a_share_is_typed_in_percent(qtbot: QtBot, targets: TargetFields) -> None:
    targets.defect_rate.setValue(2.0)
    with qtbot.waitSignal(targets.wished):
        targets.budget.setValue(7.5)
    assert targets.review == Review(0.075, 0.02)


def test_the_form_can_be_drawn_in_both_themes(qapp: QApplication, targets: TargetFields) -> None:
    dark = targets.grab().toImage()
    theme.apply(qapp, "light")
    assert targets.grab().toImage() != dark
