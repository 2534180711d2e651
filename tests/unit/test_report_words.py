"""How figures are written: never a rate without its interval and its n, never a number that was not there."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from inspector.metrics import clopper_pearson
from inspector.reports.words import figure, flattened, moment, plain, recorded, share, spoken

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("hits", "n", "words"),
    [
        (3, 120, "2.5% (0.5\u00a0to\u00a07.1%, n\u00a0=\u00a0120)"),
        (0, 7, "0.0% (0.0\u00a0to\u00a041.0%, n\u00a0=\u00a07)"),
        (7, 7, "100.0% (59.0\u00a0to\u00a0100.0%, n\u00a0=\u00a07)"),
        (0, 0, "no such part"),
    ],
)
def test_a_share_has_its_interval_and_its_n(hits: int, n: int, words: str) -> None:
    rate = clopper_pearson(hits, n)
    assert share(rate) == words
    assert recorded("escape", json.loads(json.dumps(rate.to_json()))) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "\u2013"),
        ("", "\u2013"),
        ([], "none"),
        (0, "0"),
        (0.0, "0"),
        (True, "yes"),
        (False, "no"),
        (0.123456, "0.1235"),
        (1e-9, "1e-09"),
        (3_235_608, "3235608"),
        (["a", None, 2], "a, \u2013, 2"),
        ({"low_end": 1, "auroc": 0.5}, "low end 1, AUROC 0.5"),
        ({"value": 1}, "value 1"),
    ],
)
def test_a_value_is_written_for_a_person(value: Any, words: str) -> None:
    assert plain(value) == words
    assert recorded("key", value) == words


@pytest.mark.parametrize("key", ["auroc", "part_auroc", "macro_f1", "AUROC", "macro F1"])
def test_a_figure_that_is_no_share_is_not_said_in_percent(key: str) -> None:
    area = {"value": 0.94, "low": 0.9, "high": 0.967, "n": 120}
    assert recorded(key, area) == "0.940 (0.900\u00a0to\u00a00.967, n\u00a0=\u00a0120)"
    assert recorded(key, area | {"value": None, "n": 0}).startswith("\u2013 (0.900")


def test_a_figure_that_is_none_is_a_dash() -> None:
    assert (figure(math.nan), figure(math.inf), figure(0.98765), figure(0.5, 2)) == (
        "\u2013",
        "\u2013",
        "0.988",
        "0.50",
    )


def test_a_moment_is_written_in_utc() -> None:
    noon = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))
    assert moment(noon) == "2026-03-01 10:00:00 UTC" == moment(noon.astimezone(UTC))


def test_a_key_is_said_in_the_fields_words() -> None:
    assert [spoken(key) for key in ("macro_f1", "part_auroc", "not_located")] == [
        "macro F1",
        "part AUROC",
        "not located",
    ]


def test_nested_tables_become_one_and_a_rate_stays_whole() -> None:
    rate = clopper_pearson(1, 2).to_json()
    found = dict(flattened({"a": {"b_c": 1, "d": {"e": 2}}, "rate": rate, "list": [1]}))
    assert found == {"a, b c": 1, "a, d, e": 2, "rate": rate, "list": [1]}


@given(some.dictionaries(some.text(max_size=9), JSON, max_size=5))
def test_whatever_a_card_holds_can_be_written(values: dict[str, Any]) -> None:
    assert all(isinstance(recorded(key, value), str) for key, value in flattened(values))
