"""Whether a candidate still sets the defects apart from the good parts as clearly as the model in use does.

Decisions alone are a coarse measure: on few parts a model that has become worse may still decide every part as
before. How far the defects' scores lie from those of the good parts shows it much earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from inspector.metrics import Outcome

SWAPS = 2000
_AT_ONCE = 100
_MIN_GOOD, _MIN_DEFECTIVE = 5, 3  # below, a spread is no spread
_STILL = 1e-9  # of scores that do not differ at all

Numbers: TypeAlias = npt.NDArray[np.float64]
Truth: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Blur:
    """A loss of separation beyond chance. defect_class: "" for all defects together.

    before, after: how far the defective parts lie above the good ones, in standard deviations of the good scores.
    chance: how often it would come out so or worse between models that are equally clear.
    """

    defect_class: str
    defective: int
    good: int
    before: float
    after: float
    chance: float

    def sentence(self, kind: str) -> str:
        """In plain words. kind: of parts, as "golden"."""
        what = f"the {kind} parts of class {self.defect_class}" if self.defect_class else f"the defective {kind} parts"
        return (
            f"It sets {what} less clearly apart from the good ones than the model in use: by {self.after:.1f} instead "
            f"of {self.before:.1f} standard deviations of the good parts' scores ({self.defective} defective, "
            f"{self.good} good {kind} parts; with the two models' scores swapped at random at most "
            f"{max(self.chance, 0.001):.1%} come out so)."
        )


def blurred(before: Sequence[Outcome], after: Sequence[Outcome], alpha: float, class_alpha: float) -> tuple[Blur, ...]:
    """What the candidate tells less clearly: all defects together, tested at alpha, and each class, at class_alpha.

    before, after: one Outcome for each part, in the same order. A part that either could not score is left out.
    """
    pairs = [(was, now) for was, now in zip(before, after, strict=True) if _scored(was) and _scored(now)]
    classes = sorted({now.defect_class for _, now in pairs if now.defective})
    tests = [(_test("", pairs), alpha)]
    if len(classes) > 1:
        tests += [(_test(name, [pair for pair in pairs if _concerns(pair[1], name)]), class_alpha) for name in classes]
    return tuple(blur for blur, level in tests if blur is not None and blur.chance <= level)


def _concerns(part: Outcome, defect_class: str) -> bool:
    return not part.defective or part.defect_class == defect_class


def _scored(part: Outcome) -> bool:
    return part.score is not None and bool(np.isfinite(part.score))


def _test(defect_class: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Blur | None:
    bad = np.array([now.defective for _, now in pairs], dtype=bool)
    defective, good = int(bad.sum()), int((~bad).sum())
    if defective < _MIN_DEFECTIVE or good < _MIN_GOOD:
        return None
    was = np.array([pair[0].score for pair in pairs], dtype=np.float64)
    now = np.array([pair[1].score for pair in pairs], dtype=np.float64)
    before, after = float(separation(was, bad)), float(separation(now, bad))
    return Blur(defect_class, defective, good, before, after, chance_of(was, now, bad))


def separation(scores: Numbers, bad: Truth) -> Numbers:
    """Mean of the defective minus mean of the good, over the good ones' standard deviation, along the last axis."""
    good = scores[..., ~bad]
    gap = scores[..., bad].mean(axis=-1) - good.mean(axis=-1)
    return np.asarray(gap / np.maximum(good.std(axis=-1), _STILL))


def chance_of(was: Numbers, now: Numbers, bad: Truth) -> float:
    """How often a loss like that of `now` against `was` comes up if the two models' scores are swapped part by part.

    Of equal models either could have given either score, once both are on one scale. The p-value counts the observed
    case too, so that it holds with any number of swaps. Sources: E. J. G. Pitman, JRSS Supplement 4 (1937) 119-130;
    B. Phipson, G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010). Deterministic.
    """
    first, second = _scaled(was), _scaled(now)
    observed = separation(second, bad) - separation(first, bad)
    chance = np.random.default_rng(0)
    as_bad = 0
    for _ in range(SWAPS // _AT_ONCE):
        swap = chance.random((_AT_ONCE, len(bad))) < 0.5
        loss = separation(np.where(swap, first, second), bad) - separation(np.where(swap, second, first), bad)
        as_bad += int((loss <= observed + _STILL).sum())
    return (1 + as_bad) / (1 + SWAPS)


def _scaled(scores: Numbers) -> Numbers:
    return np.asarray((scores - scores.mean()) / max(float(scores.std()), _STILL))
