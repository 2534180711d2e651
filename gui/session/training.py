"""Training: from today's labels to a candidate, its comparison with the model in use, promotion and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.session.depicting import thumbnail
from inspector.domain import ModelCard, Snapshot
from inspector.errors import InspectorError, TrainingError
from inspector.learning.gate import Changed, Figures, GateReport, hold_against_champion, judge
from inspector.learning.golden import outcomes_of
from inspector.learning.promotion import Version, history, promote, rollback
from inspector.learning.snapshot import golden_set, take
from inspector.learning.trainer import Trainer, TrainingRun
from inspector.metrics import by_part
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

GALLERY = 24


@dataclass(frozen=True, slots=True)
class Measured:
    """One model on today's golden set: its card, its figures and its parts' scores at the limits it runs with."""

    card: ModelCard
    figures: Figures
    limits: Limits
    good: tuple[float, ...]
    defective: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a person decides on. champion: in use; candidate: newer and not in use; report: the gate's answer on it.

    changed: golden parts on which the two decide differently, each with its picture.
    """

    history: tuple[Version, ...]
    champion: Measured | None
    candidate: Measured | None
    report: GateReport | None
    changed: tuple[tuple[Changed, QImage], ...]


class Training(QObject):
    """Signals: `compared` (Comparison), `progressed` (Progress), `ended`, `changed` (Recipe), `failed`."""

    compared = Signal(object)
    progressed = Signal(object)
    ended = Signal()
    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self._workspace = workspace
        self._trainer = Trainer(workspace)
        self._work = Background("learning", parent=self)
        self._training = Background("training", parent=self)
        self._work.failed.connect(self.failed)
        self._under_way: TrainingRun | None = None
        self._busy = False
        self._cancelled = False
        self._report: GateReport | None = None

    @property
    def busy(self) -> bool:
        """Whether a training is under way."""
        return self._busy

    def use_trainer(self, trainer: Trainer) -> None:
        """Train with another program than the installed one from now on."""
        self._trainer = trainer

    def refresh(self) -> None:
        """Compare what there is; `compared` follows."""
        self._work.run(lambda: _compare(self._workspace, self.recipe), self._compared)

    def retrain(self) -> None:
        """Train on everything that is labelled now; `progressed` and at last `ended` follow."""
        if not self._busy:
            self._busy, self._cancelled = True, False
            self._training.run(self._train, self._trained, self._not_trained)

    def cancel(self) -> None:
        """End the training under way; `ended` follows within two seconds, and nothing is changed."""
        self._cancelled = True
        if self._under_way is not None:
            self._work.run(self._under_way.cancel)

    def promote(self) -> None:
        """Put the candidate on the line, on the strength of the gate's answer; `changed` follows."""
        report = self._report
        if report is not None:
            who = self._workspace.settings.operator
            self._work.run(
                lambda: promote(self._workspace, self.recipe.name, report.candidate, who, report=report), self._change
            )

    def roll_back(self) -> None:
        """Put the model before this one back on the line; `changed` follows."""
        who = self._workspace.settings.operator
        self._work.run(lambda: rollback(self._workspace, self.recipe.name, who), self._change)

    def change(self, recipe: Recipe) -> None:
        """Another recipe runs, whoever wrote it."""
        self.recipe = recipe
        self._report = None

    def close(self) -> None:
        self._cancelled = True
        if self._under_way is not None:
            self._under_way.cancel()
        self._training.close()
        self._work.close()

    def _train(self) -> ModelVersion:
        snapshot = take(self._workspace, self.recipe.name)
        if self._cancelled:
            raise TrainingError("cancelled before it began")
        self._under_way = self._trainer.start(self.recipe, snapshot)
        if self._cancelled:  # asked for while the process was starting
            self._under_way.cancel()
        for step in self._under_way.progress():
            self.progressed.emit(step)
        return self._under_way.result

    def _trained(self, _version: ModelVersion) -> None:
        self._end()
        self.refresh()

    def _not_trained(self, error: InspectorError) -> None:
        self._end()
        if not self._cancelled:
            self.failed.emit(error)

    def _end(self) -> None:
        self._busy = False
        self._under_way = None
        self.ended.emit()

    def _compared(self, comparison: Comparison) -> None:
        self._report = comparison.report
        self.compared.emit(comparison)

    def _change(self, recipe: Recipe) -> None:
        self.changed.emit(recipe)
        self.refresh()


def _compare(workspace: Workspace, recipe: Recipe) -> Comparison:
    versions = tuple(history(workspace, recipe.name))
    golden = golden_set(workspace, recipe.name)
    in_use = next((version.card for version in versions if version.in_use), None)
    newest = versions[-1].card if versions and not versions[-1].in_use else None
    champion = candidate = report = None
    if in_use is not None and in_use.view_id == recipe.view_id:
        champion = _measure(workspace, recipe, in_use, recipe.limits, golden)
    if newest is not None and newest.view_id == recipe.view_id:
        limits = Limits(newest.recheck_limit, newest.reject_limit)
        candidate = _measure(workspace, recipe, newest, limits, golden)
        report = hold_against_champion(workspace, recipe.name, newest.id)
    pictures = _pictures(workspace, golden, report.changed if report else ())
    return Comparison(versions, champion, candidate, report, pictures)


def _measure(workspace: Workspace, recipe: Recipe, card: ModelCard, limits: Limits, golden: Snapshot) -> Measured:
    version = workspace.versions.load(recipe.name, card.id)
    outcomes = outcomes_of(workspace, recipe, version, golden, limits)
    parts = [part for part in by_part(outcomes) if part.score is not None]
    return Measured(
        card,
        judge(None, outcomes).after,
        limits,
        tuple(part.score for part in parts if part.score is not None and not part.defective),
        tuple(part.score for part in parts if part.score is not None and part.defective),
    )


def _pictures(
    workspace: Workspace, golden: Snapshot, changed: tuple[Changed, ...]
) -> tuple[tuple[Changed, QImage], ...]:
    digests = {entry.part: entry.digest for entry in golden.entries}
    return tuple((one, thumbnail(workspace.images.get(digests[one.part]))) for one in changed[:GALLERY])
