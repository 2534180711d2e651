"""Which model is tried beside the one in use, and what its trial on the live line has shown so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from inspector.domain import GOOD, Decision, Record
from inspector.errors import ModelError
from inspector.learning.paired import DEFAULT_RULES, Disagreement, Tally, TrialRules, tally
from inspector.metrics import Outcome, by_part, true_class
from inspector.recipe import Recipe
from inspector.store.entry import CHALLENGED, TRIED, Shadow
from inspector.store.workspace import Workspace


def challenge(workspace: Workspace, recipe_name: str, model_id: str, who: str) -> None:
    """Let a model run in shadow from the station's next start or change-over on; "" ends it.

    It is an event and no part of the recipe: it decides no verdict, and two recipes with one id judge alike. Raises
    ModelError where the model is in use already, is not whole, or was made for other views than the recipe cuts.
    """
    if model_id:
        recipe = workspace.recipes.load(recipe_name)
        card = workspace.versions.load(recipe_name, model_id).card
        if model_id == recipe.model_id:
            raise ModelError(f"{model_id}: the recipe {recipe_name} runs it already; choose another model to try")
        if not recipe.model_id:
            raise ModelError(f"recipe {recipe_name}: it runs no model to hold {model_id} against; promote one first")
        if card.view_id != recipe.view_id:
            raise ModelError(
                f"{model_id}: trained on views cut as {card.view_id}, recipe {recipe_name} cuts them as "
                f"{recipe.view_id} (ROI or alignment changed since); train a new model"
            )
    workspace.ledger.log_event(CHALLENGED, recipe_name, {"who": who, "model": model_id})


def challenger(workspace: Workspace, recipe: Recipe) -> str:
    """The model to try beside the recipe's own, "" where there is none or it has been promoted since."""
    detail = workspace.latest_event(CHALLENGED, recipe.name)
    model_id = str(detail["model"]) if detail else ""
    return "" if model_id == recipe.model_id or not recipe.model_id else model_id


def disagreements(
    workspace: Workspace, recipe: Recipe, model_id: str, limit: int | None = None
) -> list[tuple[Record, Shadow]]:
    """The newest inspections of parts on which the challenger and the recipe as it is now decide differently."""
    return workspace.ledger.shadows(_alike(workspace, recipe), model_id, limit)


def _alike(workspace: Workspace, recipe: Recipe) -> list[str]:
    """Ids under which the recipe has judged as it does now: what was said at other limits is no match for today."""
    judged = (recipe.model_id, recipe.limits, recipe.view_id)
    history = workspace.recipes.history(recipe.name)
    return [one.id for one in history if (one.model_id, one.limits, one.view_id) == judged]


@dataclass(frozen=True, slots=True)
class Standing:
    """A trial so far. pictures: by (decision of the model in use, decision of the challenger).

    parts: on which the two differ; waiting: of those, without a label. dropped: pictures that the challenger was too
    slow for. problem: why it does not run, "" where it does.
    """

    champion: str
    challenger: str
    pictures: dict[tuple[Decision, Decision], int]
    parts: int
    waiting: int
    tally: Tally
    dropped: int
    problem: str

    def sentences(self) -> Iterator[str]:
        """How the trial stands, in words."""
        yield f"{self.challenger} runs in shadow of {self.champion} from the line's next start on."
        if self.problem:
            yield f"It did not run: {self.problem}"
        yield f"{sum(self.pictures.values())} pictures judged by both, {self.dropped} that it was too slow for."
        yield f"They differ on {self.parts} parts, {self.waiting} of them without a label."
        yield self.tally.sentence()

    def to_json(self) -> dict[str, Any]:
        counted = self.tally
        return {
            "model": self.champion,
            "challenger": self.challenger,
            "pictures": [
                {"model": str(was), "challenger": str(would), "pictures": number}
                for (was, would), number in sorted(self.pictures.items())
            ],
            "differing_parts": self.parts,
            "waiting": self.waiting,
            "wins": counted.wins,
            "losses": counted.losses,
            "ties": counted.ties,
            "new_escapes": counted.new_escapes,
            "newly_stopped": counted.newly_stopped,
            "win_share": counted.share.to_json(),
            "evidence_for": counted.for_it,
            "evidence_against": counted.against_it,
            "advice": str(counted.advice),
            "more_needed": counted.more_needed,
            "dropped": self.dropped,
            "problem": self.problem,
        }


def standing(workspace: Workspace, recipe_name: str, rules: TrialRules = DEFAULT_RULES) -> Standing | None:
    """How the trial of a recipe's challenger stands; None where nobody challenges."""
    recipe = workspace.recipes.load(recipe_name)
    model_id = challenger(workspace, recipe)
    if not model_id:
        return None
    ids = _alike(workspace, recipe)
    differing = paired(workspace.ledger.shadows(ids, model_id))
    labelled = [one for one in differing if one.defect_class]
    runs = [event.detail for event in workspace.ledger.events(TRIED, recipe_name, limit=None)]
    mine = [run for run in runs if run["model"] == model_id]
    return Standing(
        champion=recipe.model_id,
        challenger=model_id,
        pictures=workspace.ledger.shadow_counts(ids, model_id),
        parts=len(differing),
        waiting=len(differing) - len(labelled),
        tally=tally(labelled, rules),
        dropped=sum(int(run["dropped"]) for run in mine),
        problem=str(runs[0]["problem"]) if runs else "",
    )


def paired(found: Iterable[tuple[Record, Shadow]]) -> list[Disagreement]:
    """One Disagreement for each part on which the two differ, each by its worst picture; the class "" is not known.

    A part's class is that of its labelled pictures: a defect that was seen once is there.
    """
    pictures: dict[str, list[tuple[Record, Shadow]]] = defaultdict(list)
    for record, shadow in found:
        pictures[record.inspection.part.group].append((record, shadow))
    pairs = (_pair(part, seen) for part, seen in pictures.items())
    return [pair for pair in pairs if pair.before is not pair.after]


def _pair(part: str, seen: list[tuple[Record, Shadow]]) -> Disagreement:
    words = [record.label.defect_class for record, _ in seen if record.label]
    (before,) = by_part(_outcome(part, record.inspection.verdict.decision) for record, _ in seen)
    (after,) = by_part(_outcome(part, shadow.verdict.decision) for _, shadow in seen)
    return Disagreement(part, true_class(words) if words else "", before.decision, after.decision)


def _outcome(part: str, decision: Decision) -> Outcome:
    return Outcome(part, GOOD, decision, None)
