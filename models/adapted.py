"""What an adaptation leaves to every later training: the adapted network's weights, and features it gave unseen."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from inspector.domain import Floats
from inspector.errors import TrainingError
from inspector.store.disk import plainly

BACKBONE, FEATURES = "backbone.npz", "features.npz"


@dataclass(frozen=True, eq=False)
class Adapted:
    """weights: of Backbone.level_maps, in its order. features: by digest of each picture that taught it, (variants,
    features) float32 with the precision of float16, by a network that never saw its part.
    """

    weights: Sequence[Floats]
    features: Mapping[str, Floats]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights."""
        hasher = hashlib.sha256()
        for one in self.weights:
            hasher.update(np.ascontiguousarray(one).data)
        return hasher.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the two files beside a model. Raises StoreError."""
        with plainly(folder):
            np.savez(folder / BACKBONE, *self.weights)
            digests, features = list(self.features), np.stack(list(self.features.values()))
            np.savez(folder / FEATURES, digests=np.array(digests), features=features.astype(np.float16))


def rounded(features: Floats) -> Floats:
    """As they will come back from a file, so that what is fitted now is fitted alike later."""
    return features.astype(np.float16).astype(np.float32)


def load(folder: Path) -> Adapted:
    """Read what a version's folder holds. Raises TrainingError where it is missing or damaged."""
    try:
        with (folder / BACKBONE).open("rb") as file, np.load(file) as table:
            weights = [table[f"arr_{place}"] for place in range(len(table.files))]
        with (folder / FEATURES).open("rb") as file, np.load(file) as table:
            features = dict(zip(table["digests"].tolist(), table["features"].astype(np.float32), strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{folder}: the adapted network of this version cannot be read ({error}); copy the whole folder again, "
            "or train anew with --fresh"
        ) from error
    return Adapted(weights, features)
