"""How fast the store is: a line of 100 parts a second has to be no effort for it."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import StoreError
from inspector.opencv import cv2
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from inspector.store.writer import Writer
from tests.unit.store_entries import entry, picture

log = logging.getLogger(__name__)  # the figures: pytest -m slow --log-cli-level=INFO tests/speed

PARTS = 500
PER_S = 100.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def camera_pictures() -> list[Entry]:
    """Grey pictures of 640 x 480 with the noise of a camera on a smooth part."""
    blurred = cv2.GaussianBlur(picture(0, 480, 640), (0, 0), 12).astype(np.float32)
    smooth = np.interp(blurred, (blurred.min(), blurred.max()), (40, 200)).astype(np.uint8)
    return [entry(number, pixels=smooth + picture(number, 480, 640) // 32) for number in range(PARTS)]


class Watch:
    """When each entry was submitted, and how long its acknowledgement took."""

    def __init__(self) -> None:
        self.submitted_s: dict[str, float] = {}
        self.waited_s: list[float] = []
        self.faults: list[StoreError] = []

    def durable(self, ids: Sequence[str]) -> None:
        now = time.perf_counter()
        self.waited_s += [now - self.submitted_s[each] for each in ids]


def test_a_line_of_100_parts_a_second_is_recorded_with_its_pictures(tmp_path: Path) -> None:
    entries, watch, pace = camera_pictures(), Watch(), threading.Event()
    with Workspace.create(tmp_path / "workspace") as workspace:
        cpu, start = time.process_time(), time.perf_counter()
        with Writer(
            lambda: workspace.ledger, workspace.images, on_durable=watch.durable, on_fault=watch.faults.append
        ) as writer:
            for number, each in enumerate(entries):
                watch.submitted_s[each.inspection.id] = time.perf_counter()
                writer.submit(each)
                pace.wait(max(0.0, start + (number + 1) / PER_S - time.perf_counter()))
        took_s, cpu = time.perf_counter() - start, time.process_time() - cpu
        waits = statistics.quantiles(watch.waited_s, n=100)
        log.info(
            "%.0f parts/s, durable after %.0f ms (median), %.0f ms (99 of 100), %.1f ms of processor a part",
            *(PARTS / took_s, waits[49] * 1e3, waits[98] * 1e3, cpu / PARTS * 1e3),
        )
        assert watch.faults == []
        assert workspace.ledger.verify() is None
    assert took_s < PARTS / PER_S * 1.1
    assert waits[98] < 1.0


def test_what_the_store_could_take_at_most(tmp_path: Path) -> None:
    entries, watch = camera_pictures(), Watch()
    with Workspace.create(tmp_path / "workspace") as workspace:
        start = time.perf_counter()
        watch.submitted_s = {each.inspection.id: start for each in entries}
        with Writer(
            lambda: workspace.ledger,
            workspace.images,
            on_durable=watch.durable,
            on_fault=watch.faults.append,
            queue_size=PARTS,
        ) as writer:
            for each in entries:
                writer.submit(each)
        took_s = time.perf_counter() - start
    log.info("%.0f parts/s with their pictures", PARTS / took_s)
    assert watch.faults == [] and len(watch.waited_s) == PARTS
    assert PARTS / took_s > PER_S


def test_opening_a_ledger_of_100_000_inspections_takes_no_time(tmp_path: Path) -> None:
    with Workspace.create(tmp_path / "workspace") as workspace:
        for _ in range(100):
            workspace.ledger.append([entry(number) for number in range(1000)])
    start = time.perf_counter()
    with Workspace.open(tmp_path / "workspace") as workspace:
        opened_s = time.perf_counter() - start
        assert len(workspace.ledger.records(recipe="cap", labelled=False, limit=100)) == 100
        first_page_s = time.perf_counter() - start - opened_s
        start = time.perf_counter()
        assert workspace.ledger.verify() is None
        verified_s = time.perf_counter() - start
    log.info("opened %.0f ms, first page %.0f ms, verified %.1f s", opened_s * 1e3, first_page_s * 1e3, verified_s)
    assert opened_s < 0.5 and first_page_s < 0.5
