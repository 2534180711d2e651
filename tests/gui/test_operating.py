"""The operating point on the Learn page: gathered, moved, found, put to use, taken back, and usable by everybody."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit
from pytestqt.qtbot import QtBot

from gui.application import Screen, open_screen
from gui.pages.learn_operating import OperatingPanel
from gui.session.operating import Operating, Standing
from inspector.domain import GOOD
from inspector.errors import GateRefused
from inspector.learning.limits import LIMITS_SET
from inspector.learning.operating_point import MaxEscape, Review
from inspector.learning.snapshot import golden_set
from inspector.recipe import Limits
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, publish
from tests.gui.test_access import INTERACTIVE_ROLES, cut_off, interfaces, long_words
from tests.gui.test_training import teach
from tests.unit.learning_cards import LIMITS

__all__ = ["long_words"]

VALIDATION = {GOOD: [-6.0, -5.0, -4.0, -2.0], "dent": [-3.0, 2.0, 3.0, 4.0]}
GOLDEN = {GOOD: [-5.0, -4.0, -3.0, -2.5], "dent": [0.0, 3.0, 4.0, 5.0]}


def rows(workspace: Workspace) -> dict[str, Any]:
    """Scores for made-up validation parts and for the golden pictures of the workspace."""
    golden = {kind: list(side) for kind, side in GOLDEN.items()}
    return {
        "validation": [
            {"digest": f"{kind}{place}", "part": f"{kind}{place}", "defect_class": kind, "score": score}
            for kind, side in VALIDATION.items()
            for place, score in enumerate(side)
        ],
        "golden": [
            {"digest": one.digest, "score": golden[one.defect_class].pop(), "leading_defect": "dent"}
            for one in golden_set(workspace, RECIPE).entries
        ],
    }


@pytest.fixture
def taught(workspace: Workspace) -> Workspace:
    """A model in use that brings validation scores, at LIMITS."""
    teach(workspace)
    version = publish(workspace, 2, results=rows(workspace))
    recipe = dataclasses.replace(workspace.recipes.load(RECIPE), model_id=version.card.id, limits=LIMITS)
    workspace.recipes.save(recipe)
    return workspace


@pytest.fixture
def operating(taught: Workspace) -> Iterator[Operating]:
    made = Operating(taught, taught.recipes.load(RECIPE))
    yield made
    made.close()


@pytest.fixture
def shown(qapp: QApplication, qtbot: QtBot, taught: Workspace) -> Iterator[Screen]:
    """The Learn page with its second tab in front."""
    screen = open_screen(qapp, taught, taught.recipes.load(RECIPE))
    screen.hook.remove()
    screen.window.show()
    turn_to(qtbot, screen)
    yield screen
    screen.close()


def turn_to(qtbot: QtBot, screen: Screen) -> OperatingPanel:
    with qtbot.waitSignal(screen.session.operating.gathered, timeout=20_000):
        screen.window.show_page(2)
    qtbot.keyClick(screen.window.learn_page, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    panel = screen.window.learn_page.operating
    qtbot.waitUntil(panel.isVisible)
    qtbot.wait(10)
    return panel


def gathered(qtbot: QtBot, operating: Operating) -> Standing | None:
    with qtbot.waitSignal(operating.gathered) as told:
        operating.refresh()
    standing = told.args[0]
    assert standing is None or isinstance(standing, Standing)
    return standing


# -- the presenter


def test_the_parts_behind_the_model_in_use_are_gathered(qtbot: QtBot, operating: Operating) -> None:
    standing = gathered(qtbot, operating)
    assert standing is not None
    assert (standing.in_use, standing.limits) == (True, LIMITS)
    assert (standing.evidence.validation.bad.n, standing.evidence.golden.bad.n) == (4, 4)
    assert standing.new_escapes(Limits(3.5, 4.0)) == 2
    assert standing.new_escapes(Limits(-9.0, 4.0)) == 0


def test_without_a_model_in_use_the_newest_is_shown(qtbot: QtBot, operating: Operating) -> None:
    operating.change(dataclasses.replace(operating.recipe, model_id=""))
    standing = gathered(qtbot, operating)
    assert standing is not None
    assert not standing.in_use


def test_a_model_for_another_region_is_not_shown(qtbot: QtBot, operating: Operating, taught: Workspace) -> None:
    other = publish(taught, 3, view_id="another").card.id
    operating.change(dataclasses.replace(operating.recipe, model_id=other))
    assert gathered(qtbot, operating) is None


def test_limits_are_found_for_a_target(qtbot: QtBot, operating: Operating) -> None:
    standing = gathered(qtbot, operating)
    assert standing is not None
    with qtbot.waitSignal(operating.chosen) as told:
        operating.choose(standing, MaxEscape(0.0), Review(0.0))
    assert told.args[0].limits == Limits(-3.5, -3.5)


def test_limits_are_used_and_taken_back(qtbot: QtBot, operating: Operating, taught: Workspace) -> None:
    assert not operating.can_undo
    for act, expected in ((lambda: operating.use(Limits(-2.0, 2.0)), Limits(-2.0, 2.0)), (operating.undo, LIMITS)):
        with qtbot.waitSignal(operating.changed) as told:
            act()
        operating.change(told.args[0])
        assert taught.recipes.load(RECIPE).limits == expected
    assert not operating.can_undo
    assert [event.detail["reason"] for event in taught.ledger.events(LIMITS_SET, RECIPE)] == ["taken back", ""]


def test_a_new_escape_without_a_reason_is_refused_here_too(
    qtbot: QtBot, operating: Operating, taught: Workspace
) -> None:
    with qtbot.waitSignal(operating.failed) as told:
        operating.use(Limits(3.5, 4.0))
    assert isinstance(told.args[0], GateRefused)
    assert not operating.can_undo
    assert taught.recipes.load(RECIPE).limits == LIMITS


def test_limits_of_another_model_are_not_brought_back(qtbot: QtBot, operating: Operating) -> None:
    with qtbot.waitSignal(operating.changed):
        operating.use(Limits(-2.0, 2.0))
    assert operating.can_undo
    operating.change(dataclasses.replace(operating.recipe, model_id="v9-00000000"))
    assert not operating.can_undo


# -- the page


def test_the_figures_of_both_kinds_of_parts_follow_the_limits(qtbot: QtBot, shown: Screen) -> None:
    panel = shown.window.learn_page.operating
    assert panel.limits == LIMITS
    assert "Validation parts, Golden parts" in panel.table.text()
    assert "Escapes: 25.0 %  (0.6 to 80.6 %, 4 parts), 0.0 %  (0.0 to 60.2 %, 4 parts)" in panel.table.text()
    assert "0 of 4 defective test parts were missed" in panel.claim.text()
    assert not panel.use.isEnabled()
    assert not panel.back.isEnabled()
    panel.chart.dragged.emit(Limits(-3.5, 1.0))
    assert panel.fields.recheck.value() == -3.5
    assert "Escapes: 0.0 %  (0.0 to 60.2 %, 4 parts)" in panel.table.text()
    qtbot.keyClick(panel.fields.reject, Qt.Key.Key_Up)
    assert panel.limits == Limits(-3.5, 1.1)
    assert panel.use.isEnabled()


def test_a_target_moves_the_limits_and_a_hand_takes_them_over(qtbot: QtBot, shown: Screen) -> None:
    panel = shown.window.learn_page.operating
    with qtbot.waitSignal(shown.session.operating.chosen):
        panel.targets.kind.setCurrentIndex(0)
    panel.targets.bound.click()
    qtbot.waitUntil(lambda: "cannot be claimed with 95% confidence" in panel.remarks.text())
    assert panel.limits.recheck < -3.0
    panel.fields.recheck.setValue(-1.0)
    assert panel.remarks.text() == "", "what was said of the found limits is not true of these"


def test_a_stated_defect_rate_shows_the_work_and_the_cost_of_the_line(qtbot: QtBot, shown: Screen) -> None:
    panel = shown.window.learn_page.operating
    assert "All parts to a person" not in panel.table.text()
    panel.targets.kind.setCurrentIndex(2)
    with qtbot.waitSignal(shown.session.operating.chosen):
        panel.targets.defect_rate.setValue(2.0)
    qtbot.waitUntil(lambda: "Expected cost for a part: " in panel.table.text())
    assert "All parts to a person: " in panel.table.text()


def test_limits_are_put_to_use_by_key_and_undone(qtbot: QtBot, shown: Screen) -> None:
    page = shown.window.learn_page
    panel = page.operating
    panel.fields.recheck.setValue(-2.0)
    with qtbot.waitSignal(shown.session.recipe_changed):
        qtbot.keyClick(page, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert shown.session.running.recipe.limits == Limits(-2.0, LIMITS.reject)
    qtbot.waitUntil(panel.back.isEnabled)
    qtbot.waitUntil(lambda: not panel.use.isEnabled())
    with qtbot.waitSignal(shown.session.recipe_changed):
        qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.limits == LIMITS)
    assert shown.session.workspace.recipes.load(RECIPE).limits == LIMITS


def test_parts_that_would_newly_pass_need_a_reason(qtbot: QtBot, shown: Screen) -> None:
    panel = shown.window.learn_page.operating
    panel.chart.dragged.emit(Limits(3.5, 4.0))
    assert panel.warning.text() == "2 defective golden parts that are stopped today would pass."
    assert panel.reason.isVisible()
    assert not panel.use.isEnabled()
    qtbot.keyClicks(panel.reason, "the customer agreed")
    with qtbot.waitSignal(shown.session.recipe_changed):
        qtbot.mouseClick(panel.use, Qt.MouseButton.LeftButton)
    events = shown.session.workspace.ledger.events(LIMITS_SET, RECIPE)
    assert events[0].detail["reason"] == "the customer agreed"
    qtbot.waitUntil(lambda: not panel.reason.isVisible())
    assert panel.reason.text() == ""


def test_limits_that_are_tried_survive_a_look_elsewhere(qtbot: QtBot, shown: Screen) -> None:
    panel = shown.window.learn_page.operating
    panel.fields.recheck.setValue(-2.0)
    shown.window.show_page(0)
    with qtbot.waitSignal(shown.session.operating.gathered):
        shown.window.show_page(2)
    assert panel.limits == Limits(-2.0, LIMITS.reject)


def test_without_a_model_there_are_words(qtbot: QtBot, screen: Screen) -> None:
    screen.session.operating.change(dataclasses.replace(screen.session.recipe, model_id="", roi=None))
    for version in screen.session.workspace.versions.list(RECIPE):
        assert version.card.view_id == screen.session.recipe.view_id
    panel = screen.window.learn_page.operating
    assert not panel.chart.plot.isVisible()
    assert "No model" in panel.table.text()
    assert not panel.fields.isEnabled()


def test_a_card_without_validation_scores_shows_golden_parts_alone(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    panel = turn_to(qtbot, screen)
    assert "Validation" not in panel.table.text()
    assert panel.chart.accessibleName().startswith("Golden parts")
    with qtbot.waitSignal(screen.session.operating.chosen):
        panel.targets.overkill.setValue(1.0)
    qtbot.waitUntil(lambda: "their figures flatter" in panel.remarks.text())


def test_keys_of_the_other_tab_do_nothing_here(qtbot: QtBot, shown: Screen) -> None:
    page = shown.window.learn_page
    words = [key.text() for key in page.keys.findChildren(QAbstractButton) if key.isVisible()]
    assert words == ["use these limits", "undo", "other tab"]
    assert {action.text() for action in page.actions() if not action.isEnabled()} == {
        "retrain",
        "take this part",
        "that one was not good",
        "stop",
        "cancel",
        "promote",
        "roll back",
        "ask",
    }


# -- everybody


def test_every_widget_of_the_tab_has_a_name_and_is_reached_by_tab(qtbot: QtBot, shown: Screen) -> None:
    top = QAccessible.queryAccessibleInterface(shown.window.learn_page.operating)
    found = [one for one in interfaces(top) if one.role() in INTERACTIVE_ROLES and not one.state().invisible]
    assert len(found) > 6
    assert [one.object() for one in found if not one.text(QAccessible.Text.Name).strip()] == []
    panel = shown.window.learn_page.operating
    panel.chart.dragged.emit(Limits(3.5, 4.0))
    panel.reason.setText("why")
    kinds = (QAbstractButton, QComboBox, QDoubleSpinBox, QCheckBox)
    wanted = {widget for kind in kinds for widget in panel.findChildren(kind) if widget.isVisible()} | {panel.reason}
    wanted.discard(panel.back)  # there is nothing to undo yet
    reached: set[QObject] = set()
    while (focus := shown.window.focusWidget()) not in reached:
        assert focus is not None
        reached.add(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert {widget.accessibleName() for widget in wanted - reached} == set()
    assert {type(widget) for widget in wanted} > {QLineEdit}


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=str)
def test_no_text_of_the_tab_is_cut_off(qtbot: QtBot, shown: Screen, size: tuple[int, int]) -> None:
    panel = shown.window.learn_page.operating
    shown.window.resize(*size)
    panel.targets.defect_rate.setValue(2.0)
    for kind in range(3):
        panel.targets.kind.setCurrentIndex(kind)
        panel.chart.dragged.emit(Limits(3.5, 4.0))
        qtbot.wait(30)
        assert cut_off(shown.window.learn_page) == []
        assert (shown.window.width(), shown.window.height()) == size


def test_a_longer_language_fits_the_tab_as_well(
    qapp: QApplication, qtbot: QtBot, long_words: None, taught: Workspace
) -> None:
    screen = open_screen(qapp, taught, taught.recipes.load(RECIPE))
    screen.hook.remove()
    screen.window.show()
    panel = turn_to(qtbot, screen)
    panel.targets.kind.setCurrentIndex(2)
    screen.window.resize(1280, 800)
    qtbot.wait(30)
    cut, width = cut_off(screen.window.learn_page), screen.window.width()
    screen.close()
    assert cut == []
    assert width == 1280
