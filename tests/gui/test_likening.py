"""Limit samples on the screen: found behind its back, shown for the part that is shown, or why there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.look.images import to_image
from gui.look.words import Words
from gui.session.likening import Likeness, Likening
from gui.widgets.picture import PictureView
from gui.widgets.samples import SampleStrip
from inspector.domain import GOOD, UNLIKE, Box, Label, Record
from inspector.errors import ModelError
from inspector.learning.limit_samples import LimitSample
from inspector.learning.review import NEW_IMPRESSIONS
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from tests.gui.rooms import OK_LEVEL, RECIPE, picture, run_parts, timing
from tests.gui.test_access import cut_off
from tests.gui.test_review_page import open_review, press
from tests.gui.test_reviewing import record_parts
from tests.unit.taught_rooms import DENT_LEVELS, GOOD_LEVELS, classes, taught_as, teach

IMAGE = to_image(picture(OK_LEVEL))
NEAR = LimitSample("0" * 64, "p61", GOOD, 0.94, 3, 26)
FAR = LimitSample("1" * 64, "p150", "tool_mark", 2.31, 297, 300)


@pytest.fixture
def taught(workspace: Workspace) -> Workspace:
    """The workspace with a model in use whose limit samples are to be had."""
    teach(workspace, taught_as(workspace, classes()))
    return workspace


@pytest.fixture
def likening(workspace: Workspace) -> Iterator[Likening]:
    made = Likening(workspace, workspace.recipes.load(RECIPE))
    yield made
    made.close()


def records(workspace: Workspace, parts: int) -> list[Record]:
    return [workspace.ledger.record(one) for one in record_parts(workspace, parts)]


def likened(qtbot: QtBot, likening: Likening, record: Record) -> Likeness:
    with qtbot.waitSignal(likening.found) as told:
        likening.liken(record.inspection)
    name, likeness = told.args
    assert name == record.inspection.id
    return likeness


def test_a_part_comes_with_the_region_of_both_samples(qtbot: QtBot, taught: Workspace, likening: Likening) -> None:
    _, accepted, _ = records(taught, 3)
    likeness = likened(qtbot, likening, accepted)
    assert likeness.good is not None and likeness.defect is not None and likeness.defects_taught
    (good, image), (defect, other) = likeness.good, likeness.defect
    assert (good.defect_class, defect.part) == (GOOD, "p150")
    assert not image.isNull() and image != other


def test_only_the_region_that_is_judged_is_shown(qtbot: QtBot, workspace: Workspace) -> None:
    recipe = Recipe(RECIPE, roi=Box(0, 0, 12, 24))
    workspace.recipes.save(recipe)
    teach(workspace, taught_as(workspace, classes()), view_id=recipe.view_id)
    likening = Likening(workspace, workspace.recipes.load(RECIPE))
    likeness = likened(qtbot, likening, records(workspace, 1)[0])
    likening.close()
    assert likeness.good is not None
    image = likeness.good[1]
    assert image.width() * 2 == image.height()


def test_of_several_that_are_asked_for_the_newest_is_answered(
    qtbot: QtBot, taught: Workspace, likening: Likening
) -> None:
    first, second, third = records(taught, 3)
    answered: list[str] = []
    likening.found.connect(lambda name, _likeness: answered.append(name))
    for record in (first, second):
        likening.liken(record.inspection)
    likened(qtbot, likening, third)
    assert answered == [third.inspection.id]


def test_an_answer_that_nobody_waits_for_is_dropped(qtbot: QtBot, taught: Workspace, likening: Likening) -> None:
    record = records(taught, 1)[0]
    with qtbot.assertNotEmitted(likening.found):
        likening.liken(record.inspection)
        likening.leave()
        qtbot.waitUntil(lambda: not likening.busy)


def test_many_pictures_are_looked_at_in_steps_until_there_is_an_answer(
    qtbot: QtBot, workspace: Workspace, likening: Likening
) -> None:
    levels = dict.fromkeys(range(10, 10 + NEW_IMPRESSIONS), GOOD) | dict.fromkeys(DENT_LEVELS, "dent")
    teach(workspace, taught_as(workspace, levels))
    likening.change(workspace.recipes.load(RECIPE))
    assert likened(qtbot, likening, records(workspace, 1)[0]).good is not None


def test_another_model_is_asked_from_then_on(qtbot: QtBot, taught: Workspace, likening: Likening) -> None:
    record = records(taught, 1)[0]
    assert likened(qtbot, likening, record).defects_taught
    teach(taught, taught_as(taught, dict.fromkeys(GOOD_LEVELS, GOOD)), classes=(GOOD, UNLIKE, "x"))
    likening.change(taught.recipes.load(RECIPE))
    likeness = likened(qtbot, likening, record)
    assert likeness.defect is None and not likeness.defects_taught


def test_a_defect_that_was_labelled_meanwhile_is_found_when_asked_anew(qtbot: QtBot, workspace: Workspace) -> None:
    teach(workspace, taught_as(workspace, dict.fromkeys(GOOD_LEVELS, GOOD)), classes=(GOOD, UNLIKE, "x"))
    likening = Likening(workspace, workspace.recipes.load(RECIPE))
    defective, other = records(workspace, 2)
    assert likened(qtbot, likening, other).defect is None
    workspace.ledger.add_label(Label(defective.inspection.id, "kim", timing().inspected_at, "dent"))
    likening.renew()
    likeness = likened(qtbot, likening, other)
    likening.close()
    assert likeness.defect is not None and likeness.defect[0].part == defective.inspection.part.group


def test_why_there_are_none_is_told_and_the_next_part_is_tried(
    qtbot: QtBot, workspace: Workspace, likening: Likening
) -> None:
    for record in records(workspace, 2):
        with qtbot.waitSignal(likening.missing) as told:
            likening.liken(record.inspection)
        name, error = told.args
        assert name == record.inspection.id
        assert isinstance(error, ModelError) and "what it was taught is not in this workspace" in str(error)


def test_a_picture_that_was_removed_is_told(qtbot: QtBot, taught: Workspace, likening: Likening) -> None:
    record = records(taught, 1)[0]
    taught.images.path(record.inspection.frame_digest).unlink()
    with qtbot.waitSignal(likening.missing) as told:
        likening.liken(record.inspection)
    assert "the picture is not in this workspace" in str(told.args[1])


# The strip


@pytest.fixture
def strip(qtbot: QtBot) -> SampleStrip:
    made = SampleStrip()
    qtbot.addWidget(made)
    return made


def said(strip: SampleStrip) -> list[str]:
    return [label.text() for label in strip.findChildren(QLabel) if label.isVisibleTo(strip) and label.text()]


def test_both_samples_are_shown_and_read_out(strip: SampleStrip) -> None:
    strip.begin("a")
    assert said(strip) == ["Looking for the most similar parts"]
    strip.show_samples("a", (NEAR, IMAGE), (FAR, IMAGE), True)
    assert said(strip) == [
        "Most similar good part",
        "p61",
        "0.9 times the usual distance, as near as taught pictures are",
        "Most similar defect: tool mark",
        "p150",
        "2.3 times the usual distance, farther than 99 of 100 taught pictures from their nearest",
    ]
    assert strip.good.accessibleName() == ". ".join(said(strip)[:3])
    assert not strip.good.picture.pixmap().isNull()


def test_where_there_is_none_it_says_why(strip: SampleStrip) -> None:
    strip.begin("a")
    strip.show_samples("a", (NEAR, IMAGE), None, False)
    assert said(strip)[3:] == ["Most similar defect", "None was taught or labelled yet."]
    strip.show_samples("a", None, (FAR, IMAGE), False)
    assert said(strip)[:3] == [
        "Most similar good part",
        "No other was taught.",
        "Most similar labelled defect: tool mark",
    ]
    strip.show_samples("a", (NEAR, IMAGE), None, True)
    assert said(strip)[3:] == ["Most similar defect", "No other was taught."]
    assert strip.defect.picture.pixmap().isNull()


def test_what_comes_for_another_part_is_not_shown(strip: SampleStrip) -> None:
    strip.begin("a")
    strip.begin("b")
    strip.show_samples("a", (NEAR, IMAGE), (FAR, IMAGE), True)
    strip.show_words("a", "why not")
    assert said(strip) == ["Looking for the most similar parts"]


def test_the_same_part_again_keeps_what_is_shown(strip: SampleStrip) -> None:
    strip.begin("a")
    strip.show_samples("a", (NEAR, IMAGE), (FAR, IMAGE), True)
    strip.begin("a")
    assert len(said(strip)) == 6
    strip.begin("")
    assert said(strip) == []


def test_a_long_path_does_not_widen_the_page(strip: SampleStrip) -> None:
    strip.begin("a")
    strip.show_words("a", "/a/very/long/folder" * 20)
    strip.resize(600, 112)
    assert strip.minimumSizeHint().width() < 100 and strip.heightForWidth(600) <= 112
    assert strip.notice.accessibleName() == "/a/very/long/folder" * 20


def test_a_long_name_or_language_takes_more_lines_and_is_not_cut_off(qtbot: QtBot) -> None:
    """As narrow as on the smallest screen."""
    page = QWidget()
    qtbot.addWidget(page)
    column, strip = QVBoxLayout(page), SampleStrip()
    column.addWidget(PictureView("a picture"), 1)
    column.addWidget(strip)
    strip.begin("a")
    far = replace(FAR, part="lot-2026-03/" + "7" * 60, defect_class="a mark that the tool leaves when it turns back")
    strip.show_samples("a", (replace(far, nearer=299), IMAGE), (far, IMAGE), False)
    page.resize(632, 600)
    page.show()
    qtbot.waitExposed(page)
    assert cut_off(page) == [] and page.width() == 632


def test_the_words_of_the_screen_are_those_of_the_command(qapp: object) -> None:
    for sample in (NEAR, FAR, LimitSample("2" * 64, "p2", "dent", 9.0, 26, 26)):
        assert f"{sample.part}, {Words().nearness(sample)}" == sample.words


# The pages


def test_a_reject_that_is_held_stands_beside_its_samples_in_place_of_the_yield(
    qtbot: QtBot, taught: Workspace, screen: Screen
) -> None:
    page = screen.window.run_page
    run_parts(qtbot, screen, 1)
    qtbot.waitUntil(lambda: "NG" in page.verdict.accessibleName())
    assert page.chart.isVisible() and not page.samples.isVisible()
    press(qtbot, screen, Qt.Key.Key_1)
    assert page.samples.isVisible() and not page.chart.isVisible()
    qtbot.waitUntil(page.samples.good.isVisible)
    assert page.samples.defect.title.text().startswith("Most similar defect: ")
    shown = page.samples.defect.part.text()
    run_parts(qtbot, screen, 2)
    assert page.samples.defect.part.text() == shown, "the line goes on, the part stays"
    assert cut_off(page.samples) == []
    press(qtbot, screen, Qt.Key.Key_Escape)
    assert page.chart.isVisible() and not page.samples.isVisible()


def test_a_hold_and_a_review_do_not_take_each_others_answer(qtbot: QtBot, taught: Workspace, screen: Screen) -> None:
    """Both pages wait at once, and only one of them is looked at."""
    run, review = screen.window.run_page, screen.window.review_page
    run_parts(qtbot, screen, 3)
    qtbot.waitUntil(lambda: "RECHECK" in run.verdict.accessibleName())
    screen.window.show_page(1)
    qtbot.waitUntil(review.samples.good.isVisible)
    screen.window.show_page(0)
    press(qtbot, screen, Qt.Key.Key_2)
    screen.session.reviewing.advance()
    qtbot.waitUntil(run.samples.good.isVisible)
    press(qtbot, screen, Qt.Key.Key_1)
    screen.window.show_page(1)
    qtbot.waitUntil(review.samples.good.isVisible)
    screen.window.show_page(0)
    qtbot.waitUntil(run.samples.good.isVisible)


def test_a_reject_without_samples_says_why(qtbot: QtBot, screen: Screen) -> None:
    page = screen.window.run_page
    run_parts(qtbot, screen, 1)
    qtbot.waitUntil(lambda: "NG" in page.verdict.accessibleName())
    press(qtbot, screen, Qt.Key.Key_1)
    wanted = "There are no similar parts to show: "
    qtbot.waitUntil(lambda: page.samples.notice.accessibleName().startswith(wanted))


def test_the_review_shows_the_samples_of_each_part_that_comes(qtbot: QtBot, taught: Workspace, screen: Screen) -> None:
    open_review(qtbot, screen, 2)
    strip = screen.window.review_page.samples
    qtbot.waitUntil(strip.good.isVisible)
    assert strip.defect.title.text().startswith("Most similar defect: ")
    before = strip.defect.part.text()
    press(qtbot, screen, Qt.Key.Key_S)
    assert not strip.good.isVisible(), "the last part's samples are gone at once"
    qtbot.waitUntil(strip.good.isVisible)
    assert strip.defect.part.text() != before


def test_the_review_goes_on_where_there_are_none(qtbot: QtBot, screen: Screen) -> None:
    open_review(qtbot, screen, 1)
    strip = screen.window.review_page.samples
    wanted = "There are no similar parts to show: "
    qtbot.waitUntil(lambda: strip.notice.accessibleName().startswith(wanted))
    assert not strip.good.isVisible()
    press(qtbot, screen, Qt.Key.Key_G)
    assert said(strip) == []


def test_a_part_that_is_not_found_in_its_picture_looks_like_nothing(qtbot: QtBot, screen: Screen) -> None:
    (shown,) = open_review(qtbot, screen, 1)
    page = screen.window.review_page
    qtbot.waitUntil(lambda: page.samples.notice.text().startswith("There are no"))
    screen.session.likening.found.emit(shown, Likeness(None, None, True, located=False))
    assert said(page.samples) == ["The part is not found in its picture."]
