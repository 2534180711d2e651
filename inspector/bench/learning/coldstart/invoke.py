"""What score, heat map and embedding cost on top of the bare network, in time and in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from inspector.bench.inside import bare_interpreter
from inspector.bench.learning.coldstart.good_parts import HOW, cookie_task, tried
from inspector.bench.learning.finding import Figure, Finding, at_least, at_most
from inspector.bench.learning.trials import Bench, Trial
from inspector.bench.measure import interleaved_ms
from inspector.errors import ModelError

THREADS = (1, 2)
_ROUNDS = 300
_MEMORY = "to_centres_weights"  # what the file calls the remembered places
_ABOUT = (
    "The cookies' model: one invoke with score, heat map and embedding, against one of the bare network that it stands "
    "on, at {height} x {width} pixels, in turns; medians of {rounds}. " + HOW
)
_REMARKS = ("The bare network ends with the three levels that the model reads: none of what follows is paid twice.",)


def invoke(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, ModelError where there is no bare network."""
    done = tried(bench, cookie_task(bench))
    card, model = done.version.card, done.version.model
    bare = _bare_network(bench, done)
    rows = [_row(model, bare, threads) for threads in THREADS]
    places, size_bytes = memory_of(model)
    ratios = {
        f"ratio_{row['threads']}": Figure(row["ratio"], f"time of the bare network's, {_worded(row)}", at_most(1.5))
        for row in rows
    }
    memory = {
        "places": Figure(float(places), "places remembered", at_least(1000)),
        "memory_mb": Figure(size_bytes / 1e6, "remembered places in the file", at_most(40.0), unit="MB"),
    }
    about = _ABOUT.format(height=card.input_height, width=card.input_width, rounds=_ROUNDS)
    return Finding(about, ratios | memory, rows, _REMARKS)


def _worded(row: dict[str, Any]) -> str:
    return f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}"


def _row(model: Path, bare: Path, threads: int) -> dict[str, Any]:
    ours, floor = (bare_interpreter(file, threads)[0] for file in (model, bare))
    ours_ms, bare_ms = interleaved_ms(ours.invoke, floor.invoke, _ROUNDS)
    return {"threads": threads, "model_ms": ours_ms, "bare_ms": bare_ms, "ratio": ours_ms / bare_ms}


def _bare_network(bench: Bench, done: Trial) -> Path:
    """The one that the training kept for the next, by the name that the model's receipt gives."""
    wanted = done.version.card.receipt.get("feature_network")
    for about in sorted((bench.workspace.cache / "networks").glob("*/about.json")):
        if _id_of(about) == wanted:
            return about.with_name("network.tflite")
    raise ModelError(
        f"{done.version.card.id}: the network that it stands on ({wanted}) is not in {bench.workspace.cache}/networks; "
        "expected that its training keeps it there; this program's parts do not fit each other"
    )


def _id_of(about: Path) -> str | None:
    """None where the file is not readable: a training would build that network anew, too."""
    try:
        return str(json.loads(about.read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def memory_of(model: Path) -> tuple[int, int]:
    """How many places a model's file remembers, and their size in bytes. Raises ModelError where it remembers none."""
    tensors = bare_interpreter(model, 1)[0].get_tensor_details()
    found = [tensor for tensor in tensors if tensor["name"] == _MEMORY]
    if not found:
        raise ModelError(f"{model}: expected remembered places ({_MEMORY}), as a model of good parts has them")
    shapes = [tuple(int(side) for side in tensor["shape"]) for tensor in found]
    sizes = [int(np.prod(shape)) * np.dtype(one["dtype"]).itemsize for shape, one in zip(shapes, found, strict=True)]
    return sum(shape[0] for shape in shapes), sum(sizes)
