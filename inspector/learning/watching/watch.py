"""Whether a line still runs as its model was taught: what changed, in words, and whether it is time to train again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inspector.domain import Decision, Floats
from inspector.errors import ModelError
from inspector.learning.watching import drift, signals
from inspector.learning.watching.advice import MIN_PARTS, advice, remarks
from inspector.learning.watching.looks import looks
from inspector.learning.watching.reference import Reference, learned
from inspector.learning.watching.seen import Running, Seen, audited, running
from inspector.learning.watching.signals import Signal
from inspector.metrics import clopper_pearson, to_json
from inspector.recipe import Recipe
from inspector.store.ledger import Event
from inspector.store.workspace import Workspace

PARTS = 200
ALARM, CALM = "alarm", "alarm_over"
_SAMPLE = 60  # pictures whose embeddings are looked at

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True, slots=True)
class Watch:
    """What was found. alarms: causes (light, contrast, focus) first. advice: when to train again. remarks: the rest.

    parts: how many of the newest were looked at, from `since` to `until`. signals: everything that was tested.
    alpha: what this look may spend on each signal, so that the life of the model has at most LIFE_ALPHA in all.
    """

    recipe: str
    model: str
    parts: int
    since: datetime | None
    until: datetime | None
    certified: bool
    alpha: float
    decisions: dict[Decision, int]
    signals: tuple[Signal, ...]
    alarms: tuple[Signal, ...]
    advice: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def lines(self) -> Iterator[str]:
        """For a person: alarms, advice, remarks; one line where all is calm."""
        if not self.alarms:
            yield f"{self.recipe}: calm over the newest {self.parts} parts ({self.model})"
        yield from (f"ALARM {alarm.words}" for alarm in self.alarms)
        yield from self.advice
        yield from self.remarks

    def to_json(self) -> dict[str, Any]:
        rates = {str(one): clopper_pearson(count, self.parts) for one, count in self.decisions.items()}
        return {
            **{name: getattr(self, name) for name in ("recipe", "model", "parts", "certified", "alpha")},
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "calm": not self.alarms,
            "verdicts": to_json(rates),
            "alarms": [_row(one) for one in self.alarms],
            "signals": {one.name: one.figures | {"p": one.p} for one in self.signals},
            "advice": list(self.advice),
            "remarks": list(self.remarks),
        }


def _row(alarm: Signal) -> dict[str, Any]:
    return {"signal": alarm.name, "words": alarm.words, "since": alarm.since.isoformat() if alarm.since else None}


def reference_of(
    workspace: Workspace,
    recipe: Recipe,
    on_progress: Progress = None,
    go_on: Callable[[], None] | None = None,
) -> Reference:
    """What the recipe's model is held against; read again after a promotion or a certificate. Raises ModelError.

    on_progress(done, total) counts the pictures that this model has not seen yet. go_on: as for `learned`.
    """
    if not recipe.model_id:
        raise ModelError(f"recipe {recipe.name}: there is no model in use to watch; train and promote one")
    version = workspace.versions.load(recipe.name, recipe.model_id)
    return learned(workspace, recipe, version, on_progress, go_on)


def watch(
    workspace: Workspace,
    reference: Reference,
    *,
    parts: int = PARTS,
    since: datetime | None = None,
    on_progress: Progress = None,
) -> Watch:
    """Look at the newest `parts`, or at those from `since` on, under the model in use. Nothing is written.

    on_progress(done, total) counts the pictures that this model has not seen as stored ones yet.
    """
    live = running(workspace, reference.recipe)
    window = [one for one in live.parts if one.at >= since] if since else live.parts[-parts:]
    enough = len(window) >= MIN_PARTS
    found = tuple(_signals(workspace, reference, live, window, on_progress)) if enough else ()
    alpha = drift.alpha_at(max(1, live.total)) / max(1, len(found))
    alarms = tuple(sorted((one for one in found if one.p <= alpha), key=lambda one: one.name not in signals.CAUSES))
    return Watch(
        recipe=reference.recipe.name,
        model=reference.card.id,
        parts=len(window),
        since=window[0].at if window else None,
        until=window[-1].at if window else None,
        certified=reference.certificate is not None,
        alpha=alpha,
        decisions={decision: sum(one.decision is decision for one in window) for decision in Decision},
        signals=found,
        alarms=alarms,
        advice=tuple(advice(workspace, reference, alarms)),
        remarks=tuple(remarks(reference, len(window), found)),
    )


def _signals(
    workspace: Workspace, reference: Reference, live: Running, window: Sequence[Seen], on_progress: Progress
) -> Iterator[Signal]:
    before = live.parts[: len(live.parts) - len(window)]
    yield from looks(reference, live.parts, window)
    yield from signals.scores(reference, window)
    yield from signals.unlike(reference, _embeddings(workspace, reference, window, on_progress))
    yield from signals.verdicts(before, window)
    yield from signals.late(reference.recipe, window)
    decisions = Counter(one.decision for one in live.parts)
    yield from signals.misfires(reference, audited(live.records, workspace.images.has), decisions)


def _embeddings(
    workspace: Workspace, reference: Reference, window: Sequence[Seen], on_progress: Progress
) -> list[Floats]:
    """Of the newest judged parts whose pictures are kept."""
    kept = [one.digest for one in window if one.decision is not Decision.UNFIT and workspace.images.has(one.digest)]
    seen = reference.impressions.of(kept[-_SAMPLE:], on_progress) if len(reference.embeddings) else {}
    return [one.embedding for one in seen.values() if one]


def note(workspace: Workspace, found: Watch) -> bool:
    """Put a change into the ledger: an alarm that is new or another, or that all is calm again. False: no change."""
    names = [alarm.name for alarm in found.alarms]
    standing = standing_alarm(workspace, found.recipe, found.model)
    before = standing.detail["signals"] if standing else []
    if sorted(names) == sorted(before) or (not names and found.parts < MIN_PARTS):
        return False
    detail = {"model": found.model, "signals": names, "words": [alarm.words for alarm in found.alarms]}
    workspace.ledger.log_event(ALARM if names else CALM, found.recipe, detail)
    return True


def standing_alarm(workspace: Workspace, recipe: str, model: str) -> Event | None:
    """The alarm that was noted last and is not over; None where all was calm, or another model ran. One cheap query.

    Its detail holds signals and words, the causes first.
    """
    noted = (event for kind in (ALARM, CALM) for event in workspace.ledger.events(kind, recipe, limit=1))
    last = max(noted, key=lambda event: event.number, default=None)
    return last if last and last.kind == ALARM and last.detail["model"] == model else None
