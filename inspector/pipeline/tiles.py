"""How a View that is larger than a model's entry is looked at piece by piece, and how what is said of them becomes one.

The pieces are the whole, shrunk, and its tiles: a crack across the part shows in the one, a speck in the others. A part
is as bad as its worst piece. Tiles overlap, so that what is small and lies on a seam lies whole in one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import ONE_TILE, Floats, Pixels, Tiles
from inspector.opencv import cv2

MOST_TILES = 24


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tiles of a View lie: evenly, the first in its one corner and the last in the other; sizes in pixels."""

    height: int
    width: int
    tile_height: int
    tile_width: int
    tiles: Tiles = ONE_TILE

    @classmethod
    def of(cls, side: int, overlap: int, tiles: Tiles) -> Layout:
        """Square tiles that overlap by so many pixels, and the View that they make."""
        height, width = (side + (count - 1) * (side - overlap) for count in (tiles.rows, tiles.columns))
        return cls(height, width, side, side, tiles)

    @property
    def covers(self) -> bool:
        """Whether the tiles leave nothing of the View out, and each shows something that no other does."""
        both = ((self.height, self.tile_height, self.tiles.rows), (self.width, self.tile_width, self.tiles.columns))
        return all(whole == tile if count == 1 else tile < whole <= count * tile for whole, tile, count in both)

    def pieces(self, pixels: Pixels) -> list[Pixels]:
        """Of a View (height, width, 3), or a mask of it (height, width): the whole, shrunk, and the tiles row by row.

        The tiles share their memory with it. Of one tile, the View itself.
        """
        if pixels.shape[:2] != (self.height, self.width):
            raise ValueError(f"expected a view of {self.height} x {self.width} pixels, received {pixels.shape}")
        if self.tiles == ONE_TILE:
            return [pixels]
        whole = cv2.resize(pixels, (self.tile_width, self.tile_height), interpolation=cv2.INTER_AREA)
        corners = product(*self._starts(self.tile_height, self.tile_width))
        tiles = [pixels[top : top + self.tile_height, left : left + self.tile_width] for top, left in corners]
        return [np.asarray(whole, dtype=np.uint8), *tiles]

    def assembled(self, maps: Sequence[Floats]) -> Floats:
        """One map of the View from one of each piece, (rows, columns) each, in the order of `pieces`.

        Where tiles overlap the hotter place counts: in one of them a defect on the seam is whole, in the other cut off,
        and either the mean or a cut between them would dim it. The whole, which says only roughly where, is left out
        (docs/decisions/tiles.md).
        """
        if self.tiles == ONE_TILE:
            return maps[0]
        rows, columns = maps[0].shape
        down, across = self._starts(rows, columns)
        heat = np.full((down[-1] + rows, across[-1] + columns), -np.inf, dtype=np.float32)
        for one, (top, left) in zip(maps[1:], product(down, across), strict=True):
            window = heat[top : top + rows, left : left + columns]
            np.maximum(window, one, out=window)
        return heat

    def _starts(self, rows: int, columns: int) -> tuple[list[int], list[int]]:
        """Of the rows and of the columns of tiles, in units of which one tile has so many."""
        down = _evenly(self.height * rows / self.tile_height, rows, self.tiles.rows)
        return down, _evenly(self.width * columns / self.tile_width, columns, self.tiles.columns)


def _evenly(whole: float, one: int, count: int) -> list[int]:
    return [int(place * (whole - one) / max(1, count - 1) + 0.5) for place in range(count)]


def worst(logits: npt.NDArray[Any], good: int) -> npt.NDArray[Any]:
    """(..., classes) of parts from the logits of their pieces (..., pieces, classes).

    Each class against good (whose logit becomes 0), by the piece that shows most of it; of a single one, as they are.
    """
    if logits.shape[-2] == 1:
        return logits[..., 0, :]
    with np.errstate(invalid="ignore"):  # endless logits give NaN, which the judgement does not let pass
        against: npt.NDArray[Any] = (logits - logits[..., good : good + 1]).max(axis=-2)
    return against


def suited(region: tuple[int, int], side: int, overlap: int, most: int) -> Tiles:
    """The tiles that show a region (height, width) at its camera's resolution, or as near to it as `most` pieces come.

    Of those that come equally near, the fewest. At least one tile, and at most MOST_TILES.
    """
    counts = range(1, MOST_TILES + 1)
    every = [Tiles(rows, columns) for rows in counts for columns in counts if rows * columns <= MOST_TILES]
    offered = [tiles for tiles in every if tiles == ONE_TILE or tiles.pieces <= most]
    return min(offered, key=lambda tiles: (*(-share for share in _shares(region, side, overlap, tiles)), tiles.count))


def _shares(region: tuple[int, int], side: int, overlap: int, tiles: Tiles) -> list[float]:
    """Of the camera's resolution, down and across, the lower first; 1 where nothing is lost."""
    layout = Layout.of(side, overlap, tiles)
    return sorted((min(1.0, layout.height / region[0]), min(1.0, layout.width / region[1])))
