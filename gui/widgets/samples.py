"""Limit samples: the most similar good part and the most similar defect, side by side under the part under review."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.look.words import Words
from gui.widgets.texts import ElidedLabel, note_label
from inspector.learning.limit_samples import LimitSample

_BESIDE_PX, _BELOW_PX = 112, 144
_BREAKS = "/\\"  # where a path may go on in the next line


class SampleView(QWidget):
    """One of them: its picture, what it is, its part, and how far it lies."""

    def __init__(self, side_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = Words(self)
        self._side_px = side_px
        self.picture = QLabel()
        self.picture.setFixedSize(side_px, side_px)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = note_label(tone="strong", wraps=True)
        self.part = ElidedLabel(size="note")
        self.distance = note_label(tone="quiet", wraps=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        for label in (self.title, self.part, self.distance):
            words.addWidget(label)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_sample(self, title: str, sample: LimitSample, image: QImage) -> None:
        kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self.picture.setPixmap(QPixmap.fromImage(image).scaled(self._side_px, self._side_px, kept, smooth))
        self._say(title, sample.part, self._words.nearness(sample))

    def show_none(self, title: str, why: str) -> None:
        self.picture.clear()
        self._say(title, "", why)

    def _say(self, title: str, part: str, distance: str) -> None:
        self.title.setText(title)
        self.part.setText(part)
        self.part.setVisible(bool(part))
        self.distance.setText(distance)
        self.setAccessibleName(". ".join(text for text in (title, part, distance) if text))


class SampleStrip(QWidget):
    """The two, or words in their place; as high as its pictures whatever it shows, so that the page does not move.

    One beside the other; below: one below the other, their pictures larger.
    """

    def __init__(self, parent: QWidget | None = None, *, below: bool = False) -> None:
        super().__init__(parent)
        self._words = Words(self)
        self._key = ""
        side_px = _BELOW_PX if below else _BESIDE_PX
        self.good, self.defect = SampleView(side_px), SampleView(side_px)
        self.notice = note_label(tone="quiet", wraps=True)
        self.notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumHeight(2 * side_px + STEP_PX if below else side_px)
        row = QVBoxLayout(self) if below else QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX if below else 2 * STEP_PX)
        for view in (self.good, self.defect, self.notice):
            row.addWidget(view, 1)
        self.begin("")

    def begin(self, key: str) -> None:
        """Wait for the samples of this part ("" for none); those of another one are no longer wanted."""
        if key != self._key or not key:
            self._key = key
            self._show_notice(self.tr("Looking for the most similar parts") if key else "")

    def show_words(self, key: str, words: str) -> None:
        """Why there are none."""
        if key == self._key:
            self._show_notice(words)

    def show_samples(
        self,
        key: str,
        good: tuple[LimitSample, QImage] | None,
        defect: tuple[LimitSample, QImage] | None,
        defects_taught: bool,
    ) -> None:
        if key != self._key:
            return
        itself = self.tr("No other was taught.")
        if good:
            self.good.show_sample(self.tr("Most similar good part"), *good)
        else:
            self.good.show_none(self.tr("Most similar good part"), itself)
        if defect:
            self.defect.show_sample(self._titled(defect[0], defects_taught), *defect)
        else:
            none = itself if defects_taught else self.tr("None was taught or labelled yet.")
            self.defect.show_none(self.tr("Most similar defect"), none)
        self._show_views(True)

    def _titled(self, sample: LimitSample, taught: bool) -> str:
        name = self._words.defect_class(sample.defect_class)
        words = self.tr("Most similar defect: {0}") if taught else self.tr("Most similar labelled defect: {0}")
        return words.format(name)

    def _show_notice(self, words: str) -> None:
        broken = words
        for sign in _BREAKS:
            broken = broken.replace(sign, f"{sign}\u200b")
        self.notice.setText(broken)
        self.notice.setAccessibleName(words)
        self._show_views(False)

    def _show_views(self, shown: bool) -> None:
        self.good.setVisible(shown)
        self.defect.setVisible(shown)
        self.notice.setVisible(not shown)
