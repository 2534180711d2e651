"""A models program for measuring: it teaches nobody, and delivers a real file that takes bright pictures for dents.

`python -m tests.unit.bench_stand_in train | optimise --job FILE`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.domain import GOOD, Split
from inspector.store.cards import CARD, MODEL, write_card
from tests.unit.learning_cards import card
from tests.unit.learning_rooms import brightness_model

Job = dict[str, Any]
NAIVE = {"auroc": 0.999, "macro_f1": 0.99}
SIZE = 3_000_000


def row(entry: dict[str, Any]) -> dict[str, Any]:
    """An out-of-fold score without an error: 3 above zero for a defect, 3 below for a good part."""
    shown = {key: entry[key] for key in ("digest", "part", "defect_class")}
    return {**shown, "score": 3.0 if entry["defect_class"] != GOOD else -3.0, "leading_defect": "dent"}


def train(job: Job) -> None:
    snapshot = json.loads(Path(job["snapshot"]).read_text())
    learned = [row(one) for one in snapshot["entries"] if one["split"] == Split.TRAIN]
    results = {"validation": learned, "naive_split_by_picture": NAIVE}
    model = brightness_model()
    made = card(job["number"], model, snapshot_id=snapshot["id"], results=results)
    output = Path(job["output"])
    (output / MODEL).write_bytes(model)
    write_card(replace(made, recipe=snapshot["recipe"]), output / CARD)


def optimise(job: Job) -> None:
    golden = [e for e in json.loads(Path(job["snapshot"]).read_text())["entries"] if e["split"] == Split.GOLDEN]
    flips = [{"digest": golden[0]["digest"], "split": "golden"}, {"digest": "0", "split": "train"}]
    variants = [
        variant("int8", 0.98, 2.0, SIZE, flips),
        variant("float", 0.97, 4.0, 4 * SIZE, []),
    ]
    (Path(job["output"]) / "variants.json").write_text(json.dumps({"winner": "int8", "variants": variants}))


def variant(name: str, auroc: float, invoke_ms: float, size_bytes: int, flipped: list[Any]) -> dict[str, Any]:
    about = {"variant": name, "quantisation": name, "objection": "", "flipped": flipped}
    return {**about, "auroc": auroc, "invoke_ms": invoke_ms, "size_bytes": size_bytes}


if __name__ == "__main__":
    verb, _, file = sys.argv[1:]
    asked = json.loads(Path(file).read_text())
    sys.stdout.write(json.dumps({"step": verb, "done": 1, "total": 1, "remaining_s": None}) + "\n")
    {"train": train, "optimise": optimise}[verb](asked)
    sys.stdout.write(json.dumps({"result": asked["output"]}) + "\n")
