"""Training: from today's labels to a candidate, its comparison with the model in use, promotion and the way back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from gui.background import Background
from gui.look.images import to_image
from gui.session.comparing import Comparison, compare
from inspector.errors import InspectorError, TrainingError
from inspector.learning import variants
from inspector.learning.augmentation import parse_words
from inspector.learning.gate import GateReport
from inspector.learning.promotion import promote, rollback
from inspector.learning.snapshot import take
from inspector.learning.trainer import ANOMALY, FEATURES, Progress, Trainer, TrainingRun
from inspector.recipe import Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace


class Training(QObject):
    """Signals: `compared` (Comparison), `progressed` (Progress), `ended`, `changed` (Recipe), `failed`.

    Also `drawn` (QImage, classes of its rows): what a network is shown while it is adapted.
    """

    compared = Signal(object)
    drawn = Signal(object, object)
    progressed = Signal(object)
    ended = Signal()
    changed = Signal(object)
    failed = Signal(object)
    _stepped = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self._workspace = workspace
        self._trainer = Trainer(workspace)
        self._work = Background("learning", parent=self)
        self._training = Background("training", parent=self)
        self._work.failed.connect(self.failed)
        self._stepped.connect(self.progressed, Qt.ConnectionType.QueuedConnection)  # from its thread to the screen's
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
        self._work.run(lambda: compare(self._workspace, self.recipe), self._compared)

    def retrain(
        self,
        mode: str = FEATURES,
        looks: int | None = None,
        fresh: bool = False,
        backbone: str | None = None,
        changes: str = "",
    ) -> None:
        """Train on everything that is labelled now; `progressed` and at last `ended` follow.

        mode, looks, fresh, backbone: as for Trainer.start. changes: as for `draw`.
        """
        if not self._busy:
            self._busy, self._cancelled = True, False
            wishes = {"mode": mode, "looks": looks, "fresh": fresh, "backbone": backbone}
            self._training.run(lambda: self._train(wishes, changes), self._trained, self._not_trained)

    def draw(self, changes: str = "") -> None:
        """Draw what a network is shown while it is adapted; `drawn` follows. changes: as `--augment` takes them."""
        recipe = self.recipe

        def made() -> variants.VariantSheet:
            return variants.draw(self._workspace, recipe, parse_words(changes))

        self._work.run(made, lambda sheet: self.drawn.emit(to_image(sheet.pixels), sheet.rows))

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

    def _train(self, wishes: dict[str, Any], changes: str) -> ModelVersion:
        how = parse_words(changes)
        good_only = wishes["mode"] == ANOMALY
        snapshot = take(self._workspace, self.recipe.name, good_only=good_only, on_progress=self._compared_pictures)
        self._go_on()
        self._under_way = self._trainer.start(self.recipe, snapshot, how=how, **wishes)
        if self._cancelled:  # asked for while the process was starting
            self._under_way.cancel()
        for step in self._under_way.progress():
            self._stepped.emit(step)
        return self._under_way.result

    def _go_on(self) -> None:
        if self._cancelled:
            raise TrainingError("cancelled before it began; nothing was changed")

    def _compared_pictures(self, done: int, total: int) -> None:
        self._go_on()
        self._stepped.emit(Progress("comparing", done, total))

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
