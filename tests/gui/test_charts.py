"""The charts: what is drawn for which numbers, and that they can be taken apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyqtgraph as pg
import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from gui.look import theme
from gui.look.tokens import DARK, LIGHT
from gui.widgets.charts import Chart, YieldChart
from gui.yields import HourCount

START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def hours(*counts: tuple[int, int]) -> list[HourCount]:
    return [HourCount(START + timedelta(hours=place), *count) for place, count in enumerate(counts)]


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[YieldChart]:
    made = YieldChart("yield by hour", "no parts yet")
    qtbot.addWidget(made, before_close_func=Chart.release)
    made.resize(448, 200)
    made.show()
    yield made
    made.release()


def items(chart: Chart, kind: type[Any]) -> list[Any]:
    return [item for item in chart.plot.plotItem.items if isinstance(item, kind)]


def words(chart: Chart) -> list[str]:
    return [label.text() for label in chart.findChildren(QLabel) if label.isVisible()]


def test_without_parts_there_are_words_and_no_axes(chart: YieldChart) -> None:
    assert words(chart) == ["yield by hour", "no parts yet"]
    assert not chart.plot.isVisible()
    chart.show_hours(hours((0, 0), (0, 0)))
    assert not chart.plot.isVisible(), "hours in which nothing was judged are no points"


def test_a_point_for_each_hour_between_two_limits(chart: YieldChart) -> None:
    chart.show_hours(hours((97, 100), (0, 0), (95, 100), (96, 100)))
    assert words(chart) == ["yield by hour"]
    curves = items(chart, pg.PlotDataItem)
    assert len(curves) == 3
    places, shares = curves[-1].getData()
    assert list(places) == [0, 1, 2]
    assert list(shares) == [97.0, 95.0, 96.0]
    lower, upper = (curve.getData()[1] for curve in curves[:2])
    assert all(low < share < high for low, share, high in zip(lower, shares, upper, strict=True))


def test_an_hour_out_of_control_has_another_shape(chart: YieldChart) -> None:
    chart.show_hours(hours(*[(97, 100)] * 8, (80, 100)))
    points = items(chart, pg.PlotDataItem)[-1]
    assert points.opts["symbol"] == ["o"] * 8 + ["d"]


def test_new_hours_replace_the_old_ones(chart: YieldChart) -> None:
    for _ in range(3):
        chart.show_hours(hours((9, 10), (8, 10)))
    assert len(items(chart, pg.PlotDataItem)) == 3


def test_a_whole_day_keeps_its_labels_apart(chart: YieldChart) -> None:
    chart.show_hours(hours(*[(97, 100)] * 24))
    ((names,),) = (chart.plot.getAxis("bottom")._tickLevels,)
    assert len(names) <= 7


def test_another_theme_redraws_in_its_colours(qapp: QApplication, qtbot: QtBot, chart: YieldChart) -> None:
    chart.show_hours(hours((9, 10)))
    assert chart.plot.backgroundBrush().color().name().upper() == DARK.surface
    theme.apply(qapp, "light")
    qtbot.waitUntil(lambda: chart.plot.backgroundBrush().color().name().upper() == LIGHT.surface)
    assert len(items(chart, pg.PlotDataItem)) == 3


def test_a_chart_is_taken_apart_once_and_draws_no_more(qapp: QApplication, qtbot: QtBot, chart: YieldChart) -> None:
    chart.show_hours(hours((9, 10)))
    chart.release()
    chart.release()
    theme.apply(qapp, "light")
    qtbot.wait(10)


def test_a_chart_has_a_name_for_those_who_listen(chart: YieldChart) -> None:
    assert chart.accessibleName() == "yield by hour"
    assert chart.plot.accessibleName() == "yield by hour"
