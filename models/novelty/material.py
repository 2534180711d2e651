"""What a training from good parts has to go by: the good ones, and the defects that were labelled in the meantime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspector.domain import GOOD, UNLIKE, Floats, Pixels, SnapshotEntry, View
from models.crossvalidation import Examples
from models.novelty.learning import Taught
from models.views import Views, draw

MOST_PICTURES = 800  # of good parts, and of labelled defects, taken evenly: more cost time and memory and find no more


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures in which the part is found, and their views, in the same order. asked: how many were looked at."""

    entries: tuple[SnapshotEntry, ...]
    views: tuple[View, ...]
    asked: int

    @classmethod
    def found(cls, entries: Sequence[SnapshotEntry], views: Views) -> Pictures:
        found = [(entry, view) for entry in entries if (view := views.get(entry.digest))]
        return cls(tuple(entry for entry, _ in found), tuple(view for _, view in found), len(entries))

    @property
    def pixels(self) -> list[Pixels]:
        return [view.pixels for view in self.views]

    @property
    def parts(self) -> list[str]:
        return [entry.part for entry in self.entries]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    good: Pictures
    labelled: Pictures

    @classmethod
    def of(cls, entries: Sequence[SnapshotEntry], views: Views) -> Material:
        good = draw([entry for entry in entries if entry.defect_class == GOOD], MOST_PICTURES)
        labelled = draw([entry for entry in entries if entry.defect_class != GOOD], MOST_PICTURES)
        return cls(Pictures.found(good, views), Pictures.found(labelled, views))

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
