"""How a View that is larger than a model's entry is looked at tile by tile, and how the tiles' words become one.

A part is as bad as its worst tile. Neighbouring tiles overlap, so that what lies on a seam lies whole in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import ONE_TILE, Floats, Pixels, Tiles

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

    def cut(self, pixels: Pixels) -> list[Pixels]:
        """(height, width, ...) in tiles (tile_height, tile_width, ...), row by row; they share their memory with it."""
        if pixels.shape[:2] != (self.height, self.width):
            raise ValueError(f"expected a view of {self.height} x {self.width} pixels, received {pixels.shape}")
        corners = self._corners(self.tile_height, self.tile_width)
        return [pixels[top : top + self.tile_height, left : left + self.tile_width] for top, left in corners]

    def assembled(self, maps: Sequence[Floats]) -> Floats:
        """One map of the whole View from one of each tile, (rows, columns) each, in the order of `cut`.

        Where tiles overlap the hotter place counts: a defect is whole in one tile and cut off in the other, and the
        mean of both would dim it on the seam.
        """
        if self.tiles == ONE_TILE:
            return maps[0]
        rows, columns = maps[0].shape
        corners = list(self._corners(rows, columns))
        whole = np.full((corners[-1][0] + rows, corners[-1][1] + columns), -np.inf, dtype=np.float32)
        for (top, left), one in zip(corners, maps, strict=True):
            window = whole[top : top + rows, left : left + columns]
            np.maximum(window, one, out=window)
        return whole

    def _corners(self, rows: int, columns: int) -> Iterator[tuple[int, int]]:
        """Top and left of each tile, in units of which one tile has so many."""
        down = _starts(self.height * rows / self.tile_height, rows, self.tiles.rows)
        across = _starts(self.width * columns / self.tile_width, columns, self.tiles.columns)
        return ((top, left) for top in down for left in across)


def _starts(whole: float, one: int, count: int) -> list[int]:
    return [int(place * (whole - one) / max(1, count - 1) + 0.5) for place in range(count)]


def worst(logits: npt.NDArray[Any], good: int) -> npt.NDArray[Any]:
    """(..., classes) of parts from the logits of their tiles (..., tiles, classes).

    Each class against good (whose logit becomes 0), by the tile that shows most of it; of a single tile, as they are.
    """
    if logits.shape[-2] == 1:
        return logits[..., 0, :]
    with np.errstate(invalid="ignore"):  # endless logits give NaN, which the judgement does not let pass
        against: npt.NDArray[Any] = (logits - logits[..., good : good + 1]).max(axis=-2)
    return against


def suited(region: tuple[int, int], side: int, overlap: int, most: int) -> Tiles:
    """The tiles that show a region (height, width) at its camera's resolution, or as near to it as `most` tiles come.

    Of those that come equally near, the fewest. At least one, and at most MOST_TILES.
    """
    bound = max(1, min(most, MOST_TILES))
    offered = [
        Tiles(rows, columns)
        for rows in range(1, bound + 1)
        for columns in range(1, bound + 1)
        if rows * columns <= bound
    ]
    return min(offered, key=lambda tiles: (*(-share for share in _shares(region, side, overlap, tiles)), tiles.count))


def _shares(region: tuple[int, int], side: int, overlap: int, tiles: Tiles) -> list[float]:
    """Of the camera's resolution, down and across, the lower first; 1 where nothing is lost."""
    layout = Layout.of(side, overlap, tiles)
    return sorted((min(1.0, layout.height / region[0]), min(1.0, layout.width / region[1])))
