"""What a training from good parts has to go by: the good ones, and the defects that were labelled in the meantime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inspector.domain import GOOD, UNLIKE, Floats, Pixels, SnapshotEntry, View
from inspector.pipeline.tiles import Layout
from models.crossvalidation import Examples
from models.novelty.learning import Taught
from models.views import Views, draw

# Of good parts, and of labelled defects, taken evenly: more cost time and memory and find no more. Each piece is one.
MOST_PICTURES = 800
MOST_COPIES = 5  # turned ones of each picture: so many were measured (docs/decisions/turned.md)


@dataclass(frozen=True, slots=True)
class Turning:
    """How far parts may lie turned, in degrees either way, and in how many turned copies each picture is learned."""

    most_deg: float = 0.0
    count: int = 0

    @classmethod
    def of(cls, most_deg: float, pictures: int, pieces: int) -> Turning:
        """MOST_COPIES, or as many as leave every picture its place among MOST_PICTURES; at least one."""
        if not most_deg:
            return cls()
        room = MOST_PICTURES // max(1, pictures * pieces) - 1
        return cls(most_deg, min(MOST_COPIES, max(1, room)))

    def copies(self, digest: str, view: View, views: Views) -> list[View]:
        """At angles that follow from the picture and the copy's number alone."""
        chances = (np.random.default_rng([int(digest[:12], 16), number]) for number in range(1, self.count + 1))
        return views.turned(digest, view, [rng.uniform(-self.most_deg, self.most_deg) for rng in chances])


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures that the station would judge, and their views, in the same order. asked: how many were looked at.

    turns: how many views each has, one after the other: as it lies, and then its turned copies.
    """

    entries: tuple[SnapshotEntry, ...]
    views: tuple[View, ...]
    asked: int
    layout: Layout
    turns: int = 1

    @classmethod
    def found(cls, entries: Sequence[SnapshotEntry], views: Views, layout: Layout, turning: Turning) -> Pictures:
        found = [(entry, view) for entry in entries if (view := views.judged(entry.digest))]
        seen = (view for entry, one in found for view in (one, *turning.copies(entry.digest, one, views)))
        return cls(tuple(entry for entry, _ in found), tuple(seen), len(entries), layout, 1 + turning.count)

    @property
    def parts(self) -> list[str]:
        return [entry.part for entry in self.entries]

    @property
    def as_they_lie(self) -> tuple[View, ...]:
        """Of every picture, no copies."""
        return self.views[:: self.turns]

    @property
    def of_views(self) -> list[SnapshotEntry]:
        """For every view its picture."""
        return [entry for entry in self.entries for _ in range(self.turns)]

    @property
    def pieces(self) -> list[Pixels]:
        """Of every view, one picture after the other."""
        return [piece for view in self.views for piece in self.layout.pieces(view.pixels)]

    def of_pieces(self, of_pictures: Sequence[Any]) -> list[Any]:
        """For every piece what its picture has."""
        return [one for one in of_pictures for _ in range(self.turns * self.layout.tiles.pieces)]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    good: Pictures
    labelled: Pictures

    @classmethod
    def of(cls, entries: Sequence[SnapshotEntry], views: Views, layout: Layout, turned_deg: float = 0.0) -> Material:
        """turned_deg: as far as that either way each picture is also learned in turned copies."""
        good = [entry for entry in entries if entry.defect_class == GOOD]
        labelled = [entry for entry in entries if entry.defect_class != GOOD]
        turning = Turning.of(turned_deg, len(good), layout.tiles.pieces)
        most = MOST_PICTURES // (layout.tiles.pieces * (1 + turning.count))
        return cls(*(Pictures.found(draw(some, most), views, layout, turning) for some in (good, labelled)))

    @property
    def entries(self) -> tuple[SnapshotEntry, ...]:
        return (*self.good.entries, *self.labelled.entries)

    @property
    def not_located(self) -> int:
        return self.good.asked + self.labelled.asked - len(self.entries)

    @property
    def classes(self) -> tuple[str, ...]:
        """Good, those that have a labelled picture, and unlike good parts."""
        return (GOOD, *sorted({entry.defect_class for entry in self.labelled.entries}), UNLIKE)

    @property
    def truth(self) -> list[int]:
        """Of every entry, the place of its class among `classes`."""
        return [self.classes.index(entry.defect_class) for entry in self.entries]

    def left_out(self, taught: Taught) -> tuple[Examples, Floats]:
        """The learned pictures, and their logits by models that had not seen their parts."""
        kept = np.setdiff1d(np.arange(len(self.entries)), taught.suspects)
        examples = Examples(
            features=np.zeros((len(kept), 1, 0), dtype=np.float32),
            noise=np.zeros(0, dtype=np.float32),
            digests=tuple(self.entries[place].digest for place in kept),
            truth=np.array(self.truth)[kept],
            parts=np.array([entry.part for entry in self.entries])[kept],
            classes=self.classes,
        )
        return examples, taught.logits[kept]
