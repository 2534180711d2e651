"""A picture that a training left out waits for a person's word; one that is good is never suspected again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.domain import GOOD, UNNAMED, Label, ModelCard, Origin, Snapshot, SnapshotEntry, Split
from inspector.errors import DatasetError
from inspector.learning.shown import ShownParts
from inspector.learning.snapshot import file_of, load, save, take
from inspector.learning.suspects import SAID, confirmed, left_out, say
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE, card
from tests.unit.learning_rooms import open_room, picture, teach
from tests.unit.store_entries import NOON, pictured
from tests.unit.test_learning_shown import frame_of


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: [f"g{number}" for number in range(6)]})
        yield opened


def digest_of(workspace: Workspace, part: str) -> str:
    return next(one.digest for one in workspace.ledger.examples(RECIPE, every=True) if one.part == part)


def suspecting(workspace: Workspace, *parts: str) -> ModelCard:
    rows = [{"digest": digest_of(workspace, part), "part": part, "score": 9.5} for part in parts]
    return card(1, b"m", results={"mode": "anomaly", "suspects": rows})


def words(workspace: Workspace, found: ModelCard) -> dict[str, str]:
    return {one.part: one.word for one in left_out(workspace, found)}


def class_of(workspace: Workspace, part: str) -> str:
    return next(one.defect_class for one in workspace.ledger.examples(RECIPE, every=True) if one.part == part)


def test_suspects_wait_until_somebody_has_looked_at_each(workspace: Workspace) -> None:
    found = suspecting(workspace, "g1", "g2", "g3")
    assert words(workspace, found) == {"g1": "", "g2": "", "g3": ""}
    say(workspace, RECIPE, digest_of(workspace, "g1"), GOOD)
    say(workspace, RECIPE, digest_of(workspace, "g2"), "scratch")
    assert words(workspace, found) == {"g1": GOOD, "g2": "scratch", "g3": ""}
    assert left_out(workspace, found)[0].score == 9.5


def test_a_model_that_suspects_nothing_asks_nothing(workspace: Workspace) -> None:
    assert left_out(workspace, card(1, b"m")) == ()
    stranger = {"digest": "ab" * 32, "part": "gone", "score": 7.0}
    assert left_out(workspace, card(1, b"m", results={"suspects": [stranger]})) == ()


def test_what_is_good_stands_so_in_the_next_snapshot_and_nothing_else_does(workspace: Workspace) -> None:
    before = take(workspace, RECIPE, good_only=True)
    digest = digest_of(workspace, "g1")
    assert say(workspace, RECIPE, digest, GOOD) == digest
    after = take(workspace, RECIPE, good_only=True)
    assert after.id != before.id, "another training may come of it"
    assert [one.part for one in after.entries if one.confirmed] == ["g1"]
    assert load(file_of(workspace, after.id)) == after
    assert [replace(one, confirmed=False) for one in after.entries] == list(before.entries)


def test_a_defect_is_a_word_like_any_other_and_can_be_taken_back(workspace: Workspace) -> None:
    digest = digest_of(workspace, "g1")
    say(workspace, RECIPE, digest, "scratch")
    assert class_of(workspace, "g1") == "scratch"
    assert confirmed(workspace, RECIPE) == frozenset()
    say(workspace, RECIPE, digest, UNNAMED)
    assert "g1" not in {one.part for one in workspace.ledger.examples(RECIPE)}, (
        "a defect without a name teaches nothing"
    )
    say(workspace, RECIPE, digest, GOOD)
    assert class_of(workspace, "g1") == GOOD
    assert confirmed(workspace, RECIPE) == {digest}
    say(workspace, RECIPE, digest, "scratch")
    assert confirmed(workspace, RECIPE) == frozenset()


def test_who_said_what_is_kept(workspace: Workspace) -> None:
    digest = digest_of(workspace, "g2")
    say(workspace, RECIPE, digest, GOOD)
    (event,) = workspace.ledger.events(SAID, RECIPE)
    assert event.detail == {"digest": digest, "defect_class": GOOD, "who": workspace.settings.operator}


def test_of_a_labelled_inspection_the_word_is_a_label(workspace: Workspace) -> None:
    made = inspected(workspace, 7)
    workspace.ledger.add_label(Label(made.inspection.id, "mia", NOON, GOOD))
    digest = made.inspection.frame_digest
    say(workspace, RECIPE, digest, "dent")
    labels = workspace.ledger.record(made.inspection.id).labels
    assert [(label.who, label.defect_class) for label in labels] == [
        ("mia", GOOD),
        (workspace.settings.operator, "dent"),
    ]
    say(workspace, RECIPE, digest, GOOD)
    say(workspace, RECIPE, digest, GOOD)
    assert [label.defect_class for label in workspace.ledger.record(made.inspection.id).labels] == [GOOD, "dent", GOOD]
    assert confirmed(workspace, RECIPE) == {digest}


def inspected(workspace: Workspace, number: int) -> Entry:
    """A part that the line let pass, with its picture."""
    made = pictured(number)
    workspace.images.put(made.picture)
    workspace.ledger.append([made])
    return made


def test_a_later_word_on_the_review_page_counts_for_more_than_a_confirmation(workspace: Workspace) -> None:
    made = inspected(workspace, 8)
    workspace.ledger.add_label(Label(made.inspection.id, "mia", NOON, GOOD))
    say(workspace, RECIPE, made.inspection.frame_digest, GOOD)
    for number in (9, 10):
        other = inspected(workspace, number)
        workspace.ledger.add_label(Label(other.inspection.id, "mia", NOON, "dent"))
    workspace.ledger.add_label(Label(made.inspection.id, "mia", NOON, "dent"))
    assert [one for one in take(workspace, RECIPE).entries if one.confirmed] == []


def test_a_part_that_was_shown_can_be_confirmed_like_any_other(workspace: Workspace) -> None:
    parts = ShownParts(workspace, workspace.recipes.load(RECIPE))
    parts.keep(frame_of(picture(777)))
    say(workspace, RECIPE, digest_of(workspace, "shown-00001"), GOOD)
    assert [one.part for one in take(workspace, RECIPE, good_only=True).entries if one.confirmed] == ["shown-00001"]


def test_a_beginning_is_enough_and_what_is_no_digest_is_told(workspace: Workspace) -> None:
    digest = digest_of(workspace, "g1")
    assert say(workspace, RECIPE, digest[:16], GOOD) == digest
    for wrong in ("g1", digest[:7], digest.upper(), ""):
        with pytest.raises(DatasetError, match="first 8 hex digits or more, received"):
            say(workspace, RECIPE, wrong, GOOD)
    with pytest.raises(DatasetError, match="no picture begins with 00000000"):
        say(workspace, RECIPE, "0" * 8, GOOD)


def test_a_snapshot_from_before_keeps_its_id(workspace: Workspace) -> None:
    """Ids stand in cards of models: they are made of the words that they always were."""
    plain = SnapshotEntry("d" * 64, GOOD, "part 7", Split.TRAIN)
    masked = SnapshotEntry("e" * 64, "dent", "p", Split.GOLDEN, "f" * 64)
    assert str(plain) == f"{'d' * 64} train part 7 good"
    assert str(masked) == f"{'e' * 64} golden p dent {'f' * 64}"
    old = Snapshot(RECIPE, (plain, masked))
    assert old.id == "f2de0a111972967f8b6e4e4f5fd87ba1bcffd36b66939673885a4f211071017f"
    file = save(old, workspace.snapshots)
    table = json.loads(file.read_text(encoding="utf-8"))
    for one in table["entries"]:
        assert not one.pop("confirmed")
    file.write_text(json.dumps(table), encoding="utf-8")
    assert load(file) == old


def test_an_example_says_where_its_word_comes_from(workspace: Workspace) -> None:
    every = workspace.ledger.examples(RECIPE, every=True)
    assert {one.origin for one in every} == {Origin.IMPORTED}
    assert every == workspace.ledger.examples(RECIPE)
