"""The Learn page: what a person decides on, and the buttons that do it."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.pages.learn import LearnPage
from gui.session.comparing import GALLERY
from gui.widgets.gallery import ChangedPart
from inspector.domain import GOOD
from inspector.learning.trainer import Trainer
from tests.gui.rooms import PATIENCE_MS, RECIPE, publish
from tests.gui.test_training import teach


def open_learn(qtbot: QtBot, screen: Screen) -> None:
    with qtbot.waitSignal(screen.session.training.compared, timeout=PATIENCE_MS):
        screen.window.show_page(2)


def train_with(screen: Screen, mode: str) -> None:
    command = (sys.executable, "-m", "tests.unit.training_stand_in", mode)
    screen.session.training.use_trainer(Trainer(screen.session.workspace, command))


def test_without_a_candidate_there_is_nothing_to_promote(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    open_learn(qtbot, screen)
    page = screen.window.learn_page
    assert f"In use: {screen.session.recipe.model_id}" in page.table.text()
    assert "Escapes: 0.0 %  (0.0 to 60.2 %, 4 parts)" in page.table.text()
    assert page.answer.answer.text() == "No candidate"
    assert not page.answer.promote.isEnabled()
    assert not page.roll_back.isEnabled()


def test_a_candidate_is_promoted_used_and_rolled_back_without_a_question(qtbot: QtBot, screen: Screen) -> None:
    first = screen.session.recipe.model_id
    teach(screen.session.workspace, 40)
    second = publish(screen.session.workspace, 2).card.id
    open_learn(qtbot, screen)
    page = screen.window.learn_page
    assert page.answer.answer.text() == "Gate passed", page.answer.reasons.text()
    assert f"Candidate: {second}" in page.table.text()
    with qtbot.waitSignal(screen.session.recipe_changed, timeout=PATIENCE_MS):
        qtbot.keyClick(page, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert screen.session.recipe.model_id == screen.session.running.recipe.model_id == second
    qtbot.waitUntil(page.roll_back.isEnabled, timeout=PATIENCE_MS)
    with qtbot.waitSignal(screen.session.recipe_changed, timeout=PATIENCE_MS):
        qtbot.keyClick(page, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert screen.session.recipe.model_id == first
    qtbot.waitUntil(lambda: page.versions.count() == 2, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "in use" in page.versions.item(1).text(), timeout=PATIENCE_MS)


def test_a_refusal_is_given_in_words_and_cannot_be_overruled_here(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    publish(screen.session.workspace, 2)
    open_learn(qtbot, screen)
    page = screen.window.learn_page
    assert page.answer.answer.text() == "Gate refused"
    assert "more are needed before anything can be said" in page.answer.reasons.text()
    assert not page.answer.promote.isEnabled()
    qtbot.keyClick(page, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert screen.session.recipe.model_id == screen.session.workspace.recipes.load(RECIPE).model_id


def test_a_training_shows_its_progress_and_can_be_cancelled(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    train_with(screen, "hangs")
    open_learn(qtbot, screen)
    page = screen.window.learn_page
    qtbot.mouseClick(page.training.retrain, Qt.MouseButton.LeftButton)
    assert page.training.progress.isVisible()
    assert not page.training.retrain.isEnabled()
    with qtbot.waitSignal(
        screen.session.training.progressed, timeout=20_000, check_params_cb=lambda step: step.step == "waiting"
    ):
        pass
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    qtbot.waitUntil(page.training.retrain.isEnabled)
    assert not page.training.progress.isVisible()
    assert not screen.window.faults.isVisible(), "to be cancelled is no fault"


def test_a_training_that_fails_is_a_fault_in_its_own_words(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    train_with(screen, "fails")
    open_learn(qtbot, screen)
    qtbot.mouseClick(screen.window.learn_page.training.retrain, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(screen.window.faults.isVisible, timeout=20_000)
    assert screen.window.faults.why == "class scratch has one picture; label at least one more"
    assert screen.window.learn_page.training.retrain.isEnabled()


def open_with_changed(qtbot: QtBot, screen: Screen, parts_each: int) -> LearnPage:
    """The page on a candidate that decides otherwise on every golden part, twice `parts_each`."""
    workspace = screen.session.workspace
    teach(workspace, 2 * parts_each, golden_share=0.5)
    rows = [
        {
            "digest": example.digest,
            "score": 9.0 if example.defect_class == GOOD else -9.0,
            "leading_defect": "dent",
        }
        for example in workspace.ledger.examples(RECIPE)
    ]
    publish(workspace, 2, results={"golden": rows})
    open_learn(qtbot, screen)
    return screen.window.learn_page


def test_of_many_changed_parts_it_is_said_how_many_are_not_shown(qtbot: QtBot, screen: Screen) -> None:
    page = open_with_changed(qtbot, screen, 14)
    assert len(page.gallery.findChildren(ChangedPart)) == GALLERY == 24
    assert page.unshown.isVisible()
    assert page.unshown.text() == "4 more; `inspector gate` lists them all."


def test_where_every_changed_part_is_shown_nothing_is_said_of_more(qtbot: QtBot, screen: Screen) -> None:
    page = open_with_changed(qtbot, screen, 12)
    assert len(page.gallery.findChildren(ChangedPart)) == 24
    assert page.gallery.isVisible() and not page.unshown.isVisible()


def test_much_to_compare_does_not_blow_up_the_window(qtbot: QtBot, screen: Screen) -> None:
    """Every part changed, every class missed: the page scrolls."""
    workspace = screen.session.workspace
    teach(workspace, 40)
    rows = [
        {"digest": example.digest, "score": -9.0, "leading_defect": "dent"}
        for example in workspace.ledger.examples(RECIPE)
    ]
    publish(workspace, 2, results={"golden": rows})
    screen.window.resize(1280, 800)
    open_learn(qtbot, screen)
    qtbot.wait(20)
    page = screen.window.learn_page
    assert page.gallery.isVisible()
    assert (screen.window.width(), screen.window.height()) == (1280, 800)
