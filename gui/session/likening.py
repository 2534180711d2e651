"""Likening: the part under review beside the good part and the defect that it looks most like to the model."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.session.depicting import thumbnail
from inspector.domain import Inspection
from inspector.errors import InspectorError
from inspector.learning.limit_samples import LimitSample, LimitSamples, gather
from inspector.learning.review import NEW_IMPRESSIONS
from inspector.machine import step_back
from inspector.pipeline.locate import locate
from inspector.pipeline.view import make_view
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace

Shown = tuple[LimitSample, QImage]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """The limit samples of one part, each with its region of the picture; None where there is none.

    located: False where the part is not found in its picture, and so looks like nothing.
    """

    good: Shown | None
    defect: Shown | None
    defects_taught: bool
    located: bool = True


class Likening(QObject):
    """Finds the limit samples of one part after the other; while one is looked at, only the newest request waits.

    `found` (inspection id, Likeness) and `missing` (inspection id, InspectorError) come unless a newer part came first.
    """

    found = Signal(str, object)
    missing = Signal(str, object)

    def __init__(self, workspace: Workspace, recipe: Recipe) -> None:
        super().__init__()
        self._workspace = workspace
        self._recipe = recipe
        self._work = Background("limit-samples", parent=self)
        self._samples: LimitSamples | None = None
        self._round = 0
        self._next: Inspection | None = None
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether a part is looked at."""
        return self._busy

    def change(self, recipe: Recipe) -> None:
        """Another recipe or model runs."""
        self._recipe = recipe
        self.renew()

    def renew(self) -> None:
        """Gather anew from the next part on: more may have been taught or labelled since."""
        self._samples = None
        self._round += 1

    def liken(self, inspection: Inspection) -> None:
        """Find the limit samples of one part; `found` or `missing` follows."""
        self._next = inspection
        if not self._busy:
            self._begin()

    def leave(self) -> None:
        """Nobody waits for an answer any more."""
        self._next = None

    def close(self) -> None:
        self._work.close()

    def _begin(self) -> None:
        inspection, recipe, samples, now = self._next, self._recipe, self._samples, self._round
        if inspection is None:
            return
        self._busy = True
        self._work.run(
            lambda: self._look(recipe, samples, inspection),
            lambda answer: self._looked(now, inspection, *answer),
            lambda error: self._failed(now, inspection, error),
        )

    def _look(
        self, recipe: Recipe, samples: LimitSamples | None, inspection: Inspection
    ) -> tuple[LimitSamples | None, Likeness | None]:
        """One step, so that a newer part need not wait for all pictures that were taught."""
        step_back()
        samples = samples or gather(self._workspace, recipe, NEW_IMPRESSIONS)
        if samples is None:
            return None, None
        nearest = samples.of(inspection)
        if nearest is None:
            return samples, Likeness(None, None, samples.defects_taught, located=False)
        good, defect = (self._shown(recipe, one) for one in (nearest.good, nearest.defect))
        return samples, Likeness(good, defect, samples.defects_taught)

    def _shown(self, recipe: Recipe, sample: LimitSample | None) -> Shown | None:
        """What the model judges of the picture, and not what lies around it."""
        if sample is None:
            return None
        images = self._workspace.images
        pixels = images.get(sample.digest)
        box = locate(pixels, recipe, images.get(recipe.locate.template) if recipe.locate.template else None)
        region = make_view(pixels, box, box.height, box.width).pixels if box else pixels
        return sample, thumbnail(region)

    def _looked(
        self, began: int, inspection: Inspection, samples: LimitSamples | None, likeness: Likeness | None
    ) -> None:
        self._busy = False
        if began == self._round:
            self._samples = samples
            if self._next is inspection and likeness is not None:
                self._next = None
                self.found.emit(inspection.id, likeness)
        if not self._busy:
            self._begin()  # also with the same part, where there is more to look at

    def _failed(self, began: int, inspection: Inspection, error: InspectorError) -> None:
        self._busy = False
        if began == self._round and self._next is inspection:
            self._next = None
            self.missing.emit(inspection.id, error)
        if not self._busy:
            self._begin()
