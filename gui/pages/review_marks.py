"""The Review page's keys for marking: which tool is in the hand, and what undo and clear take away."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from gui.pages.page import Page
from gui.widgets.marks import MarkView, Tool


class MarkKeys(QObject):
    """B for the box, P for the brush, C to clear; `actions` are to be shown with the page's keys."""

    def __init__(self, page: Page, picture: MarkView) -> None:
        super().__init__(page)
        self._picture = picture
        self._tools = {
            Tool.BOX: page.add_key(self.tr("box"), "B", partial(self.take, Tool.BOX)),
            Tool.BRUSH: page.add_key(self.tr("paint"), "P", partial(self.take, Tool.BRUSH)),
        }
        for action in self._tools.values():
            action.setCheckable(True)
        self._clear = page.add_key(self.tr("clear marks"), "C", picture.clear_marks)
        picture.marked.connect(lambda _marks: self.follow())

    @property
    def actions(self) -> list[QAction]:
        return [*self._tools.values(), self._clear]

    def take(self, tool: Tool) -> None:
        """Take a tool in hand; the one that is there already is put away."""
        self._picture.take_tool(None if self._picture.tool is tool else tool)
        self.follow()

    def follow(self, shown: bool = True) -> None:
        """Say which keys do something. shown: whether there is a part to mark."""
        for tool, action in self._tools.items():
            action.setEnabled(shown)
            action.setChecked(self._picture.tool is tool)
        self._clear.setEnabled(bool(self._picture.marks))
