"""Error analysis: the worst first, where errors gather, and labels that other parts speak against."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.domain import GOOD, Decision
from inspector.errors import ModelError
from inspector.learning.errors import Judged, judged, shares, suspects, terciles, worst
from inspector.metrics import clopper_pearson
from tests.unit.learning_cards import LIMITS, card


def row(digest: str, truth: str, score: float | None, part: str = "") -> dict[str, Any]:
    leading = "" if score is None else "dent"
    return {"digest": digest, "part": part or digest, "defect_class": truth, "score": score, "leading_defect": leading}


ROWS = [
    row("g1", GOOD, -4.0),
    row("g2", GOOD, -3.0),
    row("g3", GOOD, 6.0),
    row("g4", GOOD, 1.5),
    row("g5", GOOD, 0.0),
    row("d1", "dent", 5.0),
    row("d2", "dent", 4.0),
    row("d3", "scratch", -2.0),
    row("d4", "scratch", -6.0),
    row("d5", "scratch", None),
]


def pictures() -> list[Judged]:
    return judged(card(1, b"m", results={"validation": ROWS[:6], "golden": ROWS[6:]}), LIMITS)


def digests(found: list[Judged]) -> list[str]:
    return [one.digest for one in found]


def test_both_lists_of_a_card_are_judged_and_each_picture_once() -> None:
    both = judged(card(1, b"m", results={"validation": ROWS, "golden": ROWS[:2]}), LIMITS)
    assert len(both) == len(ROWS)
    assert {one.digest: one.decision for one in both if one.digest in {"g2", "g3", "g5", "d5"}} == {
        "g2": Decision.OK,
        "g3": Decision.NG,
        "g5": Decision.RECHECK,
        "d5": Decision.UNFIT,
    }


def test_an_older_card_has_nothing_to_judge() -> None:
    assert judged(card(1, b"m"), LIMITS) == []


@pytest.mark.parametrize("wrong", [{"digest": "g1"}, row("g1", GOOD, -1.0) | {"score": "high"}, "g1"])
def test_a_card_with_other_rows_is_refused(wrong: Any) -> None:
    with pytest.raises(ModelError, match=r"v1-.*expected digest, part"):
        judged(card(1, b"m", results={"validation": [wrong]}), LIMITS)


def test_the_error_furthest_beyond_its_limit_comes_first() -> None:
    assert digests(worst(pictures(), LIMITS)) == ["d4", "g3", "d3", "g4"]


def test_what_a_person_looks_at_is_no_error() -> None:
    assert "g5" not in digests(worst(pictures(), LIMITS))
    assert "d5" not in digests(worst(pictures(), LIMITS))


def test_errors_by_class_are_rates_over_parts() -> None:
    by_class = shares(pictures(), lambda one: one.truth)
    assert {name: share.pictures for name, share in by_class.items()} == {"dent": 2, "good": 5, "scratch": 3}
    assert by_class["scratch"].escapes == clopper_pearson(2, 3)
    assert by_class["dent"].escapes == clopper_pearson(0, 2)
    assert by_class[GOOD].overkill == clopper_pearson(2, 5)
    assert by_class[GOOD].escapes.n == 0


def test_two_pictures_of_one_part_are_one_error() -> None:
    twice = judged(
        card(1, b"m", results={"golden": [row("a", "dent", -3.0, "p"), row("b", "dent", -2.0, "p")]}), LIMITS
    )
    (share,) = shares(twice, lambda one: one.truth).values()
    assert (share.pictures, share.escapes) == (2, clopper_pearson(1, 1))


def test_thirds_by_value() -> None:
    assert terciles({name: float(value) for value, name in enumerate("abcdef")}) == {
        "a": "low",
        "b": "low",
        "c": "middle",
        "d": "middle",
        "e": "high",
        "f": "high",
    }
    assert set(terciles(dict.fromkeys("abc", 5.0)).values()) == {"high"}
    assert terciles({}) == {}


def test_labels_that_contradict_their_pictures_are_suspect_the_clearest_first() -> None:
    good = [row(f"g{number}", GOOD, -5.0 + number / 100) for number in range(50)]
    bad = [row(f"d{number}", "dent", 5.0 - number / 100) for number in range(50)]
    swapped = [row("called good", GOOD, 7.0), row("called dent", "dent", -6.0)]
    found = suspects(judged(card(1, b"m", results={"validation": [*good, *bad, *swapped]}), LIMITS))
    assert [one.picture.digest for one in found] == ["called good", "called dent"]
    assert found[0].margin > found[1].margin > 0
    assert [one.looks_like for one in found] == ["dent", GOOD]


def test_a_picture_that_is_merely_near_the_limit_is_not_suspect() -> None:
    rows = [row(f"g{n}", GOOD, -4.0) for n in range(20)] + [row(f"d{n}", "dent", 4.0) for n in range(20)]
    assert suspects(judged(card(1, b"m", results={"validation": [*rows, row("near", GOOD, 0.5)]}), LIMITS)) == []


def test_one_side_alone_speaks_against_no_label() -> None:
    assert suspects(judged(card(1, b"m", results={"validation": ROWS[:5]}), LIMITS)) == []
    assert suspects([]) == []


def test_a_picture_that_was_not_located_is_not_suspect() -> None:
    assert "d5" not in [one.picture.digest for one in suspects(pictures())]


# One defect against another


def named(digest: str, truth: str, margin: float | None, score: float = 5.0, part: str = "") -> dict[str, Any]:
    """A row of a picture that looks like a dent or a scratch, whichever the margin says."""
    disagrees = margin is not None and margin > 0
    leading = ({"dent": "scratch", "scratch": "dent"} if disagrees else {}).get(truth, truth)
    told = {} if margin is None else {"named_margin": margin}
    return row(digest, truth, score, part) | {"leading_defect": leading} | told


def ordinary(dents: int = 10, scratches: int = 10) -> list[dict[str, Any]]:
    """Good parts, and defective ones that are named as they are labelled."""
    good = [row(f"g{n}", GOOD, -5.0) | {"named_margin": 0.0} for n in range(10)]
    counts = {"dent": dents, "scratch": scratches}
    return [*good, *(named(f"{name}-{n}", name, -4.0) for name, count in counts.items() for n in range(count))]


def doubted(*rows: dict[str, Any]) -> dict[str, str]:
    """The suspects among validation pictures in their order: digest, and what each looks like."""
    found = suspects(judged(card(1, b"m", results={"validation": rows}), LIMITS))
    assert [one.margin for one in found] == sorted((one.margin for one in found), reverse=True)
    return {one.picture.digest: one.looks_like for one in found}


def test_a_defect_that_looks_like_another_one_is_suspect_among_the_others_the_clearest_first() -> None:
    swapped = [
        named("called dent", "dent", 6.0),
        named("called scratch", "scratch", 8.0),
        row("called good", GOOD, 20.0) | {"named_margin": 0.0},
    ]
    expected = ["called good", "called scratch", "called dent"]
    assert list(doubted(*ordinary(), *swapped)) == expected
    assert doubted(*ordinary(), *swapped) == dict(zip(expected, ["dent", "dent", "scratch"], strict=True))


def test_a_defect_that_might_as_well_be_another_one_is_not_suspect() -> None:
    assert doubted(*ordinary(), named("near", "dent", 1.0)) == {}


@pytest.mark.parametrize("score", [0.0, -0.5])
def test_of_a_picture_that_is_not_clearly_rejected_the_name_says_nothing(score: float) -> None:
    assert doubted(*ordinary(), named("unsure", "dent", 6.0, score)) == {}


@pytest.mark.parametrize(("dents", "scratches"), [(10, 4), (3, 10)])
def test_of_a_defect_with_few_parts_no_name_is_believed(dents: int, scratches: int) -> None:
    assert doubted(*ordinary(dents, scratches), named("called dent", "dent", 6.0)) == {}
    assert "called dent" in doubted(*ordinary(max(5, dents), max(5, scratches)), named("called dent", "dent", 6.0))


def test_many_pictures_of_one_part_are_one_part() -> None:
    shots = [named(f"shot-{n}", "scratch", -4.0, part="the same") for n in range(10)]
    assert doubted(*ordinary(scratches=0), *shots, named("called dent", "dent", 6.0)) == {}


def test_a_card_that_says_nothing_of_other_defects_doubts_no_name() -> None:
    older = [{key: value for key, value in one.items() if key != "named_margin"} for one in ordinary()]
    assert doubted(*older, named("called dent", "dent", None) | {"leading_defect": "scratch"}) == {}
