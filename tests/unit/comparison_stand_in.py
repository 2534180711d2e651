"""A comparison process that speaks the protocol and measures nothing: `python -m ... MODE compare --job FILE`."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any


def row(backbone: str, area: float, invoke_ms: float, **changed: Any) -> dict[str, Any]:
    """A row of the table as a real comparison writes it."""
    share = {"value": 0.1, "low": 0.02, "high": 0.3, "n": 12}
    figures = {"value": area, "low": area - 0.05, "high": min(area + 0.05, 1.0), "n": 30}
    return {
        "backbone": backbone,
        "auroc": figures,
        "macro_f1": {"value": area, "low": None, "high": None, "n": 30},
        "pictures": 60,
        "parts": {"good": 18, "dent": 12},
        "folds": 5,
        "escape_at_5_percent_overkill": share,
        "logme": -0.25,
        "surely_worse": False,
        "invoke_ms": invoke_ms,
        "size_bytes": 3_200_000,
        "macs": 346_000_000,
    } | changed


ABSENT = {"backbone": "vgg16", "reason": "its weights are not on this PC; put vgg16.h5 into /keras", "missing": True}


def table(job: dict[str, Any]) -> dict[str, Any]:
    snapshot = json.loads(Path(job["snapshot"]).read_text())
    return {
        "recipe": snapshot["recipe"],
        "snapshot": snapshot["id"],
        "seed": job["seed"],
        "suggested": "fast",
        "ranked": [row("best", 0.93, 9.0), row("fast", 0.92, 2.0)],
        "not_ranked": [ABSENT, {"backbone": "asked", "reason": json.dumps(job["backbones"]), "missing": False}],
    }


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(mode: str, job: dict[str, Any]) -> None:
    output = Path(job["output"])
    say(step="fast: probe", done=1, total=2, remaining_s=None)
    content = {
        "works": json.dumps(table(job)),
        "other-snapshot": json.dumps(table(job) | {"snapshot": "f" * 64}),
        "half": json.dumps(table(job))[:200],
        "no-rows": json.dumps({"recipe": "cap"}),
    }.get(mode)
    if mode == "hangs":
        signal.pause()
    if content is not None:
        (output / "comparison.json").write_text(content)
    say(result=str(output))


if __name__ == "__main__":
    chosen, verb, option, file = sys.argv[1:]
    assert (verb, option) == ("compare", "--job")
    main(chosen, json.loads(Path(file).read_text()))
