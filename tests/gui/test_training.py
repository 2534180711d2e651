"""From labels to a candidate, its comparison, promotion and the way back; with a training process that is not ours."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from time import monotonic

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui.session.comparing import Comparison
from gui.session.training import Training
from inspector.domain import GOOD, Decision, Example
from inspector.errors import DatasetError, GateRefused, TrainingError
from inspector.learning.snapshot import GOLDEN_SHARE, take
from inspector.learning.trainer import Trainer
from inspector.store.workspace import Workspace
from tests.gui.rooms import NG_LEVEL, OK_LEVEL, PATIENCE_MS, RECIPE, picture, publish
from tests.unit.learning_rooms import compare_once


def teach(workspace: Workspace, parts_each: int = 20, golden_share: float = GOLDEN_SHARE) -> None:
    """Good and dented parts, a fifth of which become golden with the first snapshot, or another share."""
    levels = {GOOD: OK_LEVEL, "dent": NG_LEVEL}
    examples = [
        Example(workspace.images.put(picture(level, 1000 * level + seed)), name, f"{name}-{seed}")
        for name, level in levels.items()
        for seed in range(parts_each)
    ]
    workspace.ledger.add_examples(RECIPE, examples)
    compare_once(workspace)
    take(workspace, RECIPE, golden_share=golden_share)


def training_of(workspace: Workspace, mode: str) -> Training:
    command = (sys.executable, "-m", "tests.unit.training_stand_in", mode)
    training = Training(workspace, workspace.recipes.load(RECIPE))
    training.use_trainer(Trainer(workspace, command))
    return training


@pytest.fixture
def training(workspace: Workspace) -> Iterator[Training]:
    teach(workspace)
    made = training_of(workspace, "works")
    yield made
    made.close()


def compare(qtbot: QtBot, training: Training) -> Comparison:
    with qtbot.waitSignal(training.compared, timeout=PATIENCE_MS) as told:
        training.refresh()
    comparison = told.args[0]
    assert isinstance(comparison, Comparison)
    return comparison


def test_the_model_in_use_is_measured_on_the_golden_set(qtbot: QtBot, training: Training) -> None:
    comparison = compare(qtbot, training)
    assert comparison.champion is not None
    assert (comparison.candidate, comparison.report) == (None, None)
    figures = comparison.champion.figures
    assert (figures.escape.value, figures.escape.n) == (0.0, 4)
    assert (figures.overkill.value, figures.overkill.n) == (0.0, 4)
    assert max(comparison.champion.good) < -4 < 4 < min(comparison.champion.defective)


def test_a_candidate_that_is_no_worse_passes_and_is_promoted(
    qtbot: QtBot, training: Training, workspace: Workspace
) -> None:
    teach(workspace, 40)
    version = publish(workspace, 2)
    comparison = compare(qtbot, training)
    assert comparison.report is not None
    assert comparison.report.passed, comparison.report.text()
    with qtbot.waitSignal(training.changed, timeout=PATIENCE_MS) as changed:
        training.promote()
    assert changed.args[0].model_id == version.card.id
    assert workspace.recipes.load(RECIPE).model_id == version.card.id


def test_rolling_back_brings_the_model_before(qtbot: QtBot, training: Training, workspace: Workspace) -> None:
    first = training.recipe.model_id
    teach(workspace, 40)
    publish(workspace, 2)
    compare(qtbot, training)
    for act in (training.promote, training.roll_back):
        with qtbot.waitSignal(training.changed, timeout=PATIENCE_MS) as changed:
            act()
        training.change(changed.args[0])
        with qtbot.waitSignal(training.compared, timeout=PATIENCE_MS):
            pass
    assert workspace.recipes.load(RECIPE).model_id == first


def test_there_is_nothing_before_the_first_model(qtbot: QtBot, training: Training) -> None:
    with qtbot.waitSignal(training.failed) as told:
        training.roll_back()
    assert isinstance(told.args[0], GateRefused)


def test_parts_that_are_decided_otherwise_are_shown(qtbot: QtBot, training: Training, workspace: Workspace) -> None:
    teach(workspace, 40)
    rows = [
        {"digest": example.digest, "score": -9.0, "leading_defect": "dent"}
        for example in workspace.ledger.examples(RECIPE)
    ]
    publish(workspace, 2, results={"golden": rows})
    comparison = compare(qtbot, training)
    assert comparison.report is not None
    assert not comparison.report.passed
    assert {change.after for change, _ in comparison.changed} == {Decision.OK}
    assert all(change.new_escape and not image.isNull() for change, image in comparison.changed)


def test_a_training_tells_how_far_it_is_and_ends_with_a_candidate(
    qtbot: QtBot, training: Training, workspace: Workspace
) -> None:
    steps: list[tuple[str, int, str]] = []
    training.progressed.connect(lambda step: steps.append((step.step, step.done, threading.current_thread().name)))
    with qtbot.waitSignal(training.ended, timeout=20_000):
        training.retrain()
        assert training.busy
    assert [(step, done) for step, done, _ in steps] == [("features", 0), ("features", 1), ("features", 2)]
    assert len(workspace.versions.list(RECIPE)) == 2
    assert not training.busy


@pytest.mark.parametrize("mode", ["hangs", "stubborn"])
def test_cancel_answers_within_two_seconds(qtbot: QtBot, workspace: Workspace, mode: str) -> None:
    teach(workspace)
    training = training_of(workspace, mode)
    training.failed.connect(lambda error: pytest.fail(str(error)))
    with qtbot.waitSignal(training.progressed, timeout=20_000, check_params_cb=lambda step: step.step == "waiting"):
        training.retrain()
    asked = monotonic()
    with qtbot.waitSignal(training.ended, timeout=10_000):
        training.cancel()
    assert monotonic() - asked < 2
    assert len(workspace.versions.list(RECIPE)) == 1
    training.close()


def test_closing_the_window_ends_the_training(qtbot: QtBot, workspace: Workspace) -> None:
    teach(workspace)
    training = training_of(workspace, "hangs")
    with qtbot.waitSignal(training.progressed, timeout=20_000):
        training.retrain()
    asked = monotonic()
    training.close()
    assert monotonic() - asked < 5


def test_a_training_that_fails_says_why(qtbot: QtBot, workspace: Workspace) -> None:
    teach(workspace)
    training = training_of(workspace, "fails")
    with qtbot.waitSignal(training.failed, timeout=20_000) as told:
        training.retrain()
    assert isinstance(told.args[0], TrainingError)
    assert not training.busy
    assert str(told.args[0]) == "class scratch has one picture; label at least one more"
    training.close()


def test_without_labels_there_is_nothing_to_learn_from(qtbot: QtBot, workspace: Workspace) -> None:
    training = training_of(workspace, "works")
    with qtbot.waitSignal(training.failed) as told:
        training.retrain()
    assert isinstance(told.args[0], DatasetError)
    qtbot.waitUntil(lambda: not training.busy)
    training.close()


def test_a_model_for_another_region_is_not_compared(qtbot: QtBot, training: Training, workspace: Workspace) -> None:
    publish(workspace, 2, view_id="another")
    comparison = compare(qtbot, training)
    assert comparison.candidate is None
    assert [version.card.number for version in comparison.history] == [1, 2]


def test_pictures_of_the_levels_are_what_the_model_expects() -> None:
    assert abs(float(np.mean(picture(OK_LEVEL))) - OK_LEVEL) < 5
