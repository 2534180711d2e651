"""The second lesson of an adaptation: where in its picture a defect is, as far as masks say so.

A head of its own names the class of every place while the network is tuned, and is thrown away with the last epoch:
what it leaves are features that have looked at the defect and not at what happens to stand beside it (mixed
supervision; Božič, Tabernik and Skočaj, "Mixed supervision for surface-defect detection", 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from inspector.domain import Floats
from models.adaptation.stems import Stems
from models.crossvalidation import Indices

CHANNELS = 64
RATE = 10.0  # of the head of places, against the network's topmost layer: it begins with nothing
_MARKED, _CLEAR = 128, 13  # of 255: what lies between is the edge of a mask, and neither one nor the other
_DEFECT = 3.0  # how much a marked place counts: there are few


def head(cut: Any, levels: Sequence[Any], classes: int) -> Any:
    """From the maps at the cut and of the three levels to logits of each place, (n, rows, columns, classes)."""
    rows, columns = (int(side) for side in cut.shape[1:3])
    layers = keras.layers
    seen = [layers.Conv2D(CHANNELS, 1, name="place_cut")(cut)]
    for number, level in enumerate(levels):
        narrow = layers.Conv2D(CHANNELS, 1, name=f"place_level{number}")(level)
        seen.append(layers.Resizing(rows, columns, name=f"place_spread{number}")(narrow))
    mixed = layers.SeparableConv2D(CHANNELS, 3, padding="same", activation="relu", name="place_mixed")(
        layers.ReLU()(layers.Add()(seen))
    )
    return layers.Conv2D(classes, 1, name="place_classes")(mixed)


def rates(model: Any) -> dict[str, float]:
    """By the path of each variable of the head of places."""
    return {one.path: RATE for one in model.trainable_weights if one.path.startswith("place_")}


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What is known of the places of each picture. truth: (n,) classes; known: (n,) whether its mask, or that it is
    good, says where nothing is.
    """

    stems: Stems
    truth: Indices
    known: npt.NDArray[np.bool_]

    def of(self, pictures: Indices, variants: Indices) -> tuple[Indices, Floats]:
        """(pictures, rows, columns): the class of each place, and how much it counts."""
        marks = self.stems.marks(pictures, variants)
        classes = np.where(marks >= _MARKED, self.truth[pictures, np.newaxis, np.newaxis], 0)
        sure = (marks >= _MARKED) | (marks < _CLEAR)
        weights = sure * np.where(classes > 0, _DEFECT, 1.0) * self.known[pictures, np.newaxis, np.newaxis]
        return classes, np.asarray(weights / max(float(weights.mean()), 1e-6), np.float32)
