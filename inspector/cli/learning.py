"""`inspector import | train | evaluate | gate | promote | rollback | review`: from labels to a better model."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from inspector import regions
from inspector.cli.screen import Advance, answer, progress_bar
from inspector.cli.similar import row_of, tell_samples
from inspector.cli.suspecting import tell_suspects
from inspector.commission import classifier_for
from inspector.domain import GOOD, Box, Label, Snapshot
from inspector.errors import DatasetError, GateRefused, ModelError, StoreError, TrainingError
from inspector.learning import anomaly, augmentation, evaluation, promotion, robustness, suspects
from inspector.learning import snapshot as snapshots
from inspector.learning.augmentation import Augmentation
from inspector.learning.dataset import import_dataset, read_dataset
from inspector.learning.gate import GateReport, hold_against_champion
from inspector.learning.layouts import class_name
from inspector.learning.review import queue
from inspector.learning.trainer import (
    ANOMALY,
    FEATURES,
    Trainer,
    check_looks,
    check_memory,
    check_tiles,
    check_turned,
)
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from inspector.studies import evaluated

_UNCERTIFIED = "what it withstands has not been tried: `inspector certify --recipe {}`"


def import_pictures(chosen: argparse.Namespace) -> None:
    items = read_dataset(chosen.dataset, chosen.layout, chosen.groups)
    with Workspace.create(chosen.workspace) as workspace, progress_bar() as advance:
        if chosen.recipe not in workspace.recipes.list():
            workspace.recipes.new(Recipe(chosen.recipe))
        report = import_dataset(workspace, chosen.recipe, items, lambda done, total: advance("importing", done, total))
    for refusal in (*report.unreadable, *report.contradictory, *report.without_mask):
        print(f"inspector: {refusal.reason}", file=sys.stderr)
    answer(chosen.json, report.to_json(), lambda: iter(report.sentences()))


def train(chosen: argparse.Namespace) -> None:
    how = augmentation.parse_words(chosen.augment)
    _refuse_unused(chosen)
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        with progress_bar() as advance:
            snapshot = snapshots.take(
                workspace,
                recipe.name,
                good_only=chosen.mode == ANOMALY,
                on_progress=lambda done, total: advance("comparing", done, total),
            )
            began = time.monotonic()
            candidate = _trained(workspace, recipe, snapshot, chosen, how, advance)
            seconds = round(time.monotonic() - began, 1)
        remarks = snapshots.remarks(snapshot, workspace)
        report = hold_against_champion(workspace, recipe.name, candidate.card.id)
        promoted = report.passed and not report.champion and not chosen.no_promote
        if promoted:  # the first model has no rival; from the second on a person decides
            promotion.promote(workspace, recipe.name, candidate.card.id, workspace.settings.operator, report=report)
    card = candidate.card
    figures = {key: value for key, value in card.results.items() if key not in {"golden", "validation"}}
    result = {"model": card.id, "promoted": promoted, "seconds": seconds, "results": figures, "receipt": card.receipt}

    def lines() -> Iterator[str]:
        yield f"{card.id}: {'promoted' if promoted else 'a candidate; `inspector promote` puts it on the line'}"
        yield f"trained in {seconds:.0f} s"
        yield from remarks
        yield from anomaly.told(card)
        yield from anomaly.named(card)
        yield report.text()

    answer(chosen.json, {**result, "gate": report.to_json()}, lines)


def _refuse_unused(chosen: argparse.Namespace) -> None:
    """Nobody shall wait for what a mode does not do, nor set parts aside for it. Raises TrainingError."""
    if chosen.mode == ANOMALY:
        check_looks(chosen.mode, chosen.looks)
    check_tiles(chosen.mode, chosen.tiles, chosen.budget_ms)
    check_turned(chosen.mode, chosen.turned)
    check_memory(chosen.mode, chosen.memory_mb)
    if chosen.budget_ms is not None and chosen.mode != ANOMALY:
        raise TrainingError(f"--budget-ms: expected with --mode {ANOMALY}, whose looks it bounds; leave it out")
    given = [name for name, value in (("--augment", chosen.augment), ("--tensorboard", chosen.tensorboard)) if value]
    if given and chosen.mode in (FEATURES, ANOMALY):
        raise TrainingError(
            f"{given[0]}: expected --mode finetune or adapter, received --mode {chosen.mode}, which leaves the network "
            f"as it is; choose one of those modes, or leave {' and '.join(given)} out"
        )


def _trained(
    workspace: Workspace,
    recipe: Recipe,
    snapshot: Snapshot,
    chosen: argparse.Namespace,
    how: Augmentation,
    advance: Advance,
) -> ModelVersion:
    weights = chosen.weights.resolve() if chosen.weights else None
    run = Trainer(workspace).start(
        recipe,
        snapshot,
        chosen.backbone,
        chosen.seed,
        weights,
        mode=chosen.mode,
        how=how,
        looks=chosen.looks,
        tiles=chosen.tiles,
        budget_ms=chosen.budget_ms,
        turned_deg=chosen.turned,
        memory_mb=chosen.memory_mb,
        fresh=chosen.fresh,
        tensorboard=chosen.tensorboard,
    )
    return run.watched(advance)


def evaluate(chosen: argparse.Namespace) -> None:
    items = read_dataset(chosen.dataset, chosen.layout, chosen.groups)
    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        recipe = workspace.recipes.load(chosen.recipe)
        classifier = classifier_for(workspace, recipe, chosen.model)
        if chosen.model:  # a version that is not in use is measured at the limits it would run with
            card = classifier.card
            recipe = replace(recipe, limits=Limits(card.recheck_limit, card.reject_limit))
        result = evaluated.gather(workspace, recipe, classifier, items, advance)
    if chosen.out:
        evaluation.write_csv(result, chosen.out)
    answer(chosen.json, {"model": classifier.card.id, **result.to_json()}, lambda: iter(result.sentences))


def _candidate(workspace: Workspace, recipe: Recipe, wanted: str | None) -> ModelVersion:
    """The version that was asked for, or the newest."""
    if wanted:
        return workspace.versions.load(recipe.name, wanted)
    versions = workspace.versions.list(recipe.name)
    if not versions:
        raise ModelError(f"recipe {recipe.name}: there is no model yet; `inspector train` makes one")
    return versions[-1]


def _held(workspace: Workspace, chosen: argparse.Namespace) -> tuple[ModelVersion, GateReport]:
    recipe = workspace.recipes.load(chosen.recipe)
    candidate = _candidate(workspace, recipe, chosen.model)
    return candidate, hold_against_champion(workspace, recipe.name, candidate.card.id)


def gate(chosen: argparse.Namespace) -> int:
    with Workspace.open(chosen.workspace) as workspace:
        _, report = _held(workspace, chosen)
    answer(chosen.json, report.to_json(), lambda: iter([report.text()]))
    return 0 if report.passed else GateRefused.exit_code


def promote(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        candidate, report = _held(workspace, chosen)
        recipe = promotion.promote(
            workspace,
            chosen.recipe,
            candidate.card.id,
            workspace.settings.operator,
            report=report,
            force_reason=chosen.reason,
        )
        withstands = _certificate(workspace, recipe)
    _tell(chosen, recipe, withstands, f"{recipe.name} runs {recipe.model_id}")


def rollback(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        recipe = promotion.rollback(workspace, chosen.recipe, workspace.settings.operator)
        withstands = _certificate(workspace, recipe)
    _tell(chosen, recipe, withstands, f"{recipe.name} runs {recipe.model_id} again")


def _certificate(workspace: Workspace, recipe: Recipe) -> str | None:
    """What the model that runs now withstands, in a sentence; None where nobody has tried it at these limits."""
    try:
        found = robustness.load(workspace, recipe.name, recipe.model_id)
    except StoreError:  # the promotion stands; what is said helps here, too
        return None
    return found.sentence if found and found.fits(recipe) else None


def _tell(chosen: argparse.Namespace, recipe: Recipe, withstands: str | None, words: str) -> None:
    limits = {"recheck": recipe.limits.recheck, "reject": recipe.limits.reject}
    table = {"recipe": recipe.name, "model": recipe.model_id, **limits, "certificate": withstands}
    answer(chosen.json, table, lambda: iter([words, withstands or _UNCERTIFIED.format(recipe.name)]))


def review(chosen: argparse.Namespace) -> None:
    if chosen.box and not chosen.label:
        chosen.complain("--box says where the defect of --label is; state it too")
    with Workspace.open(chosen.workspace) as workspace:
        if chosen.label:
            inspection_id, word = chosen.label
            _label(workspace, inspection_id, word, tuple(Box(*edges) for edges in chosen.box))
        said = _said(workspace, chosen) if chosen.picture else None
        if chosen.suspects:
            tell_suspects(workspace, chosen, _candidate(workspace, workspace.recipes.load(chosen.recipe), None).card)
            return
        if chosen.samples:
            tell_samples(workspace, chosen)
            return
        if said:
            words = f"picture {said['digest'][:16]} counts as {said['word']} from the next training on"
            answer(chosen.json, said, lambda: iter([words]))
            return
        with progress_bar() as advance:
            items = queue(
                workspace,
                chosen.recipe,
                chosen.limit,
                new_impressions=sys.maxsize,  # whoever asks in a terminal can wait for the answer
                on_progress=lambda done, total: advance("looking", done, total),
            )
        rows = [
            {"inspection": item.record.inspection.id, "why": str(item.why)} | row_of(workspace, item.record)
            for item in items
        ]

    def lines() -> Iterator[str]:
        for row in rows:
            yield f"{row['inspection']}  {row['why']:<12} {row['part']:<20} {row['verdict']:<8} {row['defect_class']}"
        yield f"{len(rows)} to look at"

    answer(chosen.json, rows, lines)


def _said(workspace: Workspace, chosen: argparse.Namespace) -> dict[str, str]:
    """What --picture says, kept."""
    written, word = chosen.picture
    name = class_name(word, "--picture")
    return {"digest": suspects.say(workspace, chosen.recipe, written, name), "word": name}


def _label(workspace: Workspace, inspection_id: str, word: str, boxes: tuple[Box, ...]) -> None:
    name = class_name(word, "--label")
    record = workspace.ledger.record(inspection_id)
    if boxes and name == GOOD:
        raise DatasetError("--box: a good part has no defect to mark; leave --box out, or name the defect")
    if boxes:
        regions.check(boxes, workspace.images.size(record.inspection.frame_digest))
    who, now = workspace.settings.operator, datetime.now(UTC)
    workspace.ledger.add_label(Label(inspection_id, who, now, name, boxes))
