"""What the network is shown in training: the very Views that the station would make of the stored pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from inspector.domain import Pixels, SnapshotEntry, TurnedBox, View
from inspector.errors import PictureError
from inspector.learning import sizes
from inspector.pictures import read_picture
from inspector.pipeline.assemble import view_of
from inspector.pipeline.fitness import measure, outside
from inspector.pipeline.view import make_view
from inspector.recipe import Recipe
from inspector.store.images import ImageStore


class Views:
    """Views by picture digest, made with a recipe's region and alignment at one input size."""

    def __init__(self, images: Path, recipe: Recipe, template: Path | None, height: int, width: int) -> None:
        self._images = ImageStore(images)
        self._recipe = recipe
        self._template: Pixels | None = read_picture(template) if template else None
        self.height = height
        self.width = width

    def get(self, digest: str) -> View | None:
        """None where the part is not found in the picture. Raises StoreError where the picture cannot be read."""
        return self._view(self._images.get(digest))

    def judged(self, digest: str) -> View | None:
        """As `get`, and None where the station would judge nothing, since the picture is not fit for it."""
        pixels = self._images.get(digest)
        view = self._view(pixels)
        return view if view and not outside(measure(pixels, view.box), self._recipe.fitness) else None

    def _view(self, pixels: Pixels) -> View | None:
        try:
            return view_of(pixels, self._recipe, self._template, self.height, self.width)
        except PictureError:
            return None

    def turned(self, digest: str, view: View, turns_deg: Iterable[float]) -> list[View]:
        """The same view of a picture, cut so many degrees further round about its middle. Raises StoreError.

        What then lies outside the picture is mirrored at its border.
        """
        pixels, box = self._images.get(digest), view.box
        already_deg = box.turn_deg if isinstance(box, TurnedBox) else 0.0
        boxes = (TurnedBox(box.x, box.y, box.width, box.height, already_deg + turn_deg) for turn_deg in turns_deg)
        return [make_view(pixels, one, self.height, self.width) for one in boxes]

    def sizes(self, entries: Iterable[SnapshotEntry]) -> list[dict[str, Any]]:
        """What is remarkable in how large their pictures are: rows for a card. Raises StoreError."""
        return sizes.remarkable(sizes.look(self._images, entries), self._recipe)

    def mask(self, digest: str, view: View) -> Pixels:
        """A stored mask, cut as the view of its picture was: (height, width) uint8, 255 inside. Raises StoreError."""
        pixels = self._images.get(digest)
        marked = np.where(pixels if pixels.ndim == 2 else pixels.max(axis=2), np.uint8(255), np.uint8(0))
        return make_view(np.asarray(marked, np.uint8), view.box, self.height, self.width).pixels[..., 0]


def draw(entries: Sequence[SnapshotEntry], count: int) -> list[SnapshotEntry]:
    """At most `count` entries, the classes taking turns, so that rare ones are there; the same in every order."""
    classes: dict[str, list[SnapshotEntry]] = defaultdict(list)
    for entry in sorted(entries):  # by digest first: a fair draw within a class
        classes[entry.defect_class].append(entry)
    turns = chain.from_iterable(zip_longest(*(classes[name] for name in sorted(classes))))
    return [entry for entry in turns if entry is not None][:count]
