"""Whether a candidate may replace the model in use: no caught defect may slip through, and the rest is bounded.

The gate is asymmetric, since an escape reaches a customer and an overkill costs a part. It compares both models part
by part on the golden set, lists every part whose decision changed, and refuses where too few parts stand behind it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from inspector.domain import GOOD, UNLIKE, Decision
from inspector.learning.golden import outcomes_of
from inspector.learning.separation import blurred
from inspector.learning.snapshot import golden_set
from inspector.learning.validation import learned_by_both
from inspector.metrics import (
    Outcome,
    Proportion,
    auroc,
    by_part,
    claim,
    claim_sentence,
    decision_rate,
    escape_rate,
    overkill_rate,
    parts_needed,
)
from inspector.recipe import Limits
from inspector.settings import Settings
from inspector.store.workspace import Workspace

_FIRST_MIN = 3  # of good and of defective parts: below, even a perfect order of the scores may be luck at 5 %
_ONE_SIDED_5_PERCENT = 1.645
_MOST_OVERKILL = 0.5  # of a first model that knows good parts alone: more says that the good parts shown are others

Pairs: TypeAlias = tuple[Sequence[Outcome], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class GateRules:
    """What a candidate must keep to.

    max_new_escapes: defective parts that the model in use stops and the candidate lets pass.
    max_overkill_rise, max_recheck_rise: of the share of good parts, 0 to 1; one part is always allowed, as below
    1 / rise parts a single one is more than the share. Each defective part that is newly stopped allows one more
    good part to be rechecked.
    min_defective, min_good: golden parts without which nothing is decided. They suit a small start: five parts without
    a miss show a gross fault and support no figure; the report says what they do support. min_good_alone: good ones,
    where both models are from good parts: a fifth of the twenty that a first day needs; no defective one is needed.
    max_escape_claim: refuse where the golden set does not support this escape rate at `confidence`; None: no such wish.
    separation_alpha, class_alpha: refuse where all defects, or those of one class, stand out less clearly from the good
    parts than today, by a loss that equal models show no more often than that. learned_alpha: the same for the parts
    that both models learned, by swapped scores; parts of a fold share a head, so that equal models from other folds
    show it somewhat more often (docs/decisions/gate-and-split.md).
    """

    max_new_escapes: int = 0
    max_overkill_rise: float = 0.02
    max_recheck_rise: float = 0.05
    min_defective: int = 5
    min_good: int = 5
    min_good_alone: int = 4
    max_escape_claim: float | None = None
    confidence: float = 0.95
    separation_alpha: float = 0.05
    class_alpha: float = 0.01
    learned_alpha: float = 0.01


DEFAULT_RULES = GateRules()


def rules_of(settings: Settings) -> GateRules:
    """What this station's settings ask of a candidate."""
    claimed = settings.gate_escape_claim_percent
    return GateRules(
        max_new_escapes=settings.gate_new_escapes,
        max_overkill_rise=settings.gate_overkill_points / 100,
        max_recheck_rise=settings.gate_recheck_points / 100,
        max_escape_claim=claimed / 100 if claimed else None,
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """A golden part on which the two models decide differently."""

    part: str
    defect_class: str
    before: Decision
    after: Decision

    @property
    def new_escape(self) -> bool:
        return self.defect_class != GOOD and self.after is Decision.OK

    @property
    def newly_stopped(self) -> bool:
        return self.defect_class != GOOD and self.before is Decision.OK


@dataclass(frozen=True, slots=True)
class Figures:
    """One model on the golden set. escapes_by_class: (missed, parts) for each defect class."""

    escape: Proportion
    overkill: Proportion
    recheck_good: Proportion
    escapes_by_class: dict[str, tuple[int, int]]

    def to_json(self) -> dict[str, Any]:
        rates = {"escape": self.escape, "overkill": self.overkill, "recheck_good": self.recheck_good}
        table: dict[str, Any] = {name: rate.to_json() for name, rate in rates.items()}
        table["escapes_by_class"] = {
            name: {"missed": missed, "parts": parts} for name, (missed, parts) in self.escapes_by_class.items()
        }
        return table


@dataclass(frozen=True, slots=True)
class GateReport:
    """The gate's answer in writing. reasons: why not (empty where passed). notes: what else a person should know.

    champion: the model in use, None where there is none. before: None where it could not be compared.
    needed_defective, needed_good: golden parts still missing before the gate can decide.
    """

    candidate: str
    champion: str | None
    passed: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    changed: tuple[Changed, ...]
    after: Figures
    before: Figures | None
    needed_defective: int = 0
    needed_good: int = 0

    def text(self) -> str:
        """The whole answer in plain words, a line each."""
        against = f"against {self.champion}" if self.before else "by itself"
        lines = [f"{self.candidate} {against}: {'passed' if self.passed else 'refused'}."]
        lines += [f"- {line}" for line in (*self.reasons, *self.notes)]
        lines += [f"  part {c.part} ({c.defect_class}): {c.before} -> {c.after}" for c in self.changed]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        table = {
            key: getattr(self, key) for key in ("candidate", "champion", "passed", "needed_defective", "needed_good")
        }
        return table | {
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "changed": [asdict(change) | {"new_escape": change.new_escape} for change in self.changed],
            "after": self.after.to_json(),
            "before": self.before.to_json() if self.before else None,
        }


def hold_against_champion(
    workspace: Workspace, recipe_name: str, model_id: str, rules: GateRules | None = None
) -> GateReport:
    """Hold a candidate against the model in use, on today's golden set, each at the limits it would run with.

    rules: None: those of the workspace's settings.
    A model in use that was made for another region than the recipe cuts today cannot run, and so is no champion.
    Raises ModelError where the candidate does not fit the recipe, StoreError where a golden picture is gone.
    """
    recipe = workspace.recipes.load(recipe_name)
    candidate = workspace.versions.load(recipe_name, model_id)
    in_use = workspace.versions.load(recipe_name, recipe.model_id) if recipe.model_id else None
    champion = in_use if in_use and in_use.card.view_id == recipe.view_id else None
    golden = golden_set(workspace, recipe_name)
    words = {example.digest: example.defect_class for example in workspace.ledger.examples(recipe_name)}
    suggested = Limits(candidate.card.recheck_limit, candidate.card.reject_limit)
    return judge(
        outcomes_of(workspace, recipe, champion, golden, recipe.limits) if champion else None,
        outcomes_of(workspace, recipe, candidate, golden, suggested),
        rules or rules_of(workspace.settings),
        champion_id=recipe.model_id or None,
        candidate_id=model_id,
        classes=candidate.card.classes,
        champion_classes=champion.card.classes if champion else (),
        learned=learned_by_both(champion.card, candidate.card, words) if champion else None,
    )


def judge(
    champion: Sequence[Outcome] | None,
    candidate: Sequence[Outcome],
    rules: GateRules = DEFAULT_RULES,
    *,
    champion_id: str | None = None,
    candidate_id: str = "candidate",
    classes: Sequence[str] = (),
    champion_classes: Sequence[str] = (),
    learned: Pairs | None = None,
) -> GateReport:
    """Compare two models' outcomes on the same golden parts; champion None: there is no model in use yet.

    classes, champion_classes: those that each of them knows; one that the candidate knows and that is without a golden
    part is named in the notes. learned: what champion and candidate say of the parts that both learned, by heads that
    had not seen them: one Outcome for each part, in the same order.
    """
    after = by_part(candidate)
    before = None if champion is None else by_part(champion)
    if before is not None and [part.part for part in before] != [part.part for part in after]:
        raise ValueError("the two models were not held against the same golden parts")
    from_good = UNLIKE in classes and (before is None or UNLIKE in champion_classes)
    needed = _needed(after, rules, first=before is None, from_good=from_good)
    reasons = _too_few(after, needed)
    if not reasons:
        reasons = _first(after) if before is None else _compare(before, after, rules)
        reasons += _blurred_where_learned(learned, rules)
        reasons += _forgotten(after, classes, champion_classes)
        reasons += _unsupported(after, rules)
    return GateReport(
        candidate=candidate_id,
        champion=champion_id,
        passed=not reasons,
        reasons=tuple(reasons),
        notes=(
            *_claimed(after, rules),
            *(_overkill_seen(before, after) if from_good else ()),
            *_notes(after, classes, learned, uncompared=champion_id if before is None else None),
        ),
        changed=() if before is None else _changed(before, after),
        after=_figures(after, rules.confidence),
        before=None if before is None else _figures(before, rules.confidence),
        needed_defective=needed[0],
        needed_good=needed[1],
    )


def _needed(parts: Sequence[Outcome], rules: GateRules, *, first: bool, from_good: bool) -> tuple[int, int]:
    """How many defective and good golden parts are missing.

    from_good: both models stop what is unlike good parts, whether or not anybody has labelled it, so that golden
    defects count as they come and none is waited for.
    """
    defective = sum(part.defective for part in parts)
    minima = (_FIRST_MIN, _FIRST_MIN) if first else (rules.min_defective, rules.min_good)
    if from_good:
        minima = (0, 1 if first else rules.min_good_alone)
    return max(0, minima[0] - defective), max(0, minima[1] - (len(parts) - defective))


def _too_few(parts: Sequence[Outcome], needed: tuple[int, int]) -> list[str]:
    defective = sum(part.defective for part in parts)
    present = (defective, len(parts) - defective)
    return [
        f"The golden set has {have} {kind} parts; {missing} more are needed before anything can be said. {advice}"
        for kind, have, missing, advice in zip(("defective", "good"), present, needed, _advice(needed), strict=True)
        if missing
    ]


def _advice(needed: tuple[int, int]) -> tuple[str, str]:
    """What fills the golden set up for sure: of each class one part in five is held back, and the first of two."""
    defective, good = needed
    others = "of a new one" if defective == 1 else f"each of {defective} new ones"
    return (
        f"Label or import {5 * defective} more of one defect, or 2 {others}, and train again.",
        f"Show, label or import {5 * good} more good parts, and train again.",
    )


def _first(parts: Sequence[Outcome]) -> list[str]:
    """A first model has nothing to be compared with: it must beat chance, in its scores and at its limits.

    Source of the bound: the normal approximation of U under no difference (Mann and Whitney, 1947).
    """
    judged = [(part.defective, part.score) for part in parts if part.score is not None]
    bad = sum(defective for defective, _ in judged)
    good = len(judged) - bad
    defective = sum(part.defective for part in parts)
    if not good or (defective and not bad):
        return ["On none of the good or none of the defective golden parts could the model be used at all."]
    if min(defective, len(parts) - defective) < _FIRST_MIN:  # of a model from good parts: no order of so few says much
        return _rejecting_good(parts) + (_stopping_no_more(parts) if defective else [])
    bound = 0.5 + _ONE_SIDED_5_PERCENT * math.sqrt((bad + good + 1) / (12 * bad * good))
    area = auroc([defective for defective, _ in judged], [score for _, score in judged])
    reasons = []
    if area <= bound:
        reasons.append(
            f"It does not tell defective from good parts better than chance: AUROC {area:.2f} over {bad} defective and "
            f"{good} good golden parts; more than {bound:.2f} is needed."
        )
    return reasons + _stopping_no_more(parts)


def _stopping_no_more(parts: Sequence[Outcome]) -> list[str]:
    caught = 1 - escape_rate(parts).value
    rejected = overkill_rate(parts).value
    if caught > rejected:
        return []
    return [
        f"At its limits it stops {caught:.0%} of the defective and rejects {rejected:.0%} of the good golden parts."
    ]


def _rejecting_good(parts: Sequence[Outcome]) -> list[str]:
    """Where hardly a defect is golden, all that can be seen is whether good parts get through."""
    rejected = overkill_rate(parts)
    if rejected.value <= _MOST_OVERKILL:
        return []
    said = f"It rejects {rejected.value:.0%} of the {rejected.n} good golden parts"
    return [f"{said}; at most {_MOST_OVERKILL:.0%} may be."]


def _compare(before: Sequence[Outcome], after: Sequence[Outcome], rules: GateRules) -> list[str]:
    reasons = []
    escapes = [change for change in _changed(before, after) if change.new_escape]
    if len(escapes) > rules.max_new_escapes:
        named = ", ".join(f"{change.part} ({change.defect_class})" for change in escapes)
        reasons.append(
            f"{len(escapes)} defective parts that are stopped today would pass: {named}; at most "
            f"{rules.max_new_escapes} may."
        )
    # A person's look costs little, an escape costs much: each defect newly stopped buys one look at a good part.
    stopped = sum(change.newly_stopped for change in _changed(before, after))
    for decision, words, rise, bought in (
        (Decision.NG, "rejected", rules.max_overkill_rise, 0),
        (Decision.RECHECK, "sent to a person", rules.max_recheck_rise, stopped),
    ):
        was, now, good = (_good(before, decision), _good(after, decision), sum(not part.defective for part in after))
        allowed = max(1, math.floor(rise * good)) + bought
        if now - was > allowed:
            reasons.append(
                f"{now} of {good} good parts would be {words}, {was} are today; at most {allowed} more may be."
            )
    blurs = blurred(before, after, rules.separation_alpha, rules.class_alpha)
    return reasons + [blur.sentence("golden") for blur in blurs]


def _blurred_where_learned(learned: Pairs | None, rules: GateRules) -> list[str]:
    """Both sides may be chance of how parts were dealt into folds, so the bound is stricter than on golden parts."""
    if learned is None:
        return []
    return [blur.sentence("learned") for blur in blurred(*learned, rules.learned_alpha, rules.learned_alpha)]


def _forgotten(parts: Sequence[Outcome], classes: Sequence[str], champion_classes: Sequence[str]) -> list[str]:
    """A class that is there and was known: a few golden parts of it may still be stopped by luck."""
    golden = Counter(part.defect_class for part in parts)
    gone = sorted(set(golden) & set(champion_classes) - set(classes))
    return [
        f"It was not taught class {name}, which the model in use knows; {golden[name]} golden parts are of that class. "
        "Label more parts of it, or these anew where there is no such class any more."
        for name in gone
    ]


def _good(parts: Iterable[Outcome], decision: Decision) -> int:
    return sum(not part.defective and part.decision is decision for part in parts)


def _unsupported(parts: Sequence[Outcome], rules: GateRules) -> list[str]:
    wish = rules.max_escape_claim
    bad = [part for part in parts if part.defective]
    missed = sum(part.escaped for part in bad)
    if wish is None or claim(len(bad), missed, rules.confidence) <= wish:
        return []
    needed = parts_needed(wish, rules.confidence)
    return [
        f"The rules ask for at most {wish:.1%} escapes with {rules.confidence:.0%} confidence; {missed} missed of "
        f"{len(bad)} defective golden parts do not support it. It takes {needed} with none missed."
    ]


def _changed(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[Changed, ...]:
    pairs = zip(before, after, strict=True)
    return tuple(
        Changed(now.part, now.defect_class, was.decision, now.decision)
        for was, now in pairs
        if was.decision is not now.decision
    )


def _figures(parts: Sequence[Outcome], confidence: float) -> Figures:
    bad = [part for part in parts if part.defective]
    classes = sorted({part.defect_class for part in bad})
    return Figures(
        escape=escape_rate(parts, confidence),
        overkill=overkill_rate(parts, confidence),
        recheck_good=decision_rate((part for part in parts if not part.defective), Decision.RECHECK, confidence),
        escapes_by_class={
            name: (
                sum(part.escaped for part in bad if part.defect_class == name),
                sum(part.defect_class == name for part in bad),
            )
            for name in classes
        },
    )


def _claimed(parts: Sequence[Outcome], rules: GateRules) -> tuple[str]:
    bad = [part for part in parts if part.defective]
    return (claim_sentence(len(bad), sum(part.escaped for part in bad), confidence=rules.confidence),)


def _overkill_seen(before: Sequence[Outcome] | None, after: Sequence[Outcome]) -> tuple[str, ...]:
    """Where hardly a golden part is defective it is all that was seen; so it is said also where it passes."""
    good = sum(not part.defective for part in after)
    today = "" if before is None else f", {_good(before, Decision.NG)} are today"
    return (f"Of {good} good golden parts {_good(after, Decision.NG)} would be rejected{today}.",) if good else ()


def _notes(
    parts: Sequence[Outcome],
    classes: Sequence[str],
    learned: Pairs | None,
    uncompared: str | None,
) -> tuple[str, ...]:
    unguarded = sorted(set(classes) - {part.defect_class for part in parts} - {UNLIKE})
    notes = [
        f"No golden part is of class {name}: whether it is missed cannot be seen here. The next part of it that is "
        "labelled becomes golden when you train again."
        for name in unguarded
    ]
    if learned and learned[1]:
        defective = sum(part.defective for part in learned[1])
        notes.append(
            f"Also compared on {len(learned[1])} parts that both models learned ({defective} of them defective), each "
            "scored by a head that had not seen it: how clearly it tells them apart."
        )
    if uncompared:
        notes.append(f"{uncompared}, the model in use, does not fit the recipe any more and was not compared.")
    return tuple(notes)
