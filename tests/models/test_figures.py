"""Figures and limits from held-out scores, on parts whose answer can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from inspector.domain import GOOD, Decision
from inspector.learning.operating_point import NO_EXPERIENCE, MaxOverkill, Review, choose
from inspector.learning.scored import parts_of
from inspector.metrics import Outcome
from inspector.pipeline.judge import decide
from inspector.recipe import Limits
from models.crossvalidation import Examples
from models.figures import figures, outcomes, parts_by_class, suggest


def scored(good: Sequence[float], bad: Sequence[float], limits: Limits = NO_EXPERIENCE) -> list[Outcome]:
    """One part per score."""
    sides = [(GOOD, f"g{i}", s) for i, s in enumerate(good)] + [("dent", f"b{i}", s) for i, s in enumerate(bad)]
    return [
        Outcome(part, kind, decide(score, limits), score, GOOD if score < 0 else "dent") for kind, part, score in sides
    ]


def examples(truth: list[int], names: list[str]) -> Examples:
    return Examples(
        np.zeros((len(truth), 2, 3), dtype=np.float32),
        np.zeros(3, dtype=np.float32),
        tuple(f"{number:064x}" for number in range(len(truth))),
        np.array(truth),
        np.array(names),
        (GOOD, "dent", "scratch"),
    )


def test_the_suggested_limits_are_those_of_the_operating_point() -> None:
    found = scored([-5.0] * 80 + [-1.0] * 10 + [1.0] * 10, [4.0] * 20 + [0.0])
    assert suggest(found) == choose(parts_of(found), MaxOverkill(0.05), Review(0.10)).limits == Limits(-0.5, 2.5)


@pytest.mark.parametrize(("good", "bad"), [([], []), ([1.0], []), ([], [1.0])])
def test_where_nothing_could_be_measured_the_limits_are_careful(good: list[float], bad: list[float]) -> None:
    assert suggest(scored(good, bad)) == NO_EXPERIENCE


def test_figures_are_json_and_say_how_many_parts_stand_behind_them() -> None:
    table = json.loads(json.dumps(figures(scored([-3.0, -2.0, 1.0], [2.0, 3.0])), allow_nan=False))
    assert table["auroc"] == 1.0
    assert table["escape_rate"]["n"] == 2
    assert table["overkill_rate"]["n"] == 3
    assert table["escape_at_1_percent_overkill"] == {
        "value": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.842, abs=1e-3),
        "n": 2,
    }


def test_figures_of_one_side_only_are_null_and_not_a_number() -> None:
    table = figures(scored([-1.0, 1.0], []))
    assert table["auroc"] is None
    assert table["escape_rate"]["value"] is None
    json.dumps(table, allow_nan=False)


def test_a_picture_that_no_fold_scored_stands_in_no_figure() -> None:
    logits = np.array([[1.0, 0.0, 0.0], [np.nan] * 3, [0.0, 2.0, 1.0]], dtype=np.float32)
    found = outcomes(examples([0, 0, 1], ["a", "b", "c"]), logits, Limits(0.0, 1.0))
    assert [one.part for one in found] == ["a", "c"]
    assert [one.named for one in found] == [GOOD, "dent"]
    assert [one.decision for one in found] == [Decision.OK, Decision.NG]


def test_a_part_counts_for_the_defect_that_it_shows_in_any_picture() -> None:
    assert parts_by_class(examples([0, 1, 0, 2, 0], ["a", "a", "b", "c", "d"])) == {"dent": 1, GOOD: 2, "scratch": 1}
