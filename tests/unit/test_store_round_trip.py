"""Whatever an inspection, a label or a picture holds, it comes back as it was."""

from __future__ import annotations

import dataclasses
import math
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.domain import (
    Box,
    Decision,
    Fitness,
    FrameStatus,
    Inspection,
    Label,
    Part,
    Reason,
    Region,
    Scores,
    Stroke,
    Timing,
    Verdict,
)
from inspector.store.entry import Entry
from inspector.store.images import ImageStore
from inspector.store.ledger import Ledger
from tests.unit.store_entries import entry

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(max_size=20)
reals = st.floats(allow_nan=False)
whole = st.integers(0, 2**62)
moments = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001  (the strategy adds the zones)
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([timezone(timedelta(hours=h)) for h in (-9, 0, 5)]),
)
all_scores = st.lists(texts, min_size=1, max_size=4).flatmap(
    lambda classes: st.builds(
        Scores,
        texts,
        st.just(tuple(classes)),
        st.tuples(*[reals for _ in classes]),
        reals,
        texts,
        st.just(np.empty((0, 0), np.float32)),
        st.just(np.empty(0, np.float32)),
    )
)
inspections = st.builds(
    Inspection,
    id=st.just(""),
    part=st.builds(Part, texts, texts, texts),
    station=texts,
    recipe_id=texts,
    model_id=texts,
    frame_digest=texts,
    frame_status=st.sampled_from(FrameStatus),
    fitness=st.none() | st.builds(Fitness, reals, reals, reals, reals, reals),
    scores=st.none() | all_scores,
    verdict=st.builds(
        Verdict,
        st.sampled_from(Decision),
        st.sampled_from(Reason),
        st.none() | texts,
        st.none() | reals,
        st.none() | reals,
    ),
)
timings = st.builds(Timing, moments, whole, whole, whole, whole)
coordinates, sides = st.integers(0, 10**5), st.integers(1, 10**5)
points = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=9).map(tuple)
marks = st.builds(Box, coordinates, coordinates, sides, sides) | st.builds(Stroke, points, sides)


@contextmanager
def fresh_ledger() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "ledger.db")) as ledger:
        yield ledger


def test_any_inspection_comes_back_equal_and_sealed() -> None:
    with fresh_ledger() as ledger:

        @FEW
        @given(inspections, timings, texts)
        def holds(inspection: Inspection, timing: Timing, recipe: str) -> None:
            own = dataclasses.replace(inspection, id=uuid.uuid4().hex)  # the same values may be drawn again
            ledger.append([Entry(own, timing, recipe, None)])
            record = ledger.record(own.id)
            assert (record.inspection, record.timing, record.recipe) == (inspection, timing, recipe)

        holds()
        assert ledger.verify() is None


def test_any_label_comes_back_equal() -> None:
    with fresh_ledger() as ledger:
        written = entry()
        ledger.append([written])

        @FEW
        @given(texts, moments, texts, st.lists(marks, max_size=3), texts)
        def holds(who: str, at: datetime, word: str, regions: list[Region], note: str) -> None:
            label = Label(written.inspection.id, who, at, word, tuple(regions), note)
            ledger.add_label(label)
            assert ledger.record(written.inspection.id).label == (None if word == "withdrawn" else label)

        holds()


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf"), -0.0, 1e-320])
def test_odd_numbers_break_neither_the_row_nor_the_seal(tmp_path: Path, odd: float) -> None:
    written = entry()
    assert written.inspection.scores is not None
    inspection = dataclasses.replace(
        written.inspection,
        scores=dataclasses.replace(written.inspection.scores, logits=(odd, odd, odd), defect=odd),
        verdict=dataclasses.replace(written.inspection.verdict, score=odd),
    )
    with closing(Ledger(tmp_path / "ledger.db")) as ledger:
        ledger.append([dataclasses.replace(written, inspection=inspection), entry(2)])
        back = ledger.record(inspection.id).inspection
        assert back.scores is not None
        assert np.array_equal(back.scores.logits, (odd, odd, odd), equal_nan=True)
        assert back.verdict.score == (None if math.isnan(odd) else odd)
        assert ledger.verify() is None


def test_any_picture_comes_back_equal(tmp_path: Path) -> None:
    with closing(ImageStore(tmp_path)) as images:

        @FEW
        @given(st.integers(16, 40), st.integers(16, 40), st.booleans(), st.integers(0, 2**32))
        def holds(height: int, width: int, colour: bool, seed: int) -> None:
            shape = (height, width, 3) if colour else (height, width)
            pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
            digest = images.put(pixels)
            assert np.array_equal(images.get(digest, verify=True), pixels)

        holds()
