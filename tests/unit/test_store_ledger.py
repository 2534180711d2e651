"""The ledger: what is appended comes back as it was, in the order and the selection that was asked for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from inspector.domain import (
    GOOD,
    UNNAMED,
    WITHDRAWN,
    Box,
    Decision,
    Example,
    FrameStatus,
    Label,
    Misfire,
    Origin,
    Reason,
    Stroke,
    Verdict,
)
from inspector.errors import DatasetError, StoreError
from inspector.store.ledger import Ledger
from tests.unit.store_entries import NOON, entry, picture


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db", clock=lambda: NOON)
    yield opened
    opened.close()


def label(inspection_id: str, defect_class: str, minute: int = 0) -> Label:
    return Label(inspection_id, "mia", NOON + timedelta(minutes=minute), defect_class, (Box(1, 2, 3, 4),), "by eye")


def ids(ledger: Ledger, **asked: object) -> list[str]:
    return [record.inspection.id for record in ledger.records(**asked)]  # type: ignore[arg-type]


def test_an_inspection_comes_back_as_it_was(ledger: Ledger) -> None:
    written = entry()
    ledger.append([written])
    record = ledger.record(written.inspection.id)
    assert record.inspection == written.inspection
    assert record.inspection.id == written.inspection.id
    assert record.timing == written.timing
    assert (record.recipe, record.labels) == ("cap", ())
    assert record.inspection.scores is not None
    assert record.inspection.scores.heat.size == record.inspection.scores.embedding.size == 0


def test_an_inspection_without_scores_and_fitness_comes_back_without(ledger: Ledger) -> None:
    written = entry(status=FrameStatus.MISSING)
    bare = dataclasses.replace(
        written.inspection, fitness=None, scores=None, verdict=Verdict(Decision.UNFIT, Reason.FRAME_MISSING)
    )
    ledger.append([dataclasses.replace(written, inspection=bare)])
    assert ledger.record(bare.id).inspection == bare


def test_what_was_appended_is_there_for_the_next_program(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.db")
    written = entry()
    first.append([written])
    first.close()
    second = Ledger(tmp_path / "ledger.db")
    assert second.record(written.inspection.id).inspection == written.inspection
    second.close()


def test_an_unknown_inspection_is_named(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match=r"ledger\.db: there is no inspection 'nobody'"):
        ledger.record("nobody")


def test_a_group_is_appended_whole_or_not_at_all(ledger: Ledger) -> None:
    twice = entry(inspection_id="same")
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.append([entry(1), twice, twice])
    assert ledger.records() == []


def test_an_empty_group_is_no_write(ledger: Ledger) -> None:
    ledger.append([])
    assert ledger.records() == []


def test_records_come_newest_first_or_oldest_first(ledger: Ledger) -> None:
    written = [entry(n) for n in range(5)]
    ledger.append(written)
    order = [each.inspection.id for each in written]
    assert ids(ledger, newest_first=False) == order
    assert ids(ledger) == order[::-1]
    assert ids(ledger, limit=2) == [order[4], order[3]]
    assert ids(ledger, limit=None) == order[::-1]


def test_pages_follow_each_other_without_gap_or_repeat(ledger: Ledger) -> None:
    ledger.append([entry(n) for n in range(7)])
    pages, before = [], None
    while page := ids(ledger, before=before, limit=3):
        pages.append(page)
        before = page[-1]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [each for page in pages for each in page] == ids(ledger)


def test_records_are_selected_by_recipe_decision_serial_and_time(ledger: Ledger) -> None:
    late = NOON + timedelta(hours=1)
    cap = entry(1, recipe="cap", decision=Decision.OK, serial="A")
    lid = entry(2, recipe="lid", decision=Decision.NG, serial="B", inspected_at=late)
    ledger.append([cap, lid])
    assert ids(ledger, recipe="cap") == [cap.inspection.id]
    assert ids(ledger, decision=Decision.NG) == [lid.inspection.id]
    assert ids(ledger, serial="A") == [cap.inspection.id]
    assert ids(ledger, since=late) == [lid.inspection.id]
    assert ids(ledger, until=late) == [cap.inspection.id]
    assert ids(ledger, recipe="cap", decision=Decision.NG) == []


def test_times_are_compared_across_time_zones(ledger: Ledger) -> None:
    ledger.append([entry(1, inspected_at=NOON)])
    east = timezone(timedelta(hours=9))
    assert len(ids(ledger, since=datetime(2025, 3, 1, 20, 59, tzinfo=east))) == 1
    assert ids(ledger, since=datetime(2025, 3, 1, 21, 1, tzinfo=east)) == []
    assert ledger.records()[0].timing.inspected_at == NOON
    assert ledger.records()[0].timing.inspected_at.tzinfo == UTC


def test_every_decision_is_counted(ledger: Ledger) -> None:
    ledger.append([entry(n, decision=Decision.OK) for n in range(3)] + [entry(4, decision=Decision.RECHECK)])
    ledger.append([entry(5, recipe="lid", inspected_at=NOON + timedelta(days=1))])
    assert ledger.counts() == {Decision.OK: 3, Decision.NG: 1, Decision.RECHECK: 1, Decision.UNFIT: 0}
    assert ledger.counts(recipe="lid")[Decision.NG] == 1
    assert sum(ledger.counts(since=NOON + timedelta(hours=1)).values()) == 1
    assert sum(ledger.counts(until=NOON + timedelta(hours=1)).values()) == 4


def test_labels_are_appended_and_the_latest_counts(ledger: Ledger) -> None:
    written = entry(decision=Decision.NG)
    ledger.append([written])
    given = [label(written.inspection.id, "crack"), label(written.inspection.id, GOOD, minute=5)]
    for each in given:
        ledger.add_label(each)
    record = ledger.record(written.inspection.id)
    assert record.labels == tuple(given)
    assert record.misfire is Misfire.OVERKILL
    assert ledger.records()[0].labels == tuple(given)


def test_a_label_on_nothing_is_refused(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="no inspection 'nobody'"):
        ledger.add_label(label("nobody", GOOD))


def test_records_are_selected_by_whether_a_label_stands(ledger: Ledger) -> None:
    labelled, withdrawn, bare = entry(1), entry(2), entry(3)
    ledger.append([labelled, withdrawn, bare])
    ledger.add_label(label(labelled.inspection.id, GOOD))
    ledger.add_label(label(withdrawn.inspection.id, "dent"))
    ledger.add_label(label(withdrawn.inspection.id, WITHDRAWN))
    assert ids(ledger, labelled=True) == [labelled.inspection.id]
    assert ids(ledger, labelled=False) == [bare.inspection.id, withdrawn.inspection.id]


def example(digest: str, word: str = GOOD, part: str = "P1") -> Example:
    return Example(digest, word, part, "L1", Origin.IMPORTED, "m" * 64, "set/a.png")


def test_imported_examples_come_back_and_a_second_import_takes_the_newer_word(ledger: Ledger) -> None:
    ledger.add_examples("cap", [example("a" * 64), example("b" * 64, "dent", "P2")])
    ledger.add_examples("cap", [example("a" * 64, "crack")])
    assert ledger.examples("cap") == [example("a" * 64, "crack"), example("b" * 64, "dent", "P2")]
    assert ledger.examples("lid") == []
    ledger.add_examples("cap", [])
    assert len(ledger.examples("cap")) == 2


def labelled_picture(ledger: Ledger, number: int, word: str, **varied: object) -> Example:
    written = entry(number, pixels=picture(number), **varied)  # type: ignore[arg-type]
    ledger.append([written])
    said = label(written.inspection.id, word)
    ledger.add_label(said)
    digest, part = written.inspection.frame_digest, written.inspection.part
    return Example(digest, word, part.group, "L7", Origin.LABELLED, None, written.inspection.id, said.regions)


def test_labelled_records_are_examples(ledger: Ledger) -> None:
    first, second = labelled_picture(ledger, 1, GOOD), labelled_picture(ledger, 2, "dent")
    assert ledger.examples("cap") == [first, second]
    assert first.part == "L7/S000001"


@pytest.mark.parametrize(
    ("word", "status"), [(UNNAMED, FrameStatus.OK), (WITHDRAWN, FrameStatus.OK), ("dent", FrameStatus.INCOMPLETE)]
)
def test_what_cannot_be_learned_from_is_no_example(ledger: Ledger, word: str, status: FrameStatus) -> None:
    labelled_picture(ledger, 1, word, status=status)
    assert ledger.examples("cap") == []


def test_a_picture_that_was_not_kept_is_no_example(ledger: Ledger) -> None:
    written = entry(1)
    ledger.append([written])
    ledger.add_label(label(written.inspection.id, GOOD))
    assert ledger.examples("cap") == []


def test_the_same_pixels_stay_the_same_part(ledger: Ledger) -> None:
    """Else a golden picture could come back under another serial, and be trained on."""
    seen = entry(1, pixels=picture(1), serial="demo-77")
    digest = seen.inspection.frame_digest
    ledger.add_examples("cap", [example(digest, GOOD, "tile-12")])
    ledger.append([seen])
    ledger.add_label(label(seen.inspection.id, "crack"))
    (only,) = ledger.examples("cap")
    assert (only.part, only.lot, only.defect_class, only.origin) == ("tile-12", "L1", "crack", Origin.LABELLED)


def test_a_defect_without_a_name_takes_its_picture_out(ledger: Ledger) -> None:
    seen = entry(1, pixels=picture(1))
    ledger.add_examples("cap", [example(seen.inspection.frame_digest, GOOD)])
    ledger.append([seen])
    ledger.add_label(label(seen.inspection.id, UNNAMED))
    assert ledger.examples("cap") == []


def test_a_golden_part_stays_golden_with_its_class(ledger: Ledger) -> None:
    ledger.add_golden("cap", {"P1": GOOD, "P2": "dent"})
    ledger.add_golden("cap", {"P2": GOOD, "P3": GOOD})
    ledger.add_golden("lid", {})
    assert ledger.golden("cap") == {"P1": GOOD, "P2": "dent", "P3": GOOD}
    assert ledger.golden("lid") == {}


def test_what_a_label_marks_goes_with_its_example_until_another_label(ledger: Ledger) -> None:
    seen = entry(1, pixels=picture(1))
    digest = seen.inspection.frame_digest
    ledger.append([seen])
    ledger.add_examples("cap", [dataclasses.replace(example(digest), defect_class="dent")])
    stroke = Stroke(((3, 4), (5, 6)), 7)
    ledger.add_label(dataclasses.replace(label(seen.inspection.id, "dent"), regions=(stroke, Box(1, 1, 2, 2))))
    (marked,) = ledger.examples("cap")
    assert (marked.regions, marked.mask_digest) == ((stroke, Box(1, 1, 2, 2)), "m" * 64)
    ledger.add_label(dataclasses.replace(label(seen.inspection.id, "crack"), regions=()))
    (later,) = ledger.examples("cap")
    assert (later.defect_class, later.regions, later.mask_digest) == ("crack", (), "m" * 64)
    assert [len(said.regions) for said in ledger.record(seen.inspection.id).labels] == [2, 0]


def test_a_region_that_marks_nothing_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    seen = entry(1)
    ledger.append([seen])
    for nothing in (Box(1, 1, 0, 5), Stroke((), 3), Box(-4, 1, 2, 2), Box(1, 1, math.nan, 5)):  # type: ignore[arg-type]
        with pytest.raises(DatasetError, match="mark the defect anew"):
            ledger.add_label(dataclasses.replace(label(seen.inspection.id, "dent"), regions=(nothing,)))
    assert ledger.record(seen.inspection.id).labels == ()


def test_events_come_newest_first_by_kind_and_recipe(ledger: Ledger) -> None:
    ledger.log_event("promoted", "cap", {"model": "v2-00000000", "who": "mia"})
    ledger.log_event("fault", None, {"message": "camera lost"})
    ledger.log_event("promoted", "lid", {})
    assert [event.kind for event in ledger.events()] == ["promoted", "fault", "promoted"]
    (event,) = ledger.events("promoted", "cap")
    assert event.detail == {"model": "v2-00000000", "who": "mia"}
    assert event.happened_at == NOON
    assert ledger.events(limit=1)[0].recipe == "lid"


def test_the_pictures_that_are_needed_are_known(ledger: Ledger) -> None:
    kept, dropped = entry(1, pixels=picture(1)), entry(2)
    ledger.append([kept, dropped])
    ledger.add_examples("cap", [example("a" * 64)])
    assert ledger.pictures() == {kept.inspection.frame_digest, "a" * 64, "m" * 64}
