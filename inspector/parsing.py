"""Read one section of a file that a person wrote, key by key, and say precisely what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from inspector.domain import Box, Tiles
from inspector.errors import RecipeError

Choice = TypeVar("Choice", bound=StrEnum)
_MISSING = object()


def tiles_of(words: object) -> Tiles | None:
    """Rows and columns, such as "2x3"; None where that is not what it says."""
    found = re.fullmatch(r"([1-9][0-9]?)x([1-9][0-9]?)", words) if isinstance(words, str) else None
    return Tiles(int(found[1]), int(found[2])) if found else None


class Section:
    """A table of a TOML file that knows where it stands and which of its keys were asked for."""

    def __init__(self, table: Mapping[str, Any], where: str, name: str = "") -> None:
        self._table = table
        self._where = where
        self._name = name
        self._asked: set[str] = set()

    def section(self, key: str) -> Section:
        return Section(self.table(key), self._where, key)

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "a table", value)
        return value

    def text(self, key: str, default: str) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "text in quotes", value)
        return value

    def slug(self, key: str) -> str:
        """A name that is also a file name: lower-case letters, digits, - and _; 1 to 64 of them."""
        value = self._get(key, _MISSING)
        if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", value):
            raise self._wrong(key, "1 to 64 lower-case letters, digits, - or _", value)
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._wrong(key, f"a number from {low:g} to {high:g}", value)
        return float(value) + 0.0  # -0.0 becomes 0.0: equal values must look equal in a recipe's id

    def optional_number(self, key: str, low: float, high: float) -> float | None:
        return self.number(key, low, low, high) if self._has(key) else None

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(key, f"a whole number from {low} to {high}", value)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def choice(self, key: str, kind: type[Choice], default: Choice) -> Choice:
        value = self._get(key, str(default))
        try:
            return kind(value)
        except ValueError:
            raise self._wrong(key, "one of " + ", ".join(kind), value) from None

    def optional_box(self, key: str) -> Box | None:
        """A table {x, y, width, height} of whole numbers, the last two at least 1."""
        if not self._has(key):
            return None
        inner = Section(self.table(key), self._where, f"{self._name}.{key}".strip("."))
        box = Box(
            x=inner.integer("x", -1, 0, 100_000),
            y=inner.integer("y", -1, 0, 100_000),
            width=inner.integer("width", 0, 1, 100_000),
            height=inner.integer("height", 0, 1, 100_000),
        )
        inner.refuse_unknown()
        return box

    def refuse_unknown(self) -> None:
        """A misspelt key must not be a silent default."""
        unknown = sorted(set(self._table) - self._asked)
        if unknown:
            place = f"[{self._name}] " if self._name else ""
            known = ", ".join(sorted(self._asked))
            raise RecipeError(f"{self._where}: {place}{unknown[0]}: unknown key; expected one of {known}")

    def _has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._table

    def _get(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        return self._table.get(key, default)

    def _wrong(self, key: str, expected: str, value: Any) -> RecipeError:
        place = f"[{self._name}] " if self._name else ""
        received = "nothing" if value is _MISSING else repr(value)
        return RecipeError(f"{self._where}: {place}{key}: expected {expected}, received {received}")
