"""A trial on the live line: who is tried, what the pairs say, and that only today's recipe counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import GOOD, UNNAMED, Box, Decision, Label, Reason, Verdict
from inspector.errors import ModelError
from inspector.learning.paired import Advice
from inspector.learning.shadow import challenge, challenger, disagreements, paired, standing
from inspector.recipe import Limits, Recipe
from inspector.store.entry import TRIED, Shadow
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import LIMITS, RECIPE
from tests.unit.learning_rooms import open_room, publish
from tests.unit.store_entries import NOON, entry

OK, NG, RECHECK, UNFIT = Decision.OK, Decision.NG, Decision.RECHECK, Decision.UNFIT


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture
def champion(workspace: Workspace) -> ModelVersion:
    version = publish(workspace, 1)
    workspace.recipes.save(Recipe(RECIPE, model_id=version.card.id, limits=LIMITS))
    return version


@pytest.fixture
def other(workspace: Workspace, champion: ModelVersion) -> str:
    return publish(workspace, 2).card.id


def recipe(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


class Line:
    """Judges parts as a test says, by the model in use and by the challenger."""

    def __init__(self, workspace: Workspace, challenger_id: str) -> None:
        self.workspace = workspace
        self.challenger_id = challenger_id
        self.made = 0

    def inspect(self, before: Decision, after: Decision, *words: str, part: str = "") -> str:
        self.made += 1
        made = entry(self.made, recipe=RECIPE, decision=before, serial=part or None)
        made = replace(made, inspection=replace(made.inspection, recipe_id=recipe(self.workspace).id))
        would = Shadow(
            made.inspection.id, self.challenger_id, Verdict(after, Reason.ABOVE_REJECT_LIMIT, None, 0.1, 0.2)
        )
        self.workspace.ledger.append([made], (), [would])
        for word in words:
            self.workspace.ledger.add_label(Label(made.inspection.id, "mia", NOON, word))
        return made.inspection.id


@pytest.fixture
def line(workspace: Workspace, other: str) -> Line:
    challenge(workspace, RECIPE, other, "mia")
    return Line(workspace, other)


# Who is tried


def test_nobody_is_tried_until_somebody_says_so(workspace: Workspace, other: str) -> None:
    assert challenger(workspace, recipe(workspace)) == ""
    assert standing(workspace, RECIPE) is None
    challenge(workspace, RECIPE, other, "mia")
    assert challenger(workspace, recipe(workspace)) == other
    challenge(workspace, RECIPE, "", "mia")
    assert challenger(workspace, recipe(workspace)) == ""
    assert [event.detail for event in workspace.ledger.events()] == [
        {"who": "mia", "model": ""},
        {"who": "mia", "model": other},
    ]


def test_the_trial_ends_when_the_challenger_is_promoted(workspace: Workspace, line: Line) -> None:
    workspace.recipes.save(replace(recipe(workspace), model_id=line.challenger_id))
    assert challenger(workspace, recipe(workspace)) == "" and standing(workspace, RECIPE) is None


def test_putting_a_model_in_shadow_changes_no_recipe(workspace: Workspace, other: str) -> None:
    before = recipe(workspace).id
    challenge(workspace, RECIPE, other, "mia")
    assert recipe(workspace).id == before


def test_what_cannot_be_tried_is_refused_and_nothing_is_noted(workspace: Workspace, champion: ModelVersion) -> None:
    odd = publish(workspace, 3, view_id="123456789abc").card.id
    for model_id, words in (
        (champion.card.id, "runs it already"),
        ("v9-00000000", "v9-00000000"),
        (odd, "train a new model"),
    ):
        with pytest.raises(ModelError, match=words):
            challenge(workspace, RECIPE, model_id, "mia")
    assert workspace.ledger.events() == []


def test_without_a_model_in_use_there_is_nothing_to_be_tried_against(workspace: Workspace) -> None:
    first = publish(workspace, 1).card.id
    with pytest.raises(ModelError, match="promote one first"):
        challenge(workspace, RECIPE, first, "mia")


# What the pairs say


def test_a_trial_that_has_just_begun_knows_nothing(workspace: Workspace, line: Line) -> None:
    stands = standing(workspace, RECIPE)
    assert stands is not None
    assert (stands.pictures, stands.parts, stands.tally.advice) == ({}, 0, Advice.KEEP_WATCHING)
    assert stands.to_json()["win_share"]["value"] is None


def test_the_table_counts_every_pair_and_the_test_only_labelled_differences(workspace: Workspace, line: Line) -> None:
    for _ in range(5):
        line.inspect(OK, OK)
    line.inspect(NG, OK, GOOD)
    line.inspect(NG, OK, "dent")
    line.inspect(OK, NG, UNNAMED)
    line.inspect(OK, NG)
    stands = standing(workspace, RECIPE)
    assert stands is not None
    assert stands.pictures == {(OK, OK): 5, (NG, OK): 2, (OK, NG): 2}
    assert (stands.parts, stands.waiting) == (4, 1)
    counted = stands.tally
    assert (counted.wins, counted.losses, counted.new_escapes, counted.newly_stopped) == (2, 1, 1, 1)


def test_a_label_that_is_changed_changes_the_count(workspace: Workspace, line: Line) -> None:
    line.inspect(NG, OK, GOOD, "dent")
    stands = standing(workspace, RECIPE)
    assert stands is not None and (stands.tally.wins, stands.tally.new_escapes) == (0, 1)


def test_a_part_under_several_pictures_counts_once_by_its_worst(workspace: Workspace, line: Line) -> None:
    line.inspect(NG, OK, "dent", part="A")
    line.inspect(OK, NG, part="A")
    line.inspect(OK, OK, part="A")
    line.inspect(NG, OK, GOOD, part="B")
    line.inspect(NG, OK, GOOD, part="B")
    stands = standing(workspace, RECIPE)
    assert stands is not None
    assert (stands.parts, stands.tally.wins, stands.tally.losses) == (1, 1, 0), "A is stopped by both"


def test_a_defect_seen_once_is_the_parts_class(workspace: Workspace, line: Line) -> None:
    line.inspect(NG, OK, GOOD, part="A")
    line.inspect(NG, OK, "dent", part="A")
    (pair,) = paired(disagreements(workspace, recipe(workspace), line.challenger_id))
    assert (pair.defect_class, pair.before, pair.after) == ("dent", NG, OK)


def test_what_was_judged_at_other_limits_does_not_count(workspace: Workspace, line: Line) -> None:
    line.inspect(NG, OK, GOOD)
    workspace.recipes.save(replace(recipe(workspace), limits=Limits(-9.0, 9.0)))
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.parts == 0 and stands.pictures == {}
    workspace.recipes.save(replace(recipe(workspace), limits=LIMITS, description="other words, same verdicts"))
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.parts == 1


def test_another_region_is_another_trial(workspace: Workspace, line: Line) -> None:
    line.inspect(NG, OK, GOOD)
    workspace.recipes.save(replace(recipe(workspace), roi=Box(0, 0, 9, 9)))
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.parts == 0


def test_a_run_of_wins_is_advice_to_promote_and_escapes_are_advice_to_discard(workspace: Workspace, line: Line) -> None:
    for _ in range(7):
        line.inspect(NG, OK, GOOD)
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.tally.advice is Advice.PROMOTE
    for _ in range(4):
        line.inspect(NG, OK, "dent")
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.tally.advice is Advice.DISCARD


def test_only_the_newest_are_given_where_a_limit_is_set(workspace: Workspace, line: Line) -> None:
    ids = [line.inspect(NG, OK) for _ in range(5)]
    found = disagreements(workspace, recipe(workspace), line.challenger_id, limit=2)
    assert [record.inspection.id for record, _ in found] == [ids[4], ids[3]]


def test_what_it_missed_and_why_it_did_not_run_are_said(workspace: Workspace, line: Line) -> None:
    for dropped, problem in ((3, ""), (4, "")):
        detail = {"model": line.challenger_id, "judged": 9, "dropped": dropped, "problem": problem}
        workspace.ledger.log_event(TRIED, RECIPE, detail)
    workspace.ledger.log_event(TRIED, RECIPE, {"model": "v7", "judged": 9, "dropped": 50, "problem": ""})
    stands = standing(workspace, RECIPE)
    assert stands is not None and (stands.dropped, stands.problem) == (7, "")
    workspace.ledger.log_event(TRIED, RECIPE, {"model": "", "judged": 0, "dropped": 0, "problem": "damaged"})
    stands = standing(workspace, RECIPE)
    assert stands is not None and stands.problem == "damaged"


# The ledger


def test_a_word_on_an_inspection_that_is_not_there_stops_nothing(workspace: Workspace, line: Line) -> None:
    known = entry(77, recipe=RECIPE)
    verdict = Verdict(OK, Reason.BELOW_LIMITS, None, -1.0, 1.0)
    lost = Shadow("nobody", line.challenger_id, verdict)
    workspace.ledger.append([known], (), [lost, Shadow(known.inspection.id, line.challenger_id, verdict)])
    assert workspace.ledger.record(known.inspection.id)
    ids = [known.inspection.recipe_id]
    assert sum(workspace.ledger.shadow_counts(ids, line.challenger_id).values()) == 1


def test_a_verdict_comes_back_as_it_was_kept(workspace: Workspace, line: Line) -> None:
    known = entry(78, recipe=RECIPE)
    said = Shadow(known.inspection.id, "v2-x", Verdict(RECHECK, Reason.BETWEEN_LIMITS, "dent", 0.25, 0.5))
    workspace.ledger.append([known], (), [said])
    ((record, read),) = workspace.ledger.shadows([known.inspection.recipe_id], "v2-x")
    assert read == said and record.inspection == known.inspection
