"""Decides what a model's report rests on, and files it: one HTML page and one JSON file with the same figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inspector import __version__
from inspector.domain import Example, ModelCard, SnapshotEntry
from inspector.errors import InspectorError, ModelError, StoreError
from inspector.learning import comparison
from inspector.learning import snapshot as snapshots
from inspector.learning.gate import hold_against_champion
from inspector.learning.impressions import Impression, Impressions
from inspector.learning.promotion import PROMOTED
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits, Recipe
from inspector.reports.depiction import Depicting
from inspector.reports.evidence import GOLDEN, VALIDATION, Change, Evidence, Row, Running, rows_of
from inspector.reports.page import page, wanted
from inspector.reports.report import Report, report_on
from inspector.store.disk import write_whole
from inspector.store.ledger import Event
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

PAGE, TABLE = "report.html", "report.json"
_CHANGE = frozenset({"who", "from", "to"})  # the detail of an event after which another model or other limits run


@dataclass(frozen=True, slots=True)
class Filed:
    """A report on the disk: its page, and the same for a machine."""

    report: Report
    html: Path
    json: Path


def file_report(
    workspace: Workspace,
    recipe_name: str,
    model_id: str | None = None,
    out: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Filed:
    """Write the report of one model into `out`, by default reports/<recipe>/<model>/ of the workspace.

    model_id: None for the model in use, or the newest where none is. on_progress(done, total) counts the pictures,
    one invoke each. The same model, ledger and pictures give the same bytes on one PC. Raises RecipeError, ModelError,
    StoreError.
    """
    recipe = workspace.recipes.load(recipe_name)
    version = _version(workspace, recipe, model_id)
    report = report_on(gather(workspace, recipe, version))
    drawn = {}
    digests = wanted(report)
    depicting = _depicting(workspace, version, report.evidence.limits)
    for done, digest in enumerate(digests, start=1):
        drawn[digest] = depicting.of(digest)
        if on_progress:
            on_progress(done, len(digests))
    folder = out or folder_of(workspace, version.card)
    filed = Filed(report, folder / PAGE, folder / TABLE)
    write_whole(filed.html, page(report, drawn).encode())
    write_whole(filed.json, (json.dumps(report.to_json(), indent=1, allow_nan=False) + "\n").encode())
    return filed


def folder_of(workspace: Workspace, card: ModelCard) -> Path:
    """Where a model's report and its annexes lie: beside the models and not among them, which are never edited."""
    return workspace.path / "reports" / card.recipe / card.id


def gather(workspace: Workspace, recipe: Recipe, version: ModelVersion) -> Evidence:
    """Everything that is known of a model. Raises StoreError where what it learned from was changed since."""
    card = version.card
    learned = snapshots.file_of(workspace, card.snapshot_id)
    snapshot = snapshots.load(learned) if learned.exists() else None
    events = _events(workspace, recipe.name)
    gate, gate_words = _gate(workspace, recipe, card, events)
    examples = {example.digest: example for example in workspace.ledger.examples(recipe.name)}
    golden, validation = rows_of(card, GOLDEN), rows_of(card, VALIDATION)
    grown = _grown(workspace, recipe, version, {row.digest for row in golden})
    return Evidence(
        card=card,
        recipe=recipe,
        program=__version__,
        golden=_relabelled((*golden, *grown), examples),
        validation=_relabelled(validation, examples),
        notes=tuple(_notes((*golden, *validation), grown, examples)),
        lineage=_lineage(workspace, card),
        snapshot=snapshot,
        examples=examples,
        remarks=snapshots.remarks(snapshot) if snapshot else (),
        gate=gate,
        gate_words=gate_words,
        changes=tuple(
            change for change in map(_change, events) if card.id in {change.before.model, change.after.model}
        ),
        annexes=_annexes(folder_of(workspace, card)) | _comparison(workspace, card),
    )


def _grown(workspace: Workspace, recipe: Recipe, version: ModelVersion, known: set[str]) -> tuple[Row, ...]:
    """Golden pictures that came after the training, measured now; none where the model does not fit the recipe."""
    if version.card.view_id != recipe.view_id:
        return ()
    entries = snapshots.golden_set(workspace, recipe.name).entries
    new = [entry for entry in entries if entry.digest not in known and workspace.images.has(entry.digest)]
    seen = Impressions(workspace, recipe, version).of(entry.digest for entry in new)
    return tuple(_row(entry, seen[entry.digest]) for entry in new)


def _row(entry: SnapshotEntry, seen: Impression | None) -> Row:
    score, leading = (seen.score, seen.leading_defect) if seen else (None, "")
    return Row(entry.digest, entry.part, entry.defect_class, score, leading)


def _relabelled(rows: Iterable[Row], examples: Mapping[str, Example]) -> tuple[Row, ...]:
    """Under the latest words, as the gate and the limits see them."""
    return tuple(
        replace(row, defect_class=examples[row.digest].defect_class) if row.digest in examples else row for row in rows
    )


def _notes(rows: Iterable[Row], grown: Sequence[Row], examples: Mapping[str, Example]) -> Iterator[str]:
    otherwise = sum(row.digest in examples and examples[row.digest].defect_class != row.defect_class for row in rows)
    if otherwise:
        yield f"Pictures with another label today than at the training, and today's counts here: {otherwise}."
    if grown:
        yield f"Golden pictures that came after the training, scored for this report: {len(grown)}."


def _version(workspace: Workspace, recipe: Recipe, model_id: str | None) -> ModelVersion:
    wanted_id = model_id or recipe.model_id
    if wanted_id:
        return workspace.versions.load(recipe.name, wanted_id)
    versions = workspace.versions.list(recipe.name)
    if not versions:
        raise ModelError(f"recipe {recipe.name}: there is no model yet; `inspector train` makes one")
    return workspace.versions.load(recipe.name, versions[-1].card.id)


def _lineage(workspace: Workspace, card: ModelCard) -> tuple[ModelCard, ...]:
    """The ancestors, the parent first, as far as they are still here and whole."""
    found: list[ModelCard] = []
    parent = card.parent
    while parent and parent not in {one.id for one in found}:
        try:
            found.append(workspace.versions.load(card.recipe, parent).card)
        except ModelError:
            break
        parent = found[-1].parent
    return tuple(found)


def _events(workspace: Workspace, recipe_name: str) -> list[Event]:
    """Everything that changed what the recipe runs, the oldest first: promotions, roll-backs, other limits."""
    found = workspace.ledger.events(recipe=recipe_name, limit=None)
    return sorted((event for event in found if event.detail.keys() >= _CHANGE), key=lambda event: event.number)


def _change(event: Event) -> Change:
    detail = event.detail
    return Change(
        kind=event.kind,
        happened_at=event.happened_at,
        who=str(detail["who"]),
        before=Running(**detail["from"]),
        after=Running(**detail["to"]),
        reason=str(detail.get("force_reason") or detail.get("reason") or ""),
    )


def _gate(
    workspace: Workspace, recipe: Recipe, card: ModelCard, events: list[Event]
) -> tuple[dict[str, Any] | None, str]:
    """The answer that the model was promoted with; where it never was, today's, against the model in use."""
    promotions = [event for event in events if event.kind == PROMOTED and event.detail["to"]["model"] == card.id]
    if promotions:
        return _gate_then(promotions[-1])
    if recipe.model_id == card.id:
        return None, "The recipe runs this model, and the ledger knows of no promotion: the gate's answer is not known."
    try:
        answer = hold_against_champion(workspace, recipe.name, card.id).to_json()
    except InspectorError as error:
        return None, f"The gate cannot answer for this model: {error}"
    against = recipe.model_id or "no model: the recipe runs none yet"
    return answer, f"It was never promoted. Held against {against}, on the golden set of the day of this report."


def _gate_then(promotion: Event) -> tuple[dict[str, Any] | None, str]:
    change = _change(promotion)
    day = f"{change.happened_at:%Y-%m-%d %H:%M:%S} UTC"
    past = f" It was promoted past the gate; the reason given: {change.reason}." if change.reason else ""
    answer = promotion.detail.get("gate")
    if answer is None:
        return None, f"No answer of the gate was kept at its promotion on {day} by {change.who}.{past}"
    return dict(answer), f"The answer at its promotion on {day} by {change.who}.{past}"


def _annexes(folder: Path) -> dict[str, Any]:
    """The other JSON files beside the report, by name; one that cannot be read says so."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        if path.name == TABLE:
            continue
        try:
            found[path.name] = json.loads(path.read_text(encoding="utf-8"), parse_constant=str)
        except (OSError, ValueError) as error:
            found[path.name] = f"cannot be read: {error}"
    return found


def _comparison(workspace: Workspace, card: ModelCard) -> dict[str, Any]:
    """The last comparison of backbones, where it was made on the pictures that this model learned from."""
    found = comparison.last(workspace, card.recipe)
    if found is None or found.table["snapshot"] != card.snapshot_id:
        return {}
    return {"comparison of backbones": {"sentence": found.sentence(), **found.table}}


def _depicting(workspace: Workspace, version: ModelVersion, limits: Limits) -> Depicting:
    """With the recipe as it cut the pictures that this model learned from, where it is still known."""
    card = version.card
    past = [*workspace.recipes.history(card.recipe), workspace.recipes.load(card.recipe)]
    fitting = [recipe for recipe in past if recipe.view_id == card.view_id]
    recipe = fitting[-1] if fitting else past[-1]
    classifier = Classifier(version.model, card, workspace.settings.invoke_threads) if fitting else None
    try:
        template = workspace.images.get(recipe.locate.template) if recipe.locate.template else None
    except StoreError:
        template = None  # without its mark no part is found, and each picture says so itself
    return Depicting(workspace.images, recipe, classifier, template, limits.reject)
