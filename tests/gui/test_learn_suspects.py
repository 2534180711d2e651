"""Pictures that a training left out are shown before the model goes anywhere, and a person says what each is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.pages.learn_suspects import SuspectsPanel
from gui.session.comparing import GALLERY
from gui.widgets.suspect import SuspectCard
from inspector.domain import GOOD, Example
from inspector.learning.suspects import confirmed
from inspector.learning.trainer import ANOMALY
from inspector.store.workspace import Workspace
from tests.gui.rooms import OK_LEVEL, PATIENCE_MS, RECIPE, SIDE, picture, publish
from tests.gui.test_learn_page import open_learn


def suspected(workspace: Workspace, count: int = 2) -> list[str]:
    """Good pictures that the newest model, a candidate, did not learn; their digests."""
    found = []
    for seed in range(count):
        digest = workspace.images.put(picture(OK_LEVEL, 100 + seed))
        workspace.ledger.add_examples(RECIPE, [Example(digest, GOOD, f"part-{seed}")])
        found.append(digest)
    rows = [{"digest": digest, "part": f"part-{place}", "score": 9.0 - place} for place, digest in enumerate(found)]
    publish(workspace, 2, results={"mode": ANOMALY, "suspects": rows})
    return found


def panel_of(screen: Screen) -> SuspectsPanel:
    return screen.window.learn_page.suspects


def cards(screen: Screen) -> list[SuspectCard]:
    return list(panel_of(screen).cards.values())


def word_on(screen: Screen, digest: str) -> str:
    every = screen.session.workspace.ledger.examples(RECIPE, every=True)
    return next(one.defect_class for one in every if one.digest == digest)


def touch(qtbot: QtBot, screen: Screen, what: object) -> None:
    with qtbot.waitSignal(screen.session.suspecting.said):
        qtbot.mouseClick(what, Qt.MouseButton.LeftButton)


def test_a_candidate_shows_what_it_did_not_learn_the_strangest_first(qtbot: QtBot, screen: Screen) -> None:
    suspected(screen.session.workspace)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    assert panel.isVisible()
    assert [card.suspect.part for card in cards(screen)] == ["part-0", "part-1"]
    assert [card.said.text() for card in cards(screen)] == ["Nobody has said"] * 2
    assert "2 of 2 wait for your word." in panel.told.text()
    assert not cards(screen)[0].picture.icon().isNull()
    assert "unlike the other good parts" not in screen.window.learn_page.remarks.text(), "not said twice"


def test_for_a_model_in_use_they_stay_until_each_has_its_word(qtbot: QtBot, screen: Screen) -> None:
    workspace = screen.session.workspace
    suspected(workspace, 1)
    open_learn(qtbot, screen)
    in_use = workspace.versions.list(RECIPE)[-1].card.id
    screen.session.use(replace(screen.session.recipe, model_id=in_use))
    workspace.recipes.save(screen.session.recipe)
    open_learn(qtbot, screen)
    assert panel_of(screen).isVisible()
    touch(qtbot, screen, cards(screen)[0].is_good)
    assert panel_of(screen).isVisible(), "what was just said can be changed"
    open_learn(qtbot, screen)
    assert not panel_of(screen).isVisible()


def test_a_model_that_suspects_nothing_asks_nothing(qtbot: QtBot, screen: Screen) -> None:
    publish(screen.session.workspace, 2, results={"mode": ANOMALY})
    open_learn(qtbot, screen)
    assert not panel_of(screen).isVisible()


def test_what_is_good_is_confirmed_and_waits_no_more(qtbot: QtBot, screen: Screen) -> None:
    digests = suspected(screen.session.workspace)
    open_learn(qtbot, screen)
    touch(qtbot, screen, cards(screen)[0].is_good)
    assert cards(screen)[0].said.text() == "Said: good"
    assert "1 of 2 wait for your word." in panel_of(screen).told.text()
    assert confirmed(screen.session.workspace, RECIPE) == {digests[0]}
    touch(qtbot, screen, cards(screen)[1].is_good)
    assert "Each has your word. Retrain learns from it." in panel_of(screen).told.text()


@pytest.mark.parametrize(
    ("typed", "word", "said"),
    [("", "unnamed", "Said: a defect"), ("Deep scratch", "deep_scratch", "Said: deep scratch")],
    ids=["without a kind", "with one"],
)
def test_what_is_a_defect_is_said_with_its_kind_or_without(
    qtbot: QtBot, screen: Screen, typed: str, word: str, said: str
) -> None:
    digests = suspected(screen.session.workspace)
    open_learn(qtbot, screen)
    card = cards(screen)[1]
    qtbot.keyClicks(card.typed, typed)
    touch(qtbot, screen, card.is_defect)
    assert word_on(screen, digests[1]) == word
    assert card.said.text() == said
    assert (word in screen.session.labelling.classes) is bool(typed)


def test_return_says_the_kind_too_and_a_kind_that_is_none_says_nothing(qtbot: QtBot, screen: Screen) -> None:
    digests = suspected(screen.session.workspace)
    open_learn(qtbot, screen)
    card = cards(screen)[0]
    for wrong in ("!!", "unlike", "ok"):
        card.typed.setText(wrong)
        qtbot.keyClick(card.typed, Qt.Key.Key_Return)
        assert card.typed.selectedText() == wrong
    card.typed.clear()
    qtbot.keyClicks(card.typed, "dent")
    with qtbot.waitSignal(screen.session.suspecting.said) as told:
        qtbot.keyClick(card.typed, Qt.Key.Key_Return)
    assert told.args == [digests[0], "dent"]
    assert word_on(screen, digests[0]) == "dent"


def test_a_kind_that_is_known_is_chosen_and_none_is_chosen_for_anybody(qtbot: QtBot, screen: Screen) -> None:
    digests = suspected(screen.session.workspace, 1)
    open_learn(qtbot, screen)
    (card,) = cards(screen)
    assert [card.kind.itemText(place) for place in range(card.kind.count())] == ["dent", "scratch"]
    assert card.typed.text() == ""
    card.kind.setCurrentIndex(1)
    touch(qtbot, screen, card.is_defect)
    assert word_on(screen, digests[0]) == "scratch"


def test_a_word_can_be_changed(qtbot: QtBot, screen: Screen) -> None:
    digests = suspected(screen.session.workspace, 1)
    open_learn(qtbot, screen)
    (card,) = cards(screen)
    touch(qtbot, screen, card.is_defect)
    touch(qtbot, screen, card.is_good)
    assert word_on(screen, digests[0]) == GOOD
    assert card.said.text() == "Said: good"
    touch(qtbot, screen, card.is_defect)
    assert confirmed(screen.session.workspace, RECIPE) == frozenset()


def test_what_was_said_is_there_when_the_page_is_opened_again_and_so_is_what_is_being_typed(
    qtbot: QtBot, screen: Screen
) -> None:
    suspected(screen.session.workspace)
    open_learn(qtbot, screen)
    touch(qtbot, screen, cards(screen)[0].is_good)
    cards(screen)[1].typed.setText("half a wor")
    open_learn(qtbot, screen)
    assert [card.said.text() for card in cards(screen)] == ["Said: good", "Nobody has said"]
    assert cards(screen)[1].typed.text() == "half a wor"


def test_the_whole_picture_comes_in_a_window_of_its_own(qtbot: QtBot, screen: Screen) -> None:
    suspected(screen.session.workspace, 1)
    open_learn(qtbot, screen)
    with qtbot.waitSignal(screen.session.suspecting.enlarged):
        qtbot.mouseClick(cards(screen)[0].picture, Qt.MouseButton.LeftButton)
    sheet = panel_of(screen).sheet
    assert sheet.isVisible()
    assert sheet.picture.image.width() == SIDE
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_a_picture_that_was_removed_is_said_and_can_still_be_judged(qtbot: QtBot, screen: Screen) -> None:
    workspace = screen.session.workspace
    (digest,) = suspected(workspace, 1)
    workspace.images.path(digest).unlink()
    open_learn(qtbot, screen)
    (card,) = cards(screen)
    assert card.picture.icon().isNull()
    qtbot.mouseClick(card.picture, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(screen.window.faults.isVisible, timeout=PATIENCE_MS)
    assert "not in this workspace" in screen.window.faults.why
    touch(qtbot, screen, card.is_defect)
    assert word_on(screen, digest) == "unnamed"


def test_of_very_many_it_is_said_how_many_are_not_shown(qtbot: QtBot, screen: Screen) -> None:
    suspected(screen.session.workspace, GALLERY + 3)
    open_learn(qtbot, screen)
    assert len(cards(screen)) == GALLERY
    assert "3 more; `inspector review --suspects` lists them all." in panel_of(screen).told.text()


def test_each_button_says_of_which_part_it_speaks(qtbot: QtBot, screen: Screen) -> None:
    suspected(screen.session.workspace, 1)
    open_learn(qtbot, screen)
    (card,) = cards(screen)
    names = [widget.accessibleName() for widget in (card.picture, card.is_good, card.is_defect, card.kind)]
    assert names == [
        "Part part-0, larger",
        "Part part-0: it is good",
        "Part part-0: it is a defect",
        "Part part-0: which defect, if you know it",
    ]
