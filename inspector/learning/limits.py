"""The limits that a recipe runs with: which parts they are chosen and proved on, and how a person changes them.

Limits are chosen on validation parts, each scored by a model that never saw it, and proved on the golden parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspector.errors import GateRefused, ModelError
from inspector.learning.golden import outcomes_of
from inspector.learning.operating_point import Choice, MaxEscape, Review, Target, choose
from inspector.learning.promotion import change_of
from inspector.learning.scored import Rates, ScoredParts, parts_of, rates
from inspector.learning.snapshot import golden_set
from inspector.learning.validation import validation_of
from inspector.metrics import by_part, claim_sentence
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

LIMITS_SET = "limits_set"
_WISH = 0.005  # the escape rate that the claim is held against where nobody states one


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What stands behind a model's limits. validation: empty where its card has no such scores."""

    model_id: str
    validation: ScoredParts
    golden: ScoredParts

    @property
    def validated(self) -> bool:
        """Whether there are validation parts of both kinds to choose on."""
        return bool(self.validation.good.n and self.validation.bad.n)

    @property
    def chosen_on(self) -> ScoredParts:
        return self.validation if self.validated else self.golden

    def choose(self, target: Target, review: Review) -> Choice:
        """Limits for the target; without validation parts from the golden ones, and then it is said."""
        choice = choose(self.chosen_on, target, review)
        if self.validated:
            return choice
        return replace(choice, remarks=(*choice.remarks, UNPROVED.format(self.model_id)))

    def proof(self, limits: Limits) -> Rates:
        """What the limits do to the golden parts."""
        return rates(self.golden, limits)

    def claim(self, limits: Limits, target: Target | None = None) -> str:
        """What may be said of escapes at these limits, by the golden parts."""
        wish = target.share if isinstance(target, MaxEscape) and 1e-6 < target.share < 1 else _WISH
        bad = self.golden.bad
        return claim_sentence(bad.n, int(bad.passed(limits.recheck)), wish)


UNPROVED = (
    "{}: its card has no scores of validation parts of both kinds, so the limits are chosen on the golden parts "
    "themselves and their figures flatter; a model that is trained now brings such scores."
)


def gather(workspace: Workspace, recipe: Recipe, version: ModelVersion) -> Evidence:
    """A model's scored parts under the latest words on them.

    Raises ModelError where the model does not fit the recipe or its card's rows are something else.
    """
    golden = golden_set(workspace, recipe.name)
    words = {example.digest: example.defect_class for example in workspace.ledger.examples(recipe.name)}
    proving = outcomes_of(workspace, recipe, version, golden, recipe.limits)
    validation = (
        replace(one, defect_class=words.get(digest, one.defect_class))
        for digest, one in validation_of(version.card).items()
    )
    return Evidence(version.card.id, parts_of(validation), parts_of(proving))


def new_escapes(
    workspace: Workspace, recipe: Recipe, version: ModelVersion, today: Limits, limits: Limits
) -> tuple[str, ...]:
    """The defective golden parts that today's limits stop and these would let pass."""
    golden = golden_set(workspace, recipe.name)
    before, after = (by_part(outcomes_of(workspace, recipe, version, golden, each)) for each in (today, limits))
    return tuple(new.part for old, new in zip(before, after, strict=True) if new.escaped and not old.escaped)


def use_limits(
    workspace: Workspace, recipe_name: str, limits: Limits, who: str, *, model: str | None = None, reason: str = ""
) -> Recipe:
    """Make the recipe decide at these limits; the event is written before the recipe. Limits in use already: nothing.

    model: the one that they were chosen for, where that is known; another may have come into use meanwhile.
    reason: a person's reason to let golden parts pass that are stopped today. Raises GateRefused without one and
    for another model, ModelError (no model in use, or it does not fit), StoreError.
    """
    if not -1000 <= limits.recheck <= limits.reject <= 1000:
        raise ValueError(f"expected limits in order, from -1000 to 1000; received {limits}")
    recipe = workspace.recipes.load(recipe_name)
    if not recipe.model_id:
        raise ModelError(f"recipe {recipe_name}: no model is in use, so there is nothing to set limits for; train one")
    if model not in {None, recipe.model_id}:
        raise GateRefused(
            f"recipe {recipe_name}: the limits were chosen for {model}, and it runs {recipe.model_id} by now; nothing "
            "was changed: choose limits for that one"
        )
    if limits == recipe.limits:
        return recipe
    version = workspace.versions.load(recipe_name, recipe.model_id)
    escapes = new_escapes(workspace, recipe, version, recipe.limits, limits)
    if escapes and not reason.strip():
        raise GateRefused(_refusal(escapes))
    changed = replace(recipe, limits=limits)
    detail = change_of(recipe, changed, who) | {"reason": reason.strip(), "new_escapes": list(escapes)}
    workspace.ledger.log_event(LIMITS_SET, recipe_name, detail)
    workspace.recipes.save(changed)
    return changed


def _refusal(escapes: Sequence[str]) -> str:
    named = ", ".join(escapes[:5]) + (", ..." if len(escapes) > 5 else "")
    return (
        f"{len(escapes)} defective golden parts that are stopped today would pass with these limits: {named}. "
        "Choose a lower recheck limit, or state a reason"
    )
