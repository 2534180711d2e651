"""In which pieces a model of good parts looks at a part, and which of them show a defect that was labelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inspector.domain import ONE_TILE, Box, Pixels, SnapshotEntry, Tiles, View
from inspector.pipeline.tiles import Layout, suited
from inspector.recipe import Recipe
from models.export.speed import measure
from models.network import THREADS, FeatureNetwork
from models.novelty.graph import seeing
from models.novelty.novelty import Flags
from models.views import Views, draw

SIDE = 320  # pixels of a tile: what is small and strange needs more than a class does (docs/decisions/novelty.md)
OVERLAP = 64  # pixels: four places of the heat map, so that nothing on a seam is near the rim of both tiles
WHOLE = 1.25  # a model's file takes so much longer than the network that sees (docs/decisions/novelty.md)
_REGIONS = 8  # pictures whose regions are looked at for their size
_SHOWN = 0.1  # of what the tile with most of a marked defect shows: less is a trace on its rim


def layout_of(tiles: Tiles) -> Layout:
    return Layout.of(SIDE, OVERLAP, tiles)


def affordable(
    views: Views, entries: Sequence[SnapshotEntry], budget_ms: float, networks: Callable[[], Iterator[FeatureNetwork]]
) -> Tiles:
    """The tiles that show the parts at their camera's resolution, or as near as the time for one part allows.

    networks: asked for one, whose time is taken here, only where a single tile would shrink the parts.
    """
    boxes = [view.box for entry in draw(entries, _REGIONS) if (view := views.get(entry.digest))]
    region = max((box.height for box in boxes), default=0), max((box.width for box in boxes), default=0)
    if max(region) <= SIDE:
        return ONE_TILE
    look_ms = WHOLE * measure(seeing(next(networks()).content), THREADS).p50_ms
    return suited(region, SIDE, OVERLAP, int(budget_ms / look_ms))


def resolution(layout: Layout, boxes: Sequence[Box]) -> float:
    """Of the camera's, in the direction in which parts of these regions are shrunk most; at most 1."""
    return min([1.0, *(layout.height / box.height for box in boxes), *(layout.width / box.width for box in boxes)])


class PieceViews(Views):
    """Of each picture one piece, by its digest: what a network that is shown pieces is quantised on."""

    def __init__(self, images: Path, recipe: Recipe, template: Path | None, layout: Layout) -> None:
        super().__init__(images, recipe, template, layout.height, layout.width)
        self._layout = layout

    def get(self, digest: str) -> View | None:
        view = super().get(digest)
        if view is None:
            return None
        place = int(digest[:8], 16) % self._layout.tiles.pieces
        return replace(view, pixels=np.ascontiguousarray(self._layout.pieces(view.pixels)[place]))


def pieces_of(mask: Pixels | None, layout: Layout) -> list[Pixels | None]:
    """What of a mask (height, width) in the View lies in each piece; of none, none."""
    return [None] * layout.tiles.pieces if mask is None else list(layout.pieces(mask))


def shown_in(mask: Pixels | None, layout: Layout) -> Flags:
    """(pieces,) whether a defect is to be seen: in the whole always, and in each tile that its mask touches.

    mask: (height, width) in the View, not 0 where the defect is. None where nobody has marked it: then no tile is said
    to show it.
    """
    if mask is None or layout.tiles == ONE_TILE:
        return np.asarray(np.arange(layout.tiles.pieces) == 0)
    marked = np.array([np.count_nonzero(piece) for piece in layout.pieces(mask)])
    shown = marked > _SHOWN * marked[1:].max()
    shown[0] = True
    return np.asarray(shown)
