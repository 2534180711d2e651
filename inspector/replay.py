"""Whether the past stands: the ledger's seal is whole, and a stored picture gives the verdict that was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from inspector.commission import setup_for
from inspector.domain import Frame, Inspection, Reason, Record
from inspector.pipeline.assemble import Setup, inspect
from inspector.store.workspace import Workspace

_SETUPS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Verification:
    """broken: the first inspection whose seal does not hold, None where all do. replayed: pictures judged again.

    differing: inspections whose replay is not equal to the record, bit for bit. without_picture: not kept, so not
    replayed. unjudged: recorded without having been judged, so nothing to repeat.
    """

    inspections: int
    broken: str | None
    replayed: int
    differing: tuple[str, ...]
    without_picture: int
    unjudged: int

    @property
    def holds(self) -> bool:
        return self.broken is None and not self.differing


def verify(workspace: Workspace, newest: int, on_progress: Callable[[int, int], None]) -> Verification:
    """Check every seal, then replay the newest inspections with the recipe and the model that judged them then.

    Raises RecipeError, ModelError or StoreError where one of those is gone or changed: then the past cannot be shown.
    """

    @lru_cache(_SETUPS_AT_ONCE)
    def setup_of(recipe_id: str) -> Setup:
        return setup_for(workspace, workspace.recipes.find(recipe_id))

    broken = workspace.ledger.verify()
    records = workspace.ledger.records(limit=newest)
    differing: list[str] = []
    replayed = without_picture = unjudged = 0
    for done, record in enumerate(records, start=1):
        on_progress(done, len(records))
        inspection = record.inspection
        if inspection.verdict.reason is Reason.PROGRAM_FAULT:
            unjudged += 1
        elif not workspace.images.has(inspection.frame_digest):
            without_picture += 1
        else:
            replayed += 1
            if replay(workspace, record, setup_of(inspection.recipe_id)) != inspection:
                differing.append(inspection.id)
    inspections = sum(workspace.ledger.counts().values())
    return Verification(inspections, broken, replayed, tuple(differing), without_picture, unjudged)


def replay(workspace: Workspace, record: Record, setup: Setup) -> Inspection:
    """Judge a record's stored picture again."""
    then = record.inspection
    frame = Frame(
        pixels=workspace.images.get(then.frame_digest, verify=True),
        camera="replay",
        sequence=0,
        trigger=record.timing.trigger,
        taken_at=record.timing.inspected_at,
        taken_ns=record.timing.frame_ns,
        status=then.frame_status,
    )
    return inspect(frame, then.part, setup, then.station, then.id)
