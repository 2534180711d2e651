"""How a report writes figures: a share with its interval and its n, a number with the digits it deserves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from inspector.metrics import Proportion

MISSING = "not recorded"
_WRITTEN = {"auroc": "AUROC", "f1": "F1"}
_NO_SHARE = ("auroc", "f1", "correlation")  # figures that have an interval and are not said in percent
RATE = frozenset({"value", "low", "high", "n"})  # a Proportion in JSON


def share(value: Proportion) -> str:
    """2.5% (0.5 to 7.1%, n = 120), with spaces that keep a line together."""
    if not value.n:
        return "no such part"
    low, high = _percent(value.low), _percent(value.high)
    return f"{_percent(value.value)}% ({low}\u00a0to\u00a0{high}%, n\u00a0=\u00a0{value.n})"


def recorded(key: str, value: object) -> str:
    """The same for a rate as a card keeps it in JSON under this key; anything else as it is."""
    if not isinstance(value, Mapping) or not value.keys() >= RATE:
        return plain(value)
    middle, low, high = (math.nan if value[each] is None else float(value[each]) for each in ("value", "low", "high"))
    if any(word in key.lower() for word in _NO_SHARE):
        return f"{figure(middle)} ({figure(low)}\u00a0to\u00a0{figure(high)}, n\u00a0=\u00a0{value['n']})"
    return share(Proportion(middle, low, high, int(value["n"])))


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def figure(value: float, digits: int = 3) -> str:
    """A number, or a dash where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "\u2013"


def moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def plain(value: object) -> str:
    """A JSON value for a person: numbers short, lists with commas, nothing as a dash."""
    if value is None or value == "":
        return "\u2013"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{spoken(key)} {plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value) or "none"
    return str(value)


def spoken(key: str) -> str:
    """A JSON key as words."""
    return " ".join(_WRITTEN.get(word, word) for word in key.split("_"))


def flattened(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside nested tables with the words of its keys; a rate stays whole."""
    for key, value in values.items():
        name = f"{before}, {spoken(key)}" if before else spoken(key)
        if isinstance(value, Mapping) and not value.keys() >= RATE:
            yield from flattened(value, name)
        else:
            yield name, value
