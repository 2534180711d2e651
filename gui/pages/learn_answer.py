"""The answer on the Learn page: what the gate says of the candidate, and what may be done with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.session.comparing import Comparison
from gui.session.session import Session
from gui.widgets.buttons import button
from gui.widgets.progress import ProgressPanel
from gui.widgets.texts import column_plane, note_label, read_label
from inspector.learning.shadow import Standing
from inspector.learning.trainer import FEATURES


class AnswerPanel(QWidget):
    """Promotes, tries and reports."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training = session.training
        self._trial = session.trial
        self._reporting = session.reporting
        self._candidate = ""
        self._newest = ""
        self._chosen = ""
        self._challenger = ""
        self._page: Path | None = None
        self.answer = read_label(tone="strong")
        self.reasons = note_label(wraps=True)
        self.adaptation = note_label(wraps=True)
        self.standing = note_label(wraps=True)
        self.path = note_label(tone="quiet", wraps=True)
        self.progress = ProgressPanel()
        self.promote = button(self.tr("Promote"), self._training.promote, "first", dense=True)
        self.shadow = button(self.tr("Shadow on the line"), self._challenge, dense=True)
        self.report = button(self.tr("Report"), self._file, dense=True)
        self.open = button(self.tr("Open it"), self._open, dense=True)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame, column = column_plane()
        outer.addWidget(frame)
        head = QHBoxLayout()
        head.setSpacing(STEP_PX)
        head.addWidget(self.answer, 1)
        for pressed in (self.report, self.shadow, self.promote):
            head.addWidget(pressed)
        column.addLayout(head)
        for below in (self.reasons, self.adaptation, self.standing, self.progress):
            column.addWidget(below)
        foot = QHBoxLayout()
        foot.addWidget(self.path, 1)
        foot.addWidget(self.open)
        column.addLayout(foot)
        for later in (self.adaptation, self.standing, self.path, self.open):
            later.setVisible(False)

    def _connect(self) -> None:
        self._trial.stood.connect(self._show_standing)
        self._reporting.progressed.connect(self._show_progress)
        self._reporting.filed.connect(self._show_path)
        self._reporting.ended.connect(self._end)
        self.progress.cancelled.connect(self._reporting.cancel)

    def show_comparison(self, comparison: Comparison) -> None:
        report = comparison.report
        self._candidate = comparison.candidate.card.id if comparison.candidate else ""
        newest = comparison.newest
        if self._newest != (newest.id if newest else ""):
            self._show_path(None)
        self._newest = newest.id if newest else ""
        self._show_what_is_reported_on()
        self.promote.setEnabled(report is not None and report.passed)
        self.report.setEnabled(bool(newest) and not self._reporting.busy)
        self._show_adaptation(newest.results if newest else {})
        self._show_shadow()
        if report is None:
            self.answer.setText(self.tr("No candidate"))
            self.reasons.setText(self.tr("Label some parts and retrain: the next model is compared here."))
            return
        self.answer.setText(self.tr("Gate passed") if report.passed else self.tr("Gate refused"))
        self.reasons.setText("\n".join((*report.reasons, *report.notes)))

    def report_on(self, model_id: str) -> None:
        """Report on this version; "": on the newest."""
        self._chosen = model_id
        self._show_what_is_reported_on()

    def _show_what_is_reported_on(self) -> None:
        self.report.setToolTip(self.tr("Report on {0}").format(self._chosen or self._newest) if self._newest else "")

    def _show_adaptation(self, results: dict[str, Any]) -> None:
        """Whether minutes of adapting were worth it, on parts that the adapted network had not seen."""
        found = results.get("adaptation")
        self.adaptation.setVisible(bool(found))
        if not found:
            return
        words = (
            self.tr(
                "Adapting did not help: area under the ROC curve {0} before and {1} after, on parts that were left "
                "out. {2} stands on the network as it was."
            )
            if results.get("mode") == FEATURES
            else self.tr(
                "Adapting helped: area under the ROC curve {0} before and {1} after, on parts that were left "
                "out. {2} stands on the adapted network."
            )
        )
        areas = (f"{found[key]:.3f}" for key in ("auroc_before", "auroc_after"))
        self.adaptation.setText(words.format(*areas, self._newest))

    def _challenge(self) -> None:
        self.shadow.setEnabled(False)
        self._trial.challenge("" if self._challenger else self._candidate)

    def _show_standing(self, standing: Standing | None) -> None:
        self._challenger = standing.challenger if standing else ""
        self.standing.setVisible(standing is not None)
        self.standing.setText("\n".join(standing.sentences()) if standing else "")
        self._show_shadow()

    def _show_shadow(self) -> None:
        self.shadow.relabel(self.tr("End the trial") if self._challenger else self.tr("Shadow on the line"))
        self.shadow.setEnabled(bool(self._challenger or self._candidate))

    def _file(self) -> None:
        self.report.setEnabled(False)
        self._show_path(None)
        self.progress.begin(self.tr("Writing the report"))
        self._reporting.file(self._chosen or self._newest)

    def cancel(self) -> None:
        if self._reporting.busy:
            self.progress.stop()

    def _show_progress(self, done: int, total: int) -> None:
        self.progress.show_step(self.tr("Drawing the pictures of the report"), done, total, None)

    def _end(self) -> None:
        self.progress.finish()
        self.report.setEnabled(bool(self._newest))

    def _show_path(self, page: Path | None) -> None:
        self._page = page
        for widget in (self.path, self.open):
            widget.setVisible(page is not None)
        self.path.setText(self.tr("Report: {0}").format(page) if page else "")

    def _open(self) -> None:
        if self._page:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._page)))
