"""Which model a recipe runs: changed only by a passed gate or a person's stated reason, and taken back in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from inspector.domain import ModelCard
from inspector.errors import GateRefused, ModelError
from inspector.learning.gate import GateReport
from inspector.recipe import Limits, Recipe
from inspector.store.ledger import Event
from inspector.store.workspace import Workspace

PROMOTED = "promoted"
ROLLED_BACK = "rolled_back"


def promote(
    workspace: Workspace,
    recipe_name: str,
    model_id: str,
    who: str,
    *,
    report: GateReport | None = None,
    force_reason: str = "",
) -> Recipe:
    """Make a recipe run a model, at the limits its card suggests; the event is written before the recipe.

    report: the gate's answer for exactly this model against the one in use. force_reason: a person's reason to do
    without. Raises GateRefused, ModelError (no such model, or it does not fit the recipe), StoreError.
    """
    recipe = workspace.recipes.load(recipe_name)
    card = workspace.versions.load(recipe_name, model_id).card
    if card.view_id != recipe.view_id:
        raise ModelError(
            f"{model_id}: trained on views cut as {card.view_id}, recipe {recipe_name} cuts them as {recipe.view_id} "
            "(ROI or alignment changed since); train a new model"
        )
    if not force_reason.strip():
        _require_passed(report, recipe, model_id)
    changed = replace(recipe, model_id=model_id, limits=Limits(card.recheck_limit, card.reject_limit))
    detail = change_of(recipe, changed, who) | {
        "gate": report.to_json() if report else None,
        "force_reason": force_reason.strip(),
    }
    workspace.ledger.log_event(PROMOTED, recipe_name, detail)
    workspace.recipes.save(changed)
    return changed


def _require_passed(report: GateReport | None, recipe: Recipe, model_id: str) -> None:
    if report is None:
        raise GateRefused(f"{model_id}: run the gate first, or state a reason to promote without it")
    if report.candidate != model_id or (report.champion or "") != recipe.model_id:
        raise GateRefused(
            f"{model_id}: the gate's answer is for {report.candidate} against {report.champion or 'no model'}, while "
            f"the recipe runs {recipe.model_id or 'no model'}; run the gate again"
        )
    if not report.passed:
        raise GateRefused(report.text())


def change_of(before: Recipe, after: Recipe, who: str) -> dict[str, Any]:
    """The detail of the event that another model or other limits came into use."""
    return {"who": who, "from": _running(before), "to": _running(after)}


def _running(recipe: Recipe) -> dict[str, Any]:
    return {"model": recipe.model_id, "recheck": recipe.limits.recheck, "reject": recipe.limits.reject}


def rollback(workspace: Workspace, recipe_name: str, who: str) -> Recipe:
    """One step back: the model that ran before the one in use, at the limits it ran with.

    Raises GateRefused where the events know no earlier model, ModelError where its folder is no longer whole.
    """
    recipe = workspace.recipes.load(recipe_name)
    earlier = _before(workspace, recipe)
    if not earlier.get("model"):
        raise GateRefused(f"recipe {recipe_name}: there is no model before {recipe.model_id or 'the first'} to go to")
    workspace.versions.load(recipe_name, earlier["model"])  # a damaged model must not become the one in use
    changed = replace(recipe, model_id=earlier["model"], limits=Limits(earlier["recheck"], earlier["reject"]))
    workspace.ledger.log_event(ROLLED_BACK, recipe_name, change_of(recipe, changed, who))
    workspace.recipes.save(changed)
    return changed


def _before(workspace: Workspace, recipe: Recipe) -> Mapping[str, Any]:
    """What ran before the model in use came: the promotions form a stack, and each rollback takes one off."""
    standing: list[Event] = []
    for event in _changes(workspace, recipe.name):
        if event.kind == PROMOTED:
            standing.append(event)
        elif standing:
            standing.pop()
    brought = [event.detail["from"] for event in standing if event.detail["to"]["model"] == recipe.model_id]
    return brought[-1] if brought else {}


def _changes(workspace: Workspace, recipe_name: str) -> list[Event]:
    """Promotions and rollbacks, the oldest first."""
    events = [
        event for kind in (PROMOTED, ROLLED_BACK) for event in workspace.ledger.events(kind, recipe_name, limit=None)
    ]
    return sorted(events, key=lambda event: event.number)


@dataclass(frozen=True, slots=True)
class Version:
    """One model of a recipe in its lineage. in_use: the recipe runs it now. promoted_at: each time it came into use."""

    card: ModelCard
    in_use: bool
    promoted_at: tuple[datetime, ...]

    @property
    def parent(self) -> str | None:
        """The model that was in use when this one was trained."""
        return self.card.parent


def history(workspace: Workspace, recipe_name: str) -> list[Version]:
    """Every model of a recipe, the oldest first."""
    running = workspace.recipes.load(recipe_name).model_id
    changes = _changes(workspace, recipe_name)
    return [
        Version(
            version.card,
            version.card.id == running,
            tuple(event.happened_at for event in changes if event.detail["to"]["model"] == version.card.id),
        )
        for version in workspace.versions.list(recipe_name)
    ]
