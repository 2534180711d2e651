"""The operating point: the parts behind the limits in use, limits for a target, and limits that are put to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from inspector.domain import ModelCard
from inspector.learning.limits import Evidence, gather, use_limits
from inspector.learning.operating_point import Review, Target
from inspector.recipe import Limits, Recipe
from inspector.store.workspace import Workspace


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A model with the parts that speak for it. limits: those it runs with, or would; in_use: whether it runs."""

    evidence: Evidence
    limits: Limits
    in_use: bool

    def new_escapes(self, limits: Limits) -> int:
        """How many defective golden parts are stopped by the limits in use and would pass with these."""
        bad = self.evidence.golden.bad
        return max(0, int(bad.passed(limits.recheck)) - int(bad.passed(self.limits.recheck)))


class Operating(QObject):
    """Signals: `gathered` (Standing, None where there is no model), `chosen` (Choice), `changed` (Recipe), `failed`."""

    gathered = Signal(object)
    chosen = Signal(object)
    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self._workspace = workspace
        self._earlier: list[Limits] = []
        self._work = Background("operating point", parent=self)
        self._work.failed.connect(self.failed)

    def refresh(self) -> None:
        """Gather the scored parts of the model in use, or of the newest where none is; `gathered` follows."""
        recipe = self.recipe
        self._work.run(lambda: _stand(self._workspace, recipe), self.gathered.emit)

    def choose(self, standing: Standing, target: Target, review: Review) -> None:
        """Look for limits that keep to the target; `chosen` follows."""
        self._work.run(lambda: standing.evidence.choose(target, review), self.chosen.emit)

    def use(self, limits: Limits, reason: str = "") -> None:
        """Write the limits into the recipe; `changed` follows."""
        earlier = self.recipe.limits
        self._write(limits, reason, lambda: self._earlier.append(earlier))

    @property
    def can_undo(self) -> bool:
        return bool(self._earlier)

    def undo(self) -> None:
        """Write the limits as they were before they were last put to use here."""
        if self._earlier:
            self._write(self._earlier[-1], self.tr("taken back"), self._earlier.pop)

    def change(self, recipe: Recipe) -> None:
        """Another recipe runs, whoever wrote it; limits of another model mean nothing to this one."""
        if recipe.model_id != self.recipe.model_id:
            self._earlier.clear()
        self.recipe = recipe

    def close(self) -> None:
        self._work.close()

    def _write(self, limits: Limits, reason: str, then: Callable[[], object]) -> None:
        name, model, who = self.recipe.name, self.recipe.model_id, self._workspace.settings.operator

        def written(recipe: Recipe) -> None:
            then()
            self.changed.emit(recipe)

        self._work.run(lambda: use_limits(self._workspace, name, limits, who, model=model, reason=reason), written)


def _stand(workspace: Workspace, recipe: Recipe) -> Standing | None:
    card = _card(workspace, recipe)
    if card is None or card.view_id != recipe.view_id:
        return None
    in_use = card.id == recipe.model_id
    limits = recipe.limits if in_use else Limits(card.recheck_limit, card.reject_limit)
    evidence = gather(workspace, recipe, workspace.versions.load(recipe.name, card.id))
    evidence.proof(limits)  # the first count loads what later ones, in the main thread, are quick with
    return Standing(evidence, limits, in_use)


def _card(workspace: Workspace, recipe: Recipe) -> ModelCard | None:
    if recipe.model_id:
        return workspace.versions.load(recipe.name, recipe.model_id).card
    versions = workspace.versions.list(recipe.name)
    return versions[-1].card if versions else None
