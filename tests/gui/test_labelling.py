"""Labels: appended at once, taken back by one more word, never edited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from gui.session.labelling import Labelling, Word
from inspector.domain import GOOD, UNLIKE, UNNAMED, WITHDRAWN, Box, Decision, Label, Misfire, Region, Stroke
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, inspected, publish


class Desk:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.labelling = Labelling(workspace, workspace.recipes.load(RECIPE), lambda _inspection_id: None)
        self.done: list[str] = []
        self.labelling.given.connect(lambda word: self.done.append(word.defect_class))
        self.labelling.undone.connect(lambda word: self.done.append(f"undone {word.defect_class}"))

    def part(self, decision: Decision = Decision.OK) -> str:
        event = inspected(decision)
        self.workspace.ledger.append([Entry(event.inspection, event.timing, RECIPE, None)])
        return event.inspection.id

    def words(self, inspection_id: str) -> list[str]:
        return [label.defect_class for label in self.workspace.ledger.record(inspection_id).labels]


@pytest.fixture
def desk(workspace: Workspace) -> Iterator[Desk]:
    made = Desk(workspace)
    yield made
    made.labelling.close()


def test_a_word_is_signed_and_on_disk(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part(Decision.NG)
    desk.labelling.give(part, GOOD)
    qtbot.waitUntil(lambda: desk.done == [GOOD])
    record = desk.workspace.ledger.record(part)
    assert record.misfire is Misfire.OVERKILL
    assert record.label is not None
    assert record.label.who == desk.workspace.settings.operator


def test_undo_of_the_first_word_leaves_no_word_and_keeps_both_on_file(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, "dent")
    word = desk.labelling.undo()
    qtbot.waitUntil(lambda: desk.done == ["dent", "undone dent"])
    assert word is not None
    assert word.inspection_id == part
    assert desk.words(part) == ["dent", WITHDRAWN]
    record = desk.workspace.ledger.record(part)
    assert (record.label, record.misfire) == (None, None)


def test_undo_of_a_later_word_brings_the_earlier_one_back(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, "dent")
    desk.labelling.give(part, "scratch")
    desk.labelling.undo()
    qtbot.waitUntil(lambda: len(desk.done) == 3)
    assert desk.words(part) == ["dent", "scratch", "dent"]


def test_undo_knows_what_an_earlier_session_said(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, GOOD, before=Word("stain"))
    desk.labelling.undo()
    qtbot.waitUntil(lambda: len(desk.done) == 2)
    assert desk.words(part) == [GOOD, "stain"]


def test_a_defect_and_then_its_name_is_one_step_back(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, UNNAMED)
    desk.labelling.give(part, "dent")
    assert desk.labelling.undo() is not None
    assert desk.labelling.undo() is None
    qtbot.waitUntil(lambda: len(desk.done) == 3)
    assert desk.words(part) == [UNNAMED, "dent", WITHDRAWN]


def test_every_word_can_be_taken_back_one_after_the_other(qtbot: QtBot, desk: Desk) -> None:
    parts = [desk.part() for _ in range(3)]
    for part in parts:
        desk.labelling.give(part, "dent")
    taken = [desk.labelling.undo() for _ in range(3)]
    assert [word.inspection_id for word in taken if word] == parts[::-1]
    assert desk.labelling.undo() is None
    qtbot.waitUntil(lambda: len(desk.done) == 6)
    assert desk.labelling.today == 0


def test_today_counts_decisions_and_not_keys(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, UNNAMED)
    desk.labelling.give(part, "dent")
    qtbot.waitUntil(lambda: len(desk.done) == 2)
    assert desk.labelling.today == 1


def test_what_was_labelled_today_is_counted_at_the_start(qtbot: QtBot, desk: Desk) -> None:
    desk.labelling.give(desk.part(), "dent")
    qtbot.waitUntil(lambda: desk.done == ["dent"])
    again = Labelling(desk.workspace, desk.workspace.recipes.load(RECIPE), lambda _inspection_id: None)
    with qtbot.waitSignal(again.classes_known, check_params_cb=lambda classes: classes == ("dent", "scratch")):
        again.load()
    qtbot.waitUntil(lambda: again.today == 1)
    again.close()


def test_a_new_class_gets_the_next_key_and_the_others_keep_theirs(desk: Desk) -> None:
    for name in ("dent", "scratch", UNLIKE, "burr", "dent", GOOD, UNNAMED, WITHDRAWN):
        desk.labelling.add_class(name)
    assert desk.labelling.classes == ("dent", "scratch", "burr")


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Tool mark ", "tool_mark"), ("  BURR", "burr"), ("gut", "gut"), ("OK", GOOD), ("", None), ("  ?! ", None)]
    + [(reserved, None) for reserved in (UNNAMED, WITHDRAWN, UNLIKE, " Unlike")],
)
def test_what_may_be_the_name_of_a_class(desk: Desk, typed: str, name: str | None) -> None:
    assert desk.labelling.as_class(typed) == name


def test_what_a_model_from_good_parts_alone_says_gets_no_key(qtbot: QtBot, desk: Desk) -> None:
    used = publish(desk.workspace, 2, classes=(GOOD, UNLIKE)).card.id
    again = Labelling(
        desk.workspace, replace(desk.workspace.recipes.load(RECIPE), model_id=used), lambda _inspection_id: None
    )
    with qtbot.waitSignal(again.classes_known, check_params_cb=lambda classes: classes == ()):
        again.load()
    again.add_class("burr")
    assert again.classes == ("burr",)
    again.close()


def test_a_damaged_model_does_not_stop_the_labelling(qtbot: QtBot, desk: Desk) -> None:
    folder = desk.workspace.versions.list(RECIPE)[0].folder
    (folder / "card.json").chmod(0o644)
    (folder / "card.json").write_text("{")
    with qtbot.waitSignal(desk.labelling.classes_known):
        desk.labelling.load()
    desk.labelling.give(desk.part(), "burr")
    qtbot.waitUntil(lambda: desk.done == ["burr"])


BOX, STROKE = Box(1, 2, 3, 4), Stroke(((5, 6), (7, 8)), 9)


def marks(desk: Desk, inspection_id: str) -> list[tuple[str, tuple[Region, ...]]]:
    return [(label.defect_class, label.regions) for label in desk.workspace.ledger.record(inspection_id).labels]


def test_where_the_defect_is_goes_to_disk_with_its_class(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, "dent", regions=(BOX, STROKE))
    qtbot.waitUntil(lambda: desk.done == ["dent"])
    assert marks(desk, part) == [("dent", (BOX, STROKE))]


def test_a_good_part_has_no_marks_and_undo_still_knows_what_was_drawn(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, GOOD, regions=(BOX,))
    given = desk.labelling.undo()
    qtbot.waitUntil(lambda: len(desk.done) == 2)
    assert marks(desk, part) == [(GOOD, ()), (WITHDRAWN, ())]
    assert given is not None and given.word == Word(GOOD, (BOX,))


def test_undo_of_a_correction_brings_the_earlier_marks_back(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    desk.labelling.give(part, "dent", regions=(BOX,))
    desk.labelling.give(part, "dent", regions=(STROKE,))
    desk.labelling.undo()
    qtbot.waitUntil(lambda: len(desk.done) == 3)
    assert marks(desk, part) == [("dent", (BOX,)), ("dent", (STROKE,)), ("dent", (BOX,))]
    assert desk.labelling.word_on(desk.workspace.ledger.record(part)) == Word("dent", (BOX,))


def test_marks_of_an_earlier_session_are_known_until_they_are_taken_back(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    said = Label(part, "kim", datetime.now(UTC), UNNAMED, (STROKE,))
    desk.workspace.ledger.add_label(said)
    before = desk.labelling.word_on(desk.workspace.ledger.record(part))
    assert before == Word(UNNAMED, (STROKE,))
    desk.labelling.give(part, "dent", before, (BOX,))
    desk.labelling.undo()
    qtbot.waitUntil(lambda: len(desk.done) == 2)
    assert marks(desk, part) == [(UNNAMED, (STROKE,)), ("dent", (BOX,)), (UNNAMED, (STROKE,))]


def test_a_region_that_cannot_be_kept_is_said_and_the_next_label_goes_on(qtbot: QtBot, desk: Desk) -> None:
    part = desk.part()
    with qtbot.waitSignal(desk.labelling.failed) as told:
        desk.labelling.give(part, "dent", regions=(Box(1, 2, 0, 4),))
    assert "box 1,2,0,4: it marks no pixel" in str(told.args[0])
    desk.labelling.give(part, "dent", regions=(BOX,))
    qtbot.waitUntil(lambda: marks(desk, part) == [("dent", (BOX,))])
