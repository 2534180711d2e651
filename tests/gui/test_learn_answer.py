"""The answer on the Learn page: a trial of the candidate on the line, and its report."""

from __future__ import annotations

import json

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.session.reporting import Reporting
from inspector.errors import ModelError
from inspector.learning.shadow import challenger
from inspector.store.workspace import Workspace
from tests.gui.rooms import PATIENCE_MS, RECIPE, publish
from tests.gui.test_learn_page import open_learn
from tests.gui.test_training import teach


def test_a_candidate_is_tried_on_the_line_and_taken_off_again(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    teach(session.workspace)
    candidate = publish(session.workspace, 2).card.id
    open_learn(qtbot, screen)
    answer = screen.window.learn_page.answer
    assert answer.shadow.text() == "Shadow on the line"
    with qtbot.waitSignal(session.trial.stood, timeout=PATIENCE_MS):
        qtbot.mouseClick(answer.shadow, Qt.MouseButton.LeftButton)
    assert challenger(session.workspace, session.recipe) == candidate
    assert f"{candidate} runs in shadow of {session.recipe.model_id}" in answer.standing.text()
    assert "0 pictures judged by both" in answer.standing.text()
    assert answer.shadow.text() == answer.shadow.accessibleName() == "End the trial"
    with qtbot.waitSignal(session.trial.stood, timeout=PATIENCE_MS):
        qtbot.mouseClick(answer.shadow, Qt.MouseButton.LeftButton)
    assert challenger(session.workspace, session.recipe) == ""
    assert not answer.standing.isVisible()
    assert answer.shadow.text() == "Shadow on the line"


def test_a_trial_that_somebody_else_began_is_shown(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    teach(session.workspace)
    candidate = publish(session.workspace, 2).card.id
    with qtbot.waitSignal(session.trial.stood, timeout=PATIENCE_MS):
        session.trial.challenge(candidate)
    open_learn(qtbot, screen)
    qtbot.waitUntil(screen.window.learn_page.answer.standing.isVisible)


def test_without_a_candidate_there_is_nothing_to_try(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    open_learn(qtbot, screen)
    assert not screen.window.learn_page.answer.shadow.isEnabled()


def test_a_model_that_cannot_be_tried_says_why(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    with qtbot.waitSignal(session.failed, timeout=PATIENCE_MS) as told:
        session.trial.challenge(session.recipe.model_id)
    assert isinstance(told.args[0], ModelError)


class Desk(QObject):
    """Stands for the PC's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[QUrl] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url)


def test_a_report_is_written_and_opened(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    teach(session.workspace)
    open_learn(qtbot, screen)
    answer = screen.window.learn_page.answer
    assert not answer.open.isVisible()
    with qtbot.waitSignal(session.reporting.filed, timeout=PATIENCE_MS) as told:
        qtbot.mouseClick(answer.report, Qt.MouseButton.LeftButton)
        assert answer.progress.isVisible() and not answer.report.isEnabled()
    page = told.args[0]
    assert page.exists() and json.loads(page.with_name("report.json").read_text())
    assert answer.path.text() == f"Report: {page}"
    assert answer.report.isEnabled() and not answer.progress.isVisible()
    desk = Desk()
    QDesktopServices.setUrlHandler("file", desk, "open")
    qtbot.mouseClick(answer.open, Qt.MouseButton.LeftButton)
    QDesktopServices.unsetUrlHandler("file")
    assert [url.toLocalFile() for url in desk.opened] == [str(page)]


def test_the_version_that_is_chosen_in_the_history_is_reported_on(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    first = session.recipe.model_id
    teach(session.workspace)
    newest = publish(session.workspace, 2).card.id
    open_learn(qtbot, screen)
    page = screen.window.learn_page
    assert [page.versions.item(row).text().split()[0] for row in range(2)] == [newest, first]
    page.versions.setCurrentRow(1)
    assert page.answer.report.toolTip() == f"Report on {first}"
    with qtbot.waitSignal(session.reporting.filed, timeout=PATIENCE_MS) as told:
        qtbot.mouseClick(page.answer.report, Qt.MouseButton.LeftButton)
    assert json.loads(told.args[0].with_name("report.json").read_text())["model"]["id"] == first


def test_a_report_is_given_up(qtbot: QtBot, workspace: Workspace) -> None:
    teach(workspace)
    rows = [
        {
            "digest": example.digest,
            "part": example.part,
            "defect_class": example.defect_class,
            "score": 9.0,
            "leading_defect": "dent",
        }
        for example in workspace.ledger.examples(RECIPE)
    ]
    model = publish(workspace, 2, results={"golden": rows}).card.id
    reporting = Reporting(workspace, RECIPE)
    written: list[object] = []
    reporting.filed.connect(written.append)
    with qtbot.waitSignal(reporting.ended, timeout=PATIENCE_MS):
        reporting.file(model)
        reporting.cancel()
    reporting.close()
    assert written == []
    assert not (workspace.path / "reports").exists()


def test_a_report_of_a_model_that_is_damaged_says_so(qtbot: QtBot, screen: Screen) -> None:
    session = screen.session
    with qtbot.waitSignal(session.failed, timeout=PATIENCE_MS) as told:
        session.reporting.file("v7-00000000")
    assert isinstance(told.args[0], ModelError)
    assert not session.reporting.busy
