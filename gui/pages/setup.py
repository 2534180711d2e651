"""The Setup page: cameras, their parameters with a live picture, the region to judge, and the doctor's list."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.look.tokens import STEP_PX
from gui.pages.page import Page
from gui.session.session import Session
from gui.widgets.buttons import button
from gui.widgets.findings import FindingsList
from gui.widgets.roi import RegionFields, RegionView
from gui.widgets.sliders import ParameterSlider
from gui.widgets.texts import column_plane, note_label, read_label
from inspector.devices.camera import CameraInfo, Parameter
from inspector.domain import Box
from inspector.recipe import Recipe
from inspector.station import StationState, StationStatus

_SIDE_PX = 480


class SetupPage(Page):
    """Everything is tried on the live picture first; Save writes it to the recipe, Undo takes that back."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Setup"), parent)
        self._session = session
        self._adjusting = session.adjusting
        self.picture = RegionView(self.tr("Live picture with the region to judge"))
        self.region = RegionFields()
        self.cameras = QListWidget()
        self.cameras.setAccessibleName(self.tr("Cameras that were found"))
        self.findings = FindingsList()
        self.warning = note_label(wraps=True)
        self.sliders: dict[str, ParameterSlider] = {}
        self._parameters = QVBoxLayout()
        self._make_buttons()
        self._lay_out()
        self._make_keys()
        self._connect()
        self.first = self.picture
        self._show_recipe(session.recipe)
        self._show_status(session.running.status)

    def _make_buttons(self) -> None:
        self.live = button(self.tr("Live picture"), self.toggle_live, "first", dense=True)
        self.whole = button(self.tr("Whole picture"), self._wish_whole, dense=True)
        self.save = button(self.tr("Save to the recipe"), self._adjusting.save, "first", dense=True)
        self.undo = button(self.tr("Undo the last save"), self._adjusting.undo, dense=True)
        self.again = button(self.tr("Look again"), self._adjusting.look, dense=True)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(2 * STEP_PX)
        left.addWidget(self.picture, 1)
        left.addWidget(self._region_plane())
        side = QWidget()
        side.setFixedWidth(_SIDE_PX)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(2 * STEP_PX)
        right.addWidget(self._camera_plane())
        right.addWidget(self._doctor_plane(), 1)
        middle = QHBoxLayout()
        middle.setSpacing(2 * STEP_PX)
        middle.addLayout(left, 1)
        middle.addWidget(side)
        self.body.addLayout(middle, 1)

    def _region_plane(self) -> QWidget:
        frame, column = column_plane()
        column.addWidget(read_label(self.tr("Region to judge")))
        column.addWidget(self.region)
        column.addWidget(self.warning)
        row = QHBoxLayout()
        row.setSpacing(STEP_PX)
        for control in (self.whole, self.undo, self.save):
            row.addWidget(control)
        row.insertStretch(1, 1)
        column.addLayout(row)
        return frame

    def _camera_plane(self) -> QWidget:
        frame, column = column_plane()
        head = QHBoxLayout()
        head.addWidget(read_label(self.tr("Cameras")), 1)
        head.addWidget(self.live)
        column.addLayout(head)
        self.cameras.setMaximumHeight(120)
        column.addWidget(self.cameras)
        column.addLayout(self._parameters)
        return frame

    def _doctor_plane(self) -> QWidget:
        frame, column = column_plane()
        head = QHBoxLayout()
        title = read_label(self.tr("What is present, what is missing"))
        title.setWordWrap(True)
        head.addWidget(title, 1)
        head.addWidget(self.again)
        column.addLayout(head)
        column.addWidget(self.findings, 1)
        return frame

    def _make_keys(self) -> None:
        live = self.add_key(self.tr("live picture"), "L", self.toggle_live)
        whole = self.add_key(self.tr("whole picture"), "W", self._wish_whole)
        save = self.add_key(self.tr("save"), "Ctrl+S", self._adjusting.save)
        undo = self.add_key(self.tr("undo"), "Ctrl+Z", self._adjusting.undo)
        self.keys.show_actions([live, whole, save, undo])

    def _connect(self) -> None:
        adjusting, preview = self._adjusting, self._adjusting.preview
        adjusting.cameras_found.connect(self._show_cameras)
        adjusting.examined.connect(self.findings.show_findings)
        adjusting.saved.connect(self._session.use)
        adjusting.overtaken.connect(self._session.use)
        preview.opened.connect(self._show_parameters)
        preview.adjusted.connect(self._adjusted)
        preview.pictured.connect(self._show_picture)
        preview.ended.connect(self._show_live)
        self._session.running.status_changed.connect(self._show_status)
        for change in (self._session.capturing.began, self._session.capturing.ended):
            change.connect(lambda: self._show_status(self._session.running.status))
        self._session.recipe_changed.connect(self._show_recipe)
        self.picture.region_drawn.connect(self._wish_region)
        self.region.region_typed.connect(self._wish_region)
        self.cameras.currentItemChanged.connect(lambda item, _before: self._choose(item))

    def enter(self) -> None:
        self._adjusting.look()

    def toggle_live(self) -> None:
        """Show what the camera sees now, or give it back."""
        preview = self._adjusting.preview
        if preview.running:
            preview.stop()
        elif self.live.isEnabled():
            preview.start(self._adjusting.planned.camera)
        self._show_live()

    def _show_picture(self) -> None:
        first = self.picture.image.isNull()
        self.picture.show_image(self._adjusting.preview.image)
        self.picture.show_notice("")
        if first:
            self._show_plan()

    def _show_live(self) -> None:
        running = self._adjusting.preview.running
        self.live.relabel(self.tr("End live picture") if running else self.tr("Live picture"))
        for slider in self.sliders.values():
            slider.setVisible(running)

    def _show_status(self, status: StationStatus) -> None:
        """The camera belongs to the line while that runs, and to whom shows it good parts."""
        shown_to = self._session.capturing.busy
        free = status.state in {StationState.STOPPED, StationState.FAULTED} and not shown_to
        if not free:
            self._adjusting.preview.stop()
        self.live.setEnabled(free)
        if self.picture.image.isNull():
            taken = self.tr("Good parts are being shown: stop that on the Learn page to adjust the camera.")
            stop = taken if shown_to else self.tr("Stop the line to adjust its camera.")
            self.picture.show_notice(self.tr("L shows the live picture.") if free else stop)

    def _show_cameras(self, found: list[CameraInfo]) -> None:
        self.cameras.blockSignals(True)
        self.cameras.clear()
        chosen = self._adjusting.planned.camera
        for info in found:
            item = QListWidgetItem(f"{info.label}   {info.backend} {info.source}")
            item.setData(Qt.ItemDataRole.UserRole, info)
            self.cameras.addItem(item)
            if info.backend == chosen.backend and chosen.source in {"", info.source}:
                self.cameras.setCurrentItem(item)
        self.cameras.blockSignals(False)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self._adjusting.wish(camera=item.data(Qt.ItemDataRole.UserRole))
        if self._adjusting.preview.running:
            self._adjusting.preview.start(self._adjusting.planned.camera)
        self._show_plan()

    def _show_parameters(self, parameters: tuple[Parameter, ...]) -> None:
        for slider in self.sliders.values():
            self._parameters.removeWidget(slider)
            slider.deleteLater()
        self.sliders = {one.name: ParameterSlider(one, self._title(one.name)) for one in parameters}
        for slider in self.sliders.values():
            slider.chosen.connect(self._adjust)
            self._parameters.addWidget(slider)

    def _title(self, name: str) -> str:
        titles = {"exposure_us": self.tr("Exposure, µs"), "gain_db": self.tr("Gain, dB")}
        return titles.get(name, name)

    def _adjust(self, name: str, value: float) -> None:
        self._adjusting.adjust(name, value)
        self._show_plan()

    def _adjusted(self, name: str, value: float) -> None:
        if name in self.sliders:
            self.sliders[name].show_value(value)

    def _wish_region(self, region: Box) -> None:
        self._adjusting.wish(region=region, whole=False)
        self._show_plan()

    def _wish_whole(self) -> None:
        self._adjusting.wish(region=None, whole=True)
        self._show_plan()

    def _show_recipe(self, _recipe: Recipe) -> None:
        self._show_plan()

    def _show_plan(self) -> None:
        adjusting = self._adjusting
        region = adjusting.planned.roi
        self.picture.show_region(region)
        size = self.picture.image.size()
        self.region.show_region(region or Box(0, 0, size.width(), size.height()))
        self.save.setEnabled(adjusting.planned != adjusting.recipe)
        self.undo.setEnabled(adjusting.can_undo)
        self.warning.setText(
            self.tr(
                "The model in use was trained on another region: train again after saving; until then no part passes."
            )
            if adjusting.needs_training
            else self.tr("Draw with the mouse or type; without a region the whole picture is judged.")
        )
