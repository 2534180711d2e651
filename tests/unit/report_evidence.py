"""What the tests of reports start from: evidence with many parts, odd names and everything that a card can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from inspector.domain import GOOD, Example, Snapshot, SnapshotEntry, Split
from inspector.metrics import clopper_pearson
from inspector.recipe import Limits, Recipe
from inspector.reports.evidence import ROBUSTNESS, Change, Evidence, Row, Running
from tests.unit.learning_cards import RECIPE, card

ODD = "<b onload=\"x()\">&'dent'"  # a class name as a person may type it
RATE = clopper_pearson(3, 120).to_json()


def row(part: str, truth: str, score: float | None, leading: str = "dent", picture: int = 0) -> Row:
    return Row(f"{16 * hash_of(part) + picture:064x}", part, truth, score, leading)


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode(), "big") % 2**200


def rows(good: int, bad: int, seed: int = 0, truth: str = "dent") -> tuple[Row, ...]:
    """Two pictures for each part; the scores of good and defective ones overlap a little."""
    scores = np.random.default_rng(seed)
    parts = [(f"{seed}-g{n}", GOOD, -1.8) for n in range(good)] + [(f"{seed}-d{n}", truth, 0.2) for n in range(bad)]
    return tuple(
        row(part, name, float(scores.normal(middle, 1.2)), "dent" if picture else truth, picture)
        for part, name, middle in parts
        for picture in range(2)
    )


def results(**more: Any) -> dict[str, Any]:
    honest = {"auroc": 0.94, "macro_f1": 0.71, "escape_rate": RATE}
    naive = {"auroc": 0.997, "macro_f1": 0.93, "escape_rate": clopper_pearson(0, 120).to_json()}
    return {"mode": "features", "folds": 5, "split_by_part": honest, "naive_split_by_picture": naive, **more}


def receipt() -> dict[str, Any]:
    return {
        "size_bytes": 3_235_608,
        "invoke_ms": 2.4,
        "invoke_p99_ms": 4.6,
        "threads": 2,
        "machine": "2 cores <x86>",
        "agreement": 0.995,
        "views": 900,
        "weights": "ImageNet & more",
        "weights_licence": "Apache-2.0",
        "variants": [
            {"name": "int8", "size_bytes": 3_235_608, "escape": RATE, "flipped": ["p1", "p2"]},
            {"name": "float16", "size_bytes": 5_279_904, "escape": RATE, "flipped": []},
        ],
    }


def gate(model: str) -> dict[str, Any]:
    side = {
        "escape": RATE,
        "overkill": RATE,
        "recheck_good": RATE,
        "escapes_by_class": {ODD: {"missed": 1, "parts": 9}},
    }
    changed = {"part": "1-d0", "defect_class": ODD, "before": "ng", "after": "ok", "new_escape": True}
    return {
        "candidate": model,
        "champion": "v1-00000000",
        "passed": False,
        "reasons": ["1 defective part that is stopped today would pass."],
        "notes": ["A note <i>."],
        "changed": [changed],
        "after": side,
        "before": side,
    }


def evidence(golden: tuple[Row, ...] | None = None, validation: tuple[Row, ...] | None = None) -> Evidence:
    """A model with everything; the recipe runs it."""
    golden = rows(60, 40, seed=1, truth=ODD) if golden is None else golden
    validation = rows(200, 120, seed=2, truth=ODD) if validation is None else validation
    split = {Split.GOLDEN: golden, Split.TRAIN: validation}
    entries = tuple(SnapshotEntry(r.digest, r.defect_class, r.part, side) for side in split for r in split[side])
    parent = card(1, b"parent")
    model = replace(card(2, b"model", parent=parent.id), results=results(), receipt=receipt())
    limits = Limits(-0.5, 1.0)
    first, second = Running(parent.id, -1.0, 1.0), Running(model.id, -0.5, 1.0)
    when = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    return Evidence(
        card=model,
        recipe=replace(Recipe(RECIPE, part_number="CAP-1"), model_id=model.id, limits=limits),
        program="0.1.0",
        golden=golden,
        validation=validation,
        notes=("1 picture has another label today.",),
        lineage=(parent,),
        snapshot=Snapshot(RECIPE, entries),
        examples={e.digest: Example(e.digest, e.defect_class, e.part, f"L{hash_of(e.part) % 20}") for e in entries},
        remarks=("No part of class stain is in the golden set.",),
        gate=gate(model.id),
        gate_words="The answer at its promotion.",
        changes=(Change("promoted", when, "Ada <Lovelace>", first, second, "the customer waits"),),
        annexes={ROBUSTNESS: certificate(), "comparison.json": [{"backbone": "a", "auroc": 0.9}]},
    )


def certificate() -> dict[str, Any]:
    ranges = [
        {"axis": "light", "unit": "%", "low": -30, "high": 45, "low_end": "escape", "steps": [{"value": 1}]},
        {"axis": "blur", "unit": "px", "low": 0, "high": 1.5, "low_end": "none", "steps": []},
    ]
    return {
        "sentence": "Light may change by -30 to 45%.",
        "rules": {"max_rise": 0.05},
        "working": RATE,
        "ranges": ranges,
    }
