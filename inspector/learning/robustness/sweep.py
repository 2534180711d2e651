"""How far one disturbance may go: outward until the operating point no longer holds, then by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

from inspector.domain import Decision, Fitness
from inspector.learning.robustness.disturbances import Axis
from inspector.metrics import Outcome, Proportion, by_part, decision_rate, escape_rate, overkill_rate

Judged = Sequence[tuple[Outcome, Fitness]]  # each picture as the pipeline judged it, and as its frame looked


class Broken(StrEnum):
    """What ended a range. END: nothing did, as far as was tried. NONE: the axis has no such side."""

    ESCAPE = "escape"
    OVERKILL = "overkill"
    STOPPED = "stopped"
    END = "end"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class HoldRules:
    """When the operating point holds under a disturbance: no defective part passes that is stopped without it, and

    max_overkill_rise: at most this share of the good parts is rejected (NG) in addition, and
    max_stopped_rise: at most this share of them does not pass (NG, RECHECK or UNFIT) in addition; one part always may.
    """

    max_overkill_rise: float = 0.05
    max_stopped_rise: float = 0.2


DEFAULT_RULES = HoldRules()


@dataclass(frozen=True, slots=True)
class Step:
    """The parts at one value of a disturbance. unfit: of all parts; an UNFIT part closes the gate and is no escape.

    new_escapes: parts that pass here and not at the working point. broken_by: None where the operating point holds.
    brightness, contrast, focus: medians over the pictures, units as in Fitness: what a camera would show of it.
    """

    value: float
    escape: Proportion
    overkill: Proportion
    recheck: Proportion
    unfit: Proportion
    new_escapes: tuple[str, ...]
    broken_by: Broken | None
    brightness: float
    contrast: float
    focus: float

    def to_json(self) -> dict[str, Any]:
        rates = {name: getattr(self, name).to_json() for name in ("escape", "overkill", "recheck", "unfit")}
        rest = {name: getattr(self, name) for name in self.__slots__ if name not in rates}
        return rest | rates | {"new_escapes": list(self.new_escapes)}


def measure_step(value: float, judged: Judged, working: Judged, rules: HoldRules = DEFAULT_RULES) -> Step:
    """What became of the pictures at one value, against the same pictures undisturbed."""
    parts = by_part(outcome for outcome, _ in judged)
    before = by_part(outcome for outcome, _ in working)
    passed = {part.part for part in before if part.escaped}
    new_escapes = tuple(part.part for part in parts if part.escaped and part.part not in passed)
    looks = [fitness for _, fitness in judged]
    return Step(
        value=value,
        escape=escape_rate(parts),
        overkill=overkill_rate(parts),
        recheck=decision_rate(parts, Decision.RECHECK),
        unfit=decision_rate(parts, Decision.UNFIT),
        new_escapes=new_escapes,
        broken_by=_broken(parts, before, bool(new_escapes), rules),
        brightness=median(fitness.brightness for fitness in looks),
        contrast=median(fitness.contrast for fitness in looks),
        focus=median(fitness.focus for fitness in looks),
    )


def _broken(parts: Sequence[Outcome], before: Sequence[Outcome], escapes: bool, rules: HoldRules) -> Broken | None:
    if escapes:
        return Broken.ESCAPE
    good = sum(not part.defective for part in parts)
    if _rejected(parts) - _rejected(before) > max(1, math.floor(rules.max_overkill_rise * good)):
        return Broken.OVERKILL
    if _stopped(parts) - _stopped(before) > max(1, math.floor(rules.max_stopped_rise * good)):
        return Broken.STOPPED
    return None


def _rejected(parts: Iterable[Outcome]) -> int:
    return sum(part.overkilled for part in parts)


def _stopped(parts: Iterable[Outcome]) -> int:
    return sum(not part.defective and part.decision is not Decision.OK for part in parts)


@dataclass(frozen=True, slots=True)
class End:
    """The outermost value that was tried and held, and what broke the next one."""

    value: float
    broken_by: Broken


@dataclass(frozen=True, slots=True)
class Range:
    """Where the operating point holds on one axis. steps: everything that was tried, by value."""

    axis: str
    unit: str
    low: End
    high: End
    steps: tuple[Step, ...]

    def step(self, value: float) -> Step:
        """What was measured at a value that was tried."""
        return next(step for step in self.steps if step.value == value)


def explore(axis: Axis, look: Callable[[float], Step]) -> Range:
    """The range around the neutral value of one axis, to the axis' precision.

    look: the Step at a value. Each side is tried outward until a step breaks, then halved between the last that held
    and the one that broke, taking for granted that it breaks once: what lies between two steps is not proved.
    """
    seen: dict[int, Step] = {0: look(axis.neutral)}

    def holds(count: int) -> bool:
        seen[count] = look(axis.value(count))
        return seen[count].broken_by is None

    low, high = _side(axis, axis.below, seen, holds), _side(axis, axis.above, seen, holds)
    return Range(axis.name, axis.unit, low, high, tuple(seen[count] for count in sorted(seen)))


def _side(axis: Axis, side: Sequence[int], seen: dict[int, Step], holds: Callable[[int], bool]) -> End:
    held, broken = 0, 0  # the neutral value holds by definition, so 0 stands for: nothing broke
    for count in side:
        if not holds(count):
            broken = count
            break
        held = count
    while broken and abs(broken - held) > 1:
        middle = (held + broken) // 2
        held, broken = (middle, broken) if holds(middle) else (held, middle)
    if not side:
        return End(axis.neutral, Broken.NONE)
    return End(axis.value(held), (seen[broken].broken_by or Broken.END) if broken else Broken.END)


def most_steps(axis: Axis) -> int:
    """How often `explore` looks at the most."""
    return 1 + sum(_most(side) for side in (axis.below, axis.above))


def _most(side: Sequence[int]) -> int:
    gaps = [abs(far - near) for near, far in zip((0, *side), side, strict=False)]
    return max((tried + math.ceil(math.log2(gap)) for tried, gap in enumerate(gaps, start=1)), default=0)
