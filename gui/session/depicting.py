"""Depicting: what is seen becomes images in the background, always of the newest, never of a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.look.images import HeatMap, heat_map, to_image
from inspector.domain import Decision, Pixels
from inspector.errors import StoreError
from inspector.opencv import cv2
from inspector.pipeline.locate import locate
from inspector.recipe import Recipe
from inspector.station import PartInspected
from inspector.store.workspace import Workspace

THUMBNAIL_PX = 224


@dataclass(frozen=True, slots=True, eq=False)
class Depiction:
    """One part as images. thumbnails: of the last rejects, newest first, each with its event."""

    event: PartInspected
    image: QImage
    heat: HeatMap | None
    thumbnails: tuple[tuple[PartInspected, QImage], ...]


def thumbnail(pixels: Pixels) -> QImage:
    """The picture with its longer side at THUMBNAIL_PX."""
    if pixels.size == 0:
        return QImage()
    height, width = pixels.shape[:2]
    factor = THUMBNAIL_PX / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return to_image(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))


class Depicting(QObject):
    """Turns parts into Depictions; while one is made, only the newest request waits."""

    depicted = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self._images = workspace.images
        self._work = Background("depicting", parent=self)
        self._recipe = recipe
        self._template: Pixels | None = None
        self._busy = False
        self._next: tuple[PartInspected, tuple[PartInspected, ...]] | None = None
        self._thumbnails: dict[str, QImage] = {}

    def change(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._template = None

    def depict(self, event: PartInspected, rejects: Sequence[PartInspected]) -> None:
        """Make images of one part and of the last rejects; `depicted` follows, unless a newer part comes first."""
        self._next = (event, tuple(rejects))
        if not self._busy:
            self._begin()

    def close(self) -> None:
        self._work.close()

    def _begin(self) -> None:
        if self._next is None:
            return
        event, rejects = self._next
        self._next = None
        self._busy = True
        self._work.run(lambda: self._make(event, rejects), self._made)

    def _made(self, depiction: Depiction) -> None:
        self._busy = False
        self.depicted.emit(depiction)
        self._begin()

    def _make(self, event: PartInspected, rejects: tuple[PartInspected, ...]) -> Depiction:
        known = self._thumbnails
        self._thumbnails = {
            one.inspection.id: known.get(one.inspection.id) or thumbnail(one.frame.pixels) for one in rejects
        }
        small = tuple((one, self._thumbnails[one.inspection.id]) for one in rejects)
        return Depiction(event, to_image(event.frame.pixels), self._heat(event), small)

    def _heat(self, event: PartInspected) -> HeatMap | None:
        """Of an accepted part there is none: a glow under an OK would only make the operator doubt one of the two."""
        scores, recipe = event.inspection.scores, self._recipe
        if scores is None or event.inspection.verdict.decision is Decision.OK:
            return None
        box = locate(event.frame.pixels, recipe, self._fiducial(recipe))
        return None if box is None else heat_map(scores.heat, box, recipe.limits.reject)

    def _fiducial(self, recipe: Recipe) -> Pixels | None:
        if self._template is None and recipe.locate.template:
            try:
                self._template = self._images.get(recipe.locate.template)
            except StoreError:
                return None  # without its fiducial a part has no place for a map; the verdict says so itself
        return self._template
