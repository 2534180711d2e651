"""Showing good parts on the Learn page: the last picture, how many there are, and the way back for the last one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.session.session import Session
from gui.widgets.buttons import button
from gui.widgets.picture import PictureView
from gui.widgets.texts import column_plane, read_label
from inspector.learning.shown import A_START, ENOUGH, Shown
from inspector.station import StationState

_PICTURE_PX = 350


class ShowingPanel(QWidget):
    """Hidden until it is wanted. asked: the camera is being opened, or is not, since the line has it."""

    asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._capturing = session.capturing
        self._kept_is_shown = False  # nobody takes back what is not to be seen
        self.picture = PictureView(self.tr("The last good part shown"))
        self.picture.setFixedHeight(_PICTURE_PX)
        self.count = read_label(tone="strong")
        self.said = read_label()
        for words in (self.count, self.said):
            words.setWordWrap(True)
        self.take = button(self.tr("Take this part"), self._capturing.take, "first")
        self.wrong = button(self.tr("That one was not good"), self._capturing.take_back)
        self.stop = button(self.tr("Stop"), self._capturing.stop)
        self._lay_out()
        self._connect()
        self.setVisible(False)

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame, column = column_plane()
        outer.addWidget(frame)
        column.addWidget(read_label(self.tr("Show good parts")))
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addWidget(self.picture, 1)
        side = QVBoxLayout()
        side.setSpacing(STEP_PX)
        for words in (self.count, self.said):
            side.addWidget(words)
        side.addStretch(1)
        for control in (self.take, self.wrong, self.stop):
            side.addWidget(control)
        row.addLayout(side, 1)
        column.addLayout(row)

    def _connect(self) -> None:
        capturing = self._capturing
        capturing.began.connect(self._begin)
        capturing.shown.connect(self._show)
        capturing.taken_back.connect(self._show_taken_back)
        capturing.ended.connect(self._end)

    def start(self) -> None:
        """Open the camera, unless the line has it: one camera has one user."""
        if self._capturing.busy:
            return
        self.setVisible(True)
        self._show_picture(QImage(), kept=False)
        if self._session.running.status.state not in {StationState.STOPPED, StationState.FAULTED}:
            self.said.setText(self.tr("The line has the camera. Stop it on the Run page, then show good parts."))
            self._allow()
            return
        self.said.setText(self.tr("Opening the camera"))
        self._session.show_good_parts()
        self._allow()
        self.asked.emit()

    def leave(self) -> None:
        """What was shown is learned from now."""
        self._capturing.stop()
        self.setVisible(False)

    def _begin(self) -> None:
        self.said.setText(
            self.tr("Lay a good part under the camera, then press Space.")
            if self._capturing.by_hand
            else self.tr("Each part that comes is kept as a good one.")
        )
        self.picture.show_notice(self.tr("No part shown yet"))
        self._show_count()
        self.picture.setFocus()

    def _show(self, shown: Shown) -> None:
        self._show_picture(self._capturing.image, kept=bool(shown.part))
        self.picture.show_notice("" if shown.part else self.tr("Not kept"))
        self.said.setText(self._what_became_of(shown))
        self._show_count()

    def _what_became_of(self, shown: Shown) -> str:
        if not shown.part:
            return self.tr("Not kept: {0}.").format(shown.why)
        again = self.tr("It looks the same as part {0}. If it is that one, press Backspace.").format(shown.like)
        return self.tr("Kept as part {0}.").format(shown.part) + (f" {again}" if shown.like else "")

    def _show_picture(self, image: QImage, kept: bool) -> None:
        self.picture.show_image(image)
        self._kept_is_shown = kept

    def _show_taken_back(self, part: str) -> None:
        if part:
            self._show_picture(QImage(), kept=False)
            self.picture.show_notice(self.tr("Taken back"))
            self.said.setText(self.tr("Part {0} is not learned from.").format(part))
        self._show_count()

    def _end(self) -> None:
        kept = self._capturing.kept
        self._show_count()
        shown = self.tr("Parts shown: {0}. The camera is free again; Retrain learns from them.").format(kept)
        self.said.setText(shown if kept else self.tr("No part was shown."))

    def _show_count(self) -> None:
        parts = self._capturing.good_parts
        words = self.tr("Good parts to learn from: {0}; {1} are a start, {2} are better")
        self.count.setText(words.format(parts, A_START, ENOUGH))
        self._allow()

    def _allow(self) -> None:
        capturing = self._capturing
        asks = capturing.busy and capturing.by_hand
        self.take.setVisible(asks)
        self.take.setEnabled(asks)
        self.wrong.setEnabled(self._kept_is_shown)
        self.stop.setEnabled(capturing.busy)
