"""Whatever a card and a ledger may hold, the report is a well-formed page and strict JSON, and its counts add up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from inspector.domain import GOOD, Decision
from inspector.metrics import by_part
from inspector.recipe import Limits, Recipe
from inspector.reports.depiction import Depiction
from inspector.reports.evidence import ROBUSTNESS, Evidence, Row
from inspector.reports.figures import figures_of, outcome_of
from inspector.reports.gallery import Why, errors, typical
from inspector.reports.page import page, wanted
from inspector.reports.report import report_on
from tests.unit.learning_cards import RECIPE, card
from tests.unit.report_pages import Page

FEW = settings(max_examples=20, deadline=None)  # a busy machine is no fault
NAMES = some.text(min_size=1, max_size=8)  # any letters, also those that no file can hold
CLASSES = some.sampled_from([GOOD, "dent", "<i>", "a & b", '"', "\u202e"]) | NAMES
SCORES = some.none() | some.floats(-1e6, 1e6) | some.sampled_from([0.0, -0.0, 1e300, -1e300, 5e-324])
ROWS = some.lists(
    some.builds(Row, some.integers(0, 2**32).map("{:064x}".format), NAMES, CLASSES, SCORES, CLASSES), max_size=8
)
LIMITS = some.tuples(some.floats(-1000, 1000), some.floats(-1000, 1000)).map(lambda pair: Limits(*sorted(pair)))
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=6)
)
TABLES = some.dictionaries(
    some.text(max_size=6),
    some.recursive(
        LEAVES,
        lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=6), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def made(golden: list[Row], validation: list[Row], limits: Limits, more: dict[str, Any]) -> Evidence:
    known = replace(card(1, b"model", limits=limits), results=more, receipt=more)
    return Evidence(
        card=known,
        recipe=Recipe(RECIPE, model_id=known.id, limits=limits),
        program="0.1.0",
        golden=tuple(golden),
        validation=tuple(validation),
        notes=tuple(row.part for row in golden),
        annexes={ROBUSTNESS: more, "other": list(more.values())},
    )


@FEW
@given(ROWS, ROWS, LIMITS, TABLES)
def test_the_page_is_well_formed_and_the_json_strict(
    golden: list[Row], validation: list[Row], limits: Limits, more: dict[str, Any]
) -> None:
    report = report_on(made(golden, validation, limits, more))
    text = page(report, dict.fromkeys(wanted(report), Depiction(b"plain", b"heat")))
    assert Page(text).faults == []
    text.encode("utf-8")
    json.loads(json.dumps(report.to_json(), allow_nan=False))


@FEW
@given(ROWS, LIMITS)
def test_every_part_is_counted_once_in_every_table(golden: list[Row], limits: Limits) -> None:
    figures = figures_of(golden, limits)
    if figures is None:
        assert golden == []
        return
    parts = {row.part for row in golden}
    assert len(figures.parts) == len(parts) == figures.good + figures.defective
    assert sum(one.parts for one in figures.classes) == len(parts)
    assert sum(count for one in figures.classes for count in one.decisions.values()) == len(parts)
    assert sum(map(sum, figures.confusion)) == len(parts) - figures.unfit
    if figures.histogram:
        binned = sum(figures.histogram.good) + sum(figures.histogram.defective)
        assert binned == sum(part.score is not None for part in figures.parts)


@FEW
@given(ROWS, LIMITS)
def test_rates_and_errors_tell_the_same(golden: list[Row], limits: Limits) -> None:
    figures = figures_of(golden, limits)
    found = errors(golden, limits)
    missed = [one for one in found if one.why is Why.MISSED]
    overkilled = [one for one in found if one.why is Why.OVERKILL]
    assert len(found) == len(missed) + len(overkilled)
    if figures:
        assert round(figures.escape.value * figures.defective if figures.defective else 0) == len(missed)
        assert round(figures.overkill.value * figures.good if figures.good else 0) == len(overkilled)
        by_class = {one.name: one.missed for one in figures.classes if one.missed}
        assert sum(round(rate.value * rate.n) for rate in by_class.values() if rate.n) == len(missed)


@FEW
@given(ROWS, LIMITS)
def test_an_exhibit_is_a_part_as_it_was_decided(golden: list[Row], limits: Limits) -> None:
    decided = {part.part: part for part in by_part(outcome_of(row, limits) for row in golden)}
    digests = {row.digest: row.part for row in golden}
    for one in (*errors(golden, limits), *typical(golden, limits)):
        part = decided[one.part]
        assert (one.decision, one.score, one.defect_class) == (part.decision, part.score, part.defect_class)
        assert digests[one.digest] == one.part or len(digests) < len(golden)
    assert all(one.decision in {Decision.OK, Decision.NG} for one in typical(golden, limits))


@FEW
@given(ROWS, LIMITS, some.randoms())
def test_the_order_of_the_pictures_does_not_matter(golden: list[Row], limits: Limits, chance: Any) -> None:
    distinct = list({row.digest: row for row in golden}.values())
    scores = [row.score for row in distinct]
    if len(set(scores)) < len(scores):
        return  # of two equal pictures of a part either may stand for it
    shuffled = list(distinct)
    chance.shuffle(shuffled)
    first, second = (figures_of(rows, limits) for rows in (distinct, shuffled))
    assert (first.to_json() if first else None) == (second.to_json() if second else None)
