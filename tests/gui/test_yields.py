"""The p-chart's numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gui.yields import HourCount, control_limits, out_of_control

START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def hours(*counts: tuple[int, int]) -> list[HourCount]:
    return [HourCount(START + timedelta(hours=place), *count) for place, count in enumerate(counts)]


def test_limits_are_three_sigma_about_the_mean_yield() -> None:
    (low, high), _ = control_limits(hours((90, 100), (90, 100)))
    assert (low, high) == pytest.approx((0.81, 0.99))


def test_an_hour_with_few_parts_has_wide_limits() -> None:
    many, few = control_limits(hours((900, 1000), (9, 10)))
    assert few[0] < many[0]


def test_limits_stay_between_nothing_and_all() -> None:
    assert control_limits(hours((10, 10), (10, 10))) == [(1.0, 1.0), (1.0, 1.0)]
    low, high = control_limits(hours((1, 2), (1, 2)))[0]
    assert (low, high) == (0.0, 1.0)


def test_an_hour_without_parts_says_nothing() -> None:
    counts = hours((95, 100), (0, 0))
    assert control_limits(counts)[1] == (0.0, 1.0)
    assert out_of_control(counts) == ()


def test_a_bad_hour_stands_out() -> None:
    counts = hours(*[(97, 100)] * 8, (80, 100))
    assert out_of_control(counts) == (counts[-1],)


def test_no_hours_at_all() -> None:
    assert control_limits([]) == []
    assert out_of_control([]) == ()
