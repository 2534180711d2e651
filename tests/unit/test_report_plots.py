"""The plots: whole drawings, with their marks where the numbers are, and readable without colour."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from inspector.domain import GOOD
from inspector.recipe import Limits
from inspector.reports.charts import histogram_plot, precision_plot, roc_plot
from inspector.reports.curves import histogram
from inspector.reports.figures import Figures, figures_of
from inspector.reports.markup import Markup, element, table, text
from inspector.reports.plots import BLUE, VERMILLION, Axis, Canvas, Style
from tests.unit.report_evidence import row, rows

LIMITS = Limits(-0.5, 1.0)


def figures(seed: int = 0) -> Figures:
    found = figures_of(rows(30, 20, seed), LIMITS)
    assert found is not None
    return found


def drawn(plot: Markup | None) -> ET.Element:
    assert plot is not None
    return ET.fromstring(plot)


def words(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter("text")]


@given(some.floats(-1e6, 1e6), some.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_inside(low: float, width: float) -> None:
    axis = Axis("x", low, low + width)
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 8
    slack = 1e-6 * max(width, abs(low))
    assert all(low - slack <= tick <= low + width + slack for tick in ticks)


def test_between_counts_there_are_no_ticks() -> None:
    assert Axis("parts", 0.0, 2.5, counts=True).ticks() == [0, 1, 2]
    assert Axis("parts", 0.0, 1.25 * 160, counts=True).ticks() == [0, 50, 100, 150, 200]


def test_a_higher_value_is_further_up_and_to_the_right() -> None:
    canvas = Canvas(Axis("x", 0, 1), Axis("y", 0, 1))
    assert canvas.across(0) < canvas.across(0.5) < canvas.across(1)
    assert canvas.down(0) > canvas.down(0.5) > canvas.down(1)


def test_steps_hold_a_height_back_to_the_point_before() -> None:
    canvas = Canvas(Axis("x", 0, 1), Axis("y", 0, 1))
    points = ET.fromstring(canvas.steps([(0, 1), (0.5, 1), (1, 0)], Style(BLUE))).get("points")
    path = [(0, 1), (0.5, 1), (0.5, 1), (0.5, 0), (1, 0)]
    assert points is not None
    told = [tuple(map(float, pair.split(","))) for pair in points.split()]
    assert list(dict.fromkeys(told)) == list(dict.fromkeys((canvas.across(x), canvas.down(y)) for x, y in path))


@pytest.mark.parametrize("plot", [roc_plot, precision_plot])
def test_curves_of_two_sets_differ_in_more_than_colour(plot: Callable[..., Markup | None]) -> None:
    picture = drawn(plot([("golden", figures(1)), ("validation", figures(2))], LIMITS))
    lines = [line for line in picture.iter("polyline") if line.get("stroke") in {BLUE, VERMILLION}]
    assert [line.get("stroke-dasharray") for line in lines] == [None, "7 4"]
    assert {"golden parts", "validation parts"} <= set(words(picture))
    assert picture.get("role") == "img" and "over 50 golden parts" in (picture.get("aria-label") or "")
    assert all("[%]" in word for word in words(picture) if word.startswith(("good parts at", "defective parts at")))


def test_the_limits_stand_on_the_curve() -> None:
    found = figures(1)
    picture = drawn(roc_plot([("golden", found)], LIMITS))
    (circle,) = picture.iter("circle")
    good = sum(part.score is not None and part.score >= 1.0 for part in found.parts if not part.defective)
    bad = sum(part.score is not None and part.score >= 1.0 for part in found.parts if part.defective)
    canvas = Canvas(Axis("x", -2, 102), Axis("y", -2, 102))
    assert float(circle.get("cx") or 0) == canvas.across(100 * good / 30)
    assert float(circle.get("cy") or 0) == canvas.down(100 * bad / 20)
    assert len(list(picture.iter("polygon"))) == 1


def test_without_defective_parts_there_is_no_curve() -> None:
    alone = figures_of([row("a", GOOD, 0.0)], LIMITS)
    assert alone is not None
    assert roc_plot([("golden", alone)], LIMITS) is None
    assert precision_plot([("golden", alone)], LIMITS) is None


@pytest.mark.parametrize("limits", [LIMITS, Limits(-900.0, 900.0), Limits(0.0, 0.0), Limits(500.0, 900.0)])
def test_the_histogram_shows_both_limits_wherever_they_are(limits: Limits) -> None:
    bins = histogram([True, False, False], [2.0, -1.0, 0.0], limits)
    assert bins is not None
    picture = drawn(histogram_plot("golden", bins, limits))
    said = " ".join(words(picture))
    assert f"recheck {limits.recheck:.4g}" in said and f"reject {limits.reject:.4g}" in said
    assert ("\u2192" in said) == (limits.reject > 10) and ("\u2190" in said) == (limits.recheck < -10)
    bars = [bar for bar in picture.iter("rect") if float(bar.get("height") or 0) > 15]
    assert sorted(bar.get("fill") or "" for bar in bars) == sorted(["#DCEAF5", "#DCEAF5", VERMILLION])


def test_one_score_alone_is_drawn() -> None:
    bins = histogram([False], [0.25], LIMITS)
    assert bins is not None
    assert drawn(histogram_plot("golden", bins, LIMITS)).tag == "svg"


@given(some.text())
def test_whatever_a_text_holds_it_stays_a_text(odd: str) -> None:
    """A class may be called anything that a folder or a person can write."""
    made = ET.fromstring(element("p", odd, title=odd))
    assert len(made) == 0 and set(made.attrib) == {"title"}
    assert "<" not in text(odd) and '"' not in text(odd)
    assert (made.text or "").encode("utf-8").decode("utf-8") == (made.text or "")


def test_markup_is_not_escaped_twice() -> None:
    assert element("p", element("b", "<")) == "<p><b>&lt;</b></p>"
    assert element("img", alt="a&b") == '<img alt="a&amp;b">'
    assert element("line", stroke_width=2, class_="thin", fill=None) == '<line stroke-width="2" class="thin"></line>'


def test_a_table_has_heads_for_its_columns_and_its_rows() -> None:
    made = ET.fromstring(table("Caption", ("a", "b"), [("x", 1), ("y", 2)]))
    assert [head.get("scope") for head in made.iter("th")] == ["col", "col", "row", "row"]
    assert [cell.text for cell in made.iter("td")] == ["1", "2"]
