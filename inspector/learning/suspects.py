"""Good pictures that a training left out, since they look unlike the others: a person's word on each is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inspector.domain import GOOD, Example, Label, ModelCard, Origin
from inspector.errors import DatasetError
from inspector.store.workspace import Workspace

SAID = "picture label"  # the event that keeps who said what of a picture: {digest, defect_class, who}
_PREFIX = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A picture that a model did not learn. score: its own, in deviations. word: what a person says of it since, ""
    where nobody has: GOOD means confirmed, anything else is as on a Label."""

    digest: str
    part: str
    score: float
    word: str = ""


def left_out(workspace: Workspace, card: ModelCard) -> tuple[Suspect, ...]:
    """What the training of this model suspected, the strangest first; none for a model that suspects nothing."""
    rows = card.results.get("suspects", ())
    if not rows:
        return ()
    words = {one.digest: one.defect_class for one in workspace.ledger.examples(card.recipe, every=True)}
    sure = confirmed(workspace, card.recipe)
    return tuple(
        Suspect(row["digest"], row["part"], row["score"], _word(words[row["digest"]], row["digest"] in sure))
        for row in rows
        if row["digest"] in words
    )


def _word(defect_class: str, is_sure: bool) -> str:
    return defect_class if defect_class != GOOD or is_sure else ""


def confirmed(workspace: Workspace, recipe_name: str) -> frozenset[str]:
    """The pictures of which a person, asked because a training suspected them, said last that they are good."""
    latest: dict[str, str] = {}
    for event in workspace.ledger.events(SAID, recipe_name, limit=None):  # the newest first
        latest.setdefault(event.detail["digest"], event.detail["defect_class"])
    return frozenset(digest for digest, word in latest.items() if word == GOOD)


def say(workspace: Workspace, recipe_name: str, digest: str, word: str) -> str:
    """Keep a person's word on a picture that is learned from: GOOD, so that no training suspects it again, or a defect.

    digest: also its beginning, of 8 hex digits and more. word: as on a Label. Returns the whole digest. Raises
    DatasetError where there is no such picture, or several begin so; StoreError where it cannot be kept.
    """
    known = _find(workspace, recipe_name, digest)
    who = workspace.settings.operator
    if known.defect_class != word:
        _relabel(workspace, recipe_name, known, word, who)
    workspace.ledger.log_event(SAID, recipe_name, {"digest": known.digest, "defect_class": word, "who": who})
    return known.digest


def _relabel(workspace: Workspace, recipe_name: str, known: Example, word: str, who: str) -> None:
    if known.origin is Origin.LABELLED:
        workspace.ledger.add_label(Label(known.source, who, datetime.now(UTC), word))
    else:
        workspace.ledger.add_examples(recipe_name, [replace(known, defect_class=word)])


def _find(workspace: Workspace, recipe_name: str, written: str) -> Example:
    if not _PREFIX.fullmatch(written):
        raise DatasetError(f"expected a picture's digest or its first 8 hex digits or more, received {written!r}")
    found = [one for one in workspace.ledger.examples(recipe_name, every=True) if one.digest.startswith(written)]
    if len(found) != 1:
        begin = f"{len(found)} pictures begin with {written}" if found else f"no picture begins with {written}"
        raise DatasetError(f"recipe {recipe_name}: {begin}; `inspector review --suspects` lists those that wait")
    return found[0]
