"""Watching the line: which part the screen speaks of, and the one key that says it was judged wrongly."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gui.bridge import Glance
from gui.session.labelling import Labelling
from inspector.domain import GOOD, UNNAMED, Decision
from inspector.station import PartInspected


class Watching(QObject):
    """`changed` follows whenever another part is shown, or the same one is held, named or let go."""

    changed = Signal()

    def __init__(self, labelling: Labelling) -> None:
        super().__init__()
        self._labelling = labelling
        self.live: PartInspected | None = None
        self.held: PartInspected | None = None
        self.naming = False
        self.rejects: tuple[PartInspected, ...] = ()

    @property
    def shown(self) -> PartInspected | None:
        """The part that words and picture speak of: the one held, else the newest."""
        return self.held or self.live

    @property
    def may_be_good(self) -> bool:
        """Whether "good" answers what the part being named is; of an accepted part it would be no news."""
        return self.naming and self._decision() is not Decision.OK

    def look(self, glance: Glance) -> None:
        self.rejects = glance.rejects
        self.live = glance.newest or self.live
        self.changed.emit()

    def open(self, inspection_id: str) -> None:
        """Hold one of the last rejects; the line goes on."""
        found = next((one for one in self.rejects if one.inspection.id == inspection_id), None)
        if found is not None:
            self.held = found
            self.naming = False
            self.changed.emit()

    def misfire(self) -> None:
        """The part shown was judged wrongly.

        A rejected one is good: overkill, said in full. An accepted one has a defect: an escape, written at once, so
        that it is in the review before the next part even if nobody says which defect; its name follows with `name`.
        Any other verdict waits for the name.
        """
        shown = self.shown
        if shown is None or self.naming:
            return
        decision = self._decision()
        if decision is Decision.NG:
            self._labelling.give(shown.inspection.id, GOOD)
            return
        if decision is Decision.OK:
            self._labelling.give(shown.inspection.id, UNNAMED)
        self.held = shown
        self.naming = True
        self.changed.emit()

    def name(self, defect_class: str) -> None:
        """Say what the part being named is, and go back to the line."""
        if self.naming and self.held is not None and (defect_class != GOOD or self.may_be_good):
            self._labelling.give(self.held.inspection.id, defect_class)
            self.release()

    def release(self) -> None:
        """Back to the newest part."""
        self.held = None
        self.naming = False
        self.changed.emit()

    def _decision(self) -> Decision | None:
        return self.shown.inspection.verdict.decision if self.shown else None
