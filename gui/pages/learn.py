"""The Learn page: train on what was labelled, compare the candidate with the model in use, promote or go back.

A second tab holds the operating point of the model in use, a third what else may be asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.pages.learn_answer import AnswerPanel
from gui.pages.learn_operating import OperatingPanel
from gui.pages.learn_showing import ShowingPanel
from gui.pages.learn_studies import StudiesPanel
from gui.pages.learn_suspects import SuspectsPanel
from gui.pages.learn_training import TrainingPanel
from gui.pages.page import Page
from gui.session.comparing import Comparison, Measured
from gui.session.session import Session
from gui.session.studying import BACKBONES, IMPORTED, VARIANTS
from gui.widgets.buttons import button
from gui.widgets.comparison import ComparisonTable, Line
from gui.widgets.gallery import ChangedGallery
from gui.widgets.texts import note_label, plane, read_label
from inspector.learning.promotion import Version
from inspector.metrics import Proportion

_SIDE_PX = 320
_REMARKS = 12  # more of them nobody reads; the command line lists them all


class LearnPage(Page):
    """Shows a Comparison, and the training that leads to the next one."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Learn"), parent)
        self._session = session
        self._training = session.training
        self._words = Words(self)
        self.table = ComparisonTable(self.tr("Model in use and candidate"))
        self.training = TrainingPanel(session.training, session.labelling)
        self.showing = ShowingPanel(session)
        self.answer = AnswerPanel(session)
        self.suspects = SuspectsPanel(session.suspecting, session.labelling)
        self.remarks = note_label(wraps=True)
        self.gallery = ChangedGallery()
        self.unshown = note_label()
        self.operating = OperatingPanel(session.operating)
        self.studies = StudiesPanel(session.studying)
        self.versions = QListWidget()
        self.versions.setAccessibleName(self.tr("History of the models"))
        self.roll_back = button(self.tr("Roll back"), self._training.roll_back, dense=True)
        self._lay_out()
        self._make_keys()
        self._connect()
        self.first = self.training.retrain
        self._show(Comparison((), None, None, None, ()))

    def _lay_out(self) -> None:
        inside = QWidget()
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(2 * STEP_PX)
        compared = (self.suspects, self.table, self.answer, self.gallery, self.unshown, self._remarks_plane())
        for widget in (self.training, self.showing, *compared):
            left.addWidget(widget)
        left.addStretch(1)
        side = QWidget()
        side.setFixedWidth(_SIDE_PX)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(STEP_PX)
        head = QHBoxLayout()
        head.addWidget(read_label(self.tr("History")), 1)
        head.addWidget(self.roll_back)
        right.addLayout(head)
        right.addWidget(self.versions, 1)
        models = QWidget()
        middle = QHBoxLayout(models)
        middle.setContentsMargins(0, 2 * STEP_PX, 0, 0)
        middle.setSpacing(2 * STEP_PX)
        middle.addWidget(self._scrolled(inside), 1)
        middle.addWidget(side)
        self.tabs = QTabWidget()
        self.tabs.addTab(models, self.tr("Models"))
        self.tabs.addTab(self.operating, self.tr("Operating point"))
        self.tabs.addTab(self.studies, self.tr("Questions"))
        self.tabs.tabBar().setAccessibleName(self.tr("Parts of the Learn page"))
        self.body.addWidget(self.tabs, 1)

    def _scrolled(self, inside: QWidget) -> QScrollArea:
        """As high as it needs to be: how much there is to compare, nobody knows beforehand."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("Comparison of the models"))
        area.setWidget(inside)
        return area

    def _remarks_plane(self) -> QWidget:
        self._noted = plane()
        column = QVBoxLayout(self._noted)
        column.setContentsMargins(2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX, 2 * STEP_PX)
        column.setSpacing(STEP_PX)
        column.addWidget(read_label(self.tr("On what was learned")))
        column.addWidget(self.remarks)
        return self._noted

    def _make_keys(self) -> None:
        cancel = self.add_key(self.tr("cancel"), Qt.Key.Key_Escape, self._cancel)
        self._keys: tuple[list[QAction], ...] = (
            [
                self.add_key(self.tr("retrain"), "Ctrl+T", self.training.start),
                cancel,
                self.add_key(self.tr("promote"), "Ctrl+P", self._promote),
                self.add_key(self.tr("roll back"), "Ctrl+B", self._go_back),
            ],
            [
                self.add_key(self.tr("use these limits"), "Ctrl+L", self.operating.use_limits),
                self.add_key(self.tr("undo"), "Ctrl+Z", self._session.operating.undo),
            ],
            [self.add_key(self.tr("ask"), "Ctrl+Return", self.studies.start), cancel],
        )
        take = self.add_key(self.tr("take this part"), "Space", self.showing.take.click)
        wrong = self.add_key(self.tr("that one was not good"), "Backspace", self.showing.wrong.click)
        self._showing_keys = [take, wrong, self.add_key(self.tr("stop"), "Esc", self.showing.stop.click)]
        other = self.add_key(self.tr("other tab"), "Ctrl+Tab", self._turn)
        for keys in (*self._keys, self._showing_keys):
            keys.append(other)
        self._show_keys(0)

    def _turn(self) -> None:
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + 1) % self.tabs.count())

    def _show_keys(self, place: int) -> None:
        """A key does nothing where what it would do is not to be seen."""
        capturing = self._session.capturing
        showing = self._showing_keys[0 if capturing.by_hand else 1 :]
        shown = showing if place == 0 and capturing.busy else self._keys[place]
        for keys in (*self._keys, self._showing_keys):
            for action in keys:
                action.setEnabled(action in shown)
        self.keys.show_actions(shown)

    def _connect(self) -> None:
        training = self._training
        training.compared.connect(self._show)
        training.changed.connect(self._session.use)
        self.tabs.currentChanged.connect(self._show_keys)
        self.versions.currentItemChanged.connect(
            lambda item: self.answer.report_on(item.data(Qt.ItemDataRole.UserRole) if item else "")
        )
        self._connect_showing()
        operating = self._session.operating
        operating.changed.connect(self._session.use)
        self._session.studying.answered.connect(self._look_again)
        for presenter in (training, operating):
            self._session.recipe_changed.connect(lambda _recipe, of=presenter: of.refresh())
        self._session.recipe_changed.connect(lambda _recipe: self.studies.forget())

    def _connect_showing(self) -> None:
        capturing = self._session.capturing
        self.training.good_parts_wanted.connect(self.showing.start)
        self.training.began.connect(self.showing.leave)
        for change in (self.showing.asked, capturing.ended):
            change.connect(lambda: self._show_keys(self.tabs.currentIndex()))

    def enter(self) -> None:
        self.training.show_ready()
        self._training.refresh()
        self._session.operating.refresh()
        self._session.trial.refresh()

    def _cancel(self) -> None:
        """What goes on in the tab that is shown, and nothing that goes on behind it."""
        if self.tabs.currentWidget() is self.studies:
            self.studies.cancel()
            return
        self.training.cancel()
        self.answer.cancel()

    def _promote(self) -> None:
        if self.answer.promote.isEnabled():
            self._training.promote()

    def _go_back(self) -> None:
        if self.roll_back.isEnabled():
            self._training.roll_back()

    def _look_again(self, name: str, _told: object) -> None:
        """After a study that brings a candidate, networks to choose from, or golden parts."""
        if name in {BACKBONES, VARIANTS, IMPORTED}:
            self._training.refresh()

    def _show(self, comparison: Comparison) -> None:
        models = [model for model in (comparison.champion, comparison.candidate) if model]
        self._show_table(comparison, models)
        self.answer.show_comparison(comparison)
        self.suspects.show_comparison(comparison)
        self._show_changed(comparison)
        self._show_history(comparison.history)
        self._show_remarks(comparison.remarks)

    def _show_table(self, comparison: Comparison, models: list[Measured]) -> None:
        heads = []
        if comparison.champion:
            heads.append(self.tr("In use: {0}").format(comparison.champion.card.id))
        if comparison.candidate:
            heads.append(self.tr("Candidate: {0}").format(comparison.candidate.card.id))
        figures = [model.figures for model in models]
        lines = [
            Line(self.tr("Escapes"), tuple(self._rate(one.escape) for one in figures)),
            Line(self.tr("Overkill"), tuple(self._rate(one.overkill) for one in figures)),
            Line(self.tr("Good parts to recheck"), tuple(self._rate(one.recheck_good) for one in figures)),
            Line(self.tr("Missed by class"), tuple(self._by_class(one.escapes_by_class) for one in figures)),
            *self._receipts(models),
        ]
        self.table.show_lines(heads or [self.tr("There is no model yet.")], lines if models else [])

    def _rate(self, rate: Proportion) -> str:
        if not rate.n:
            return self.tr("no parts")
        return self.tr("{0}  ({1}, {2} parts)").format(
            self._words.percent(rate.value), self._words.interval(rate.low, rate.high), rate.n
        )

    def _by_class(self, counts: dict[str, tuple[int, int]]) -> str:
        return self.tr(", ").join(
            self.tr("{0} {1} of {2}").format(self._words.defect_class(name), missed, parts)
            for name, (missed, parts) in counts.items()
        )

    def _receipts(self, models: list[Measured]) -> list[Line]:
        """Speed, size and agreement as the training measured them; a figure that nobody measured is left out."""
        receipts = [_comparable(model.card.receipt) for model in models]
        shown = (
            ("invoke_ms", self.tr("Speed"), lambda value: self.tr("{0} ms").format(f"{value:.1f}")),
            ("size_bytes", self.tr("Size"), lambda value: self.tr("{0} MB").format(f"{value / 1e6:.1f}")),
            ("same_verdict", self.tr("Same verdict as the float model"), self._words.percent),
        )
        return [
            Line(name, tuple(says(receipt[key]) if key in receipt else "–" for receipt in receipts))
            for key, name, says in shown
            if any(key in receipt for receipt in receipts)
        ]

    def _show_changed(self, comparison: Comparison) -> None:
        self.gallery.show_parts(comparison.changed)
        self.unshown.setVisible(comparison.unshown > 0)
        self.unshown.setText(self.tr("{0} more; `inspector gate` lists them all.").format(comparison.unshown))

    def _show_remarks(self, remarks: tuple[str, ...]) -> None:
        shown = list(remarks[:_REMARKS])
        if len(remarks) > _REMARKS:
            shown.append(self.tr("{0} more; `inspector train` lists them all.").format(len(remarks) - _REMARKS))
        self._noted.setVisible(bool(shown))
        self.remarks.setText("\n".join(shown))

    def _show_history(self, versions: tuple[Version, ...]) -> None:
        self.versions.clear()
        for version in reversed(versions):
            card = version.card
            made = f"{card.created_at.astimezone():%d %b %Y %H:%M}"
            words = self.tr("{0}   in use").format(card.id) if version.in_use else card.id
            after = self.tr("\nafter {0}").format(card.parent) if card.parent else ""
            self.versions.addItem(self.tr("{0}\n{1}, {2}{3}").format(words, made, card.backbone, after))
            self.versions.item(self.versions.count() - 1).setData(Qt.ItemDataRole.UserRole, card.id)
        self.roll_back.setEnabled(any(version.in_use and version.promoted_at for version in versions))


def _comparable(receipt: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of older models the share of equal verdicts was counted on other pictures, and flatters them by a point."""
    return receipt if "sure" in receipt else {key: value for key, value in receipt.items() if key != "same_verdict"}
