"""The frame: the rail on the left, the fault bar on top, one page at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gui.log import LogView
from gui.look.tokens import NOTE_PX, STEP_PX
from gui.pages.learn import LearnPage
from gui.pages.page import Page
from gui.pages.review import ReviewPage
from gui.pages.run import RunPage
from gui.pages.setup import SetupPage
from gui.session.session import Session
from gui.widgets.buttons import Button
from gui.widgets.charts import Chart
from gui.widgets.faultbar import FaultBar
from gui.widgets.state import StateLabel
from gui.widgets.texts import ElidedLabel, note_label, plane, read_label
from inspector.errors import CameraLost, InspectorError, StoreError
from inspector.station import StationState, StationStatus

_RAIL_PX = 152


class Window(QMainWindow):
    """Shows a Session; closing it closes the session."""

    def __init__(self, session: Session, log: LogView) -> None:
        super().__init__()
        self._session = session
        self.log = log
        self._help: Callable[[], object] | None = None
        self._station_fault = ""
        self.setWindowTitle(self.tr("Inspector, {0}").format(session.recipe.name))
        self.faults = FaultBar()
        self.state = StateLabel()
        self.stack = QStackedWidget()
        self.run_page = RunPage(session)
        self.review_page = ReviewPage(session)
        self.learn_page = LearnPage(session)
        self.setup_page = SetupPage(session)
        self.entries: list[Button] = []
        self._lay_out()
        self._connect()
        self.show_page(0)

    @property
    def pages(self) -> list[Page]:
        return [self.run_page, self.review_page, self.learn_page, self.setup_page]

    def _lay_out(self) -> None:
        whole = QWidget()
        columns = QHBoxLayout(whole)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        self.rail = self._make_rail()
        columns.addWidget(self.rail)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.faults)
        right.addWidget(self.stack, 1)
        columns.addLayout(right, 1)
        for page in self.pages:
            self.stack.addWidget(page)
        self.setCentralWidget(whole)
        self.resize(1280, 800)

    def _make_rail(self) -> QFrame:
        rail = plane("rail")
        rail.setFixedWidth(_RAIL_PX)
        column = QVBoxLayout(rail)
        column.setContentsMargins(0, 2 * STEP_PX, 0, 2 * STEP_PX)
        column.setSpacing(STEP_PX)
        name = read_label(self.tr("Inspector"), "strong")
        name.setContentsMargins(2 * STEP_PX, 0, 0, STEP_PX)
        column.addWidget(name)
        titles = (self.tr("Run"), self.tr("Review"), self.tr("Learn"), self.tr("Setup"))
        for place, title in enumerate(titles):
            column.addWidget(self._rail_button(place, title))
        column.addStretch(1)
        keys = note_label(self.tr("Ctrl+1 to Ctrl+4"), "quiet")
        keys.setContentsMargins(2 * STEP_PX, 0, 0, 0)
        station = ElidedLabel(self._session.workspace.settings.station, "note", "quiet")
        station.setContentsMargins(2 * STEP_PX, 0, 0, 0)
        station.setFixedHeight(NOTE_PX + STEP_PX)
        column.addWidget(keys)
        column.addWidget(self.state)
        return rail

    def _rail_button(self, place: int, title: str) -> Button:
        entry = Button(title, "rail")
        entry.setCheckable(True)
        self.entries.append(entry)
        action = QAction(title, self)
        action.setShortcut(QKeySequence(f"Ctrl+{place + 1}"))
        action.triggered.connect(lambda _checked: self.show_page(place))
        entry.clicked.connect(lambda _checked: self.show_page(place))
        self.addAction(action)
        return entry

    def _connect(self) -> None:
        self._session.failed.connect(self.show_error)
        self._session.running.status_changed.connect(self._show_status)
        self.run_page.full_screen_wanted.connect(self.toggle_full_screen)
        self.faults.helped.connect(self._give_help)
        self.faults.log_wanted.connect(self.log.show)
        self._show_status(self._session.running.status)

    def show_page(self, place: int) -> None:
        """Bring a page to the front, counted from the top of the rail."""
        self.stack.setCurrentIndex(place)
        for number, entry in enumerate(self.entries):
            entry.setChecked(number == place)
        self.pages[place].enter()
        self.pages[place].first.setFocus(Qt.FocusReason.OtherFocusReason)

    def toggle_full_screen(self) -> None:
        """The whole screen for the page, and back."""
        full = not self.isFullScreen()
        self.rail.setVisible(not full)
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def show_error(self, error: InspectorError) -> None:
        """A fault of the world, with the button that helps where one does."""
        if isinstance(error, CameraLost):
            self._fault(
                self.tr("The camera does not answer"), str(error), self.tr("Open Setup"), lambda: self.show_page(3)
            )
        elif isinstance(error, StoreError):
            self._fault(self.tr("Something cannot be stored or read"), str(error), "", None)
        else:
            self._fault(self.tr("This did not work"), str(error), "", None)

    def show_bug(self, what: str, why: str) -> None:
        """A fault of the program, as the exception hook found it."""
        self._fault(what, why, "", None)

    def _fault(self, what: str, why: str, helps: str, then: Callable[[], object] | None) -> None:
        self._help = then
        self.faults.show_fault(what, why, helps)

    def _give_help(self) -> None:
        helps = self._help
        self.faults.clear()
        if helps:
            helps()

    def _show_status(self, status: StationStatus) -> None:
        self.state.show_state(status.state)
        if status.state is StationState.FAULTED:
            restart = self._session.running.start
            self._fault(
                self.tr("The line is stopped: every part is rejected"), status.fault, self.tr("Start again"), restart
            )
        elif status.fault:
            self._fault(self.tr("The station reports a fault"), status.fault, "", None)
        elif self._station_fault:
            self.faults.clear()
        self._station_fault = status.fault

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self.log.close()
        self._session.close()
        for chart in self.findChildren(Chart):
            chart.release()
        super().closeEvent(event)
