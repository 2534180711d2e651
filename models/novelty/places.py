"""How many places a model of good parts remembers: as many as are worth it, as far as the time and the RAM allow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inspector.domain import Floats
from inspector.errors import TrainingError
from inspector.learning.anomaly import RAM, SEEN, TIME, WORTH
from models.export.speed import measure_together
from models.head import Head
from models.network import THREADS
from models.novelty.graph import attach_novelty
from models.novelty.heat import Heat, Scale
from models.novelty.model import Model
from models.novelty.novelty import CENTRES, DIRECTIONS, Density, Memory, Novelty, Projection
from models.novelty.seer import Seer
from models.novelty.sight import Sight
from models.novelty.tiles import WHOLE

LADDER = (250, 500, CENTRES)  # more find no more (docs/decisions/novelty.md)
_AMPLE = 2.0  # times what a part takes: with so much time a glance tells that it is enough
_GLANCES = 5
_RUNS = 20  # enough for a middle: on a busy PC each takes ten times as long, and somebody waits


@dataclass(frozen=True, slots=True)
class Budget:
    """What is allowed. ms: of time for looking at one part, all its pieces; mb: of RAM for the places at work."""

    ms: float
    mb: float


@dataclass(frozen=True, slots=True)
class Places:
    """How many to remember. mb: of RAM that they take; ms: that a part takes, None where it is far from the budget.

    bound: what keeps them from being more: WORTH, TIME, RAM or SEEN. Where ms exceeds the budget, they are the fewest
    there are: the network takes most of the time, and only a person can say what to do without.
    """

    count: int
    mb: float
    ms: float | None
    bound: str
    budget: Budget

    @classmethod
    def within(cls, budget: Budget, network: bytes, seer: Seer, pieces: int) -> Places:
        """As many as the budget allows for parts of so many pieces. network: what the seer runs.

        The time is taken here, and closely only where it may be short. Raises TrainingError where RAM is too little
        for the fewest.
        """
        sight, glance_ms = _glance(seer)
        rungs = [count for count in LADDER if ram_mb(count, sight) <= budget.mb]
        if not rungs:
            raise TrainingError(
                f"memory_mb: expected at least {ram_mb(LADDER[0], sight):.2f} MB, for the {LADDER[0]} places that a "
                f"model of good parts remembers at least, received {budget.mb:g}; allow more"
            )
        most = rungs[-1]
        bound = WORTH if most == LADDER[-1] else RAM
        if _AMPLE * WHOLE * glance_ms * pieces <= budget.ms:
            return cls(most, ram_mb(most, sight), None, bound, budget)
        times_ms = {count: pieces * ms for count, ms in _timed(network, sight, rungs).items()}
        count = max((one for one, ms in times_ms.items() if ms <= budget.ms), default=rungs[0])
        within = count == most and times_ms[count] <= budget.ms
        return cls(count, ram_mb(count, sight), times_ms[count], bound if within else TIME, budget)

    def at_most(self, count: int) -> Places:
        """The same, where no more different places were seen."""
        if count >= self.count:
            return self
        return replace(self, count=count, mb=self.mb * count / self.count, bound=SEEN)

    def to_json(self) -> dict[str, Any]:
        """For a card's results."""
        return {
            "places": self.count,
            "mb": round(self.mb, 3),
            "ms": None if self.ms is None else round(self.ms, 3),
            "bound": self.bound,
            "budget_mb": self.budget.mb,
            "budget_ms": self.budget.ms,
        }


def ram_mb(count: int, sight: Sight) -> float:
    """Of so many places at work, 4 bytes a number: themselves, and every place of a sight's distance to each."""
    directions = min(DIRECTIONS, sight.places.shape[1])
    return float(4e-6 * count * (directions + len(sight.places)))


def _glance(seer: Seer) -> tuple[Sight, float]:
    """What is seen of a blank view, and about how many ms it takes."""
    blank = np.zeros((*seer.size, 3), np.uint8)
    sight, times_ms = seer.see(blank), []
    for _ in range(_GLANCES):
        started_ns = time.perf_counter_ns()
        seer.see(blank)
        times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
    return sight, float(np.median(times_ms))


def _timed(network: bytes, sight: Sight, rungs: Sequence[int]) -> dict[int, float]:
    """Milliseconds of one invoke with so many places: the fewest and the most in turns, linear in between."""
    ends = rungs[0], rungs[-1]
    files = {str(count): attach_novelty(network, blank_model(count, sight)) for count in ends}
    speeds = measure_together(files, THREADS, runs=_RUNS)
    return {count: float(np.interp(count, ends, [speeds[str(end)].p50_ms for end in ends])) for count in rungs}


def blank_model(count: int, sight: Sight) -> Model:
    """One that remembers so many places and knows nothing: its file takes the time of one that does."""
    features, channels = len(sight.summary), sight.places.shape[1]
    directions = min(DIRECTIONS, channels)
    every = sum(level.shape[-1] for level in sight.levels)
    gaussian = Density(_blank(features), _blank(features), _blank(1, features))  # 64 axes take a hundredth more
    seen = Projection(_blank(channels, directions), _blank(directions))
    novelty = Novelty(
        seen, Memory(_blank(count, directions)), gaussian, Head(_blank(1, features), _blank(1)), _blank(3), 0
    )
    nothing = Scale(near=1, damage=1, offset=0, share=0, middle=0)
    known = Head(_blank(0, features), _blank(0))
    return Model(novelty, known, Heat(Projection(_blank(every, 1), _blank(1)), nothing))


def _blank(*shape: int) -> Floats:
    return np.zeros(shape, np.float32)
