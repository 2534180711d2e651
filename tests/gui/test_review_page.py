"""The Review page: one key labels and shows the next."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.application import Screen
from inspector.domain import GOOD, UNNAMED, WITHDRAWN, Label
from inspector.learning.review import ReviewWhy
from inspector.pictures import encode_png
from tests.gui.rooms import picture, timing
from tests.gui.test_reviewing import record_parts
from tests.gui.test_run_page import press


def open_review(qtbot: QtBot, screen: Screen, parts: int) -> list[str]:
    """The page with so many parts waiting, the first picture shown; returns the ids in the queue's order."""
    record_parts(screen.session.workspace, parts)
    qtbot.keyClick(screen.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    page = screen.window.review_page
    qtbot.waitUntil(lambda: len(screen.session.reviewing.waiting) == parts)
    qtbot.waitUntil(lambda: not page.picture.image.isNull())
    return [item.record.inspection.id for item in screen.session.reviewing.waiting]


def words(screen: Screen, inspection_id: str) -> list[str]:
    return [label.defect_class for label in screen.session.workspace.ledger.record(inspection_id).labels]


def shown(screen: Screen) -> str | None:
    item = screen.session.reviewing.item
    return item.record.inspection.id if item else None


def test_good_and_number_keys_label_and_go_on(qtbot: QtBot, screen: Screen) -> None:
    first, second, third = open_review(qtbot, screen, 3)
    press(qtbot, screen, Qt.Key.Key_G)
    assert shown(screen) == second
    press(qtbot, screen, Qt.Key.Key_2)
    assert shown(screen) == third
    qtbot.waitUntil(lambda: (words(screen, first), words(screen, second)) == ([GOOD], ["scratch"]))


def test_undo_goes_back_to_the_part_and_takes_the_word_back(qtbot: QtBot, screen: Screen) -> None:
    first, second, _ = open_review(qtbot, screen, 3)
    press(qtbot, screen, Qt.Key.Key_1, Qt.Key.Key_U)
    assert shown(screen) == first
    qtbot.waitUntil(lambda: words(screen, first) == ["dent", WITHDRAWN])
    press(qtbot, screen, Qt.Key.Key_G)
    assert shown(screen) == second
    qtbot.waitUntil(lambda: words(screen, first) == ["dent", WITHDRAWN, GOOD])


def test_skip_labels_nothing(qtbot: QtBot, screen: Screen) -> None:
    first, second = open_review(qtbot, screen, 2)
    press(qtbot, screen, Qt.Key.Key_S)
    assert shown(screen) == second
    assert words(screen, first) == []


def test_a_new_class_is_named_with_any_letters_and_gets_a_key(qtbot: QtBot, screen: Screen) -> None:
    """While a name is typed, G and S are letters."""
    first, second, third = open_review(qtbot, screen, 3)
    press(qtbot, screen, Qt.Key.Key_N)
    entry = screen.window.review_page.new_class
    qtbot.keyClicks(entry, "Grind Scar")
    press(qtbot, screen, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: words(screen, first) == ["grind_scar"])
    assert shown(screen) == second
    press(qtbot, screen, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: words(screen, second) == ["grind_scar"])
    assert shown(screen) == third


def test_a_name_that_is_none_is_not_taken_and_escape_leaves(qtbot: QtBot, screen: Screen) -> None:
    (first,) = open_review(qtbot, screen, 1)
    press(qtbot, screen, Qt.Key.Key_N)
    entry = screen.window.review_page.new_class
    qtbot.keyClicks(entry, UNNAMED)
    press(qtbot, screen, Qt.Key.Key_Return)
    assert entry.isVisible()
    press(qtbot, screen, Qt.Key.Key_Escape)
    assert not entry.isVisible()
    assert (shown(screen), words(screen, first)) == (first, [])


def test_a_misfire_that_was_named_unnamed_goes_back_to_it_on_undo(qtbot: QtBot, screen: Screen) -> None:
    ids = record_parts(screen.session.workspace, 2)
    screen.session.workspace.ledger.add_label(Label(ids[1], "kim", timing().inspected_at, UNNAMED))
    screen.window.show_page(1)
    qtbot.waitUntil(lambda: shown(screen) == ids[1])
    press(qtbot, screen, Qt.Key.Key_1, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: words(screen, ids[1]) == [UNNAMED, "dent", UNNAMED])


def test_the_end_of_the_queue_is_said(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 1)
    press(qtbot, screen, Qt.Key.Key_G)
    assert shown(screen) is None
    page = screen.window.review_page
    assert page.picture.image.isNull()
    assert page.verdict.accessibleName() == "Verdict: no part yet"
    press(qtbot, screen, Qt.Key.Key_G, Qt.Key.Key_1, Qt.Key.Key_N)
    assert not page.new_class.isVisible()


def test_the_line_below_says_when_there_is_enough(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 2)
    page = screen.window.review_page
    press(qtbot, screen, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: page.progress.text() == "1 of 30 labelled today")
    screen.session.labelling.today = 30
    press(qtbot, screen, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: page.progress.text() == "31 labelled today: enough to retrain")


def test_the_heat_map_comes_on_demand_and_stays_on(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 3)
    view = screen.window.review_page.picture
    assert view.heat is None
    press(qtbot, screen, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: view.heat is not None)
    press(qtbot, screen, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: view.heat is not None)


@pytest.mark.slow
def test_the_next_picture_comes_within_50_ms(qtbot: QtBot, screen: Screen) -> None:
    """Pictures of 4 MP, a person who needs 0.3 s for each; from the key to the painted widget."""
    workspace = screen.session.workspace
    parts = record_parts(workspace, 20)
    large = encode_png(picture(120).repeat(21, axis=0).repeat(21, axis=1))
    for inspection_id in parts:
        digest = workspace.ledger.record(inspection_id).inspection.frame_digest
        workspace.images.path(digest).chmod(0o644)
        workspace.images.path(digest).write_bytes(large)
    screen.window.show_page(1)
    page = screen.window.review_page
    qtbot.waitUntil(lambda: not page.picture.image.isNull())
    waits = []
    for _ in range(15):
        qtbot.wait(300)
        started = perf_counter()
        press(qtbot, screen, Qt.Key.Key_G)
        page.picture.repaint()
        waits.append(perf_counter() - started)
        assert not page.picture.image.isNull()
    assert median(waits) < 0.05


def test_every_reason_to_look_has_its_words(screen: Screen) -> None:
    words = [screen.window.review_page._why(why) for why in ReviewWhy]
    assert len(set(words)) == len(ReviewWhy) and all(words)
    assert screen.window.review_page._why(ReviewWhy.NOVEL) == "unlike anything taught"
