"""What a network shows of one view, in the numbers that everything here is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspector.domain import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a network shows of one view. summary: (features,) averages, deviations and peaks of all levels.

    levels: maps (rows, columns, channels), fine to coarse, the finest with each place averaged with its neighbours.
    """

    summary: Floats
    levels: tuple[Floats, ...]

    @classmethod
    def of(cls, maps: Sequence[Floats]) -> Sight:
        """From a network's own maps, reckoned as the graph does it."""
        smoothed = [_smoothed(one) for one in maps]
        return cls(_summary(maps, smoothed), (smoothed[0], *maps[1:]))

    @property
    def places(self) -> Floats:
        """(places, channels) of the finest level."""
        return self.levels[0].reshape(-1, self.levels[0].shape[-1])


def _summary(maps: Sequence[Floats], smoothed: Sequence[Floats]) -> Floats:
    """(features,) the averages and the deviations of maps (rows, columns, channels), and the peaks of smoothed ones.

    What is small hardly moves an average; a peak over nine places says that it is there.
    """
    averages = [one.mean(axis=(0, 1)) for one in maps]
    squares = [(one**2).mean(axis=(0, 1)) for one in maps]
    spreads = [np.sqrt(np.maximum(square - average**2, 0)) for square, average in zip(squares, averages, strict=True)]
    peaks = [one.max(axis=(0, 1)) for one in smoothed]
    return np.concatenate([*averages, *spreads, *peaks]).astype(np.float32)


def _smoothed(places: Floats) -> Floats:
    """(rows, columns, channels), each place's mean with its neighbours."""
    rows, columns, _ = places.shape
    padded = np.pad(places, ((1, 1), (1, 1), (0, 0)))
    there = np.pad(np.ones((rows, columns, 1), np.float32), ((1, 1), (1, 1), (0, 0)))
    windows = [(slice(down, down + rows), slice(across, across + columns)) for down in range(3) for across in range(3)]
    total = sum((padded[window] for window in windows), np.zeros_like(places))
    return np.asarray(total / sum((there[window] for window in windows), np.float32(0)), dtype=np.float32)
