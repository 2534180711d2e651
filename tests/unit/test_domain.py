"""The nouns keep their promises: owned pixels, stable names, misfires by the latest word."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from inspector.domain import (
    GOOD,
    UNNAMED,
    WITHDRAWN,
    Decision,
    Frame,
    FrameStatus,
    Inspection,
    Label,
    Misfire,
    Part,
    Reason,
    Record,
    Scores,
    Snapshot,
    SnapshotEntry,
    Split,
    Timing,
    Verdict,
    picture_digest,
)

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def frame(pixels: Any) -> Frame:
    return Frame(pixels, "camera", 1, 1, NOW, 0)


def inspection(decision: Decision) -> Inspection:
    verdict = Verdict(decision, Reason.BELOW_LIMITS)
    return Inspection("a", Part("1"), "s", "r@1", "v1", "d", FrameStatus.OK, None, None, verdict)


def record(decision: Decision, *words: str) -> Record:
    labels = tuple(Label("a", "anna", NOW, word) for word in words)
    return Record(inspection(decision), Timing(NOW, 1, 0, 1, 2_500_000), "r", labels)


def test_a_frame_does_not_change_with_the_buffer_it_came_from() -> None:
    buffer = np.full((2, 20, 20), 7, np.uint8)
    taken = frame(buffer[0])
    buffer[:] = 9
    assert (taken.pixels == 7).all()


def test_nobody_writes_into_a_frame() -> None:
    taken = frame(np.zeros((20, 20), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        taken.pixels[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        taken.camera = "other"  # type: ignore[misc]


def test_a_frame_that_owns_its_pixels_is_not_copied_again() -> None:
    pixels = np.zeros((20, 20), np.uint8)
    assert frame(pixels).pixels is pixels


def test_a_digest_names_shape_and_pixels_and_nothing_else() -> None:
    flat = np.arange(64, dtype=np.uint8)
    assert picture_digest(flat.reshape(8, 8)) != picture_digest(flat.reshape(4, 16))
    strided = np.zeros((8, 16), np.uint8)
    strided[:, ::2] = flat.reshape(8, 8)
    assert picture_digest(strided[:, ::2]) == picture_digest(flat.reshape(8, 8))
    assert len(picture_digest(flat.reshape(8, 8))) == 64


@pytest.mark.parametrize(
    ("decision", "words", "misfire"),
    [
        (Decision.NG, (GOOD,), Misfire.OVERKILL),
        (Decision.OK, ("dent",), Misfire.ESCAPE),
        (Decision.OK, (UNNAMED,), Misfire.ESCAPE),
        (Decision.NG, ("dent",), None),
        (Decision.OK, (GOOD,), None),
        (Decision.OK, (), None),
        (Decision.RECHECK, (GOOD,), None),
        (Decision.UNFIT, ("dent",), None),
        (Decision.OK, ("dent", GOOD), None),
        (Decision.OK, (GOOD, "dent"), Misfire.ESCAPE),
        (Decision.OK, ("dent", WITHDRAWN), None),
    ],
)
def test_a_misfire_is_a_verdict_against_the_latest_word(
    decision: Decision, words: tuple[str, ...], misfire: Misfire | None
) -> None:
    assert record(decision, *words).misfire is misfire


def test_a_withdrawn_word_does_not_count_and_stays_on_file() -> None:
    withdrawn = record(Decision.OK, "dent", WITHDRAWN)
    assert withdrawn.label is None
    assert len(withdrawn.labels) == 2


def test_the_cycle_runs_from_trigger_to_verdict() -> None:
    assert record(Decision.OK).timing.cycle_ms == pytest.approx(2.5)


def test_a_part_is_named_within_its_lot() -> None:
    assert Part("7", "L1").group != Part("7", "L2").group
    assert Part("7").group == "7"


def test_pictures_ids_and_times_take_no_part_in_a_replays_comparison() -> None:
    first = np.zeros((2, 2), np.float32)
    scores = Scores("v1", ("good", "dent"), (0.0, 1.0), 1.0, "dent", first, first)
    other = dataclasses.replace(scores, heat=first + 1)
    assert scores == other
    assert inspection(Decision.OK) == dataclasses.replace(inspection(Decision.OK), id="b")


def entries(*classes: str) -> tuple[SnapshotEntry, ...]:
    return tuple(SnapshotEntry(f"{n:064d}", name, f"p{n}", Split.TRAIN) for n, name in enumerate(classes))


def test_a_snapshot_is_named_by_its_content_in_any_order() -> None:
    content = entries(GOOD, "dent")
    assert Snapshot("r", content).id == Snapshot("r", content[::-1]).id
    moved = (dataclasses.replace(content[0], split=Split.GOLDEN), content[1])
    assert Snapshot("r", moved).id != Snapshot("r", content).id
    assert Snapshot("other", content).id != Snapshot("r", content).id


def test_a_snapshots_classes_begin_with_good() -> None:
    assert Snapshot("r", entries("stain", GOOD, "burr")).classes == (GOOD, "burr", "stain")
    assert Snapshot("r", entries("a_defect_before_good")).classes[0] == GOOD
