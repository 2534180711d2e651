"""The Review page: one part at a time, one key labels it and shows the next."""

from __future__ import annotations

from collections import Counter
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.look.images import HeatMap
from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.pages.likened import LikenedStrip
from gui.pages.page import Page
from gui.pages.review_marks import MarkKeys
from gui.session.labelling import Given
from gui.session.session import Session
from gui.widgets.classpad import ClassPad
from gui.widgets.facts import FactRow
from gui.widgets.marks import MarkView
from gui.widgets.texts import plane, read_label
from gui.widgets.verdict import VerdictPanel
from inspector.domain import GOOD, Region
from inspector.learning.review import ReviewItem, ReviewWhy

ENOUGH = 30
_SIDE_PX = 448


class ReviewPage(Page):
    """Shows the review's queue."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Review"), parent)
        self._session = session
        self._reviewing = session.reviewing
        self._words = Words(self)
        self.picture = MarkView(self.tr("Picture of the part to review"))
        self.picture.set_heat_shown(False)
        self.verdict = VerdictPanel()
        self.facts = FactRow((self.tr("Part"), self.tr("Lot"), self.tr("Inspected"), self.tr("Why it is here")))
        self.samples = LikenedStrip(session.likening)
        self.waiting = read_label(tone="quiet")
        self.waiting.setWordWrap(True)
        self.progress = read_label()
        self.pad = ClassPad()
        self.new_class = QLineEdit()
        self._shown_id: str | None = None
        self._make_entry()
        self._lay_out()
        self._make_keys()
        self._connect()
        self.first = self.picture
        self._show(None)

    def _make_entry(self) -> None:
        self.new_class.setPlaceholderText(self.tr("Name of the new class, Return keeps it"))
        self.new_class.setAccessibleName(self.tr("Name of the new class"))
        self.new_class.setMaxLength(40)
        self.new_class.setMinimumHeight(6 * STEP_PX)
        self.new_class.setProperty("scale", "read")
        self.new_class.setVisible(False)
        self.new_class.returnPressed.connect(self._name_new)

    def _lay_out(self) -> None:
        side = QWidget()
        side.setFixedWidth(_SIDE_PX)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(2 * STEP_PX)
        right.addWidget(self.verdict)
        right.addWidget(read_label(self.tr("What is it?"), "strong"))
        right.addWidget(self.pad)
        right.addWidget(self.new_class)
        right.addStretch(1)
        done = plane()
        row = QHBoxLayout(done)
        row.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        self.progress.setWordWrap(True)
        row.addWidget(self.progress)
        right.addWidget(done)
        left = QVBoxLayout()
        left.setSpacing(2 * STEP_PX)
        left.addWidget(self.facts)
        left.addWidget(self.picture, 1)
        left.addWidget(self.samples)
        left.addWidget(self.waiting)
        middle = QHBoxLayout()
        middle.setSpacing(2 * STEP_PX)
        middle.addLayout(left, 1)
        middle.addWidget(side)
        self.body.addLayout(middle, 1)

    def _make_keys(self) -> None:
        self._good = self.add_key(self.tr("good"), "G", lambda: self.label(GOOD))
        self._digits = [self.add_key(str(digit), str(digit), partial(self._digit, digit - 1)) for digit in range(1, 10)]
        self._new = self.add_key(self.tr("new class"), "N", self._ask_new)
        self._skip = self.add_key(self.tr("skip"), "S", self._reviewing.advance)
        self._undo = self.add_key(self.tr("undo"), "U", self._take_back)
        self._heat = self.add_key(self.tr("heat map"), "H", self._toggle_heat)
        self._leave = self.add_key(self.tr("no new class"), Qt.Key.Key_Escape, self._end_entry)
        self._leave.setEnabled(False)
        self._marking = MarkKeys(self, self.picture)
        self.keys.show_actions([self._new, self._skip, self._undo, self._heat, *self._marking.actions])
        self._show_classes()

    def _connect(self) -> None:
        session = self._session
        session.reviewing.shown.connect(self._show)
        session.reviewing.picture_ready.connect(self._picture_ready)
        session.reviewing.heat_ready.connect(self._heat_ready)
        session.reviewing.shown.connect(lambda item: self.samples.liken(item.record.inspection if item else None))
        session.labelling.given.connect(self._count)
        session.labelling.undone.connect(self._count)
        session.labelling.classes_known.connect(lambda _classes: self._show_classes())

    def enter(self) -> None:
        self._session.likening.renew()
        self._reviewing.refresh()
        self._show_progress()

    @property
    def item(self) -> ReviewItem | None:
        return self._reviewing.item

    def label(self, defect_class: str) -> None:
        """Give the part shown a class, and show the next one."""
        item = self.item
        if item is None:
            return
        before = self._session.labelling.word_on(item.record)
        self._session.labelling.give(item.record.inspection.id, defect_class, before, self.picture.marks)
        self._reviewing.advance()

    def _digit(self, place: int) -> None:
        classes = self._session.labelling.classes
        if place < len(classes):
            self.label(classes[place])

    def _ask_new(self) -> None:
        if self.item is not None:
            self.new_class.setVisible(True)
            self.new_class.setFocus()
            self._leave.setEnabled(True)

    def _name_new(self) -> None:
        name = self._session.labelling.as_class(self.new_class.text())
        if name is None:
            self.new_class.selectAll()
            return
        self._end_entry()
        self.label(name)

    def _end_entry(self) -> None:
        self.new_class.clear()
        self.new_class.setVisible(False)
        self._leave.setEnabled(False)
        self.picture.setFocus()

    def _take_back(self) -> None:
        """The last mark on this part; where there is none, the last answer, whose marks are shown again."""
        if self.picture.undo_mark():
            return
        given = self._session.labelling.undo()
        if given is not None:
            self._reviewing.back_to(given.inspection_id)
            if self._shown_id == given.inspection_id:
                self._show_marks(given.word.regions)

    def _toggle_heat(self) -> None:
        self.show_heat(not self.picture.heat_shown)

    def show_heat(self, shown: bool) -> None:
        """Heat maps from now on, or none; each is made by judging the stored picture again."""
        self.picture.set_heat_shown(shown)
        self._explain()

    def _explain(self) -> None:
        if self.picture.heat_shown and self.item is not None:
            self._reviewing.explain(self.item.record)

    def _show_marks(self, marks: tuple[Region, ...]) -> None:
        self.picture.show_marks(marks)
        self._marking.follow(shown=self.item is not None)

    def _recall_marks(self, item: ReviewItem | None) -> None:
        """Where a person said the defect is; what was drawn on the part that is still shown stays."""
        shown_id = item.record.inspection.id if item else ""
        if shown_id != self._shown_id:
            self._shown_id = shown_id
            word = self._session.labelling.word_on(item.record) if item else None
            self._show_marks(word.regions if word else ())

    def _show(self, item: ReviewItem | None) -> None:
        self._show_waiting()
        self._recall_marks(item)
        for action in (self._good, self._new, self._skip, *self._digits):
            action.setEnabled(item is not None)
        if item is None:
            self.picture.show_image(QImage())
            self.picture.show_notice(self.tr("Nothing waits for a review."))
            self.verdict.show_verdict(None)
            self.facts.show_values(("", "", "", ""))
            return
        record = item.record
        image = self._reviewing.picture(record)
        self.picture.fit()
        self.picture.show_image(image or QImage())
        self.picture.show_notice("" if image else self.tr("Reading the picture"))
        self.verdict.show_verdict(record.inspection.verdict)
        part, when = record.inspection.part, record.timing.inspected_at.astimezone()
        self.facts.show_values((part.serial, part.lot, f"{when:%d %b %H:%M}", self._why(item.why)))
        self._explain()

    def _why(self, why: ReviewWhy) -> str:
        words = {
            ReviewWhy.MISFIRE: self.tr("misfire"),
            ReviewWhy.DISAGREEMENT: self.tr("models disagree"),
            ReviewWhy.NOVEL: self.tr("unlike anything taught"),
            ReviewWhy.UNCERTAIN: self.tr("near a limit"),
            ReviewWhy.AUDIT: self.tr("sample of OK"),
        }
        return words[why]

    def _picture_ready(self, inspection_id: str, image: QImage) -> None:
        if self.item is not None and self.item.record.inspection.id == inspection_id:
            self.picture.show_image(image, self.picture.heat)
            self.picture.show_notice("")

    def _heat_ready(self, inspection_id: str, heat: HeatMap) -> None:
        if self.item is not None and self.item.record.inspection.id == inspection_id:
            self.picture.show_heat(heat)

    def _show_waiting(self) -> None:
        counts = Counter(item.why for item in self._reviewing.waiting)
        self.waiting.setText(
            self.tr(
                "{0} misfires     {1} disagreements     {2} new     {3} near a limit     {4} audit sample of OK"
            ).format(
                counts[ReviewWhy.MISFIRE],
                counts[ReviewWhy.DISAGREEMENT],
                counts[ReviewWhy.NOVEL],
                counts[ReviewWhy.UNCERTAIN],
                counts[ReviewWhy.AUDIT],
            )
        )

    def _show_classes(self) -> None:
        classes = self._session.labelling.classes[: len(self._digits)]
        for action, name in zip(self._digits, classes, strict=False):
            action.setText(self._words.defect_class(name))
        self.pad.show_actions([self._good, *self._digits[: len(classes)]])

    def _count(self, _word: Given) -> None:
        self._show_progress()

    def _show_progress(self) -> None:
        done = self._session.labelling.today
        if done < ENOUGH:
            self.progress.setText(self.tr("{0} of {1} labelled today").format(done, ENOUGH))
        else:
            self.progress.setText(self.tr("{0} labelled today: enough to retrain").format(done))
