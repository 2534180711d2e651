"""Entries for the store's tests: whole inspections, each of another part, with pictures that differ."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import numpy as np

from inspector.domain import (
    Decision,
    Fitness,
    FrameStatus,
    Inspection,
    Part,
    Pixels,
    Reason,
    Scores,
    Timing,
    Verdict,
    picture_digest,
)
from inspector.store.entry import Entry

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def picture(seed: int, height: int = 24, width: int = 32) -> Pixels:
    """A grey picture (height, width) that no other seed gives."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def scores() -> Scores:
    return Scores(
        model_id="v1-0123abcd",
        classes=("good", "crack", "dent"),
        logits=(0.25, 1.5, -3.0),
        defect=1.26,
        leading_defect="crack",
        heat=np.zeros((7, 7), dtype=np.float32),
        embedding=np.zeros(16, dtype=np.float32),
    )


def entry(  # each argument is what some test varies
    number: int = 1,
    *,
    recipe: str = "cap",
    decision: Decision = Decision.NG,
    inspected_at: datetime = NOON,
    pixels: Pixels | None = None,
    serial: str | None = None,
    status: FrameStatus = FrameStatus.OK,
    inspection_id: str | None = None,
) -> Entry:
    inspection = Inspection(
        id=inspection_id or uuid.uuid4().hex,
        part=Part(serial or f"S{number:06d}", "L7", "4711"),
        station="line-3",
        recipe_id=f"{recipe}@0123456789ab",
        model_id="v1-0123abcd",
        frame_digest=picture_digest(picture(number) if pixels is None else pixels),
        frame_status=status,
        fitness=Fitness(120.5, 0.01, 0.02, 33.0, 0.4),
        scores=scores(),
        verdict=Verdict(decision, Reason.ABOVE_REJECT_LIMIT, "crack", 1.26, 0.5),
    )
    return Entry(inspection, Timing(inspected_at, number, 10**9, 2 * 10**9, 3 * 10**9), recipe, pixels)


def pictured(number: int, **varied: int) -> Entry:
    """An entry whose picture is to be kept."""
    return entry(number, pixels=picture(number, **varied))
