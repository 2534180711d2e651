"""Misfires are told from parts that were drawn by lot: what people choose to look at says nothing of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from inspector.domain import (
    GOOD,
    UNNAMED,
    Decision,
    Fitness,
    FrameStatus,
    Inspection,
    Label,
    Part,
    Reason,
    Record,
    Timing,
    Verdict,
)
from inspector.learning.review import audit_lot
from inspector.learning.watching.seen import Audit, audited, seen_parts
from inspector.metrics import clopper_pearson
from tests.unit.watched_lines import MONDAY


def record(number: int, decision: Decision = Decision.OK, truth: str | None = None, serial: str = "") -> Record:
    inspection = Inspection(
        id=f"i{number:06d}",
        part=Part(serial or f"{number:06d}", "L1"),
        station="line",
        recipe_id="cap@0",
        model_id="v1-00000000",
        frame_digest=f"{number:064x}",
        frame_status=FrameStatus.OK,
        fitness=Fitness(100.0 + number, 0.0, 0.0, 30.0, 0.5),
        scores=None,
        verdict=Verdict(decision, Reason.BELOW_LIMITS, "dent" if decision is Decision.NG else None, 0.0, 0.0),
    )
    at = MONDAY + timedelta(seconds=number)
    labels = () if truth is None else (Label(inspection.id, "ann", at, truth),)
    return Record(inspection, Timing(at, number, 0, 1, 20_000_000), "cap", labels)


def told(record: Record, truth: str) -> Record:
    return replace(record, labels=(Label(record.inspection.id, "ann", MONDAY, truth),))


def kept(_: str) -> bool:
    return True


def audit(records: Sequence[Record]) -> Audit:
    return audited(records, kept)


def with_lowest_lots(records: list[Record], truths: Sequence[str]) -> list[Record]:
    """As the review does: the lowest lots are labelled first."""
    drawn = sorted(records, key=audit_lot)[: len(truths)]
    words = dict(zip((one.inspection.id for one in drawn), truths, strict=True))
    return [told(one, words[one.inspection.id]) if one.inspection.id in words else one for one in records]


def test_labels_by_lot_count_and_each_kind_by_its_own_misfire() -> None:
    passed = with_lowest_lots([record(number) for number in range(100)], [GOOD] * 4 + ["dent", UNNAMED] + [GOOD] * 5)
    rejected = with_lowest_lots(
        [record(number, Decision.NG) for number in range(100, 120)], ["dent"] * 3 + [GOOD, "dent"]
    )
    found = audit([*passed, *rejected])
    assert found == Audit(clopper_pearson(2, 11), clopper_pearson(1, 5))


def test_what_somebody_picked_for_its_looks_does_not_count() -> None:
    records = [record(number) for number in range(200)]
    highest = sorted(records, key=audit_lot)[50:]
    picked = {one.inspection.id for one in highest}
    marked = [told(one, "dent") if one.inspection.id in picked else one for one in records]
    assert audit(marked).slips.n == 0


def test_a_word_that_was_taken_back_is_no_label() -> None:
    records = with_lowest_lots([record(number) for number in range(50)], [GOOD] * 5)
    first = min(records, key=audit_lot)
    withdrawn = replace(first, labels=(*first.labels, Label(first.inspection.id, "ann", MONDAY, "withdrawn")))
    assert audit([withdrawn if one is first else one for one in records]).slips.n == 0


def test_parts_without_a_picture_cannot_be_audited_and_do_not_end_the_sample() -> None:
    records = [record(number) for number in range(60)]
    order = sorted(records, key=audit_lot)
    lost = {order[0].inspection.frame_digest, order[3].inspection.frame_digest}
    labelled = {one.inspection.id for one in (order[1], order[2], order[4])}
    marked = [told(one, GOOD) if one.inspection.id in labelled else one for one in records]
    assert audited(marked, lambda digest: digest not in lost).slips.n == 3
    assert audit(marked).slips.n == 0


def test_several_pictures_of_one_part_are_one_trial() -> None:
    records = with_lowest_lots([record(number, serial=f"s{number // 3}") for number in range(30)], [GOOD] * 30)
    assert audit(records).slips.n == 10


@pytest.mark.parametrize("rate", [0.02, 0.1])
def test_the_sample_is_fair_although_people_flag_what_they_see(rate: float) -> None:
    """Half of the defective parts that passed are flagged by somebody; 12 parts of each 500 are audited by lot."""
    chance = np.random.default_rng(11)
    hits = trials = flagged = 0
    for life in range(8):
        records = []
        for block in range(4):
            mine = [record(life * 2000 + block * 500 + number) for number in range(500)]
            truths = {one.inspection.id: "dent" if chance.random() < rate else GOOD for one in mine}
            drawn = {one.inspection.id for one in sorted(mine, key=audit_lot)[:12]}
            for one in mine:
                truth = truths[one.inspection.id]
                seen = truth != GOOD and chance.random() < 0.5
                flagged += seen
                records.append(told(one, truth) if seen or one.inspection.id in drawn else one)
        found = audit(records).slips
        hits += round(found.value * found.n)
        trials += found.n
    interval = clopper_pearson(hits, trials, confidence=0.99)
    assert interval.low <= rate <= interval.high
    assert trials >= 8 * 4 * 10 and flagged > 10 * hits * rate  # far more flags than would be fair to count


@pytest.mark.parametrize("drawn", [5, 10, 30])
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_the_sample_is_fair_where_every_overkill_is_marked_by_somebody(rate: float, drawn: int) -> None:
    """Those at its end would join it, and few audits would then be mostly overkills."""
    chance = np.random.default_rng(5)
    hits = trials = 0
    for life in range(60):
        mine = [record(life * 500 + number, Decision.NG) for number in range(120)]
        truths = {one.inspection.id: GOOD if chance.random() < rate else "dent" for one in mine}
        unmarked = [one for one in sorted(mine, key=audit_lot) if truths[one.inspection.id] != GOOD]
        audited_ones = {one.inspection.id for one in unmarked[:drawn]}
        known = audited_ones | {name for name, truth in truths.items() if truth == GOOD}
        found = audit([told(one, truths[one.inspection.id]) if one.inspection.id in known else one for one in mine])
        hits += round(found.overkills.value * found.overkills.n) if found.overkills.n else 0
        trials += found.overkills.n
    interval = clopper_pearson(hits, trials, confidence=0.99)
    assert interval.low <= rate <= interval.high


def test_without_an_audit_what_people_marked_is_no_sample() -> None:
    rejected = [record(number, Decision.NG) for number in range(100)]
    assert audit([told(one, GOOD) if number < 40 else one for number, one in enumerate(rejected)]).overkills.n == 0


def test_pictures_of_one_part_that_follow_each_other_are_one_part() -> None:
    shown = [
        record(1, serial="a"),
        record(2, Decision.RECHECK, serial="a"),
        record(3, serial="b"),
        record(4, serial="a"),
    ]
    parts = seen_parts(shown)
    assert [part.decision for part in parts] == [Decision.RECHECK, Decision.OK, Decision.OK]
    assert parts[0].look("brightness") == pytest.approx(101.5) and len(parts[0].cycle_ms) == 2


def test_a_part_of_which_no_picture_came_has_no_light() -> None:
    lost = record(1, Decision.UNFIT)
    part = seen_parts([replace(lost, inspection=replace(lost.inspection, fitness=None))])[0]
    assert part.look("focus") is None and part.score is None


def test_the_reviews_order_is_fair_to_every_decision() -> None:
    """The lot knows nothing of what was decided: the lowest hundred hold each decision in its share."""
    records = [record(number, Decision.NG if number % 4 == 0 else Decision.OK) for number in range(2000)]
    lowest = Counter(one.inspection.verdict.decision for one in sorted(records, key=audit_lot)[:400])
    assert lowest[Decision.NG] == pytest.approx(100, abs=35)
