"""How nouns become rows and rows become nouns again, and how each inspection is sealed to the one before it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import RowMapping

from inspector.domain import (
    Decision,
    Example,
    Fitness,
    FrameStatus,
    Inspection,
    Label,
    Origin,
    Part,
    Reason,
    Record,
    Region,
    Scores,
    Timing,
    Verdict,
)
from inspector.errors import StoreError
from inspector.regions import from_json, to_json
from inspector.store.entry import Entry, Note, Shadow

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened beside the inspections: a promotion, a fault, a change of recipe. detail: JSON values."""

    number: int
    happened_at: datetime
    kind: str
    recipe: str | None
    detail: dict[str, Any] = field(hash=False)


# The order is part of every seal ever written: a column that comes later is sealed on its own.
_SEALED = (
    *("id", "recipe", "recipe_id", "model_id", "station", "serial", "lot", "part_number"),
    *("frame_digest", "frame_status", "picture_kept", "fitness", "scores"),
    *("decision", "reason", "defect_class", "score", "limit"),
    *("inspected_at", "trigger", "trigger_ns", "frame_ns", "verdict_ns"),
)


def seal(previous: str, row: Mapping[str, Any]) -> str:
    """SHA-256 of a row and of the seal before it: who changes or removes a row breaks every seal after it."""
    content = json.dumps([row[name] for name in _SEALED], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


def moment_text(moment: datetime) -> str:
    """UTC with microseconds, always equally long, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def entry_row(entry: Entry) -> Row:
    """An inspections row, not sealed yet."""
    inspection, timing = entry.inspection, entry.timing
    return {
        "id": inspection.id,
        "recipe": entry.recipe,
        "recipe_id": inspection.recipe_id,
        "model_id": inspection.model_id,
        "station": inspection.station,
        "serial": inspection.part.serial,
        "lot": inspection.part.lot,
        "part_number": inspection.part.part_number,
        "frame_digest": inspection.frame_digest,
        "frame_status": str(inspection.frame_status),
        "picture_kept": entry.picture is not None,
        "fitness": None if inspection.fitness is None else json.dumps(asdict(inspection.fitness)),
        "scores": None if inspection.scores is None else _scores_text(inspection.scores),
        **_verdict_row(inspection.verdict),
        "inspected_at": moment_text(timing.inspected_at),
        "trigger": timing.trigger,
        "trigger_ns": timing.trigger_ns,
        "frame_ns": timing.frame_ns,
        "verdict_ns": timing.verdict_ns,
    }


def _real(number: float | None) -> float | None:
    """As SQLite gives it back: it knows neither not-a-number nor minus zero, and the seal must not depend on it."""
    return None if number is None or math.isnan(number) else float(number) + 0.0


def _scores_text(scores: Scores) -> str:
    return json.dumps(
        {
            "model_id": scores.model_id,
            "classes": scores.classes,
            "logits": scores.logits,
            "defect": scores.defect,
            "leading_defect": scores.leading_defect,
        }
    )


def record(row: RowMapping, labels: Sequence[Label] = ()) -> Record:
    return Record(_inspection(row), _timing(row), row["recipe"], tuple(labels))


def shadow_row(shadow: Shadow) -> Row:
    return {"inspection_id": shadow.inspection_id, "model_id": shadow.model_id, **_verdict_row(shadow.verdict)}


def shadow(row: RowMapping) -> Shadow:
    return Shadow(row["inspection_id"], row["model_id"], _verdict(row))


def _verdict_row(verdict: Verdict) -> Row:
    return {
        "decision": str(verdict.decision),
        "reason": str(verdict.reason),
        "defect_class": verdict.defect_class,
        "score": _real(verdict.score),
        "limit": _real(verdict.limit),
    }


def _verdict(row: RowMapping) -> Verdict:
    return Verdict(Decision(row["decision"]), Reason(row["reason"]), row["defect_class"], row["score"], row["limit"])


def _inspection(row: RowMapping) -> Inspection:
    return Inspection(
        id=row["id"],
        part=Part(row["serial"], row["lot"], row["part_number"]),
        station=row["station"],
        recipe_id=row["recipe_id"],
        model_id=row["model_id"],
        frame_digest=row["frame_digest"],
        frame_status=FrameStatus(row["frame_status"]),
        fitness=None if row["fitness"] is None else Fitness(**json.loads(row["fitness"])),
        scores=None if row["scores"] is None else _scores(json.loads(row["scores"])),
        verdict=_verdict(row),
    )


def _timing(row: RowMapping) -> Timing:
    return Timing(
        inspected_at=datetime.fromisoformat(row["inspected_at"]),
        trigger=row["trigger"],
        trigger_ns=row["trigger_ns"],
        frame_ns=row["frame_ns"],
        verdict_ns=row["verdict_ns"],
    )


def _scores(table: Row) -> Scores:
    return Scores(
        model_id=table["model_id"],
        classes=tuple(table["classes"]),
        logits=tuple(table["logits"]),
        defect=table["defect"],
        leading_defect=table["leading_defect"],
        heat=np.empty((0, 0), dtype=np.float32),
        embedding=np.empty(0, dtype=np.float32),
    )


def label_row(label: Label) -> Row:
    return {
        "inspection_id": label.inspection_id,
        "who": label.who,
        "labelled_at": moment_text(label.labelled_at),
        "defect_class": label.defect_class,
        "regions": json.dumps([to_json(region) for region in label.regions]),
        "note": label.note,
    }


def label(row: RowMapping) -> Label:
    return Label(
        inspection_id=row["inspection_id"],
        who=row["who"],
        labelled_at=datetime.fromisoformat(row["labelled_at"]),
        defect_class=row["defect_class"],
        regions=regions(row["regions"]),
        note=row["note"],
    )


def regions(text: str) -> tuple[Region, ...]:
    """Raises StoreError where they are not as this program writes them."""
    try:
        return tuple(from_json(value) for value in json.loads(text))
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"a label's regions cannot be read: {error}; put the ledger's copy from a backup in its place"
        ) from error


def example_row(recipe: str, example: Example) -> Row:
    return {
        "recipe": recipe,
        "digest": example.digest,
        "defect_class": example.defect_class,
        "part": example.part,
        "lot": example.lot,
        "origin": str(example.origin),
        "mask_digest": example.mask_digest,
        "source": example.source,
    }


def example(row: RowMapping) -> Example:
    return Example(
        digest=row["digest"],
        defect_class=row["defect_class"],
        part=row["part"],
        lot=row["lot"],
        origin=Origin(row["origin"]),
        mask_digest=row["mask_digest"],
        source=row["source"],
    )


def note_row(note: Note) -> Row:
    return {
        "happened_at": moment_text(note.happened_at),
        "kind": note.kind,
        "recipe": note.recipe,
        "detail": json.dumps(note.detail),
    }


def event(row: RowMapping) -> Event:
    return Event(
        number=row["number"],
        happened_at=datetime.fromisoformat(row["happened_at"]),
        kind=row["kind"],
        recipe=row["recipe"],
        detail=json.loads(row["detail"]),
    )
