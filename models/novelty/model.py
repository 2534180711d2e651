"""Everything that is learned, together: what it says of one picture, as its file says it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.domain import Floats
from models.head import Head
from models.novelty.heat import Heat
from models.novelty.novelty import Novelty
from models.novelty.sight import Sight


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """known: the head of the known classes, which may be none."""

    novelty: Novelty
    known: Head
    heat: Heat

    def logits(self, seen: Sight) -> Floats:
        """(2 + classes,) of good, the known classes, and unlike good parts."""
        distances = self.novelty.distances(seen.places)
        good = self.heat.scale.good(self.heat.of(seen.levels, distances))
        known = self.known.logits(seen.summary[np.newaxis])[0]
        return np.array([good, *known, self.novelty.score(seen.summary, distances)], dtype=np.float32)
