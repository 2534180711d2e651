"""Which inspections a person should look at next, so that each look teaches the most and no escape stays unseen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, zip_longest

from inspector.domain import UNNAMED, Decision, Record
from inspector.learning.novelty import unlike
from inspector.learning.shadow import challenger, disagreements
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

_LOOK_BACK = 1000  # newest inspections of each decision that are weighed
_LOOKED_AT = 200  # newest of them that are held against what the model was taught
_AUDITS = {Decision.OK: 6, Decision.NG: 1}  # in turns; without rejected ones nobody could say how many of them are good
_LOTS = 2**256
AUDIT_SHARE = 0.35  # with fewer accepted parts, older defects are forgotten again (docs/decisions/operator.md)
NEW_IMPRESSIONS = 40  # pictures that the model may look at in one call: a small one takes 5 ms, one of 4 MP 60


class ReviewWhy(StrEnum):
    """Why a person should look.

    MISFIRE: called wrong on the line, its class not yet named. DISAGREEMENT: a model in shadow decides differently.
    NOVEL: unlike anything that the model was taught. UNCERTAIN: near a limit. AUDIT: drawn by lot, most from OK.
    """

    MISFIRE = "misfire"
    DISAGREEMENT = "disagreement"
    NOVEL = "novel"
    UNCERTAIN = "uncertain"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One inspection to look at, and why."""

    record: Record
    why: ReviewWhy

    @property
    def digest(self) -> str:
        """The picture to fetch ahead."""
        return self.record.inspection.frame_digest


def queue(
    workspace: Workspace,
    recipe_name: str,
    limit: int = 50,
    audit_share: float = AUDIT_SHARE,
    seed: int = 0,
    *,
    new_impressions: int = NEW_IMPRESSIONS,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[ReviewItem]:
    """At most `limit` inspections whose pictures are kept, the first a misfire without a class where there is one.

    In turn come such misfires, the newest disagreements with a model in shadow, what is unlike anything taught, the
    strangest first, and the uncertain: those that the model in use has judged before the others, RECHECK first.

    audit_share: the share of audits mixed in evenly, 0 to 1, drawn by the hash of seed and inspection and not by score:
    whoever looks only at what is doubtful never sees an escape. Most are of OK parts, some of NG ones, for the
    overkill. UNFIT ones say nothing of the part and are left out.
    new_impressions: how many pictures the model may look at for this; on_progress counts them (done, total).
    """
    if limit < 0 or not 0 <= audit_share <= 1:
        raise ValueError(f"expected a limit from 0 and an audit share from 0 to 1, received {limit}, {audit_share}")
    waiting = {decision: _unlabelled(workspace, recipe_name, decision) for decision in Decision}
    audits = _audits(waiting, seed)
    recipe = workspace.recipes.load(recipe_name) if recipe_name in workspace.recipes.list() else None
    uncertain = sorted(chain.from_iterable(waiting.values()), key=_doubt(recipe.model_id if recipe else ""))
    newest = sorted(uncertain, key=lambda record: record.timing.inspected_at, reverse=True)[:_LOOKED_AT]
    # Misfires take their turn, too: whoever teaches nothing but hard parts teaches no model what a good one looks like.
    telling = _in_turn(
        _items(_misfires(workspace, recipe_name), ReviewWhy.MISFIRE),
        _items(_disagreements(workspace, recipe) if recipe else [], ReviewWhy.DISAGREEMENT),
        _items(unlike(workspace, recipe, newest, new_impressions, on_progress) if recipe else [], ReviewWhy.NOVEL),
        _items(uncertain, ReviewWhy.UNCERTAIN),
    )
    mixed = _mix(telling, _items(audits, ReviewWhy.AUDIT), audit_share)
    return list(islice((item for item in mixed if workspace.images.has(item.digest)), limit))


def _disagreements(workspace: Workspace, recipe: Recipe) -> list[Record]:
    """Of each part on which a model in shadow decides differently, the pictures where it does, without a label."""
    model_id = challenger(workspace, recipe)
    found = disagreements(workspace, recipe, model_id, _LOOK_BACK) if model_id else []
    differing = ((record, shadow.verdict.decision) for record, shadow in found if record.label is None)
    return [record for record, would in differing if would is not record.inspection.verdict.decision]


def _in_turn(*sources: Iterable[ReviewItem]) -> Iterator[ReviewItem]:
    """One of each in turn, each inspection once, for the first reason that comes up."""
    return _once((item for item in chain.from_iterable(zip_longest(*sources)) if item is not None), set())


def _misfires(workspace: Workspace, recipe_name: str) -> list[Record]:
    labelled = workspace.ledger.records(recipe_name, labelled=True, limit=_LOOK_BACK)
    return [record for record in labelled if record.label and record.label.defect_class == UNNAMED]


def _unlabelled(workspace: Workspace, recipe_name: str, decision: Decision) -> list[Record]:
    if decision is Decision.UNFIT:
        return []
    return workspace.ledger.records(recipe_name, decision, labelled=False, limit=_LOOK_BACK)


def _items(records: Sequence[Record], why: ReviewWhy) -> list[ReviewItem]:
    return [ReviewItem(record, why) for record in records]


def _doubt(model_id: str) -> Callable[[Record], tuple[bool, bool, float]]:
    """What to sort by. Another model's scores say what that one doubted, and are on a scale of their own."""

    def order(record: Record) -> tuple[bool, bool, float]:
        inspection = record.inspection
        rechecked = inspection.verdict.decision is Decision.RECHECK
        return inspection.model_id != model_id, not rechecked, _distance(record)

    return order


def _distance(record: Record) -> float:
    """How far the score lies from the limit it was held against; what has no score is looked at last."""
    verdict = record.inspection.verdict
    return math.inf if verdict.score is None or verdict.limit is None else abs(verdict.score - verdict.limit)


def audit_lot(record: Record, seed: int = 0) -> str:
    """Who is audited first: the lowest lot, which knows nothing of the picture or its score."""
    return hashlib.sha256(f"{seed}:{record.inspection.id}".encode()).hexdigest()


def _audits(waiting: Mapping[Decision, Sequence[Record]], seed: int) -> list[Record]:
    """Accepted parts by lot, and for each few of them a rejected one by lot: only so either can be counted.

    A part's place follows from its own lot, so that whoever looks at a few at a time sees rejected ones as often.
    """
    places = {
        record.inspection.id: int(audit_lot(record, seed), 16) / _LOTS * len(waiting[decision]) / turns
        for decision, turns in _AUDITS.items()
        for record in waiting[decision]
    }
    drawn = chain.from_iterable(waiting[decision] for decision in _AUDITS)
    return sorted(drawn, key=lambda record: places[record.inspection.id])


def _mix(uncertain: Iterable[ReviewItem], audits: Iterable[ReviewItem], audit_share: float) -> Iterator[ReviewItem]:
    """Both in their order, an audit wherever the share so far has fallen behind; what is left over follows.

    An inspection that stands in both comes once, and takes nothing from the other's share.
    """
    seen: set[str] = set()
    first, second = _once(uncertain, seen), _once(audits, seen)
    taken = sampled = 0
    while True:
        audit_turn = sampled < math.floor(audit_share * (taken + 1) + 1e-9)
        item = next(second if audit_turn else first, None)
        if item is None:
            yield from first
            yield from second
            return
        taken += 1
        sampled += audit_turn
        yield item


def _once(items: Iterable[ReviewItem], seen: set[str]) -> Iterator[ReviewItem]:
    """Those whose inspection has not come up yet, here or wherever else `seen` is asked."""
    for item in items:
        if item.record.inspection.id not in seen:
            seen.add(item.record.inspection.id)
            yield item
