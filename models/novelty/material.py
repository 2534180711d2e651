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


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures in which the part is found, and their views, in the same order. asked: how many were looked at."""

    entries: tuple[SnapshotEntry, ...]
    views: tuple[View, ...]
    asked: int
    layout: Layout

    @classmethod
    def found(cls, entries: Sequence[SnapshotEntry], views: Views, layout: Layout) -> Pictures:
        found = [(entry, view) for entry in entries if (view := views.get(entry.digest))]
        return cls(tuple(entry for entry, _ in found), tuple(view for _, view in found), len(entries), layout)

    @property
    def parts(self) -> list[str]:
        return [entry.part for entry in self.entries]

    @property
    def pieces(self) -> list[Pixels]:
        """Of every picture, one picture after the other."""
        return [piece for view in self.views for piece in self.layout.pieces(view.pixels)]

    def of_pieces(self, of_pictures: Sequence[Any]) -> list[Any]:
        """For every piece what its picture has."""
        return [one for one in of_pictures for _ in range(self.layout.tiles.pieces)]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    good: Pictures
    labelled: Pictures

    @classmethod
    def of(cls, entries: Sequence[SnapshotEntry], views: Views, layout: Layout) -> Material:
        most = MOST_PICTURES // layout.tiles.pieces
        good = draw([entry for entry in entries if entry.defect_class == GOOD], most)
        labelled = draw([entry for entry in entries if entry.defect_class != GOOD], most)
        return cls(Pictures.found(good, views, layout), Pictures.found(labelled, views, layout))

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
