"""Which variant ships, and what is said of the others: from scores alone, without a network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.domain import GOOD, Decision, SnapshotEntry, Split
from inspector.recipe import Limits
from models.export.speed import Speed
from models.export.verification import Agreement
from models.optimisation.choosing import Seen, Variant, choose, measured

LIMITS = Limits(-1.0, 1.0)
LIKE = Agreement(100, 1.0, 1.0, (50, 40), (0, 0), 1.0, 0.0)
BEFORE = {"good-0": -3.0, "good-1": -2.0, "dent-0": 2.0, "dent-1": 3.0, "dent-2": 0.0}


def seen(scores: dict[str, float], split: Split = Split.GOLDEN) -> list[Seen]:
    """One picture for each part; a part's class is the first word of its name."""
    return [
        Seen(SnapshotEntry(f"digest-{part}", part.split("-")[0], part, split), score) for part, score in scores.items()
    ]


def variant(after: dict[str, float], name: str = "int8", split: Split = Split.GOLDEN) -> Variant:
    before = seen(BEFORE, split)
    return measured(name, name, 10, Speed(1.0, 2.0), LIKE, before, seen(BEFORE | after, split), LIMITS)


def row(name: str, p50_ms: float, same_verdict: float = 1.0, **changes: object) -> Variant:
    agreement = replace(LIKE, same_verdict=same_verdict)
    made = Variant(name, name, speed=Speed(p50_ms, p50_ms), agreement=agreement, golden_parts=100)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_equal_scores_flip_nothing() -> None:
    found = variant({})
    assert (found.flips, found.worse_parts, found.golden_parts, found.auroc) == ((), 0, 5, 1.0)
    assert found.objection(0.0) == ""


def test_a_flip_names_the_part_its_truth_and_both_verdicts() -> None:
    (flip,) = variant({"dent-0": -2.0}).flips
    assert (flip.part, flip.defect_class, flip.split) == ("dent-0", "dent", "golden")
    assert (flip.digest, flip.before, flip.after, flip.worse) == ("digest-dent-0", Decision.NG, Decision.OK, True)


@pytest.mark.parametrize(
    ("after", "worse"),
    [
        ({"dent-0": 0.0}, 1),  # from a reject to a person
        ({"dent-2": -2.0}, 1),
        ({"good-0": 0.0}, 1),
        ({"good-0": 2.0}, 1),
        ({"dent-2": 2.0}, 0),  # for the better
        ({"dent-0": -2.0, "good-1": 1.5}, 2),
    ],
)
def test_worse_is_further_from_the_truth(after: dict[str, float], worse: int) -> None:
    assert variant(after).worse_parts == worse


def test_each_class_is_counted_before_and_after() -> None:
    found = variant({"dent-0": -2.0, "good-0": 0.0})
    assert found.classes == {
        "dent": {"parts": 3, "before": 3, "after": 2},
        GOOD: {"parts": 2, "before": 2, "after": 1},
    }


def test_learned_parts_are_listed_and_decide_nothing() -> None:
    found = variant({"dent-0": -2.0}, split=Split.TRAIN)
    assert [flip.split for flip in found.flips] == ["train"]
    assert (found.golden_parts, found.worse_parts, found.auroc) == (0, 0, None)


def test_a_worse_part_is_an_objection_unless_so_many_were_allowed() -> None:
    found = variant({"dent-0": -2.0})
    assert "1 of 5 golden parts turns to the worse (at most 0.0% allowed)" in found.objection(0.0)
    assert found.objection(0.2) == ""


def test_a_file_that_disagrees_may_not_ship_however_much_is_allowed() -> None:
    found = replace(variant({}), agreement=replace(LIKE, agreement=0.9))
    assert "decides like the float model on 90.0%" in found.objection(1.0)


def test_the_fastest_ships() -> None:
    chosen = choose([row("float", 3.0), row("int8", 1.0), row("dynamic", 9.0)], 0.0, "float")
    assert chosen is not None and chosen.name == "int8"


def test_the_fastest_with_an_objection_does_not() -> None:
    chosen = choose([row("float", 3.0), row("int8", 1.0, worse_parts=1)], 0.0, "int8")
    assert chosen is not None and chosen.name == "float"


def test_of_two_as_fast_the_one_that_agrees_best_ships() -> None:
    chosen = choose([row("int8", 1.0, 0.97), row("qat", 1.04, 0.99)], 0.0, "int8")
    assert chosen is not None and chosen.name == "qat"


def test_of_two_as_good_and_as_fast_the_model_stays_what_it_is() -> None:
    assert choose([row("qat", 1.0), row("int8", 1.03)], 0.0, "int8") == row("int8", 1.03)


def test_where_nothing_may_ship_nothing_does() -> None:
    refused = Variant("qat", "int8-qat", refusal="a layer cannot be quantised")
    assert choose([row("float", 1.0, worse_parts=5), refused], 0.0, "int8") is None
    assert refused.to_json(0.0) == {
        "variant": "qat",
        "quantisation": "int8-qat",
        "objection": "a layer cannot be quantised",
    }


def test_a_row_holds_what_was_measured() -> None:
    table = variant({"dent-0": -2.0}).to_json(0.0)
    assert (table["size_bytes"], table["invoke_ms"], table["invoke_p99_ms"]) == (10, 1.0, 2.0)
    assert (table["views"], table["same_verdict"], table["worse_parts"]) == (100, 1.0, 1)
    assert table["flipped"][0]["after"] == "ok"
