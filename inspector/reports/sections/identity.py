"""Which model this is, where it comes from, and who put it on the line when and why."""

from __future__ import annotations

from inspector.domain import ONE_TILE, ModelCard
from inspector.reports.evidence import Change, Evidence, Running
from inspector.reports.markup import Markup, element, facts, join, paragraph, section, table
from inspector.reports.words import moment

_KINDS = {"promoted": "promoted", "rolled_back": "rolled back", "limits_set": "limits set"}


def identity(evidence: Evidence) -> Markup:
    card, recipe, limits = evidence.card, evidence.recipe, evidence.limits
    state = "in use: the recipe runs this model" if evidence.in_use else _not_in_use(recipe.model_id)
    suggested = f"{card.recheck_limit:g} and {card.reject_limit:g}"
    own = "as the recipe has them" if evidence.in_use else "as suggested on the model's card"
    rows: list[tuple[str, object]] = [
        ("Model", element("strong", card.id)),
        ("Number", f"{card.number} of recipe {card.recipe}"),
        ("State", state),
        ("Trained", moment(card.created_at)),
        ("Recipe", f"{recipe.name}, today {recipe.id}"),
        ("Part number", recipe.part_number or "none is set in the recipe"),
        ("Classes", ", ".join(card.classes)),
        ("Limits of this report", f"recheck {limits.recheck:g}, reject {limits.reject:g}, {own}"),
        ("Limits on the card", f"{suggested} (recheck and reject)"),
        ("View", f"{_view(card)}, cut as {card.view_id}{_other_view(evidence)}"),
        ("Snapshot", element("code", card.snapshot_id)),
        ("Model file", join([element("code", card.model_digest), " (SHA-256)"])),
        ("Program", f"this report was written by Inspector {evidence.program}"),
    ]
    return section("Identity", facts(rows), _lineage(evidence), _history(evidence))


def _view(card: ModelCard) -> str:
    size = f"{card.input_width} x {card.input_height} pixels"
    if card.tiles == ONE_TILE:
        return size
    return f"{size}, seen as a whole and in {card.tiles.rows} x {card.tiles.columns} overlapping tiles"


def _not_in_use(running: str) -> str:
    return f"not in use: the recipe runs {running}" if running else "not in use: the recipe runs no model"


def _other_view(evidence: Evidence) -> str:
    today = evidence.recipe.view_id
    return "" if today == evidence.card.view_id else f"; the recipe now cuts {today}, so this model cannot run"


def _lineage(evidence: Evidence) -> Markup:
    card = evidence.card
    if card.parent is None:
        return paragraph("It has no parent: no model was in use when it was trained.")
    if not evidence.lineage:
        return paragraph(f"Its parent {card.parent} is not in this workspace any more.")
    rows = [
        (one.id, one.parent or "none", moment(one.created_at), one.backbone, one.quantisation)
        for one in evidence.lineage
    ]
    return table("Lineage: the model that was in use when it was trained, or that it was made from", _LINEAGE, rows)


_LINEAGE = ("ancestor", "its parent", "trained", "backbone", "quantisation")


def _history(evidence: Evidence) -> Markup:
    if not evidence.changes:
        return paragraph("The ledger knows of no promotion of this model.")
    return table(
        "On and off the line, from the ledger",
        ("when", "what", "by", "reason given"),
        [
            (moment(change.happened_at), _done(change), change.who, change.reason or "none")
            for change in evidence.changes
        ],
    )


def _done(change: Change) -> str:
    """Both sides as model and limits, so that a change of limits alone can be seen too."""
    return f"{_KINDS.get(change.kind, change.kind)}: {_side(change.before)} \u2192 {_side(change.after)}"


def _side(running: Running) -> str:
    return f"{running.model} at {running.recheck:g} and {running.reject:g}" if running.model else "no model"
