"""Cards for models that nobody runs: what they promise is what a test is about."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from inspector.domain import GOOD, ONE_TILE, ModelCard, Tiles
from inspector.recipe import Limits, Recipe

RECIPE = "cap"
CLASSES = (GOOD, "dent", "scratch")
LIMITS = Limits(recheck=-1.0, reject=1.0)


def card(
    number: int,
    model: bytes,
    *,
    snapshot_id: str = "0" * 64,
    parent: str | None = None,
    limits: Limits = LIMITS,
    results: dict[str, Any] | None = None,
    view_id: str | None = None,
    classes: tuple[str, ...] = CLASSES,
    backbone: str = "efficientnet-lite0",
    tiles: Tiles = ONE_TILE,
) -> ModelCard:
    digest = hashlib.sha256(model).hexdigest()
    return ModelCard(
        id=f"v{number}-{digest[:8]}",
        number=number,
        recipe=RECIPE,
        backbone=backbone,
        classes=classes,
        input_height=16,
        input_width=16,
        mean=127.0,
        scale=128.0,
        quantisation="int8",
        view_id=view_id or Recipe(RECIPE).view_id,
        snapshot_id=snapshot_id,
        parent=parent,
        seed=0,
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        recheck_limit=limits.recheck,
        reject_limit=limits.reject,
        model_digest=digest,
        results=results or {},
        tiles=tiles,
    )
