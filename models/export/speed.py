"""How long one invoke of a LiteRT file takes on this PC."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter

_WARM_UP, _RUNS = 5, 60


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds per invoke: the median, and what 99 of 100 stay below."""

    p50_ms: float
    p99_ms: float


def measure(model: bytes, threads: int) -> Speed:
    """Invoke a file on an empty input. The work of a network does not depend on what it is shown."""
    interpreter = Interpreter(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    times_ms = []
    for _ in range(_WARM_UP + _RUNS):
        started_ns = time.perf_counter_ns()
        interpreter.invoke()
        times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
    p50, p99 = np.percentile(times_ms[_WARM_UP:], (50, 99))
    return Speed(round(float(p50), 3), round(float(p99), 3))
