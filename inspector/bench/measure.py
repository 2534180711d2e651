"""One figure, its bare floor, and how two things are timed fairly against each other."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Measure:
    """value and bare in `unit`; ratio = value / bare; limit: what the ratio (or, for MB and s, the value) must hold.

    forbidden: what must not happen at all, and how often it did in this run. holds: whether both are as they should be.
    extra: what else was counted.
    """

    value: float
    bare: float
    unit: str
    limit: float
    limit_on: str = "ratio"
    forbidden: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.value / self.bare if self.bare else float("nan")

    @property
    def holds(self) -> bool:
        within = (self.ratio if self.limit_on == "ratio" else self.value) <= self.limit
        return within and not any(self.forbidden.values())


def interleaved_ms(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median milliseconds of two calls timed in turn, so that a change of the PC's speed hits both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for call in (first, second):
        for _ in range(5):
            call()
    for _ in range(rounds):
        for call, kept in zip((first, second), times, strict=True):
            began = time.perf_counter_ns()
            call()
            kept.append((time.perf_counter_ns() - began) / 1e6)
    return statistics.median(times[0]), statistics.median(times[1])


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
