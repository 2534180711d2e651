"""The training on the Learn page: its mode, what the network will see, its steps, and what came of adapting."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.application import Screen
from gui.look.words import Words
from gui.pages.learn_training import TrainingPanel
from inspector.domain import GOOD, Example
from inspector.learning.comparison import start
from inspector.learning.runs import Progress
from inspector.learning.snapshot import take
from inspector.learning.trainer import ANOMALY, FEATURES, FINETUNE, MODES, Trainer
from inspector.store.workspace import Workspace
from tests.gui.rooms import OK_LEVEL, PATIENCE_MS, RECIPE, picture, publish
from tests.gui.test_learn_page import open_learn, train_with
from tests.gui.test_training import teach

AREAS = {"auroc_before": 0.98114, "auroc_after": 0.97951}


def panel_of(screen: Screen) -> TrainingPanel:
    return screen.window.learn_page.training


def asked_of(screen: Screen, folder: Path) -> Path:
    """Where each job goes that the training process is asked to do from now on; it copies the job and fails."""
    job = folder / "asked.json"
    script = f"import shutil, sys; shutil.copy(sys.argv[3], {str(job)!r})"
    screen.session.training.use_trainer(Trainer(screen.session.workspace, (sys.executable, "-c", script)))
    return job


@pytest.mark.parametrize("place", range(len(MODES)), ids=MODES)
def test_the_chosen_mode_is_what_the_process_is_asked_for(
    qtbot: QtBot, screen: Screen, tmp_path: Path, place: int
) -> None:
    workspace = screen.session.workspace
    teach(workspace)
    job = asked_of(screen, tmp_path)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    panel.mode.setCurrentIndex(place)
    with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS):
        qtbot.mouseClick(panel.retrain, Qt.MouseButton.LeftButton)
        assert not panel.mode.isEnabled()
    assert json.loads(job.read_text())["mode"] == MODES[place]
    assert panel.mode.isEnabled()


def test_four_looks_are_asked_for_and_are_what_a_model_that_takes_them_is_retrained_with(
    qtbot: QtBot, screen: Screen, tmp_path: Path
) -> None:
    workspace = screen.session.workspace
    teach(workspace, 40)
    job = asked_of(screen, tmp_path)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    for touches, looks in ((0, 1), (1, 4)):
        for _ in range(touches):
            qtbot.mouseClick(panel.four, Qt.MouseButton.LeftButton)
        with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS):
            qtbot.mouseClick(panel.retrain, Qt.MouseButton.LeftButton)
            assert not panel.four.isEnabled()
        assert json.loads(job.read_text())["looks"] == looks
    panel.four.setChecked(False)
    publish(workspace, 2, results={"looks": 4})
    with qtbot.waitSignal(screen.session.training.compared, timeout=PATIENCE_MS):
        screen.session.training.refresh()
    assert not panel.four.isChecked(), "a candidate is not yet what runs"
    with qtbot.waitSignal(screen.session.recipe_changed, timeout=PATIENCE_MS):
        screen.session.training.promote()
    qtbot.waitUntil(panel.four.isChecked, timeout=PATIENCE_MS)


def test_how_pictures_are_changed_is_said_where_the_network_is_adapted(
    qtbot: QtBot, screen: Screen, tmp_path: Path
) -> None:
    workspace = screen.session.workspace
    teach(workspace)
    job = asked_of(screen, tmp_path)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    assert not panel.changes.isVisible()
    panel.mode.setCurrentIndex(1)
    assert panel.changes.isVisible()
    panel.changes.setText("mirror=no,turn_deg=5")
    for place, mirror in ((1, False), (0, True)):
        panel.mode.setCurrentIndex(place)
        with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS):
            panel.start()
        assert json.loads(job.read_text())["augmentation"]["mirror"] is mirror
    panel.mode.setCurrentIndex(1)
    panel.changes.setText("mirrors=no")
    with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS) as told:
        panel.start()
    assert "received 'mirrors'" in str(told.args[0])
    with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS) as told:
        qtbot.mouseClick(panel.see, Qt.MouseButton.LeftButton)
    assert "received 'mirrors'" in str(told.args[0])


def test_from_good_parts_alone_each_is_looked_at_once_and_as_it_is_whatever_was_chosen_before(
    qtbot: QtBot, screen: Screen, tmp_path: Path
) -> None:
    teach(screen.session.workspace)
    job = asked_of(screen, tmp_path)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    panel.mode.setCurrentIndex(MODES.index(FINETUNE))
    panel.changes.setText("mirror=no")
    panel.four.setChecked(True)
    for mode, looks, mirror in ((ANOMALY, 1, True), (FINETUNE, 4, False)):
        panel.mode.setCurrentIndex(MODES.index(mode))
        assert panel.four.isVisible() is panel.changes.isVisible() is (mode == FINETUNE)
        with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS):
            qtbot.mouseClick(panel.retrain, Qt.MouseButton.LeftButton)
        asked = json.loads(job.read_text())
        assert (asked["mode"], asked["looks"], asked["augmentation"]["mirror"]) == (mode, looks, mirror)
    panel.mode.setCurrentIndex(MODES.index(FEATURES))
    assert panel.four.isVisible() and not panel.changes.isVisible()


def test_without_a_defect_only_good_parts_alone_can_be_learned_from(
    qtbot: QtBot, screen: Screen, tmp_path: Path
) -> None:
    workspace = screen.session.workspace
    shown = [Example(workspace.images.put(picture(OK_LEVEL, seed)), GOOD, f"good-{seed}") for seed in range(6)]
    workspace.ledger.add_examples(RECIPE, shown)
    job = asked_of(screen, tmp_path)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS) as told:
        panel.start()
    assert "learn from the good parts alone" in str(told.args[0])
    assert not job.exists()
    panel.mode.setCurrentIndex(MODES.index(ANOMALY))
    with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS):
        panel.start()
    assert json.loads(job.read_text())["mode"] == ANOMALY


def test_a_network_can_be_chosen_once_networks_were_compared(qtbot: QtBot, screen: Screen, tmp_path: Path) -> None:
    workspace = screen.session.workspace
    teach(workspace, 40)
    job = asked_of(screen, tmp_path)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    assert not panel.backbone.isVisible()
    command = (sys.executable, "-m", "tests.unit.comparison_stand_in", "works")
    start(workspace, screen.session.recipe, take(workspace, RECIPE), command=command).watched(lambda *_: None)
    with qtbot.waitSignal(screen.session.training.compared, timeout=PATIENCE_MS):
        screen.session.training.refresh()
    names = [panel.backbone.itemText(place) for place in range(panel.backbone.count())]
    assert panel.backbone.isVisible() and names == ["efficientnet-lite0", "best", "fast"]
    for place in (0, 2):
        panel.backbone.setCurrentIndex(place)
        with qtbot.waitSignal(screen.session.training.failed, timeout=PATIENCE_MS):
            panel.start()
        assert json.loads(job.read_text())["backbone"] == names[place]
    with qtbot.waitSignal(screen.session.training.compared, timeout=PATIENCE_MS):
        screen.session.training.refresh()
    assert panel.backbone.currentText() == "fast", "looking again is no reason to choose another one"


def test_each_mode_says_what_it_does_and_when(qtbot: QtBot, screen: Screen) -> None:
    panel = panel_of(screen)
    said = set()
    for place, mode in enumerate(MODES):
        panel.mode.setCurrentIndex(place)
        assert panel.mode.currentText().startswith("good parts alone" if mode == ANOMALY else mode)
        said.add(panel.what.text())
    assert panel.mode.count() == len(said) == len(MODES) and all(words.endswith(".") for words in said)


def test_where_the_network_is_adapted_the_one_as_delivered_can_be_chosen(qtbot: QtBot, screen: Screen) -> None:
    workspace = screen.session.workspace
    teach(workspace, 40)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    assert not panel.fresh.isVisible(), "there is only one network to stand on"
    second = publish(workspace, 2, results={"adapted_by": "v2"}).card.id
    with qtbot.waitSignal(screen.session.training.compared, timeout=PATIENCE_MS):
        screen.session.training.refresh()
    with qtbot.waitSignal(screen.session.recipe_changed, timeout=PATIENCE_MS):
        screen.session.training.promote()
    assert screen.session.recipe.model_id == second
    qtbot.waitUntil(panel.fresh.isVisible, timeout=PATIENCE_MS)
    panel.mode.setCurrentIndex(1)
    assert not panel.fresh.isVisible(), "an adaptation starts from the network as delivered anyway"


def test_the_steps_are_said_in_words_with_the_time_left(qtbot: QtBot, screen: Screen) -> None:
    screen.window.show_page(2)
    panel = panel_of(screen)
    panel.progress.begin("")
    screen.session.training.progressed.emit(Progress("tuning", 3, 20, 204.0))
    assert "Adapting the network  3 of 20" in texts(panel)
    assert "3 min 24 s left" in texts(panel)


@pytest.mark.parametrize(
    "step", ["comparing", "looking", "tuning", "network", "features", "fitting", "verification", "golden"]
)
def test_every_step_of_a_training_has_words(qapp: object, step: str) -> None:
    assert Words().step(step) not in {"", step}


def texts(panel: TrainingPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def test_what_the_network_will_see_comes_in_a_window_of_its_own(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    with qtbot.waitSignal(screen.session.training.drawn, timeout=PATIENCE_MS):
        qtbot.mouseClick(panel.see, Qt.MouseButton.LeftButton)
        assert not panel.see.isEnabled()
    assert panel.sheet.isVisible() and panel.see.isEnabled()
    size = panel.sheet.picture.image.size()
    assert (size.width(), size.height()) == (8 * 228, 4 * 228)
    assert panel.sheet.rows.text() == "Rows from the top: dent, dent, good, good"
    qtbot.keyClick(panel.sheet, Qt.Key.Key_Escape)
    assert not panel.sheet.isVisible()


def test_without_pictures_there_is_nothing_to_see_and_it_says_so(qtbot: QtBot, screen: Screen) -> None:
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    qtbot.mouseClick(panel.see, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(screen.window.faults.isVisible, timeout=PATIENCE_MS)
    assert "no labelled picture in which the part is found" in screen.window.faults.why
    assert panel.see.isEnabled()
    assert not panel.sheet.isVisible()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("features", "Adapting did not help: area under the ROC curve 0.981 before and 0.980 after"),
        ("finetune", "Adapting helped: area under the ROC curve 0.981 before and 0.980 after"),
    ],
)
def test_what_came_of_adapting_is_said(qtbot: QtBot, screen: Screen, mode: str, said: str) -> None:
    teach(screen.session.workspace)
    version = publish(screen.session.workspace, 2, results={"mode": mode, "adaptation": AREAS})
    open_learn(qtbot, screen)
    words = screen.window.learn_page.answer.adaptation
    assert words.isVisible()
    assert words.text().startswith(said)
    assert version.card.id in words.text()


def test_without_an_adaptation_nothing_is_said_of_one(qtbot: QtBot, screen: Screen) -> None:
    teach(screen.session.workspace)
    open_learn(qtbot, screen)
    assert not screen.window.learn_page.answer.adaptation.isVisible()


def shot_twice(workspace: Workspace) -> None:
    """One part under two names, its second picture a little darker."""
    teach(workspace)
    again = picture(OK_LEVEL, 77) // 8 * 7
    workspace.ledger.add_examples(
        RECIPE,
        [
            Example(workspace.images.put(picture(OK_LEVEL, 77)), GOOD, "north"),
            Example(workspace.images.put(again), GOOD, "south"),
        ],
    )


def test_parts_that_were_regrouped_are_told(qtbot: QtBot, screen: Screen) -> None:
    workspace = screen.session.workspace
    shot_twice(workspace)
    publish(workspace, 2, snapshot_id=take(workspace, RECIPE).id)
    open_learn(qtbot, screen)
    remarks = screen.window.learn_page.remarks
    assert remarks.isVisible()
    assert "north: pictures of south show the same part" in remarks.text()


def test_a_model_of_good_parts_says_what_it_is_worth(qtbot: QtBot, screen: Screen) -> None:
    publish(screen.session.workspace, 2, results={"mode": "anomaly", "synthetic_auroc": 0.91})
    open_learn(qtbot, screen)
    assert "Synthetic defects, drawn on good parts" in screen.window.learn_page.remarks.text()


def test_a_cancel_while_pictures_are_compared_changes_nothing(qtbot: QtBot, screen: Screen) -> None:
    """The stand-in for the training program would fail: it is never reached."""
    workspace = screen.session.workspace
    workspace.ledger.add_examples(
        RECIPE,
        [
            Example(workspace.images.put(picture(level, seed)), name, f"{name}-{seed}")
            for level, name in ((OK_LEVEL, GOOD), (180, "dent"))
            for seed in range(level, level + 60)
        ],
    )
    train_with(screen, "fails")
    open_learn(qtbot, screen)
    panel = panel_of(screen)
    qtbot.mouseClick(panel.retrain, Qt.MouseButton.LeftButton)
    # Not by waitSignal: it would disconnect from a signal that a thread is just sending, which Qt does not bear.
    qtbot.waitUntil(lambda: any(text.startswith("Comparing") for text in texts(panel)), timeout=PATIENCE_MS)
    qtbot.keyClick(screen.window.learn_page, Qt.Key.Key_Escape)
    qtbot.waitUntil(panel.retrain.isEnabled, timeout=PATIENCE_MS)
    assert not screen.window.faults.isVisible()
    assert list(workspace.snapshots.iterdir()) == []
    assert workspace.ledger.golden(RECIPE) == {}
