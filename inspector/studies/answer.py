"""What a study found, in an order to read it in: sentences, tables, and the pictures that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """heads: of the columns. rows: as many texts each. title: "" where the sentences say what it is."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def lines(self) -> Iterator[str]:
        """Under each other, for a terminal."""
        widths = [max(len(row[place]) for row in (self.heads, *self.rows)) for place in range(len(self.heads))]
        if self.title:
            yield self.title
        for row in (self.heads, *self.rows):
            yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


@dataclass(frozen=True, slots=True)
class Shown:
    """A stored picture, by its digest, and what it shows."""

    digest: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """sentences: what to make of it, the most important first. file: what else was written, to be opened."""

    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    pictures: tuple[Shown, ...] = ()
    file: Path | None = None

    def lines(self) -> Iterator[str]:
        """For a terminal, where what stands last is read first: the first sentence at the end."""
        for table in self.tables:
            if table.rows:
                yield from table.lines()
        yield from reversed(self.sentences)
