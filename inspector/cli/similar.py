"""`inspector review --samples`: the good part and the defect that one inspection looks most like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from inspector.cli.screen import answer, progress_bar
from inspector.domain import Record
from inspector.errors import ModelError, StoreError
from inspector.learning.limit_samples import LimitSample, gather
from inspector.store.workspace import Workspace


def row_of(workspace: Workspace, record: Record) -> dict[str, Any]:
    """One inspection as a row of the answer."""
    inspection = record.inspection
    return {
        "inspection": inspection.id,
        "part": inspection.part.group,
        "verdict": str(inspection.verdict.decision),
        "defect_class": inspection.verdict.defect_class or "",
        "score": inspection.verdict.score,
        "picture": str(workspace.images.path(inspection.frame_digest)),
    }


def tell_samples(workspace: Workspace, chosen: argparse.Namespace) -> None:
    """The good part and the defect that one inspection looks most like."""
    recipe, record = workspace.recipes.load(chosen.recipe), workspace.ledger.record(chosen.samples)
    if record.recipe != recipe.name:
        raise StoreError(f"{chosen.samples}: expected an inspection of {recipe.name}, received one of {record.recipe}")
    with progress_bar() as advance:
        samples = gather(workspace, recipe, sys.maxsize, lambda done, total: advance("looking", done, total))
    nearest = samples.of(record.inspection) if samples else None
    if samples is None or nearest is None:
        raise ModelError(f"{chosen.samples}: the part is not found in its picture, so it looks like nothing taught")
    found = {"good": _sample_row(workspace, nearest.good), "defect": _sample_row(workspace, nearest.defect)}
    row = row_of(workspace, record) | {"defects_taught": samples.defects_taught} | found
    answer(chosen.json, row, lambda: _sample_lines(row))


def _sample_row(workspace: Workspace, sample: LimitSample | None) -> dict[str, Any] | None:
    if sample is None:
        return None
    return {**asdict(sample), "words": sample.words, "picture": str(workspace.images.path(sample.digest))}


def _sample_lines(row: dict[str, Any]) -> Iterator[str]:
    good, defect, taught = row["good"], row["defect"], row["defects_taught"]
    yield f"{row['inspection']}  {row['part']} {row['verdict']} {row['defect_class']}".rstrip()
    yield f"most similar good part: {good['words'] if good else 'none but itself'}"
    if defect:
        yield f"most similar {'' if taught else 'labelled '}defect: {defect['defect_class']}, {defect['words']}"
    else:
        yield f"most similar defect: none {'but itself' if taught else 'was taught or labelled'}"
