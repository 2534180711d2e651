"""What is said of a model from good parts: figures with their intervals, and nothing that was not measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inspector.domain import ModelCard, Tiles
from inspector.learning.anomaly import RAM, SEEN, TIME, WORTH, named, told
from inspector.metrics import clopper_pearson, to_json
from tests.unit.learning_cards import card

RESULTS: dict[str, Any] = {
    "mode": "anomaly",
    "parts": {"good": 40},
    "split_by_part": to_json({"overkill_rate": clopper_pearson(2, 40), "recheck_rate": clopper_pearson(3, 40)}),
    "synthetic_auroc": 0.9125,
}
SUSPECT = {"digest": "ab" * 32, "part": "L1/7", "score": 9.26}


def test_overkill_is_said_with_its_interval() -> None:
    words = told(card(1, b"m", results=RESULTS))[0]
    assert "5.0% of 40 good parts that were left out are rejected (95 % interval 0.6% to 16.9%)" in words
    assert "7.5% of all parts go to a person" in words


def test_synthetic_defects_are_called_so_and_promise_nothing() -> None:
    words = told(card(1, b"m", results=RESULTS))[1]
    assert words.startswith("Synthetic defects")
    assert "0.912" in words
    assert "Of how many real defects escape this says nothing" in words


def test_every_suspect_is_named_with_what_to_do() -> None:
    other = SUSPECT | {"part": "L1/8"}
    lines = named(card(1, b"m", results=RESULTS | {"suspects": [SUSPECT, other]}))
    assert [line.split(" looks")[0] for line in lines] == [
        "Not learned: a picture of part L1/7",
        "Not learned: a picture of part L1/8",
    ]
    assert all("score 9.3" in line for line in lines)
    assert all("`inspector review --recipe cap --picture abababababababab good`" in line for line in lines)
    assert named(card(1, b"m", results=RESULTS)) == ()


def test_a_second_group_is_named_and_a_long_list_is_cut_short() -> None:
    few = told(card(1, b"m", results=RESULTS | {"other_group": ["a", "b"]}))[2]
    assert "two groups with nothing between them: a, b look unlike the rest" in few
    many = told(card(1, b"m", results=RESULTS | {"other_group": list("abcdefgh")}))[2]
    assert "a, b, c, d, e and 3 more look unlike" in many


def test_nothing_is_said_of_any_other_model() -> None:
    assert told(card(1, b"m", results=RESULTS | {"mode": "features"})) == ()
    assert told(card(1, b"m", results={})) == ()


def test_what_a_card_does_not_hold_is_not_said() -> None:
    assert told(card(1, b"m", results={"mode": "anomaly"})) == ()
    known = {"mode": "anomaly", "split_by_part": {"auroc": 0.9}}
    assert told(card(1, b"m", results=known)) == ()


def test_known_defects_are_named_with_what_escapes_of_them() -> None:
    figures = RESULTS["split_by_part"] | to_json({"escape_rate": clopper_pearson(1, 14)})
    grown = RESULTS | {"parts": {"scratch": 1, "good": 40, "hole": 13}, "split_by_part": figures}
    words = told(card(1, b"m", results=grown))
    assert "labelled defects: hole (13 parts), scratch (1 part)" in words[1]
    assert "Of 14 defective parts that were left out 7.1% are accepted (95 % interval 0.2% to 33.9%)" in words[1]
    assert words[2].endswith("escape this says nothing."), "some are labelled already"


def test_nothing_is_said_of_defects_that_are_not_known() -> None:
    assert not any("labelled defects" in line for line in told(card(1, b"m", results=RESULTS)))


def tiled(**results: Any) -> ModelCard:
    made = card(1, b"m", results=RESULTS | {"resolution": 0.7512} | results)
    return replace(made, tiles=Tiles(2, 3))


def test_of_tiles_it_is_said_what_they_show() -> None:
    assert "as a whole and in 2 x 3 tiles, at 75% of the camera's resolution" in told(tiled())[-1]
    assert not any("tiles" in line for line in told(card(1, b"m", results=RESULTS | {"resolution": 1.0})))


def test_labelled_pictures_without_a_mark_are_asked_for() -> None:
    assert told(tiled(unmarked=1))[-1].startswith("1 labelled picture has no mark of where the defect is")
    assert told(tiled(unmarked=7))[-1].startswith("7 labelled pictures have no mark")
    assert "tiles" in told(tiled(unmarked=0))[-1]


@pytest.mark.parametrize(("copies", "words"), [(5, "in 5 turned copies"), (1, "in a turned copy")])
def test_of_turned_copies_it_is_said_for_which_turns_they_are(copies: int, words: str) -> None:
    (line,) = told(card(1, b"m", results={"mode": "anomaly", "turned_deg": 22.5, "turned_copies": copies}))
    assert f"as it is and {words}, for parts that lie turned by up to 22.5 degrees either way" in line
    assert "in the worst of these turns" in line


def remembering(**changed: Any) -> str:
    """What is said of a memory, at the end."""
    memory = {"places": 1000, "mb": 1.728, "ms": None, "bound": WORTH, "budget_mb": 40.0, "budget_ms": 100.0} | changed
    return told(replace(card(1, b"m", results=RESULTS | {"memory": memory}), receipt={"invoke_ms": 35.04}))[-1]


def test_of_the_memory_it_is_said_what_it_takes_of_what_was_allowed() -> None:
    words = remembering()
    assert words.startswith("It remembers 1000 places of good parts, which take 1.7 MB of RAM (allowed: 40)")
    assert "one part takes 35.0 ms on the PC that trained it (allowed: 100)" in words


@pytest.mark.parametrize(
    ("bound", "why"),
    [
        (WORTH, "More find no more."),
        (TIME, "More would take longer than that: allow more with --budget-ms."),
        (RAM, "More would not fit into that: allow more with --memory-mb."),
        (SEEN, "These are all that were seen."),
    ],
)
def test_why_a_memory_is_no_larger_is_said(bound: str, why: str) -> None:
    assert remembering(bound=bound, ms=99.0).endswith(why)


def test_a_part_that_takes_too_long_with_the_smallest_memory_is_told_with_what_to_do() -> None:
    words = remembering(places=250, ms=100.1, bound=TIME)
    assert words.endswith("take fewer tiles or a smaller backbone, or allow more with --budget-ms.")


def test_of_a_memory_that_was_not_chosen_nothing_is_said() -> None:
    assert not any("remembers" in line for line in told(card(1, b"m", results=RESULTS)))
