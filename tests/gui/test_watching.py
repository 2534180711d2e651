"""Which part the screen speaks of, and what the misfire key makes of it."""

from __future__ import annotations

from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from gui.bridge import Glance
from gui.session.labelling import Labelling
from gui.session.watching import Watching
from inspector.domain import GOOD, UNNAMED, Decision
from inspector.station import PartInspected
from tests.gui.rooms import inspected


class Words:
    """Takes labels as Labelling does, and remembers them."""

    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []

    def give(self, inspection_id: str, defect_class: str) -> None:
        self.given.append((inspection_id, defect_class))


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def watching(words: Words) -> Watching:
    return Watching(cast(Labelling, words))


def show(watching: Watching, event: PartInspected, *rejects: PartInspected) -> PartInspected:
    watching.look(Glance(event, rejects, None, None, frozenset()))
    return event


def test_the_newest_part_is_shown(watching: Watching) -> None:
    show(watching, inspected(Decision.OK))
    newest = show(watching, inspected(Decision.NG))
    assert watching.shown is newest


def test_a_look_without_a_new_part_keeps_the_last_one(watching: Watching) -> None:
    event = show(watching, inspected(Decision.OK))
    watching.look(Glance(None, (), None, None, frozenset()))
    assert watching.shown is event


def test_a_rejected_part_that_is_good_takes_one_key(watching: Watching, words: Words) -> None:
    event = show(watching, inspected(Decision.NG))
    watching.misfire()
    assert words.given == [(event.inspection.id, GOOD)]
    assert not watching.naming


def test_an_escape_is_written_before_it_has_a_name(watching: Watching, words: Words) -> None:
    event = show(watching, inspected(Decision.OK))
    watching.misfire()
    assert words.given == [(event.inspection.id, UNNAMED)]
    show(watching, inspected(Decision.OK))
    assert watching.shown is event, "the line goes on, the screen waits for the name"
    watching.name("dent")
    assert words.given[1:] == [(event.inspection.id, "dent")]
    assert watching.shown is not event


def test_an_escape_that_nobody_names_stays_written(watching: Watching, words: Words) -> None:
    show(watching, inspected(Decision.OK))
    watching.misfire()
    watching.release()
    assert [word for _, word in words.given] == [UNNAMED]
    watching.name("dent")
    assert len(words.given) == 1, "nothing is being named any more"


def test_of_an_accepted_part_good_is_no_news(watching: Watching, words: Words) -> None:
    show(watching, inspected(Decision.OK))
    watching.misfire()
    assert not watching.may_be_good
    watching.name(GOOD)
    assert [word for _, word in words.given] == [UNNAMED]


@pytest.mark.parametrize("decision", [Decision.RECHECK, Decision.UNFIT])
@pytest.mark.parametrize("word", [GOOD, "dent"])
def test_an_open_verdict_waits_for_the_name(watching: Watching, words: Words, decision: Decision, word: str) -> None:
    show(watching, inspected(decision))
    watching.misfire()
    assert words.given == []
    assert watching.may_be_good
    watching.name(word)
    assert [given for _, given in words.given] == [word]


def test_the_key_does_nothing_before_the_first_part_and_only_once(watching: Watching, words: Words) -> None:
    watching.misfire()
    assert words.given == []
    show(watching, inspected(Decision.OK))
    watching.misfire()
    watching.misfire()
    assert len(words.given) == 1


def test_a_reject_is_held_while_the_line_goes_on(watching: Watching, words: Words) -> None:
    reject = inspected(Decision.NG)
    show(watching, inspected(Decision.OK), reject)
    watching.open(reject.inspection.id)
    show(watching, inspected(Decision.OK), reject)
    assert watching.shown is reject
    watching.misfire()
    assert words.given == [(reject.inspection.id, GOOD)]
    watching.release()
    assert watching.shown is watching.live


def test_a_reject_that_is_gone_cannot_be_opened(qtbot: QtBot, watching: Watching) -> None:
    event = show(watching, inspected(Decision.OK))
    with qtbot.assertNotEmitted(watching.changed):
        watching.open("long ago")
    assert watching.shown is event
