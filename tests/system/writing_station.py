"""A station's writer as a process of its own, to be killed: prints the id of each entry once it is acknowledged.

Started as `python -m tests.system.writing_station WORKSPACE PARTS SEED`; ends after PARTS entries, or with a fault.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from inspector.errors import StoreError
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer
from tests.unit.store_entries import pictured

READY = "ready"


def say(ids: Sequence[str]) -> None:
    """One write for each id: a kill in between must not cut an id in half."""
    for each in ids:
        sys.stdout.write(f"{each}\n")
        sys.stdout.flush()


def run(folder: Path, parts: int, seed: int) -> int:
    """Submit as fast as the disk takes it, with at most 30 entries under way."""
    under_way = threading.Semaphore(30)
    faults: list[StoreError] = []

    def durable(ids: Sequence[str]) -> None:
        say(ids)
        under_way.release(len(ids))

    def fault(error: StoreError) -> None:
        faults.append(error)
        under_way.release()

    with (
        Workspace.open(folder) as workspace,
        Writer(
            lambda: workspace.ledger, workspace.images, on_durable=durable, on_fault=fault, commit_ms=3, free_space_mb=0
        ) as writer,
    ):
        workspace.ledger.events()  # opened now, so that a kill finds it writing
        say([READY])
        for number in range(parts):
            under_way.acquire()
            if faults:
                break
            writer.submit(pictured(seed * 1_000_000 + number, height=120, width=160))
    for error in faults:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
