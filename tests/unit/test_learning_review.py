"""The review queue: a misfire first, then all kinds in turn, and always some of those that passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import GOOD, UNNAMED, WITHDRAWN, Decision, Label, Reason, Verdict
from inspector.learning.review import ReviewItem, ReviewWhy, queue
from inspector.learning.shadow import challenge
from inspector.learning.watching.seen import audited
from inspector.recipe import Recipe
from inspector.store.entry import Entry, Shadow
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import LIMITS, RECIPE
from tests.unit.learning_rooms import open_room, picture, publish
from tests.unit.store_entries import NOON, entry

REASONS = {
    Decision.OK: Reason.BELOW_LIMITS,
    Decision.NG: Reason.ABOVE_REJECT_LIMIT,
    Decision.RECHECK: Reason.BETWEEN_LIMITS,
    Decision.UNFIT: Reason.TOO_DARK,
}
MISFIRE, UNCERTAIN, AUDIT = ReviewWhy.MISFIRE, ReviewWhy.UNCERTAIN, ReviewWhy.AUDIT


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


def made(number: int, decision: Decision, score: float | None, *, kept: bool = True) -> Entry:
    pixels = picture(number)
    whole = entry(number, recipe=RECIPE, pixels=pixels, inspection_id=f"i{number:03d}")
    verdict = Verdict(decision, REASONS[decision], None, score, 1.0)
    return replace(whole, inspection=replace(whole.inspection, verdict=verdict), pixels=pixels if kept else None)


def remember(workspace: Workspace, entries: Sequence[Entry]) -> None:
    workspace.images.put_many([entry.pixels for entry in entries if entry.pixels is not None])
    workspace.ledger.append(entries)


def inspected(
    workspace: Workspace, number: int, decision: Decision, score: float | None, *words: str, kept: bool = True
) -> str:
    """Remember one inspection, with its picture and the words a person said of it; return its id."""
    one = made(number, decision, score, kept=kept)
    remember(workspace, [one])
    for word in words:
        workspace.ledger.add_label(Label(one.inspection.id, "mia", NOON, word))
    return one.inspection.id


def ids(items: list[ReviewItem]) -> list[str]:
    return [item.record.inspection.id for item in items]


def test_an_empty_ledger_has_nothing_to_look_at(workspace: Workspace) -> None:
    assert queue(workspace, RECIPE) == []


def test_a_misfire_without_a_class_comes_first_then_rechecks_then_the_closest(workspace: Workspace) -> None:
    far = inspected(workspace, 1, Decision.NG, 9.0)
    close = inspected(workspace, 2, Decision.NG, 1.5)
    wide = inspected(workspace, 3, Decision.RECHECK, -2.0)
    near = inspected(workspace, 4, Decision.RECHECK, 0.9)
    misfire = inspected(workspace, 5, Decision.OK, -8.0, UNNAMED)
    items = queue(workspace, RECIPE, audit_share=0.0)
    assert ids(items) == [misfire, near, wide, close, far]
    assert [item.why for item in items] == [MISFIRE, *[UNCERTAIN] * 4]


def test_misfires_take_turns_with_what_else_there_is_to_learn(workspace: Workspace) -> None:
    for number in range(6):
        inspected(workspace, 10 + number, Decision.OK, -8.0, UNNAMED)
        inspected(workspace, 30 + number, Decision.RECHECK, 0.5)
    found = [item.why for item in queue(workspace, RECIPE, limit=8, audit_share=0.0)]
    assert found == [MISFIRE, UNCERTAIN] * 4


def test_misfires_leave_the_audits_their_share(workspace: Workspace) -> None:
    fill(workspace)
    for number in range(20):
        inspected(workspace, 200 + number, Decision.OK, -8.0, UNNAMED)
    counts = Counter(item.why for item in queue(workspace, RECIPE, limit=20, audit_share=0.3))
    assert counts == {AUDIT: 6, MISFIRE: 7, UNCERTAIN: 7}


def test_what_an_earlier_model_doubted_comes_after_what_the_one_in_use_does(workspace: Workspace) -> None:
    version = publish(workspace, 7)
    workspace.recipes.save(Recipe(RECIPE, model_id=version.card.id, limits=LIMITS))
    earlier = inspected(workspace, 1, Decision.RECHECK, 0.9)
    one = made(2, Decision.NG, 9.0)
    today = replace(one, inspection=replace(one.inspection, model_id=version.card.id))
    remember(workspace, [today])
    assert ids(queue(workspace, RECIPE, audit_share=0.0)) == [today.inspection.id, earlier]


def test_an_accepted_part_near_the_limit_is_uncertain_too(workspace: Workspace) -> None:
    rejected = inspected(workspace, 1, Decision.NG, 4.0)
    accepted = inspected(workspace, 2, Decision.OK, 0.5)
    assert ids(queue(workspace, RECIPE, audit_share=0.0)) == [accepted, rejected]


def test_what_has_its_class_is_done_and_what_was_withdrawn_is_open_again(workspace: Workspace) -> None:
    inspected(workspace, 1, Decision.NG, 2.0, GOOD)
    inspected(workspace, 2, Decision.OK, -2.0, UNNAMED, "dent")
    open_again = inspected(workspace, 3, Decision.NG, 2.0, GOOD, WITHDRAWN)
    assert ids(queue(workspace, RECIPE)) == [open_again]


def test_unfit_pictures_and_pictures_that_were_not_kept_are_left_out(workspace: Workspace) -> None:
    inspected(workspace, 1, Decision.UNFIT, 3.0)
    inspected(workspace, 2, Decision.NG, 2.0, kept=False)
    kept = inspected(workspace, 3, Decision.NG, 2.0)
    assert ids(queue(workspace, RECIPE)) == [kept]


def test_other_recipes_are_left_out(workspace: Workspace) -> None:
    inspected(workspace, 1, Decision.NG, 2.0)
    assert queue(workspace, "lid") == []


def fill(workspace: Workspace, accepted: int = 30, rejected: int = 40) -> None:
    passed = [made(number, Decision.OK, -20.0 - number) for number in range(accepted)]
    remember(workspace, passed + [made(100 + number, Decision.NG, 2.0 + number) for number in range(rejected)])


@pytest.mark.parametrize(("share", "audits"), [(0.0, 0), (0.2, 4), (0.5, 10), (1.0, 20)])
def test_a_fixed_share_of_the_queue_are_audits(workspace: Workspace, share: float, audits: int) -> None:
    fill(workspace)
    counts = Counter(item.why for item in queue(workspace, RECIPE, limit=20, audit_share=share))
    assert counts[AUDIT] == audits
    assert counts.total() == 20


def test_audits_are_spread_evenly(workspace: Workspace) -> None:
    fill(workspace)
    items = queue(workspace, RECIPE, limit=20, audit_share=0.2)
    assert [place for place, item in enumerate(items, start=1) if item.why is AUDIT] == [5, 10, 15, 20]


def test_audits_are_drawn_by_lot_and_not_by_score(workspace: Workspace) -> None:
    fill(workspace, rejected=0)
    first = ids(queue(workspace, RECIPE, limit=10, audit_share=1.0))
    assert first == ids(queue(workspace, RECIPE, limit=10, audit_share=1.0))
    assert first != ids(queue(workspace, RECIPE, limit=10, audit_share=1.0, seed=1))
    assert first != sorted(first)


def test_one_audit_in_seven_is_of_a_rejected_part_also_for_whoever_looks_at_a_few_at_a_time(
    workspace: Workspace,
) -> None:
    fill(workspace, accepted=90, rejected=60)
    drawn = []
    for _ in range(20):
        for item in queue(workspace, RECIPE, limit=3, audit_share=1.0):
            decision = item.record.inspection.verdict.decision
            drawn.append(decision)
            word = GOOD if decision is Decision.OK else "dent"
            workspace.ledger.add_label(Label(item.record.inspection.id, "mia", NOON, word))
    assert Counter(drawn).keys() == {Decision.OK, Decision.NG}
    assert 4 <= Counter(drawn)[Decision.NG] <= 14
    counted = audited(workspace.ledger.records(RECIPE, limit=500), workspace.images.has)
    assert counted.overkills.n == Counter(drawn)[Decision.NG] and counted.slips.n == Counter(drawn)[Decision.OK]


def test_labelling_one_leaves_the_others_where_they_were(workspace: Workspace) -> None:
    fill(workspace)
    before = queue(workspace, RECIPE, limit=20, audit_share=0.2)
    done = before[4]
    assert done.why is AUDIT
    workspace.ledger.add_label(Label(done.record.inspection.id, "mia", NOON, GOOD))
    audits = [item for item in queue(workspace, RECIPE, limit=20, audit_share=0.2) if item.why is AUDIT]
    assert ids(audits)[:3] == ids([item for item in before if item.why is AUDIT])[1:]


def test_where_one_kind_runs_out_the_other_fills_up(workspace: Workspace) -> None:
    fill(workspace, accepted=2, rejected=3)
    items = queue(workspace, RECIPE, limit=50)
    assert len(items) == len(set(ids(items))) == 5


def test_each_item_names_the_picture_to_fetch_ahead(workspace: Workspace) -> None:
    inspected(workspace, 7, Decision.NG, 2.0)
    (item,) = queue(workspace, RECIPE)
    assert (workspace.images.get(item.digest) == picture(7)).all()


@pytest.mark.parametrize(("limit", "share"), [(-1, 0.2), (5, -0.1), (5, 1.5)])
def test_a_share_or_a_number_that_cannot_be_is_refused(workspace: Workspace, limit: int, share: float) -> None:
    with pytest.raises(ValueError, match="expected a limit"):
        queue(workspace, RECIPE, limit=limit, audit_share=share)


def test_none_asked_for_is_none_given(workspace: Workspace) -> None:
    inspected(workspace, 1, Decision.NG, 2.0)
    assert queue(workspace, RECIPE, limit=0) == []


# Disagreements


def challenged(workspace: Workspace) -> str:
    """A recipe with a model in use and another in shadow; returns the other's id."""
    first, second = publish(workspace, 1), publish(workspace, 2)
    workspace.recipes.save(Recipe(RECIPE, model_id=first.card.id, limits=LIMITS))
    challenge(workspace, RECIPE, second.card.id, "mia")
    return second.card.id


def judged_twice(workspace: Workspace, number: int, before: Decision, after: Decision, model_id: str) -> str:
    one = made(number, before, 5.0)
    recipe_id = workspace.recipes.load(RECIPE).id
    one = replace(one, inspection=replace(one.inspection, recipe_id=recipe_id))
    would = Verdict(after, REASONS[after], None, 0.0, 1.0)
    assert one.pixels is not None
    workspace.images.put(one.pixels)
    workspace.ledger.append([one], (), [Shadow(one.inspection.id, model_id, would)])
    return one.inspection.id


def test_where_the_two_models_disagree_a_person_looks_after_the_misfires(workspace: Workspace) -> None:
    other = challenged(workspace)
    inspected(workspace, 1, Decision.NG, 2.0)
    differing = judged_twice(workspace, 2, Decision.OK, Decision.NG, other)
    judged_twice(workspace, 3, Decision.OK, Decision.OK, other)
    misfire = inspected(workspace, 4, Decision.OK, -8.0, UNNAMED)
    items = queue(workspace, RECIPE, audit_share=0.0)
    assert ids(items)[:2] == [misfire, differing]
    assert [item.why for item in items][:2] == [MISFIRE, ReviewWhy.DISAGREEMENT]


def test_disagreements_take_turns_with_the_uncertain(workspace: Workspace) -> None:
    other = challenged(workspace)
    for number in range(6):
        judged_twice(workspace, 10 + number, Decision.NG, Decision.OK, other)
        inspected(workspace, 30 + number, Decision.RECHECK, 0.5)
    found = [item.why for item in queue(workspace, RECIPE, limit=8, audit_share=0.0)]
    assert found == [ReviewWhy.DISAGREEMENT, UNCERTAIN] * 4


def test_a_labelled_disagreement_is_done(workspace: Workspace) -> None:
    other = challenged(workspace)
    differing = judged_twice(workspace, 1, Decision.OK, Decision.NG, other)
    workspace.ledger.add_label(Label(differing, "mia", NOON, GOOD))
    assert queue(workspace, RECIPE) == []


def test_after_the_trial_nobody_asks_about_its_disagreements(workspace: Workspace) -> None:
    other = challenged(workspace)
    judged_twice(workspace, 1, Decision.NG, Decision.OK, other)
    challenge(workspace, RECIPE, "", "mia")
    assert [item.why for item in queue(workspace, RECIPE)] == [UNCERTAIN]


def test_audits_keep_their_share_beside_disagreements(workspace: Workspace) -> None:
    other = challenged(workspace)
    for number in range(20):
        judged_twice(workspace, 10 + number, Decision.NG, Decision.OK, other)
        inspected(workspace, 50 + number, Decision.OK, -20.0)
    counts = Counter(item.why for item in queue(workspace, RECIPE, limit=20, audit_share=0.2))
    assert counts == {AUDIT: 4, ReviewWhy.DISAGREEMENT: 16}, "what is uncertain too is listed once, as a disagreement"
