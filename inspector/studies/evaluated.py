"""How good a model is on pictures of a folder, and which of them it has met in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from inspector.errors import ModelError
from inspector.learning import evaluation, leakage
from inspector.learning import snapshot as snapshots
from inspector.learning.dataset import read_dataset
from inspector.learning.evaluation import Evaluation
from inspector.learning.layouts import DatasetItem
from inspector.metrics import Proportion
from inspector.pipeline.classify import Classifier
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Table
from inspector.studies.study import Advance, Here, Study

OnStep = Callable[[str, int, int], None]


def study(workspace: Workspace, recipe: Recipe, folder: Path) -> Study:
    """Of the model in use, at its limits."""

    def work(advance: Advance) -> Answer:
        if not recipe.model_id:
            raise ModelError(f"recipe {recipe.name}: there is no model in use; train and promote one")
        version = workspace.versions.load(recipe.name, recipe.model_id)
        classifier = Classifier(version.model, version.card, workspace.settings.invoke_threads)
        items = read_dataset(folder)
        return answer_of(gather(workspace, recipe, classifier, items, lambda _step, *far: advance(*far)))

    return Here("evaluating", work)


def gather(
    workspace: Workspace, recipe: Recipe, classifier: Classifier, items: Sequence[DatasetItem], on_step: OnStep
) -> Evaluation:
    """The figures, and which of the pictures the model has met. on_step: (step, done, total). Raises InspectorError."""
    rows = evaluation.score_pictures(
        items,
        recipe,
        classifier,
        workspace.images.get(recipe.locate.template) if recipe.locate.template else None,
        lambda done, total: on_step("evaluating", done, total),
    )
    file = snapshots.file_of(workspace, classifier.card.snapshot_id)
    if not file.exists():
        return evaluation.figures(rows, None)
    learned = snapshots.load(file)
    readable = [(item.path, row.digest, row.part) for item, row in zip(items, rows, strict=True) if row.digest]
    repeats = leakage.met(workspace, learned, readable, lambda done, total: on_step("comparing", done, total))
    return evaluation.figures(rows, learned, repeats)


def answer_of(found: Evaluation) -> Answer:
    """With every picture that the model has met, since figures over those flatter it."""
    rates = (
        ("escapes", found.escape_rate),
        ("overkill", found.overkill_rate),
        ("sent to a person", found.recheck_rate),
    )
    rows = [("AUROC over pictures", f"{found.auroc:.3f}", str(found.pictures))]
    rows += [("AUROC over parts", f"{found.part_auroc:.3f}", str(found.parts))]
    rows += [("macro-F1 over pictures", f"{found.macro_f1:.3f}", str(found.pictures))]
    rows += [(name, _rate(rate), str(rate.n)) for name, rate in rates]
    known = tuple((one.path, str(one.how), one.part) for one in found.seen.meetings) if found.seen else ()
    return Answer(
        found.sentences,
        (
            Table(("figure", "value", "of"), tuple(rows)),
            Table(("picture", "how", "of part"), known, "Met in training"),
        ),
    )


def _rate(rate: Proportion) -> str:
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})" if rate.n else "–"
