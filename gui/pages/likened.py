"""The limit samples of the part on a page, found while it is looked at."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.session.likening import Likeness, Likening
from gui.widgets.samples import SampleStrip
from inspector.domain import Inspection


class LikenedStrip(SampleStrip):
    """Shows the limit samples of one part at a time, or why there are none. below: as for a SampleStrip.

    It asks while it is seen: of several pages one is looked at, and another one must not take its turn.
    """

    def __init__(self, likening: Likening, parent: QWidget | None = None, *, below: bool = False) -> None:
        super().__init__(parent, below=below)
        self._likening = likening
        self._inspection: Inspection | None = None
        likening.found.connect(self._show_likeness)
        likening.missing.connect(self._show_unlikened)

    def liken(self, inspection: Inspection | None) -> None:
        """Find and show those of this part; None: of no part any more."""
        self._inspection = inspection
        self.begin(inspection.id if inspection else "")
        if self.isVisible():
            self._ask()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if self._inspection:
            self._likening.liken(self._inspection)
        else:
            self._likening.leave()

    def _show_likeness(self, inspection_id: str, likeness: Likeness) -> None:
        if likeness.located:
            self.show_samples(inspection_id, likeness.good, likeness.defect, likeness.defects_taught)
        else:
            self.show_words(inspection_id, self.tr("The part is not found in its picture."))

    def _show_unlikened(self, inspection_id: str, error: object) -> None:
        self.show_words(inspection_id, self.tr("There are no similar parts to show: {0}").format(error))
