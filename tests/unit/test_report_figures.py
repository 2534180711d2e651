"""The figures of a report: counted by hand, over parts, and one with the curves that are drawn of them."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from inspector.domain import GOOD, Decision
from inspector.metrics import auroc, average_precision, clopper_pearson
from inspector.recipe import Limits
from inspector.reports.curves import histogram, precision_recall, roc
from inspector.reports.evidence import GOLDEN, rows_of
from inspector.reports.figures import figures_of
from inspector.reports.gallery import Why, changed, errors, typical
from tests.unit.learning_cards import card
from tests.unit.report_evidence import gate, row, rows

LIMITS = Limits(-0.5, 1.0)
RANKED = some.lists(some.tuples(some.booleans(), some.sampled_from([-2.0, -1.0, 0.0, 0.5, 3.0])), min_size=1)

# Five parts: one good, one rejected, one missed, one overkill, one to a person; and a picture without its part.
PARTS = (
    row("a", GOOD, -2.0),
    row("a", GOOD, -1.0, picture=1),
    row("b", "dent", 3.0),
    row("b", "dent", -3.0, picture=1),
    row("c", "dent", -0.6),
    row("d", GOOD, 1.0, leading="scratch"),
    row("e", "scratch", 0.0),
    row("f", GOOD, None),
)


def test_a_part_is_counted_once_by_its_worst_picture() -> None:
    figures = figures_of(PARTS, LIMITS)
    assert figures is not None
    assert (figures.pictures, len(figures.parts), figures.good, figures.defective, figures.unfit) == (8, 6, 3, 3, 1)
    assert figures.escape == clopper_pearson(1, 3)
    assert figures.overkill == clopper_pearson(1, 3)
    assert figures.recheck == clopper_pearson(1, 6)
    assert "1 of 3 defective test parts were missed" in figures.claim


def test_every_class_has_its_verdicts_and_its_rates() -> None:
    figures = figures_of(PARTS, LIMITS)
    assert figures is not None
    good, dent, scratch = figures.classes
    assert [one.name for one in figures.classes] == [GOOD, "dent", "scratch"]
    assert dent.decisions == {Decision.OK: 1, Decision.NG: 1, Decision.RECHECK: 0, Decision.UNFIT: 0}
    assert (dent.precision, dent.recall) == (clopper_pearson(1, 2), clopper_pearson(1, 2))
    assert dent.missed == clopper_pearson(1, 2)
    assert good.missed is None and good.recall == clopper_pearson(1, 2)
    assert scratch.f1 == 0.0
    assert figures.confusion == ((1, 0, 1), (1, 1, 0), (0, 1, 0))


def test_without_rows_there_are_no_figures() -> None:
    assert figures_of((), LIMITS) is None
    assert rows_of(card(1, b"m"), GOLDEN) == ()


def test_figures_of_good_parts_alone_claim_nothing_and_draw_no_curve() -> None:
    figures = figures_of([row("a", GOOD, 0.0)], LIMITS)
    assert figures is not None
    assert figures.claim.startswith("No defective part was tested")
    assert figures.roc == () and figures.precision_recall == () and math.isnan(figures.auroc)
    json.dumps(figures.to_json(), allow_nan=False)


@given(RANKED)
def test_the_area_under_the_drawn_curve_is_the_auroc(ranked: list[tuple[bool, float]]) -> None:
    defective, scores = [bad for bad, _ in ranked], [score for _, score in ranked]
    points = roc(defective, scores)
    if not points:
        assert math.isnan(auroc(defective, scores))
        return
    area = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in pairwise(points))
    assert area == pytest.approx(auroc(defective, scores))
    assert points[0] == (0.0, 0.0) and points[-1] == (1.0, 1.0)


@given(RANKED)
def test_the_area_under_the_drawn_steps_is_the_average_precision(ranked: list[tuple[bool, float]]) -> None:
    defective, scores = [bad for bad, _ in ranked], [score for _, score in ranked]
    points = precision_recall(defective, scores)
    if not points:
        assert math.isnan(average_precision(defective, scores))
        return
    area = sum((after[0] - before[0]) * after[1] for before, after in pairwise([(0.0, 0.0), *points]))
    assert area == pytest.approx(average_precision(defective, scores))


@given(RANKED, some.floats(-1000, 1000), some.floats(0, 500))
def test_every_part_is_in_one_bin_wherever_the_limits_are(
    ranked: list[tuple[bool, float]], recheck: float, width: float
) -> None:
    defective, scores = [bad for bad, _ in ranked], [score for _, score in ranked]
    drawn = histogram(defective, scores, Limits(recheck, recheck + width))
    assert drawn is not None
    assert (sum(drawn.good), sum(drawn.defective)) == (defective.count(False), defective.count(True))
    assert all(before < after for before, after in pairwise(drawn.edges))


def test_a_limit_far_away_does_not_press_the_scores_together() -> None:
    drawn = histogram([True, False], [0.0, 2.0], Limits(-1.0, 900.0))
    assert drawn is not None
    assert drawn.edges[0] < -1.0 and drawn.edges[-1] < 3.0


def test_missed_parts_come_first_and_the_surest_of_them_at_the_top() -> None:
    found = errors((*PARTS, row("g", "dent", -4.0), row("h", GOOD, 9.0)), LIMITS)
    assert [(one.part, one.why) for one in found] == [
        ("g", Why.MISSED),
        ("c", Why.MISSED),
        ("h", Why.OVERKILL),
        ("d", Why.OVERKILL),
    ]


def test_a_part_is_shown_by_its_worst_picture() -> None:
    (one,) = errors([row("a", GOOD, -2.0), row("a", GOOD, 5.0, picture=1)], LIMITS)
    assert one.digest == row("a", GOOD, 0.0, picture=1).digest and one.score == 5.0


def test_typical_parts_are_right_and_of_both_kinds() -> None:
    found = typical(rows(30, 30), LIMITS)
    assert [one.defect_class == GOOD for one in found] == [True, True, False, False]
    assert {one.decision for one in found[:2]} == {Decision.OK} and {one.decision for one in found[2:]} == {Decision.NG}
    assert typical((), LIMITS) == []


def test_what_the_gate_lists_is_shown_as_far_as_it_is_known() -> None:
    answer = gate("v2") | {"changed": [*gate("v2")["changed"], {"part": "gone", "before": "ok", "after": "ng"}]}
    (one,) = changed(rows(2, 2, seed=1), LIMITS, answer)
    assert one.part == "1-d0" and one.note == "ng before, ok now"
    assert changed(rows(2, 2), LIMITS, None) == []
