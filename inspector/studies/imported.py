"""Pictures of a folder with their classes, taken in to learn from."""

from __future__ import annotations

from pathlib import Path

from inspector.learning.dataset import ImportReport, import_dataset, read_dataset
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Table
from inspector.studies.study import Advance, Here, Study


def study(workspace: Workspace, recipe: Recipe, folder: Path) -> Study:
    """Into the recipe's examples; importing twice adds nothing, and what is given up on the way adds nothing."""

    def work(advance: Advance) -> Answer:
        return answer_of(import_dataset(workspace, recipe.name, read_dataset(folder), advance))

    return Here("importing", work)


def answer_of(report: ImportReport) -> Answer:
    """With each file that was not taken, and why."""
    refused = (*report.unreadable, *report.contradictory, *report.without_mask)
    rows = tuple((refusal.reason,) for refusal in refused)
    return Answer(report.sentences(), (Table(("not taken as it is",), rows),))
