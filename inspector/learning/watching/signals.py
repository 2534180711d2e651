"""What is watched: each signal compares the newest parts with what they should be like, and says the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import numpy as np

from inspector.domain import Decision, Floats
from inspector.learning.watching import drift
from inspector.learning.watching.reference import Reference
from inspector.learning.watching.seen import Audit, Seen
from inspector.metrics import claim, clopper_pearson, to_json
from inspector.recipe import Recipe

LIGHT, CONTRAST, FOCUS = "light", "contrast", "focus"
SCORES, UNLIKE, STOPS, MIX, LATE = "scores", "unlike", "stops", "mix", "late"
ESCAPES, OVERKILLS = "escapes", "overkills"
CAUSES = (LIGHT, CONTRAST, FOCUS)

_LATE_SHARE = 0.01
_UNLIKE_SHARE = 0.05
_MIX_POINTS = 0.05
_MIN_SCORES = 5
_MIN_BEFORE = 100


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that was looked at. p: how well "nothing has changed" explains it; words: said if it is an alarm.

    since: when the change began, where that can be told. figures: JSON values, for a person to check.
    """

    name: str
    p: float
    words: str
    since: datetime | None
    figures: dict[str, Any]


def scores(reference: Reference, window: Sequence[Seen]) -> Iterator[Signal]:
    """Whether the raw scores could come from good and defective parts as they were taught, in any mix."""
    live = [one.score for one in window if one.score is not None]
    if min(len(reference.good), len(reference.bad), len(live)) < _MIN_SCORES:
        return
    found = drift.mixture_of(live, reference.good, reference.bad)
    good = median(reference.good)
    yield Signal(
        name=SCORES,
        p=found.p,
        words=(
            f"scores moved: no mix of good and defective parts as taught explains them; the middle part scores "
            f"{median(live):+.2f}, a good part {good:+.2f} when taught (gap {found.gap:.0%})"
        ),
        since=None,
        figures={"now": median(live), "taught_good": good, "defective_share": found.share, "gap": found.gap},
    )


def unlike(reference: Reference, embeddings: Sequence[Floats]) -> Iterator[Signal]:
    """Parts that lie further from everything taught than any taught part lies from the others."""
    taught, sample = len(reference.embeddings), len(embeddings)
    if taught < _MIN_SCORES or sample < _MIN_SCORES:
        return
    far = int((reference.distances(np.stack(embeddings)) > reference.farthest).sum())
    material = far / sample >= _UNLIKE_SHARE
    yield Signal(
        name=UNLIKE,
        p=drift.beyond_all(far, sample, taught) if material else 1.0,
        words=f"{far} of {sample} parts look unlike anything the model was taught ({taught} parts)",
        since=None,
        figures=to_json({"far": clopper_pearson(far, sample), "limit": reference.farthest, "taught": taught}),
    )


def verdicts(before: Sequence[Seen], window: Sequence[Seen]) -> Iterator[Signal]:
    """Whether more or fewer parts are stopped than before, and whether one kind of reject has become more frequent."""
    if len(before) < _MIN_BEFORE:
        return
    seen = len(window), len(before)
    now, then = _kinds(window), _kinds(before)
    stopped, stopped_then = sum(now.values()), sum(then.values())
    more = _rise((stopped, stopped_then), seen)
    fewer = _rise((seen[0] - stopped, seen[1] - stopped_then), seen)
    yield Signal(
        name=STOPS,
        p=min(1.0, 2 * min(more, fewer)),
        words=f"{'more' if more < fewer else 'fewer'} parts are stopped: {_shares((stopped, stopped_then), seen)}",
        since=None,
        figures={"now": stopped, "of": seen[0], "before": stopped_then, "of_before": seen[1]},
    )
    risen = {kind: _rise((now[kind], then[kind]), seen) for kind in sorted(now | then)}
    if risen:
        kind = min(risen, key=risen.__getitem__)
        yield Signal(
            name=MIX,
            p=min(1.0, len(risen) * risen[kind]),
            words=f"product mix: {kind} is found more often: {_shares((now[kind], then[kind]), seen)}",
            since=None,
            figures={"now": dict(now), "before": dict(then)},
        )


def _kinds(parts: Sequence[Seen]) -> Counter[str]:
    """What parts were stopped for: the class of a reject, or that they were not fit to judge."""
    return Counter(one.defect_class or str(one.decision) for one in parts if one.decision is not Decision.OK)


def _rise(hits: tuple[int, int], seen: tuple[int, int]) -> float:
    """p of "no more often than before"; 1 where the rise is too small to matter."""
    if hits[0] / seen[0] - hits[1] / seen[1] < _MIX_POINTS:
        return 1.0
    return drift.more_often(hits[0], seen[0], hits[1], seen[1])


def _shares(hits: tuple[int, int], seen: tuple[int, int]) -> str:
    return f"{hits[0] / seen[0]:.0%} of the newest {seen[0]} parts, {hits[1] / seen[1]:.0%} of the {seen[1]} before"


def late(recipe: Recipe, window: Sequence[Seen]) -> Iterator[Signal]:
    """Whether more than one answer in a hundred comes after the line's deadline."""
    deadline_ms = recipe.line.deadline_ms
    cycles = [cycle for one in window for cycle in one.cycle_ms]
    missed = sum(cycle > deadline_ms for cycle in cycles)
    middle, slow = (float(np.percentile(cycles, share)) for share in (50, 99))
    yield Signal(
        name=LATE,
        p=drift.binomial_tail(missed, len(cycles), _LATE_SHARE),
        words=f"{missed} of {len(cycles)} answers took over {deadline_ms:g} ms; one in a hundred takes {slow:.0f} ms",
        since=None,
        figures=to_json(
            {"p50_ms": middle, "p99_ms": slow, "deadline_ms": deadline_ms, "late": clopper_pearson(missed, len(cycles))}
        ),
    )


def misfires(reference: Reference, audit: Audit, decisions: Counter[Decision]) -> Iterator[Signal]:
    """Whether the audit sample finds more misfires than the golden set makes likely, at the mix of the line.

    Held against the rate that the golden set supports with even odds: its own rate would be 0 of a few parts. Every
    stopped part counts as defective and every other as good, which makes the line look as good as it can.
    """
    passed, rejected = decisions[Decision.OK], decisions[Decision.NG]
    stopped = rejected + decisions[Decision.RECHECK]
    limits, golden = reference.recipe.limits, reference.golden
    escape = claim(golden.bad.n, int(golden.bad.passed(limits.recheck)), 0.5) if golden.bad.n else 1.0
    overkill = claim(golden.good.n, int(golden.good.rejected(limits.reject)), 0.5) if golden.good.n else 1.0
    for name, found, rate, others, these, words in (
        (ESCAPES, audit.slips, escape, max(stopped, 1), passed, "audited parts that had passed were defective"),
        (OVERKILLS, audit.overkills, overkill, passed, rejected, "audited rejects were good"),
    ):
        if not found.n:
            continue
        expected = min(1.0, rate / (1 - rate) * others / these) if rate < 1 else 1.0
        hits = round(found.value * found.n)
        yield Signal(
            name=name,
            p=drift.binomial_tail(hits, found.n, expected),
            words=f"{hits} of {found.n} {words}; the golden set makes {expected:.1%} likely",
            since=None,
            figures=to_json({"share": found, "expected": expected}),
        )
