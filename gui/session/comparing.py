"""Comparing: the model in use and the candidate on today's golden set, and what there is to know of both."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QImage

from gui.session.depicting import thumbnail
from inspector.domain import ModelCard, Snapshot
from inspector.learning.anomaly import told
from inspector.learning.comparison import last
from inspector.learning.gate import Changed, Figures, GateReport, hold_against_champion, judge
from inspector.learning.golden import outcomes_of
from inspector.learning.promotion import Version, history
from inspector.learning.snapshot import file_of, golden_set, load, remarks
from inspector.learning.suspects import Suspect, left_out
from inspector.learning.trainer import DEFAULT_BACKBONE
from inspector.metrics import by_part
from inspector.recipe import Limits, Recipe
from inspector.store.workspace import Workspace

GALLERY = 24


@dataclass(frozen=True, slots=True)
class Measured:
    """One model on today's golden set: its card, its figures and its parts' scores at the limits it runs with."""

    card: ModelCard
    figures: Figures
    limits: Limits
    good: tuple[float, ...]
    defective: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a person decides on. champion: in use; candidate: newer and not in use; report: the gate's answer on it.

    changed: golden parts on which the two decide differently, each with its picture; of many the first GALLERY.
    remarks: on the newest model and the labels that it learned from. backbones: that a next one may stand on, that of
    the model in use first. suspects: pictures that the newest model did not learn, the strangest first, of many the
    first GALLERY; more_suspects: how many more.
    """

    history: tuple[Version, ...]
    champion: Measured | None
    candidate: Measured | None
    report: GateReport | None
    changed: tuple[tuple[Changed, QImage], ...]
    remarks: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ()
    suspects: tuple[tuple[Suspect, QImage], ...] = ()
    more_suspects: int = 0

    @property
    def newest(self) -> ModelCard | None:
        return self.history[-1].card if self.history else None

    @property
    def unshown(self) -> int:
        """How many more parts the two decide differently on than `changed` holds."""
        return len(self.report.changed) - len(self.changed) if self.report else 0


def compare(workspace: Workspace, recipe: Recipe) -> Comparison:
    """Measure both on every golden picture. Raises InspectorError."""
    versions = tuple(history(workspace, recipe.name))
    golden = golden_set(workspace, recipe.name)
    in_use = next((version.card for version in versions if version.in_use), None)
    newest = versions[-1].card if versions and not versions[-1].in_use else None
    champion = candidate = report = None
    if in_use is not None and in_use.view_id == recipe.view_id:
        champion = _measure(workspace, recipe, in_use, recipe.limits, golden)
    if newest is not None and newest.view_id == recipe.view_id:
        limits = Limits(newest.recheck_limit, newest.reject_limit)
        candidate = _measure(workspace, recipe, newest, limits, golden)
        report = hold_against_champion(workspace, recipe.name, newest.id)
    pictures = _pictures(workspace, golden, report.changed if report else ())
    noted = _remarks(workspace, versions)
    named = _backbones(workspace, recipe, in_use)
    doubted = left_out(workspace, versions[-1].card) if versions else ()
    shown = tuple((one, _thumbnail(workspace, one.digest)) for one in doubted[:GALLERY])
    return Comparison(versions, champion, candidate, report, pictures, noted, named, shown, len(doubted) - len(shown))


def _measure(workspace: Workspace, recipe: Recipe, card: ModelCard, limits: Limits, golden: Snapshot) -> Measured:
    version = workspace.versions.load(recipe.name, card.id)
    outcomes = outcomes_of(workspace, recipe, version, golden, limits)
    parts = [part for part in by_part(outcomes) if part.score is not None]
    return Measured(
        card,
        judge(None, outcomes).after,
        limits,
        tuple(part.score for part in parts if part.score is not None and not part.defective),
        tuple(part.score for part in parts if part.score is not None and part.defective),
    )


def _pictures(
    workspace: Workspace, golden: Snapshot, changed: tuple[Changed, ...]
) -> tuple[tuple[Changed, QImage], ...]:
    digests = {entry.part: entry.digest for entry in golden.entries}
    first = sorted(changed, key=lambda one: not one.new_escape)
    return tuple((one, thumbnail(workspace.images.get(digests[one.part]))) for one in first[:GALLERY])


def _thumbnail(workspace: Workspace, digest: str) -> QImage:
    """Null where the picture was removed; what is said of it still counts."""
    return thumbnail(workspace.images.get(digest)) if workspace.images.has(digest) else QImage()


def _remarks(workspace: Workspace, versions: tuple[Version, ...]) -> tuple[str, ...]:
    if not versions:
        return ()
    card = versions[-1].card
    file = file_of(workspace, card.snapshot_id)
    return (*told(card), *(remarks(load(file), workspace) if file.exists() else ()))


def _backbones(workspace: Workspace, recipe: Recipe, in_use: ModelCard | None) -> tuple[str, ...]:
    """Beside it, what the last comparison of networks found the weights of."""
    compared = last(workspace, recipe.name)
    ranked = [str(row["backbone"]) for row in compared.ranked] if compared else []
    return tuple(dict.fromkeys([in_use.backbone if in_use else DEFAULT_BACKBONE, *ranked]))
