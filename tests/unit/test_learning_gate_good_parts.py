"""The gate on models from good parts: what golden good parts show, and what the first labelled defects do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import GOOD, UNLIKE, Decision
from inspector.learning.gate import GateRules, hold_against_champion, judge
from inspector.learning.snapshot import take
from inspector.metrics import Outcome
from inspector.recipe import Limits, Recipe
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, publish, teach
from tests.unit.test_learning_gate import NG, OK, golden, measured

GOOD_ONLY = (GOOD, UNLIKE)
GROWN = (GOOD, "scratch", UNLIKE)


def test_a_first_model_from_good_parts_alone_passes_on_one_of_them() -> None:
    report = judge(None, golden(good=1, defective=0), candidate_id="v1", classes=GOOD_ONLY)
    assert report.passed
    assert (report.needed_defective, report.needed_good) == (0, 0)
    assert "nothing can be claimed about escapes" in report.notes[0]


def test_a_first_model_from_good_parts_alone_needs_one_that_it_did_not_see() -> None:
    report = judge(None, [], classes=GOOD_ONLY)
    assert (report.passed, report.needed_defective, report.needed_good) == (False, 0, 1)
    (reason,) = report.reasons
    assert "The golden set has 0 good parts; 1 more are needed" in reason


@pytest.mark.parametrize(("rejected", "passes"), [(10, True), (11, False)])
def test_a_first_model_that_rejects_more_than_half_of_the_good_parts_is_refused(rejected: int, passes: bool) -> None:
    parts = golden({f"g{n}": NG for n in range(rejected)}, defective=0)
    report = judge(None, parts, classes=GOOD_ONLY)
    assert report.passed is passes
    said = () if passes else ("It rejects 55% of the 20 good golden parts; at most 50% may be.",)
    assert report.reasons == said


def test_a_first_model_from_good_parts_alone_that_could_judge_nothing_is_refused() -> None:
    unfit = [Outcome(part.part, GOOD, Decision.UNFIT, None) for part in golden(defective=0)]
    report = judge(None, unfit, classes=GOOD_ONLY)
    assert not report.passed
    assert "could the model be used at all" in report.reasons[0]


@pytest.mark.parametrize(("asked", "needed"), [(4, 0), (7, 0), (8, 1), (10, 3)])
def test_the_next_model_from_good_parts_alone_needs_as_many_good_ones_as_the_rules_say(asked: int, needed: int) -> None:
    parts = golden(good=7, defective=0)
    report = judge(parts, parts, GateRules(min_good_alone=asked), classes=GOOD_ONLY, champion_classes=GOOD_ONLY)
    assert (report.needed_defective, report.needed_good) == (0, needed)
    assert report.passed is (needed == 0)


@pytest.mark.parametrize(("more", "passes"), [(1, True), (2, False)])
def test_the_next_model_from_good_parts_alone_may_reject_hardly_more_of_them(more: int, passes: bool) -> None:
    before, after = golden(defective=0), golden({f"g{n}": NG for n in range(more)}, defective=0)
    assert judge(before, after, classes=GOOD_ONLY, champion_classes=GOOD_ONLY).passed is passes


@pytest.mark.parametrize("defective", [0, 1, 4])
@pytest.mark.parametrize("champion_classes", [GOOD_ONLY, GROWN])
def test_a_model_that_learned_a_label_or_two_need_not_wait_for_golden_defects(
    defective: int, champion_classes: tuple[str, ...]
) -> None:
    parts = golden(good=4, defective=defective)
    report = judge(parts, parts, classes=GROWN, champion_classes=champion_classes)
    assert (report.passed, report.reasons) == (True, ())
    claimed = {
        0: "nothing can be claimed about escapes",
        1: "0 of 1 defective test parts were missed: you can claim at most 95.0% escapes",
        4: "0 of 4 defective test parts were missed: you can claim at most 52.8% escapes",
    }
    assert claimed[defective] in report.notes[0]
    assert report.notes[1] == "Of 4 good golden parts 0 would be rejected, 0 are today."


def test_the_few_golden_defects_that_there_are_must_stay_stopped() -> None:
    before, after = golden(good=4, defective=1), golden({"d0": OK}, good=4, defective=1)
    (reason,) = judge(before, after, classes=GROWN, champion_classes=GOOD_ONLY).reasons
    assert "would pass: d0 (scratch)" in reason


def test_what_a_label_costs_in_good_parts_is_seen_and_bounded() -> None:
    before = golden(good=4, defective=0)
    after = golden({"g0": NG, "g1": NG}, good=4, defective=0)
    report = judge(before, after, classes=GROWN, champion_classes=GOOD_ONLY)
    assert "2 of 4 good parts would be rejected, 0 are today" in report.reasons[0]
    assert "Of 4 good golden parts 2 would be rejected, 0 are today." in report.notes


@pytest.mark.parametrize(
    ("classes", "champion_classes"),
    [((GOOD, "scratch"), GOOD_ONLY), (GROWN, (GOOD, "scratch")), ((GOOD, "scratch"), (GOOD, "scratch"))],
)
def test_where_one_of_the_two_does_not_stop_what_is_unlike_good_parts_golden_defects_are_needed(
    classes: tuple[str, ...], champion_classes: tuple[str, ...]
) -> None:
    parts = golden(defective=1)
    report = judge(parts, parts, classes=classes, champion_classes=champion_classes)
    assert (report.passed, report.needed_defective, report.needed_good) == (False, 4, 0)


def test_a_claim_that_the_settings_ask_for_is_not_waived() -> None:
    parts = golden(good=4, defective=1)
    rules = GateRules(max_escape_claim=0.5)
    report = judge(parts, parts, rules, classes=GROWN, champion_classes=GOOD_ONLY)
    assert "The rules ask for at most 50.0% escapes" in report.reasons[0]


@pytest.mark.parametrize("defective", [1, 2])
def test_a_first_model_of_good_parts_and_a_label_or_two_is_judged_by_what_there_is(defective: int) -> None:
    passed = judge(None, golden(good=4, defective=defective), classes=GROWN)
    assert passed.passed
    assert passed.notes[1] == "Of 4 good golden parts 0 would be rejected."
    missing = golden({f"d{n}": OK for n in range(defective)}, good=4, defective=defective)
    assert judge(None, missing, classes=GROWN).reasons == (
        "At its limits it stops 0% of the defective and rejects 0% of the good golden parts.",
    )
    strict = golden({f"g{n}": NG for n in range(3)}, good=4, defective=defective)
    assert "It rejects 75% of the 4 good golden parts" in judge(None, strict, classes=GROWN).reasons[0]


def test_a_first_model_that_could_judge_no_defect_is_refused_however_few_there_are() -> None:
    parts = [*golden(good=4, defective=0), Outcome("d0", "scratch", Decision.UNFIT, None)]
    assert "could the model be used at all" in judge(None, parts, classes=GROWN).reasons[0]


def test_a_model_from_good_parts_alone_must_tell_defects_once_there_are_enough() -> None:
    assert judge(None, golden(), classes=GOOD_ONLY).passed
    guessed = [replace(part, score=0.0) for part in golden()]
    assert "better than chance" in judge(None, guessed, classes=GOOD_ONLY).reasons[0]
    lost = judge(golden(), golden({"d3": OK}), classes=GOOD_ONLY, champion_classes=GOOD_ONLY)
    assert "would pass: d3 (dent)" in lost.reasons[0]


@pytest.mark.parametrize(
    ("classes", "champion_classes", "needed"),
    [((GOOD, "dent"), (), 3), ((GOOD, "dent"), GOOD_ONLY, 5), (GOOD_ONLY, (GOOD, "dent"), 5), ((), (), 3)],
)
def test_where_either_model_knows_a_defect_there_must_be_some(
    classes: tuple[str, ...], champion_classes: tuple[str, ...], needed: int
) -> None:
    parts = golden(defective=0)
    report = judge(parts if champion_classes else None, parts, classes=classes, champion_classes=champion_classes)
    assert (report.passed, report.needed_defective, report.needed_good) == (False, needed, 0)


@pytest.mark.parametrize("defective", [0, 10])
def test_what_a_model_calls_unlike_is_no_class_that_golden_parts_could_be_of(defective: int) -> None:
    parts = golden(defective=defective)
    assert UNLIKE not in judge(None, parts, classes=GOOD_ONLY).text()
    assert UNLIKE not in judge(parts, parts, classes=GOOD_ONLY, champion_classes=GOOD_ONLY).text()


def test_a_classifier_that_follows_a_model_from_good_parts_alone_forgets_nothing() -> None:
    report = judge(golden(), golden(), classes=(GOOD, "dent", "scratch"), champion_classes=GOOD_ONLY)
    assert report.passed, report.text()


def test_from_good_parts_alone_the_first_model_and_the_next_are_judged_by_their_cards(tmp_path: Path) -> None:
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: [f"g{n}" for n in range(5)]})
        take(opened, RECIPE, good_only=True)
        first = publish(opened, 1, results=measured(opened), classes=GOOD_ONLY)
        assert hold_against_champion(opened, RECIPE, first.card.id).passed
        opened.recipes.save(Recipe(RECIPE, model_id=first.card.id, limits=Limits(-1, 1)))
        second = publish(opened, 2, results=measured(opened), classes=GOOD_ONLY)
        report = hold_against_champion(opened, RECIPE, second.card.id)
        assert (report.passed, report.needed_defective, report.needed_good) == (False, 0, 3)
        assert "Show, label or import 15 more good parts, and train again." in report.reasons[0]


def test_on_the_first_day_twenty_good_parts_and_one_label_are_enough(tmp_path: Path) -> None:
    """And the second label of its class is the first that is held back."""
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: [f"g{n}" for n in range(20)]})
        taught = take(opened, RECIPE, good_only=True).id
        first = publish(opened, 1, snapshot_id=taught, results=measured(opened), classes=GOOD_ONLY)
        opened.recipes.save(Recipe(RECIPE, model_id=first.card.id, limits=Limits(-1, 1)))
        teach(opened, {"scratch": ["s0"]})
        taught = take(opened, RECIPE, good_only=True).id
        second = publish(opened, 2, snapshot_id=taught, results=measured(opened), classes=GROWN)
        report = hold_against_champion(opened, RECIPE, second.card.id)
        assert report.passed
        assert "No defective part was tested, so nothing can be claimed about escapes." in report.text()
        assert "The next part of it that is labelled becomes golden when you train again." in report.text()
        teach(opened, {"scratch": ["s1"]})
        take(opened, RECIPE, good_only=True)
        assert opened.ledger.golden(RECIPE)["s1"] == "scratch"
