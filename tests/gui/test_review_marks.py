"""Marks on the Review page: a key and a drag, kept with the label, shown again, taken back, and no key more without."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.widgets.keybar import KeyButton
from gui.widgets.marks import MarkView, Tool
from inspector.domain import GOOD, UNNAMED, WITHDRAWN, Box, Label, Region, Stroke
from inspector.learning import snapshot
from inspector.regions import mask
from tests.gui.rooms import RECIPE, SIDE
from tests.gui.test_marks import LEFT, drag
from tests.gui.test_review_page import open_review, shown
from tests.gui.test_reviewing import record_parts
from tests.gui.test_run_page import press
from tests.gui.test_training import teach

BOX = Box(20, 30, 40, 16)


def view_of(screen: Screen) -> MarkView:
    return screen.window.review_page.picture


def draw(screen: Screen, *spots: tuple[float, float]) -> None:
    """Drag over these places of the picture, whatever its scale in the window."""
    view = view_of(screen)
    way = [view.to_widget().map(QPointF(*spot)).toPoint() for spot in spots]
    drag(view, *((spot.x(), spot.y()) for spot in way))


def draw_box(screen: Screen, box: Box = BOX) -> None:
    draw(screen, (box.x + 0.3, box.y + 0.3), (box.x + box.width - 0.3, box.y + box.height - 0.3))


def labels(screen: Screen, inspection_id: str) -> list[tuple[str, tuple[Region, ...]]]:
    record = screen.session.workspace.ledger.record(inspection_id)
    return [(label.defect_class, label.regions) for label in record.labels]


def key(screen: Screen, word: str) -> QAction:
    (found,) = (action for action in screen.window.review_page.actions() if action.text() == word)
    return found


def test_a_box_and_a_stroke_are_kept_with_the_class(qtbot: QtBot, screen: Screen) -> None:
    first, second = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    press(qtbot, screen, Qt.Key.Key_P)
    draw(screen, (70.5, 70.5), (80.5, 80.5))
    _, stroke = marks = view_of(screen).marks
    press(qtbot, screen, Qt.Key.Key_1)
    assert (shown(screen), view_of(screen).marks) == (second, ())
    qtbot.waitUntil(lambda: labels(screen, first) == [("dent", marks)])
    assert marks[0] == BOX
    assert isinstance(stroke, Stroke)
    assert stroke.points == ((70, 70), (80, 80))


def test_the_tool_stays_in_the_hand_for_the_next_part_until_its_key_is_pressed_again(
    qtbot: QtBot, screen: Screen
) -> None:
    open_review(qtbot, screen, 3)
    press(qtbot, screen, Qt.Key.Key_B, Qt.Key.Key_1)
    assert view_of(screen).tool is Tool.BOX
    assert key(screen, "box").isChecked()
    press(qtbot, screen, Qt.Key.Key_P)
    assert (key(screen, "box").isChecked(), key(screen, "paint").isChecked()) == (False, True)
    press(qtbot, screen, Qt.Key.Key_P)
    assert view_of(screen).tool is None
    assert not key(screen, "paint").isChecked()


def test_every_tool_can_be_touched(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 1)
    buttons = {one.text(): one for one in screen.window.review_page.findChildren(KeyButton) if one.isVisible()}
    qtbot.mouseClick(buttons["paint"], LEFT)
    assert view_of(screen).tool is Tool.BRUSH
    assert buttons["paint"].isChecked()
    qtbot.mouseClick(buttons["box"], LEFT)
    assert (buttons["paint"].isChecked(), buttons["box"].isChecked()) == (False, True)
    draw_box(screen)
    qtbot.mouseClick(buttons["clear marks"], LEFT)
    assert view_of(screen).marks == ()
    qtbot.mouseClick(buttons["undo"], LEFT)
    assert view_of(screen).marks == (BOX,)


def test_a_label_without_marks_is_one_key_with_and_without_a_tool(qtbot: QtBot, screen: Screen) -> None:
    first, second, third = open_review(qtbot, screen, 3)
    press(qtbot, screen, Qt.Key.Key_1)
    press(qtbot, screen, Qt.Key.Key_B, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: (labels(screen, first), labels(screen, second)) == ([("dent", ())], [(GOOD, ())]))
    assert shown(screen) == third


def test_undo_takes_the_marks_of_this_part_first_and_then_the_last_answer(qtbot: QtBot, screen: Screen) -> None:
    first, second = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    press(qtbot, screen, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: not view_of(screen).image.isNull())  # the picture comes a little after its part
    draw_box(screen, Box(5, 5, 20, 20))
    press(qtbot, screen, Qt.Key.Key_U)
    assert (shown(screen), view_of(screen).marks) == (second, ())
    press(qtbot, screen, Qt.Key.Key_U)
    assert (shown(screen), view_of(screen).marks) == (first, (BOX,))
    qtbot.waitUntil(lambda: labels(screen, first) == [("dent", (BOX,)), (WITHDRAWN, ())])


def test_marks_can_be_corrected_by_another_label(qtbot: QtBot, screen: Screen) -> None:
    first, _ = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    press(qtbot, screen, Qt.Key.Key_1, Qt.Key.Key_U, Qt.Key.Key_C)
    other = Box(5, 5, 20, 20)
    draw_box(screen, other)
    press(qtbot, screen, Qt.Key.Key_2)
    said = [("dent", (BOX,)), (WITHDRAWN, ()), ("scratch", (other,))]
    qtbot.waitUntil(lambda: labels(screen, first) == said)


def test_good_keeps_no_marks_and_undo_shows_them_again(qtbot: QtBot, screen: Screen) -> None:
    first, _ = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    press(qtbot, screen, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: labels(screen, first) == [(GOOD, ())])
    press(qtbot, screen, Qt.Key.Key_U)
    assert (shown(screen), view_of(screen).marks) == (first, (BOX,))


def test_marks_of_a_label_are_shown_again_and_go_on_with_its_name(qtbot: QtBot, screen: Screen) -> None:
    workspace = screen.session.workspace
    ids = record_parts(workspace, 2)
    stroke = Stroke(((10, 10), (40, 40)), 6)
    workspace.ledger.add_label(Label(ids[1], "kim", datetime.now(UTC), UNNAMED, (BOX, stroke)))
    screen.window.show_page(1)
    qtbot.waitUntil(lambda: shown(screen) == ids[1])
    assert view_of(screen).marks == (BOX, stroke)
    press(qtbot, screen, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: labels(screen, ids[1])[1:] == [("dent", (BOX, stroke))])
    assert view_of(screen).marks == ()


def test_what_was_drawn_stays_while_the_queue_is_read_anew(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    screen.window.show_page(0)
    with qtbot.waitSignal(screen.session.reviewing.shown):
        screen.window.show_page(1)
    assert view_of(screen).marks == (BOX,)


def test_skipping_leaves_the_marks_behind(qtbot: QtBot, screen: Screen) -> None:
    first, second = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    press(qtbot, screen, Qt.Key.Key_S, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: labels(screen, second) == [("dent", ())])
    assert labels(screen, first) == []


def test_a_new_class_takes_the_marks_along_and_its_letters_are_no_tools(qtbot: QtBot, screen: Screen) -> None:
    first, _ = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    press(qtbot, screen, Qt.Key.Key_N)
    qtbot.keyClicks(screen.window.review_page.new_class, "bpc")
    assert (view_of(screen).tool, view_of(screen).marks) == (Tool.BOX, (BOX,))
    press(qtbot, screen, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: labels(screen, first) == [("bpc", (BOX,))])


def test_at_the_end_of_the_queue_there_is_nothing_to_mark(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 1)
    assert not key(screen, "clear marks").isEnabled()
    press(qtbot, screen, Qt.Key.Key_B)
    draw_box(screen)
    assert key(screen, "clear marks").isEnabled()
    press(qtbot, screen, Qt.Key.Key_1)
    assert [key(screen, word).isEnabled() for word in ("box", "paint", "clear marks")] == [False] * 3
    QTest.mouseClick(view_of(screen), LEFT)
    assert view_of(screen).marks == ()


@pytest.mark.parametrize("zoom", [1.0, 5.0])
def test_what_is_drawn_becomes_the_mask_that_a_network_learns_from(qtbot: QtBot, screen: Screen, zoom: float) -> None:
    """From the mouse in a window to the pixels of the frame, at any scale."""
    workspace = screen.session.workspace
    teach(workspace)
    first, _ = open_review(qtbot, screen, 2)
    view_of(screen).zoom_by(zoom)
    press(qtbot, screen, Qt.Key.Key_B)
    middle = Box(SIDE // 2 - 4, SIDE // 2 - 3, 8, 6)
    draw_box(screen, middle)
    press(qtbot, screen, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: labels(screen, first) == [("dent", (middle,))])
    digest = workspace.ledger.record(first).inspection.frame_digest
    (entry,) = (one for one in snapshot.take(workspace, RECIPE).entries if one.digest == digest)
    assert (workspace.images.get(entry.mask) == mask([middle], SIDE, SIDE)).all()
