"""A workspace whose model was taught plain pictures: it sees nothing but their grey level, so distances can be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from inspector.domain import GOOD, Pixels, Record, Snapshot, SnapshotEntry, Split
from inspector.learning import snapshot as snapshots
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, publish
from tests.unit.store_entries import entry

GOOD_LEVELS = range(40, 76, 3)  # twelve parts, each 3 from the next
DENT_LEVELS = range(150, 198, 4)  # twelve parts, each 4 from the next
SCRATCH_LEVELS = (210, 230)


def plain(level: int) -> Pixels:
    """A picture whose embedding by the brightness model is this level, three times."""
    return np.full((24, 32), level, np.uint8)


def taught_as(workspace: Workspace, levels: dict[int, str], split: Split = Split.TRAIN) -> list[SnapshotEntry]:
    """A stored picture for each level."""
    digests = workspace.images.put_many([plain(level) for level in levels])
    named = zip(digests, levels.items(), strict=True)
    return [SnapshotEntry(digest, name, f"p{level}", split) for digest, (level, name) in named]


def classes() -> dict[int, str]:
    levels = dict.fromkeys(GOOD_LEVELS, GOOD) | dict.fromkeys(DENT_LEVELS, "dent")
    return levels | dict.fromkeys(SCRATCH_LEVELS, "scratch")


def teach(workspace: Workspace, entries: list[SnapshotEntry], **promises: Any) -> None:
    """Put the brightness model in use, as if it had been taught these."""
    snapshot = Snapshot(RECIPE, tuple(sorted(entries)))
    snapshots.save(snapshot, workspace.snapshots)
    number = len(workspace.versions.list(RECIPE)) + 1
    version = publish(workspace, number, brightness_model(), snapshot_id=snapshot.id, **promises)
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), model_id=version.card.id))


def inspected(workspace: Workspace, number: int, pixels: Pixels, serial: str | None = None) -> Record:
    made = entry(number, recipe=RECIPE, pixels=pixels, serial=serial)
    workspace.images.put(pixels)
    workspace.ledger.append([made])
    return workspace.ledger.record(made.inspection.id)
