"""Which figures there are, and what each needs before it can be taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from inspector import demo
from inspector.bench.inside import frame_to_inspection, paced_line
from inspector.bench.measure import Measure
from inspector.bench.outside import feature_extraction, first_verdict, head_refit, headless_memory, window_memory
from inspector.commission import classifier_for
from inspector.errors import RecipeError
from inspector.machine import machine
from inspector.pipeline.assemble import Setup
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

MEASURES = (
    "frame_to_inspection",
    "colour_frame_to_inspection",
    "paced_line",
    "headless_memory",
    "window_memory",
    "first_verdict",
    "feature_extraction",
    "head_refit",
)


def measure_all(
    workspace: Workspace,
    recipe_name: str | None,
    seconds: int,
    only: str | None,
    advance: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Take the figures, all or `only` one; JSON values. Raises RecipeError for a name that is no measure."""
    if only is not None and only not in MEASURES:
        raise RecipeError(f"bench --only: expected one of {', '.join(MEASURES)}, received {only!r}")
    recipe = workspace.recipes.load(recipe_name) if recipe_name else demo.prepare(workspace, advance)
    calls = _calls(workspace, recipe, seconds)
    chosen = [name for name in MEASURES if only in (None, name)]
    measures: dict[str, dict[str, Any]] = {}
    here = machine()
    for number, name in enumerate(chosen):
        advance("measuring", number, len(chosen))
        measures[name] = {**_plain(calls[name]()), "machine": here}
        advance("measuring", number + 1, len(chosen))
    return {"machine": here, "recipe": recipe.name, "model": recipe.model_id, "measures": measures}


def _calls(workspace: Workspace, recipe: Recipe, seconds: int) -> dict[str, Callable[[], Measure]]:
    threads = workspace.settings.invoke_threads
    classifier = classifier_for(workspace, recipe)
    model = workspace.versions.load(recipe.name, recipe.model_id).model
    setup = Setup(recipe, classifier)
    return {
        "frame_to_inspection": lambda: frame_to_inspection(recipe, classifier, model, threads, colour=False),
        "colour_frame_to_inspection": lambda: frame_to_inspection(recipe, classifier, model, threads, colour=True),
        "paced_line": lambda: paced_line(setup, model, threads, seconds, workspace.path),
        "headless_memory": lambda: headless_memory(workspace, recipe),
        "window_memory": lambda: window_memory(workspace, recipe),
        "first_verdict": lambda: first_verdict(workspace, recipe, model),
        "feature_extraction": lambda: feature_extraction(workspace),
        "head_refit": lambda: head_refit(workspace),
    }


def _plain(measure: Measure) -> dict[str, Any]:
    return {**asdict(measure), "ratio": measure.ratio, "holds": measure.holds}
