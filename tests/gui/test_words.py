"""The words: every value has one, and none is the program's own spelling."""

from __future__ import annotations

import pytest

from gui.look.words import Words
from inspector.domain import GOOD, UNLIKE, Decision, Misfire, Reason, Verdict


@pytest.fixture
def words(qapp: object) -> Words:
    return Words()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(words: Words, reason: Reason) -> None:
    said = words.reason(reason)
    assert said
    assert "_" not in said


def test_no_two_reasons_are_said_alike(words: Words) -> None:
    assert len({words.reason(reason) for reason in Reason}) == len(Reason)


def test_every_decision_has_its_word(words: Words) -> None:
    assert [words.decision(decision) for decision in Decision] == ["OK", "NG", "RECHECK", "UNFIT"]


def test_misfires_are_named_in_the_fields_terms(words: Words) -> None:
    assert [words.misfire(misfire) for misfire in Misfire] == ["overkill", "escape"]


@pytest.mark.parametrize(
    ("name", "said"), [(GOOD, "good"), ("scratch", "scratch"), ("tool_mark", "tool mark"), ("Riß", "Riß")]
)
def test_a_class_is_the_users_own_word(words: Words, name: str, said: str) -> None:
    assert words.defect_class(name) == said


def test_what_a_model_from_good_parts_alone_says_is_no_defect_by_name(words: Words) -> None:
    assert words.defect_class(UNLIKE) == "unlike good parts"


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict(Decision.NG, Reason.ABOVE_REJECT_LIMIT, "missing_hole"), "missing hole"),
        (Verdict(Decision.RECHECK, Reason.BETWEEN_LIMITS, "dent"), "dent"),
        (Verdict(Decision.NG, Reason.ABOVE_REJECT_LIMIT, UNLIKE), "unlike good parts"),
        (Verdict(Decision.OK, Reason.BELOW_LIMITS), "no defect found"),
        (Verdict(Decision.UNFIT, Reason.TOO_DARK), "picture too dark"),
        (Verdict(Decision.NG, Reason.ABOVE_REJECT_LIMIT), "defect found"),
        (Verdict(Decision.OK, Reason.BELOW_LIMITS, "dent"), "no defect found"),
    ],
)
def test_under_the_big_word_stands_the_class_or_why_there_is_none(words: Words, verdict: Verdict, said: str) -> None:
    assert words.cause(verdict) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1.0, "0 s"), (0.4, "0 s"), (59.4, "59 s"), (60.0, "1 min 0 s"), (95.2, "1 min 35 s"), (3725.0, "1 h 2 min")],
)
def test_a_remaining_time_is_as_exact_as_a_person_needs(words: Words, seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_rates_are_in_per_cent_with_one_decimal(words: Words) -> None:
    assert words.percent(0.97176) == "97.2 %"
    assert words.interval(0.0961, 1.0) == "9.6 to 100.0 %"
