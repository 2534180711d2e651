"""Reviewing: the queue of parts that deserve a look, the next pictures ready before they are asked for."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.look.images import HeatMap, heat_map, to_image
from inspector.commission import setup_for
from inspector.domain import Record
from inspector.learning.review import ReviewItem, queue
from inspector.pipeline.assemble import Setup, view_of
from inspector.pipeline.classify import Classifier
from inspector.store.workspace import Workspace

AHEAD = 4
KEPT = 12


class Reviewing(QObject):
    """The queue and where a person stands in it. `shown` (ReviewItem or None) follows every step.

    `picture_ready` (inspection id, QImage) and `heat_ready` (inspection id, HeatMap) come when they are there; a
    prefetched picture is there at once (`picture`).
    """

    shown = Signal(object)
    picture_ready = Signal(str, object)
    heat_ready = Signal(str, object)
    failed = Signal(object)

    def __init__(self, workspace: Workspace, recipe_name: str) -> None:
        super().__init__()
        self._workspace = workspace
        self._recipe_name = recipe_name
        self._reads = Background("review-pictures", threads=2, parent=self)
        self._work = Background("review", parent=self)
        for background in (self._reads, self._work):
            background.failed.connect(self.failed)
        self._items: list[ReviewItem] = []
        self._place = 0
        self._pictures: OrderedDict[str, QImage] = OrderedDict()
        self._asked: set[str] = set()
        self._setup: Setup | None = None

    @property
    def item(self) -> ReviewItem | None:
        """What is shown; None at the end of the queue."""
        return self._items[self._place] if self._place < len(self._items) else None

    @property
    def waiting(self) -> tuple[ReviewItem, ...]:
        """What is shown and what comes after it."""
        return tuple(self._items[self._place :])

    def refresh(self) -> None:
        """Ask for the queue anew; what is shown stays where it is in it."""
        self._work.run(lambda: queue(self._workspace, self._recipe_name), self._take)

    def advance(self) -> None:
        """Show the next one; at the end, look whether there are more."""
        self._place = min(self._place + 1, len(self._items))
        self._show()
        if self.item is None:
            self.refresh()

    def back_to(self, inspection_id: str) -> None:
        """Show one again whose label was taken back."""
        ids = [item.record.inspection.id for item in self._items]
        if inspection_id in ids:
            self._place = ids.index(inspection_id)
            self._show()

    def picture(self, record: Record) -> QImage | None:
        """A picture that is ready; None where it is still being read (`picture_ready` follows)."""
        return self._pictures.get(record.inspection.frame_digest)

    def explain(self, record: Record) -> None:
        """Judge a stored picture again for its heat map; `heat_ready` follows."""
        self._work.run(lambda: self._replay(record), lambda heat: self._explained(record, heat))

    def forget_model(self) -> None:
        """Another model was promoted: heat maps are its from now on."""
        self._setup = None

    def close(self) -> None:
        self._reads.close()
        self._work.close()

    def _take(self, items: list[ReviewItem]) -> None:
        shown = self.item
        earlier = self._items[: self._place]
        known = {item.record.inspection.id for item in earlier}
        if shown is not None:
            known.add(shown.record.inspection.id)
        fresh = [item for item in items if item.record.inspection.id not in known]
        self._items = earlier + ([shown] if shown else []) + fresh
        self._show()

    def _show(self) -> None:
        for item in self._items[self._place : self._place + 1 + AHEAD]:
            self._prefetch(item.record)
        self.shown.emit(self.item)

    def _prefetch(self, record: Record) -> None:
        digest = record.inspection.frame_digest
        if digest in self._pictures:
            self._pictures.move_to_end(digest)
        elif digest not in self._asked:
            self._asked.add(digest)
            self._reads.run(
                lambda: to_image(self._workspace.images.get(digest)),
                lambda image: self._keep(record, image),
                lambda error: self._unreadable(digest, error),
            )

    def _keep(self, record: Record, image: QImage) -> None:
        digest = record.inspection.frame_digest
        self._asked.discard(digest)
        self._pictures[digest] = image
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        self.picture_ready.emit(record.inspection.id, image)

    def _unreadable(self, digest: str, error: object) -> None:
        self._asked.discard(digest)
        self.failed.emit(error)

    def _replay(self, record: Record) -> HeatMap | None:
        if self._setup is None:
            recipe = self._workspace.recipes.load(self._recipe_name)
            self._setup = setup_for(self._workspace, recipe)
        setup = self._setup
        if not isinstance(setup.model, Classifier):
            return None
        pixels = self._workspace.images.get(record.inspection.frame_digest)
        view = view_of(pixels, setup.recipe, setup.template, *setup.model.input_size)
        return heat_map(setup.model.classify(view).heat, view.box, setup.recipe.limits.reject)

    def _explained(self, record: Record, heat: HeatMap | None) -> None:
        if heat is not None:
            self.heat_ready.emit(record.inspection.id, heat)
