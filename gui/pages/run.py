"""The Run page: what the operator sees from two metres while the line goes by."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.pages.likened import LikenedStrip
from gui.pages.page import Page
from gui.session.depicting import Depiction
from gui.session.labelling import Given
from gui.session.session import Session
from gui.widgets.buttons import button
from gui.widgets.charts import YieldChart
from gui.widgets.counters import CountersPanel, Counts
from gui.widgets.facts import FactRow
from gui.widgets.picture import PictureView
from gui.widgets.strip import RejectStrip, Thumbnail
from gui.widgets.texts import note_label
from gui.widgets.verdict import VerdictPanel
from inspector.domain import GOOD, UNNAMED
from inspector.station import PartInspected, StationState, StationStatus

_CHART_MS = 10_000
_ALARM_MS = 60_000
_SIDE_PX = 448
_SAID_MS = 4_000


class RunPage(Page):
    """Live verdict, picture, counters and rejects; M says that the part shown was judged wrongly."""

    full_screen_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Run"), parent)
        self._session = session
        self._watching = session.watching
        self._words = Words(self)
        self.verdict = VerdictPanel()
        self.picture = PictureView(self.tr("Picture of the part"))
        self.counters = CountersPanel()
        self.chart = YieldChart(self.tr("Yield by hour, %, with control limits"), self.tr("no parts yet"))
        self.samples = LikenedStrip(session.likening, below=True)
        self.line, self.beside = QWidget(), QStackedWidget()
        self.alarm = note_label(tone="strong", wraps=True)
        self.strip = RejectStrip()
        self.facts = FactRow((self.tr("Part"), self.tr("Lot"), self.tr("Recipe"), self.tr("Model")))
        self._compared: PartInspected | None = None
        self._said = self._timer(_SAID_MS, self._show_notice, once=True)
        self._clock = self._timer(_CHART_MS, session.running.count_hours)
        self._minute = self._timer(_ALARM_MS, session.running.look_for_alarm)
        self._make_buttons()
        self._lay_out()
        self._make_keys()
        self._connect()
        self.first = self.picture
        self._show_alarm("")
        self._show_status(session.running.status)

    def _timer(self, interval_ms: int, slot: object, once: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setSingleShot(once)
        timer.timeout.connect(slot)
        return timer

    def _make_buttons(self) -> None:
        running = self._session.running
        self.start = button(self.tr("Start"), running.start, "first")
        self.pause = button(self.tr("Pause"), running.pause)
        self.stop = button(self.tr("Stop"), running.stop)
        self.one = button(self.tr("Inspect one part"), running.trigger)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(STEP_PX)
        top.addWidget(self.facts, 1)
        for control in (self.one, self.start, self.pause, self.stop):
            top.addWidget(control)
        left = QVBoxLayout()
        left.setSpacing(2 * STEP_PX)
        left.addWidget(self.picture, 1)
        left.addWidget(self.strip)
        side = QWidget()
        side.setFixedWidth(_SIDE_PX)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(2 * STEP_PX)
        right.addWidget(self.verdict)
        right.addWidget(self.alarm)
        right.addWidget(self.beside, 1)
        counts = QVBoxLayout(self.line)
        counts.setContentsMargins(0, 0, 0, 0)
        counts.setSpacing(2 * STEP_PX)
        counts.addWidget(self.counters)
        counts.addWidget(self.chart, 1)
        self.beside.addWidget(self.line)
        self.beside.addWidget(self.samples)
        middle = QHBoxLayout()
        middle.setSpacing(2 * STEP_PX)
        middle.addLayout(left, 1)
        middle.addWidget(side)
        self.body.addLayout(top)
        self.body.addLayout(middle, 1)

    def _make_keys(self) -> None:
        watching = self._watching
        self._toggle = self.add_key(self.tr("start, pause"), Qt.Key.Key_Space, self._session.running.toggle)
        self._misfire = self.add_key(self.tr("misfire"), "M", watching.misfire)
        self._undo = self.add_key(self.tr("undo"), "U", self._take_back)
        self._heat = self.add_key(self.tr("heat map"), "H", self._toggle_heat)
        self._full = self.add_key(self.tr("full screen"), "F", self.full_screen_wanted.emit)
        self._live = self.add_key(self.tr("back to live"), Qt.Key.Key_Escape, watching.release)
        self._good = self.add_key(self.tr("good"), "G", lambda: watching.name(GOOD))
        self._digits = [self.add_key(str(digit), str(digit), partial(self._digit, digit - 1)) for digit in range(1, 10)]
        self._show_keys()

    def _connect(self) -> None:
        session = self._session
        session.running.status_changed.connect(self._show_status)
        session.running.hours_counted.connect(self.chart.show_hours)
        session.running.alarm_known.connect(self._show_alarm)
        session.watching.changed.connect(self._watch)
        session.depicting.depicted.connect(self._show)
        session.labelling.given.connect(self._say_given)
        session.labelling.undone.connect(lambda _word: self._say(self.tr("The label was taken back.")))
        session.labelling.classes_known.connect(lambda _classes: self._show_keys())
        session.recipe_changed.connect(lambda _recipe: self._show_facts())
        self.strip.opened.connect(session.watching.open)

    def enter(self) -> None:
        self._session.likening.renew()
        self._session.running.count_hours()
        self._session.running.look_for_alarm()
        self._clock.start()
        self._minute.start()

    def _digit(self, place: int) -> None:
        """A number key opens a reject, or names the defect while a misfire waits for its name."""
        classes = self._session.labelling.classes
        if not self._watching.naming:
            self.strip.open(place)
        elif place < len(classes):
            self._watching.name(classes[place])

    def _take_back(self) -> None:
        if self._session.labelling.undo() is None:
            self._say(self.tr("There is no label to take back."))

    def _toggle_heat(self) -> None:
        self.picture.set_heat_shown(not self.picture.heat_shown)

    def _watch(self) -> None:
        watching = self._watching
        if watching.shown is not None:
            self._session.depicting.depict(watching.shown, watching.rejects)
        self._compare()
        self._show_keys()
        self._show_counts()
        if not self._said.isActive() or watching.held is not None:
            self._show_notice()

    def _compare(self) -> None:
        """Beside the picture: of a part that is held, what it looks most like; else how the line does."""
        held = self._watching.held
        if held is not self._compared:
            self._compared = held
            self.samples.liken(held.inspection if held else None)
            self.beside.setCurrentWidget(self.samples if held else self.line)

    def _show_keys(self) -> None:
        watching, classes = self._watching, self._session.labelling.classes
        for place, action in enumerate(self._digits):
            action.setText(self._words.defect_class(classes[place]) if place < len(classes) else str(place + 1))
        self._good.setEnabled(watching.may_be_good)
        self._live.setEnabled(watching.held is not None)
        held = [self._live] if watching.held is not None else []
        if watching.naming:
            good = [self._good] if watching.may_be_good else []
            self.keys.show_actions([*good, *self._digits[: len(classes)], *held])
        else:
            self.keys.show_actions([self._toggle, self._misfire, self._undo, self._heat, *held, self._full])

    def _show(self, depiction: Depiction) -> None:
        held = self._watching.held
        if held is not None and depiction.event is not held:
            return
        self.verdict.show_verdict(depiction.event.inspection.verdict)
        self.picture.show_image(depiction.image, depiction.heat)
        self.strip.show_thumbnails([self._thumbnail(event, image) for event, image in depiction.thumbnails])
        self._show_facts()

    def _thumbnail(self, event: PartInspected, image: QImage) -> Thumbnail:
        time = f"{event.timing.inspected_at.astimezone():%H:%M}"
        return Thumbnail(event.inspection.id, image, event.inspection.verdict, time, event.inspection.part.serial)

    def _show_facts(self) -> None:
        shown, recipe = self._watching.shown, self._session.recipe
        inspection = shown.inspection if shown else None
        serial, lot = (inspection.part.serial, inspection.part.lot) if inspection else ("", "")
        model = inspection.model_id if inspection else recipe.model_id
        self.facts.show_values((serial, lot, recipe.name, model))

    def _show_counts(self) -> None:
        running, live = self._session.running, self._watching.live
        cycle = live.timing.cycle_ms if live else None
        self.counters.show_counts(Counts(running.decisions, cycle, running.status.late))

    def _show_alarm(self, words: str) -> None:
        """A quiet line while an alarm stands, or nobody can tell: what and since when; all of it in the tool tip."""
        problem = self._session.guarding.problem
        changed = self.tr("Watch: {0}").format(words.partition(";")[0]) if words else ""
        text = changed or (self.tr("The line is not watched") if problem else "")
        self.alarm.setText(text)
        self.alarm.setToolTip(words or problem)
        self.alarm.setVisible(bool(text))

    def _show_status(self, status: StationStatus) -> None:
        state = status.state
        idle = state in {StationState.STOPPED, StationState.FAULTED}
        self.start.setEnabled(idle or state is StationState.PAUSED)
        self.start.relabel(self.tr("Go on") if state is StationState.PAUSED else self.tr("Start"))
        self.pause.setEnabled(state is StationState.RUNNING)
        self.stop.setEnabled(not idle)
        self.one.setVisible(self._session.running.by_hand)
        self.one.setEnabled(state is StationState.RUNNING)
        self._show_notice()
        self._show_facts()
        self._show_counts()

    def _show_notice(self) -> None:
        """The words over the picture: what is asked of the operator, or why there is no picture."""
        watching = self._watching
        shown = watching.shown
        text = ""
        if shown is None:
            state = self._session.running.status.state
            stopped = state in {StationState.STOPPED, StationState.FAULTED}
            text = self.tr("Stopped. Space starts the line.") if stopped else self.tr("Waiting for the first part.")
        elif watching.naming:
            text = self.tr("Part {0} was judged wrongly: which is it?").format(shown.inspection.part.serial)
        elif watching.held is not None:
            text = self.tr("Part {0}, held. The line goes on.").format(shown.inspection.part.serial)
        elif not shown.frame.pixels.size:
            text = self._words.reason(shown.inspection.verdict.reason)
        self.picture.show_notice(text)

    def _say_given(self, word: Given) -> None:
        if word.defect_class != UNNAMED:
            self._say(self.tr("Labelled {0}. U takes it back.").format(self._words.defect_class(word.defect_class)))

    def _say(self, text: str) -> None:
        """Words that go away by themselves."""
        if self.isVisible() and not self._watching.naming:
            self.picture.show_notice(text)
            self._said.start()
