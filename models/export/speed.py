"""How long one invoke of a LiteRT file takes on this PC."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter

_WARM_UP, _RUNS = 5, 60


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds per invoke: the median, and what 99 of 100 stay below."""

    p50_ms: float
    p99_ms: float


def measure(model: bytes, threads: int, invokes: int = 1) -> Speed:
    """Invoke a file on an empty input. The work of a network does not depend on what it is shown.

    invokes: so many, one after the other, are timed as one, as a part in tiles needs them.
    """
    return measure_together({"": model}, threads, invokes)[""]


def measure_together(
    models: Mapping[str, bytes], threads: int, invokes: int = 1, runs: int = _RUNS
) -> dict[str, Speed]:
    """Invoke several files in turns, so that whatever else the PC does in the meantime meets all of them alike."""
    interpreters = {name: Interpreter(model_content=model, num_threads=threads) for name, model in models.items()}
    times_ms: dict[str, list[float]] = {name: [] for name in models}
    for interpreter in interpreters.values():
        interpreter.allocate_tensors()
    for _round in range(_WARM_UP + runs):
        for name, interpreter in interpreters.items():
            started_ns = time.perf_counter_ns()
            for _ in range(invokes):
                interpreter.invoke()
            times_ms[name].append((time.perf_counter_ns() - started_ns) / 1e6)
    return {name: _speed(taken[_WARM_UP:]) for name, taken in times_ms.items()}


def _speed(times_ms: list[float]) -> Speed:
    p50, p99 = np.percentile(times_ms, (50, 99))
    return Speed(round(float(p50), 3), round(float(p99), 3))
