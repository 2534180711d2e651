"""`inspector operating-point`: where a model's scores are cut, what that does to parts, and what may be claimed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from inspector.cli.screen import answer
from inspector.errors import GateRefused, ModelError
from inspector.learning import limits as in_use
from inspector.learning.limits import Evidence, gather, new_escapes
from inspector.learning.operating_point import DEFAULT_REVIEW, Choice, LeastCost, MaxEscape, MaxOverkill, Review, Target
from inspector.learning.scored import Estimate, Rates, rates
from inspector.metrics import Proportion
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

_NAMES = {
    "escape": "defective parts that pass (escapes)",
    "overkill": "good parts rejected (overkill)",
    "recheck_good": "good parts to a person",
    "recheck_bad": "defective parts to a person",
}


def operating_point(chosen: argparse.Namespace) -> None:
    _check_together(chosen)
    target, review = _target(chosen), _review(chosen)
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        version = _version(workspace, recipe, chosen.model)
        evidence = gather(workspace, recipe, version)
        today = _today(recipe, version)
        choice = Choice(today, True) if target is None else evidence.choose(target, review)
        escapes = new_escapes(workspace, recipe, version, today, choice.limits)
        if chosen.set:
            _use(workspace, recipe, version, choice, chosen.reason)
    report = _report(evidence, choice, target, review)
    told = {"recipe": recipe.name, **report, "today": _both(today), "new_escapes": list(escapes), "set": chosen.set}
    answer(chosen.json, told, lambda: _lines(told, evidence, choice, today))


def _check_together(chosen: argparse.Namespace) -> None:
    """Options that mean nothing without each other; what is wrong ends as any other wrong usage."""
    costs = chosen.cost_escape, chosen.cost_overkill
    if (costs[0] is None) != (costs[1] is None) or (chosen.cost_recheck is not None and costs[0] is None):
        chosen.complain("a choice by cost needs both --cost-escape and --cost-overkill")
    if costs[0] is not None and chosen.defect_rate is None:
        chosen.complain("a choice by cost needs the line's --defect-rate")
    if costs[0] == costs[1] == 0:
        chosen.complain("expected a cost above 0 for --cost-escape or --cost-overkill")
    if chosen.bound and chosen.max_escape is None:
        chosen.complain("--bound says how --max-escape is held; state it too")
    if chosen.set and chosen.max_escape is None and chosen.max_overkill is None and costs[0] is None:
        chosen.complain("--set needs a target: --max-escape, --max-overkill, or costs")


def _version(workspace: Workspace, recipe: Recipe, wanted: str | None) -> ModelVersion:
    model = wanted or recipe.model_id
    if not model:
        raise ModelError(f"recipe {recipe.name}: no model is in use; promote one, or name one with --model")
    return workspace.versions.load(recipe.name, model)


def _today(recipe: Recipe, version: ModelVersion) -> Limits:
    """What the model runs with, or would run with."""
    card = version.card
    return recipe.limits if card.id == recipe.model_id else Limits(card.recheck_limit, card.reject_limit)


def _use(workspace: Workspace, recipe: Recipe, version: ModelVersion, choice: Choice, reason: str) -> None:
    if version.card.id != recipe.model_id:
        raise GateRefused(f"{version.card.id} is not in use; promote it first, then set its limits")
    who = workspace.settings.operator
    in_use.use_limits(workspace, recipe.name, choice.limits, who, model=version.card.id, reason=reason)


def _target(chosen: argparse.Namespace) -> Target | None:
    if chosen.max_escape is not None:
        return MaxEscape(chosen.max_escape, chosen.bound)
    if chosen.max_overkill is not None:
        return MaxOverkill(chosen.max_overkill)
    if chosen.cost_escape is not None:
        return LeastCost(chosen.cost_escape, chosen.cost_overkill, chosen.cost_recheck or 0.0)
    return None


def _review(chosen: argparse.Namespace) -> Review:
    """Where a recheck has its price, the price is the budget."""
    priced = 1.0 if chosen.cost_recheck is not None else DEFAULT_REVIEW.share
    share = priced if chosen.review_budget is None else chosen.review_budget
    return Review(share, chosen.defect_rate or 0.0)


def _report(evidence: Evidence, choice: Choice, target: Target | None, review: Review) -> dict[str, Any]:
    proof = evidence.proof(choice.limits)
    validation = rates(evidence.validation, choice.limits)
    return {
        "model": evidence.model_id,
        "target": None if target is None else {"by": type(target).__name__, **asdict(target)},
        "review": asdict(review),
        "chosen_on": "validation" if evidence.validated else "golden",
        "kept": choice.kept,
        "limits": _both(choice.limits),
        "validation": validation.to_json(),
        "golden": proof.to_json(),
        "work": asdict(proof.work(review.defect_rate)),
        "cost": asdict(target.expected(proof, review.defect_rate)) if isinstance(target, LeastCost) else None,
        "sentences": [*choice.remarks, evidence.claim(choice.limits, target)],
    }


def _both(limits: Limits) -> dict[str, float]:
    return {"recheck": limits.recheck, "reject": limits.reject}


def _lines(told: dict[str, Any], evidence: Evidence, choice: Choice, today: Limits) -> Iterator[str]:
    yield f"{evidence.model_id}, today: recheck {today.recheck:.2f}, reject {today.reject:.2f}"
    if told["target"]:
        word = "" if choice.kept else "; they do not keep to the target"
        yield f"chosen: recheck {choice.limits.recheck:.2f}, reject {choice.limits.reject:.2f}{word}"
    if evidence.validated:
        yield "on validation parts, which these limits were chosen on:" if told["target"] else "on validation parts:"
        yield from _figures(rates(evidence.validation, choice.limits))
    yield "on golden parts:"
    yield from _figures(evidence.proof(choice.limits))
    yield from _of_the_line(told)
    yield from told["sentences"]
    if told["new_escapes"]:
        yield f"Defective golden parts that would newly pass: {', '.join(told['new_escapes'])}"
    if told["set"]:
        yield f"{told['recipe']} decides at these limits now"


def _figures(found: Rates) -> Iterator[str]:
    for name, words in _NAMES.items():
        yield f"  {words:<36} {_share(getattr(found, name))}"


def _share(rate: Proportion) -> str:
    if not rate.n:
        return "no parts"
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%}, {rate.n} parts)"


def _of_the_line(told: dict[str, Any]) -> Iterator[str]:
    """Work and cost of the whole line, where its defect rate is stated."""
    rate = told["review"]["defect_rate"]
    if rate:
        work = Estimate(**told["work"])
        yield f"with {rate:.2%} defective parts, to a person: {work.value:.1%} ({work.low:.1%} to {work.high:.1%})"
    if told["cost"]:
        cost = Estimate(**told["cost"])
        yield f"expected cost for each part: {cost.value:.4g} ({cost.low:.4g} to {cost.high:.4g})"
