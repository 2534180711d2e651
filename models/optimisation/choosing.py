"""Which variant of a model ships: the fastest that stays within the drop that was allowed, by its own measurements."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inspector.domain import Decision, SnapshotEntry, Split
from inspector.metrics import Outcome, auroc, by_part
from inspector.pipeline.judge import decide
from inspector.recipe import Limits
from models.export.speed import Speed
from models.export.verification import Agreement

# Two files that differ by less are equally fast: the next run would order them otherwise.
AS_FAST = 1.05
_SEVERITY = (Decision.OK, Decision.RECHECK, Decision.NG)


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture as one variant scores it. score: Scores.defect."""

    entry: SnapshotEntry
    score: float

    def outcome(self, limits: Limits) -> Outcome:
        return Outcome(self.entry.part, self.entry.defect_class, decide(self.score, limits), self.score)


@dataclass(frozen=True, slots=True)
class Flip:
    """A picture on which a variant decides otherwise than the float model. worse: further from the truth."""

    digest: str
    part: str
    defect_class: str
    split: str
    before: Decision
    after: Decision
    worse: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """What one variant is and does.

    refusal: why it could not be made, "" where it was; then the rest is None or empty. classes: of the golden parts,
    by true class, how many were decided rightly by the float model and by this one. worse_parts: of golden_parts.
    auroc: over the golden parts, None where one side is missing.
    """

    name: str
    quantisation: str
    refusal: str = ""
    size_bytes: int = 0
    speed: Speed | None = None
    agreement: Agreement | None = None
    auroc: float | None = None
    classes: dict[str, dict[str, int]] | None = None
    flips: tuple[Flip, ...] = ()
    golden_parts: int = 0
    worse_parts: int = 0

    def objection(self, max_drop: float) -> str:
        """Why it may not ship, in plain words; "" where it may."""
        if self.agreement is None:
            return self.refusal
        if not self.agreement.holds:
            return str(self.agreement)
        if self.worse_parts > max_drop * self.golden_parts:
            return (
                f"the verdict of {self.worse_parts} of {self.golden_parts} golden parts turns to the worse (at most "
                f"{max_drop:.1%} allowed)"
            )
        return ""

    def to_json(self, max_drop: float) -> dict[str, Any]:
        about = {"variant": self.name, "quantisation": self.quantisation, "objection": self.objection(max_drop)}
        if self.agreement is None or self.speed is None:
            return about
        return about | {
            "size_bytes": self.size_bytes,
            "invoke_ms": self.speed.p50_ms,
            "invoke_p99_ms": self.speed.p99_ms,
            **asdict(self.agreement),
            "auroc": self.auroc,
            "classes": self.classes,
            "golden_parts": self.golden_parts,
            "worse_parts": self.worse_parts,
            "flipped": [asdict(flip) for flip in self.flips],
        }


def measured(
    name: str,
    quantisation: str,
    size_bytes: int,
    speed: Speed,
    agreement: Agreement,
    before: Sequence[Seen],
    after: Sequence[Seen],
    limits: Limits,
) -> Variant:
    """before, after: the same pictures, in the same order, as the float model and this variant score them."""
    was = _golden(before, limits)
    now = _golden(after, limits)
    return Variant(
        name=name,
        quantisation=quantisation,
        size_bytes=size_bytes,
        speed=speed,
        agreement=agreement,
        auroc=_auroc(now),
        classes=_classes(was, now),
        flips=tuple(_flips(before, after, limits)),
        golden_parts=len(now),
        worse_parts=sum(map(_worse, was, now)),
    )


def _golden(seen: Sequence[Seen], limits: Limits) -> list[Outcome]:
    return by_part(one.outcome(limits) for one in seen if one.entry.split is Split.GOLDEN)


def _worse(before: Outcome, after: Outcome) -> bool:
    """A defect is judged less severely than before, or a good part more so."""
    rise = _SEVERITY.index(after.decision) - _SEVERITY.index(before.decision)
    return rise < 0 if before.defective else rise > 0


def _flips(before: Sequence[Seen], after: Sequence[Seen], limits: Limits) -> list[Flip]:
    pairs = ((old.entry, old.outcome(limits), new.outcome(limits)) for old, new in zip(before, after, strict=True))
    return [
        Flip(
            entry.digest,
            entry.part,
            entry.defect_class,
            str(entry.split),
            was.decision,
            now.decision,
            _worse(was, now),
        )
        for entry, was, now in pairs
        if was.decision is not now.decision
    ]


def _classes(before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    parts = Counter(part.defect_class for part in before)
    was, now = (Counter(part.defect_class for part in parts if _right(part)) for parts in (before, after))
    return {name: {"parts": parts[name], "before": was[name], "after": now[name]} for name in sorted(parts)}


def _right(part: Outcome) -> bool:
    """Good parts pass; defective ones do not."""
    return part.defective != (part.decision is Decision.OK)


def _auroc(parts: Sequence[Outcome]) -> float | None:
    scored = [(part.defective, part.score) for part in parts if part.score is not None]
    value = auroc([defective for defective, _ in scored], [score for _, score in scored])
    return None if math.isnan(value) else round(value, 4)


def choose(variants: Sequence[Variant], max_drop: float, present: str) -> Variant | None:
    """The fastest without an objection; among equally fast ones the one that agrees best, and rather `present`.

    present: the variant that the model is now. None where there is an objection to every one.
    """
    fit = [variant for variant in variants if not variant.objection(max_drop)]
    if not fit:
        return None
    fastest = min(_ms(variant) for variant in fit)

    def merit(variant: Variant) -> tuple[float, bool, float]:
        assert variant.agreement is not None
        return variant.agreement.same_verdict, variant.name == present, variant.agreement.correlation

    return max((variant for variant in fit if _ms(variant) <= AS_FAST * fastest), key=merit)


def _ms(variant: Variant) -> float:
    assert variant.speed is not None
    return variant.speed.p50_ms
