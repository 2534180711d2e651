"""What a card says of each learned picture: its score, and how strongly it is named as another defect."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from inspector.domain import GOOD
from inspector.learning.errors import judged, suspects
from models.crossvalidation import Examples
from models.learning import Learned, learn
from models.progress import Progress
from tests.models.test_crossvalidation import parts
from tests.unit.learning_cards import card


def learned(examples: Examples) -> Learned:
    return learn(examples, 0, Progress(io.StringIO()))


def test_the_margin_says_whether_another_defect_than_the_labelled_one_leads() -> None:
    rows = learned(parts({GOOD: 30, "dent": 20, "scratch": 20}, shots=1, signal=2.0)).results["validation"]
    assert {row["named_margin"] for row in rows if row["defect_class"] == GOOD} == {0.0}
    bad = [row for row in rows if row["defect_class"] != GOOD]
    assert {row["named_margin"] > 0 for row in bad} == {True, False}, "so weak a signal leads to both"
    for row in bad:
        assert (row["named_margin"] > 0) == (row["leading_defect"] != row["defect_class"])


def test_of_one_defect_alone_there_is_no_other() -> None:
    rows = learned(parts({GOOD: 12, "dent": 12}, shots=1)).results["validation"]
    assert {row["named_margin"] for row in rows} == {0.0}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_defects_that_were_labelled_as_another_one_are_found(seed: int) -> None:
    examples = parts({GOOD: 40, "dent": 20, "scratch": 20}, shots=1, signal=5.0, seed=seed)
    truth = examples.truth.copy()
    swapped = np.array([41, 47, 62])
    truth[swapped] = 3 - truth[swapped]
    model = learned(replace(examples, truth=truth))
    found = suspects(judged(card(1, b"m", results=model.results), model.limits))
    named = {one.picture.digest for one in found if GOOD not in (one.picture.truth, one.looks_like)}
    assert named == {examples.digests[place] for place in swapped}
