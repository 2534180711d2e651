"""An optimisation process that speaks the protocol and measures nothing: `python -m ... MODE optimise --job FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from inspector.store.cards import CARD, MODEL, write_card
from tests.unit.learning_cards import card

Job = dict[str, Any]


def row(job: Job, name: str, **changed: Any) -> dict[str, Any]:
    digest = json.loads(Path(job["snapshot"]).read_text())["entries"][0]["digest"]
    flip = {"digest": digest, "part": "cap-1", "defect_class": "dent", "split": "golden"}
    return {
        "variant": name,
        "quantisation": name,
        "objection": "",
        "size_bytes": 3_200_000,
        "invoke_ms": 1.5,
        "invoke_p99_ms": 2.0,
        "views": 30,
        "same_verdict": 1.0,
        "sure": [14, 14],
        "contradicted": [0, 0],
        "correlation": 0.999,
        "golden_parts": 12,
        "worse_parts": 0,
        "flipped": [flip | {"before": "ng", "after": "ok", "worse": True}],
        **changed,
    }


def fill(job: Job, winner: str | None, parent: str | None = None) -> None:
    output, original = Path(job["output"]), Path(job["model"]).name
    rows = [row(job, name) for name in job["variants"]]
    rows.append({"variant": "pruned", "quantisation": "float32-pruned", "objection": "it cannot be pruned"})
    table = {"winner": winner, "variants": rows}
    (output / "variants.json").write_text(json.dumps(table))
    if winner not in (None, "int8"):
        model = json.dumps(job["steps"]).encode()
        (output / "model").mkdir()
        (output / "model" / MODEL).write_bytes(model)
        write_card(card(job["number"], model, parent=parent or original), output / "model" / CARD)


def leave_half(job: Job) -> None:
    (Path(job["output"]) / "variants.json").write_text('{"winner": "qat"')


MODES = {
    "qat-wins": lambda job: fill(job, "qat"),
    "stays": lambda job: fill(job, "int8"),
    "nothing-fits": lambda job: fill(job, None),
    "other-parent": lambda job: fill(job, "qat", parent="v9-00000000"),
    "half": leave_half,
    "silent": lambda _: None,
}

if __name__ == "__main__":
    mode, verb, option, file = sys.argv[1:]
    assert (verb, option) == ("optimise", "--job")
    asked = json.loads(Path(file).read_text())
    MODES[mode](asked)
    sys.stdout.write(json.dumps({"step": "qat", "done": 1, "total": 1, "remaining_s": None}) + "\n")
    sys.stdout.write(json.dumps({"result": asked["output"]}) + "\n")
