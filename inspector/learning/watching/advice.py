"""What a person should do about what is watched: set the light back, label, or train again; and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.learning.watching import signals
from inspector.learning.watching.reference import Reference
from inspector.learning.watching.signals import Signal
from inspector.store.workspace import Workspace

MIN_PARTS = 30  # nothing is said from fewer
_NEW_PARTS = 20
_NEW_SHARE = 0.1


def advice(workspace: Workspace, reference: Reference, alarms: Sequence[Signal]) -> Iterator[str]:
    """What to do about alarms, and whether enough new words are there to train again without any."""
    names = {alarm.name for alarm in alarms}
    if names & set(signals.CAUSES):
        yield "Set light and lens back first; train again only if the change is to stay, on parts seen under it."
    elif names & {signals.SCORES, signals.UNLIKE, signals.STOPS, signals.MIX}:
        yield "Label the newest parts in the review, then train again: the model was not taught parts like these."
    if names & {signals.ESCAPES, signals.OVERKILLS}:
        yield "Train again: the line makes more misfires than this model was released with."
    yield from _new_words(workspace, reference)


def _new_words(workspace: Workspace, reference: Reference) -> Iterator[str]:
    if reference.snapshot is None:
        return
    known = {entry.part for entry in reference.snapshot.entries}
    examples = workspace.ledger.examples(reference.recipe.name)
    new = {one.part for one in examples} - known
    unknown = {one.defect_class for one in examples} - set(reference.card.classes)
    for name in sorted(unknown):
        count = len({one.part for one in examples if one.defect_class == name})
        yield f"Train again: {name}, labelled on {count} parts, is a class that {reference.card.id} does not know."
    if len(new) >= max(_NEW_PARTS, _NEW_SHARE * len(known)):
        yield f"Train again: {len(new)} parts were labelled since {reference.card.id} was taught with {len(known)}."


def remarks(reference: Reference, parts: int, found: Sequence[Signal]) -> Iterator[str]:
    """What was not looked at, and why."""
    if parts < MIN_PARTS:
        yield f"Only {parts} parts since this model came into use; nothing is said from fewer than {MIN_PARTS}."
        return
    names = {one.name for one in found}
    if reference.certificate is None:
        yield "No certificate fits what runs: light and focus are held against what was taught. Run `inspector certify`"
    if not reference.looks:
        yield "What the model was taught is not in this workspace, so light and focus are not looked at."
    if signals.SCORES not in names:
        yield "Too few parts have scores that the model had not learned, so scores are not looked at."
    if signals.UNLIKE not in names:
        yield "Too few pictures are kept, so whether parts look unlike anything taught is not looked at."
    if signals.ESCAPES not in names:
        yield "No part that passed has been audited, so nothing is known of escapes; the review offers such parts."
