"""What two cards say of the parts that both models learned, under the words of today."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.domain import GOOD, Decision, ModelCard
from inspector.errors import ModelError
from inspector.learning.validation import learned_by_both, validation_of
from inspector.metrics import Outcome
from tests.unit.learning_cards import card


def row(digest: str, part: str, defect_class: str = GOOD, score: float | None = 0.0) -> dict[str, Any]:
    return {"digest": digest, "part": part, "defect_class": defect_class, "score": score}


def of(*rows: dict[str, Any]) -> ModelCard:
    return card(1, b"", results={"validation": list(rows)})


def test_a_card_gives_its_rows_by_digest() -> None:
    found = validation_of(of(row("a", "p", "dent", 1.5), row("b", "q", score=None)))
    assert found == {
        "a": Outcome("p", "dent", Decision.OK, 1.5),
        "b": Outcome("q", GOOD, Decision.UNFIT, None),
    }


def test_a_card_without_rows_gives_none() -> None:
    assert validation_of(card(1, b"")) == {}


def test_rows_of_another_kind_are_refused_with_the_cards_name() -> None:
    with pytest.raises(ModelError, match=r"v1-.*: validation results: expected digest"):
        validation_of(of({"digest": "a"}))


def test_only_what_both_learned_is_compared_part_by_part() -> None:
    before, after = learned_by_both(
        of(row("a", "p", "dent", 1.0), row("b", "p", "dent", 3.0), row("c", "q", score=-1.0), row("old", "r")),
        of(row("c", "q", score=-2.0), row("b", "p", "dent", 2.0), row("a", "p", "dent", 4.0), row("new", "s")),
        {},
    )
    assert [(one.part, one.defect_class, one.score) for one in before] == [("p", "dent", 3.0), ("q", GOOD, -1.0)]
    assert [(one.part, one.defect_class, one.score) for one in after] == [("p", "dent", 4.0), ("q", GOOD, -2.0)]


@pytest.mark.parametrize(
    ("before", "after", "today"),
    [("dent", GOOD, {}), ("dent", "dent", {"b": GOOD}), ("dent", "scratch", {"b": "scratch"})],
)
def test_a_part_that_was_taught_as_something_else_says_nothing(before: str, after: str, today: dict[str, str]) -> None:
    """With all its pictures: what they show together is its class."""
    champion = of(row("a", "p", GOOD), row("b", "p", before), row("c", "q"))
    candidate = of(row("a", "p", GOOD), row("b", "p", after), row("c", "q", score=1.0))
    found = learned_by_both(champion, candidate, today)
    assert [[one.part for one in side] for side in found] == [["q"], ["q"]]


def test_a_part_that_was_renamed_is_the_same_part() -> None:
    before, after = learned_by_both(of(row("a", "old-1"), row("b", "old-2")), of(row("a", "new"), row("b", "new")), {})
    assert [one.part for one in before] == [one.part for one in after] == ["new"]


def test_where_one_of_them_has_no_rows_nothing_is_compared() -> None:
    assert learned_by_both(card(1, b""), of(row("a", "p")), {}) == ([], [])


def test_a_variant_that_repeats_what_its_original_was_given_is_not_compared_with_itself() -> None:
    assert learned_by_both(of(row("a", "p"), row("b", "q")), of(row("a", "p"), row("b", "q")), {}) == ([], [])
