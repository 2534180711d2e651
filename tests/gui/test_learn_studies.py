"""The questions on the Learn page: asked, answered, given up, and what stands on the screen meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.pages.learn_studies import StudiesPanel
from gui.session.studying import BACKBONES, IMPORTED, LINE, MISJUDGED, SHOWN, STUDIES, VARIANTS, Studying
from gui.widgets.tables import table_plane
from inspector.errors import ModelError, TrainingError
from inspector.learning.runs import Progress
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Shown, Table
from inspector.studies.study import OnStep
from tests.gui.rooms import OK_LEVEL, PATIENCE_MS, RECIPE, picture
from tests.gui.test_learn_page import train_with
from tests.gui.test_training import teach

TABLE = Table(("part", "said"), (("S1/7", "ok"), ("S1/9", "ng")), "Errors")


class Asked:
    """A study that waits until it is let go or cancelled, and then answers or fails."""

    def __init__(self, answer: Answer | ModelError) -> None:
        self.answer = answer
        self.go_on = threading.Event()
        self.cancelled = False

    def run(self, on_step: OnStep) -> Answer:
        on_step(Progress("certifying", 3, 7, 12.0))
        assert self.go_on.wait(PATIENCE_MS / 1000)
        if self.cancelled:
            raise TrainingError("the study was cancelled; nothing was changed")
        if isinstance(self.answer, ModelError):
            raise self.answer
        return self.answer

    def cancel(self) -> None:
        self.cancelled = True
        self.go_on.set()


@pytest.fixture
def studying(workspace: Workspace) -> Iterator[Studying]:
    made = Studying(workspace, workspace.recipes.load(RECIPE))
    yield made
    made.close()


@pytest.fixture
def panel(qtbot: QtBot, studying: Studying) -> StudiesPanel:
    made = StudiesPanel(studying)
    qtbot.addWidget(made)
    made.show()
    return made


def asked(studying: Studying, answer: Answer | ModelError) -> Asked:
    study = Asked(answer)

    def made(_workspace: Workspace, _recipe: Recipe) -> Asked:
        return study

    studying.use_studies(dict.fromkeys(STUDIES, made))
    return study


def answered(qtbot: QtBot, studying: Studying, panel: StudiesPanel, answer: Answer) -> None:
    asked(studying, answer).go_on.set()
    with qtbot.waitSignal(studying.ended, timeout=PATIENCE_MS):
        panel.start()


def test_an_answer_is_shown_in_words_tables_and_pictures(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel, workspace: Workspace
) -> None:
    digest = workspace.images.put(picture(OK_LEVEL))
    shown = (Shown(digest, "S1/7 is dent, said ok"), Shown("f" * 64, "gone"))
    answered(qtbot, studying, panel, Answer(("2 errors.", "1 label."), (TABLE, Table(("empty",), ())), shown))
    assert panel.sentences.text() == "2 errors.\n1 label."
    assert [table.accessibleName() for table in panel.tables] == ["Errors; S1/7, ok; S1/9, ng"]
    names = [one.accessibleName() for one in panel.pictures.widget().findChildren(QWidget) if one.accessibleName()]
    assert names == ["S1/7 is dent, said ok"]
    assert panel.pictures.isVisible() and panel.ask.isEnabled()


def test_more_pictures_than_fit_are_left_to_the_command_line(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel, workspace: Workspace
) -> None:
    shown = tuple(Shown(workspace.images.put(picture(OK_LEVEL, seed)), f"part {seed}") for seed in range(SHOWN + 3))
    with qtbot.waitSignal(studying.answered, timeout=PATIENCE_MS) as told:
        asked(studying, Answer(("many",), (), shown)).go_on.set()
        panel.start()
    assert len(told.args[1].pictures) == SHOWN


def test_each_question_keeps_its_own_answer(qtbot: QtBot, studying: Studying, panel: StudiesPanel) -> None:
    answered(qtbot, studying, panel, Answer(("of the errors",), (TABLE,)))
    panel.questions.setCurrentRow(list(STUDIES).index(LINE))
    assert panel.question.text() == "Is the line still as it was taught?"
    assert not panel.sentences.isVisible() and panel.tables == []
    answered(qtbot, studying, panel, Answer(("of the line",)))
    assert panel.sentences.text() == "of the line"
    panel.questions.setCurrentRow(list(STUDIES).index(MISJUDGED))
    assert panel.sentences.text() == "of the errors"
    assert len(panel.tables) == 1


def test_while_it_is_asked_its_progress_stands_there_and_nothing_else_can_be_asked(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel
) -> None:
    study = asked(studying, Answer(("done",)))
    with qtbot.waitSignal(studying.progressed, timeout=PATIENCE_MS):
        panel.start()
    assert panel.progress.isVisible()
    assert not panel.ask.isEnabled() and not panel.questions.isEnabled()
    panel.start()
    with qtbot.waitSignal(studying.ended, timeout=PATIENCE_MS):
        study.go_on.set()
    assert not panel.progress.isVisible() and panel.questions.isEnabled()


def test_a_study_that_is_given_up_ends_without_a_fault(qtbot: QtBot, studying: Studying, panel: StudiesPanel) -> None:
    failed: list[object] = []
    studying.failed.connect(failed.append)
    study = asked(studying, Answer(("never",)))
    with qtbot.waitSignal(studying.progressed, timeout=PATIENCE_MS):
        panel.start()
    with qtbot.waitSignal(studying.ended, timeout=PATIENCE_MS):
        panel.cancel()
    assert study.cancelled and failed == []
    assert not panel.sentences.isVisible()


def test_a_fault_of_the_world_is_told_and_the_next_question_may_be_asked(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel
) -> None:
    failed: list[object] = []
    studying.failed.connect(failed.append)
    asked(studying, ModelError("no model in use")).go_on.set()
    with qtbot.waitSignal(studying.failed, timeout=PATIENCE_MS):
        panel.start()
    assert list(map(str, failed)) == ["no model in use"]
    assert panel.ask.isEnabled()


def test_a_question_about_a_folder_asks_for_one_first(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel, tmp_path: Path
) -> None:
    given: list[object] = []

    def made(_workspace: Workspace, _recipe: Recipe, folder: Path) -> Asked:
        given.append(folder)
        study = Asked(Answer(("taken in",)))
        study.go_on.set()
        return study

    studying.use_studies(dict.fromkeys(STUDIES, made))
    panel.questions.setCurrentRow(list(STUDIES).index(IMPORTED))
    panel.choose_folder = lambda: None
    panel.start()
    assert not studying.busy and given == [], "whoever chooses none asks nothing"
    panel.choose_folder = lambda: tmp_path
    with qtbot.waitSignal(studying.ended, timeout=PATIENCE_MS):
        panel.start()
    assert given == [tmp_path] and panel.sentences.text() == "taken in"


def test_a_window_that_closes_does_not_wait_for_an_answer(workspace: Workspace, qtbot: QtBot) -> None:
    closing = Studying(workspace, workspace.recipes.load(RECIPE))
    study = asked(closing, Answer(("never",)))
    with qtbot.waitSignal(closing.progressed, timeout=PATIENCE_MS):
        closing.ask(VARIANTS)
    closing.close()
    assert study.cancelled


def test_a_file_beside_the_answer_can_be_opened(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel, tmp_path: Path
) -> None:
    panel.questions.setCurrentRow(list(STUDIES).index(BACKBONES))
    answered(qtbot, studying, panel, Answer(("start from fast",), file=tmp_path / "cap.svg"))
    assert panel.open.isVisible()
    answered(qtbot, studying, panel, Answer(("nothing",)))
    assert not panel.open.isVisible()


def test_a_wide_table_moves_to_the_side_and_not_the_page(qtbot: QtBot) -> None:
    wide = table_plane(Table(tuple(f"a head of some length {n}" for n in range(30)), (("x",) * 30,)))
    qtbot.addWidget(wide)
    assert wide.minimumSizeHint().width() < 400


def test_the_page_asks_by_its_key_and_only_on_its_own_tab(qtbot: QtBot, screen: Screen) -> None:
    page, studying = screen.window.learn_page, screen.session.studying
    study = asked(studying, Answer(("12 errors",)))
    screen.window.show_page(2)
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not studying.busy
    page.tabs.setCurrentIndex(2)
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert studying.busy
    study.go_on.set()
    qtbot.waitUntil(lambda: page.studies.sentences.text() == "12 errors", timeout=PATIENCE_MS)


def test_escape_gives_up_the_question_and_not_the_training_behind_it(qtbot: QtBot, screen: Screen) -> None:
    session, page = screen.session, screen.window.learn_page
    teach(session.workspace)
    train_with(screen, "hangs")
    screen.window.show_page(2)
    with qtbot.waitSignal(session.training.progressed, timeout=PATIENCE_MS):
        page.training.start()
    study = asked(session.studying, Answer(("never",)))
    page.tabs.setCurrentIndex(2)
    with qtbot.waitSignal(session.studying.progressed, timeout=PATIENCE_MS):
        page.studies.start()
    with qtbot.waitSignal(session.studying.ended, timeout=PATIENCE_MS):
        qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert study.cancelled and session.training.busy
    page.tabs.setCurrentIndex(0)
    with qtbot.waitSignal(session.training.ended, timeout=PATIENCE_MS):
        qtbot.keyClick(page, Qt.Key.Key_Escape)


def test_answers_are_forgotten_when_another_model_runs(qtbot: QtBot, screen: Screen) -> None:
    page, studying = screen.window.learn_page, screen.session.studying
    answered(qtbot, studying, page.studies, Answer(("12 errors",), (TABLE,)))
    assert page.studies.tables
    screen.session.use(screen.session.recipe)
    assert page.studies.tables == [] and page.studies.sentences.text() == ""


def test_a_damaged_picture_does_not_cost_the_answer(
    qtbot: QtBot, studying: Studying, panel: StudiesPanel, workspace: Workspace
) -> None:
    whole, damaged = (workspace.images.put(picture(OK_LEVEL, seed)) for seed in (1, 2))
    workspace.images.path(damaged).write_bytes(b"no picture")
    with qtbot.waitSignal(studying.answered, timeout=PATIENCE_MS) as told:
        asked(studying, Answer(("two",), (), (Shown(damaged, "gone"), Shown(whole, "here")))).go_on.set()
        panel.start()
    assert [words for _, words in told.args[1].pictures] == ["here"]


def test_a_study_that_may_bring_a_candidate_has_the_first_tab_shown_anew(qtbot: QtBot, screen: Screen) -> None:
    page, studying = screen.window.learn_page, screen.session.studying
    page.studies.questions.setCurrentRow(list(STUDIES).index(VARIANTS))
    asked(studying, Answer(("v2 is the qat variant of v1",))).go_on.set()
    with qtbot.waitSignal(screen.session.training.compared, timeout=PATIENCE_MS):
        page.studies.start()


def test_errors_are_asked_of_the_model_in_use(qtbot: QtBot, studying: Studying, panel: StudiesPanel) -> None:
    """The program's own study, through the real workspace: a model whose card holds no scores."""
    with qtbot.waitSignal(studying.ended, timeout=PATIENCE_MS):
        panel.start()
    assert "train again to have them" in panel.sentences.text()
