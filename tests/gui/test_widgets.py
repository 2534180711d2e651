"""The widgets: what they show for what they are given."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QImage, QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.look.images import heat_map, to_image
from gui.look.tokens import DARK
from gui.widgets.counters import CountersPanel, Counts
from gui.widgets.faultbar import FaultBar
from gui.widgets.keybar import KeyBar, KeyButton
from gui.widgets.picture import PictureView
from gui.widgets.progress import ProgressPanel
from gui.widgets.roi import RegionFields, RegionView
from gui.widgets.sliders import ParameterSlider
from gui.widgets.state import StateLabel
from gui.widgets.strip import PLACES, RejectStrip, Thumbnail
from gui.widgets.verdict import VerdictPanel
from inspector.devices.camera import Parameter
from inspector.domain import Box, Decision, TurnedBox
from inspector.station import StationState
from tests.gui.rooms import verdict_of


def show(qtbot: QtBot, widget: QWidget, width: int = 400, height: int = 300) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)


def colours_of(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    step = 2
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(0, image.width(), step)
        for y in range(0, image.height(), step)
    }


@pytest.mark.parametrize("decision", Decision)
def test_a_verdict_is_shown_by_shape_word_and_cause(qtbot: QtBot, decision: Decision) -> None:
    panel = VerdictPanel()
    panel.show_verdict(verdict_of(decision))
    show(qtbot, panel, 448, 220)
    qtbot.waitUntil(lambda: DARK.of(decision) in colours_of(panel))  # it fades in
    others = {DARK.of(other) for other in Decision if other is not decision}
    assert not others & colours_of(panel)
    spoken = panel.accessibleName()
    assert decision.upper() in spoken
    if decision is Decision.NG:
        assert "scratch" in spoken
        assert "score 7.1   limit 4.0" in spoken


def test_the_verdict_panel_keeps_its_size(qtbot: QtBot) -> None:
    panel = VerdictPanel()
    qtbot.addWidget(panel)
    sizes = set()
    for decision in Decision:
        panel.show_verdict(verdict_of(decision))
        sizes.add((panel.sizeHint().width(), panel.sizeHint().height()))
    assert len(sizes) == 1


def test_counters_show_yield_with_its_exact_interval(qtbot: QtBot) -> None:
    panel = CountersPanel()
    qtbot.addWidget(panel)
    panel.show_counts(Counts({Decision.OK: 1204, Decision.NG: 31, Decision.RECHECK: 4, Decision.UNFIT: 50}, 12.4, 3))
    text = panel.text()
    for shown in ("1,204", "31", "97.2 %", "96.1 to 98.0 %", "12 ms"):
        assert shown in text


def test_counters_promise_nothing_before_the_first_part(qtbot: QtBot) -> None:
    panel = CountersPanel()
    qtbot.addWidget(panel)
    panel.show_counts(Counts({Decision.UNFIT: 9}))
    assert "%" not in panel.text().replace("95 % interval", "")


GREY = to_image(np.full((100, 200), 128, np.uint8))


@pytest.fixture
def view(qtbot: QtBot) -> PictureView:
    made = PictureView("picture")
    show(qtbot, made, 400, 400)
    made.show_image(GREY)
    return made


def test_a_picture_is_fitted_and_centred(view: PictureView) -> None:
    corner = view.to_widget().map(QPointF(0, 0))
    assert (corner.x(), corner.y(), view.to_widget().m11()) == (0, 100, 2)


def test_the_wheel_zooms_about_the_mouse(view: PictureView) -> None:
    place = QPointF(300, 250)
    before = view.to_widget().inverted()[0].map(place)
    view.zoom_by(3, place)
    after = view.to_widget().inverted()[0].map(place)
    assert view.zoom == 3
    assert math.hypot(after.x() - before.x(), after.y() - before.y()) < 1e-6


def test_zoom_has_an_end_on_both_sides(view: PictureView) -> None:
    view.zoom_by(1000)
    assert view.zoom == 16
    view.zoom_by(0.0001)
    assert view.zoom == 1


def test_keys_zoom_pan_and_fit(qtbot: QtBot, view: PictureView) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    zoomed = view.to_widget()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.to_widget().dx() < zoomed.dx()
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.zoom == 1


def test_no_panning_into_nothing(qtbot: QtBot, view: PictureView) -> None:
    view.zoom_by(4)
    for _ in range(50):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    right_edge = view.to_widget().map(QPointF(200, 0)).x()
    assert right_edge >= view.width() - 1


def test_the_heat_map_can_be_hidden(view: PictureView) -> None:
    hot = np.zeros((4, 4), np.float32)
    hot[0, 0] = 9
    view.show_image(GREY, heat_map(hot, Box(0, 0, 200, 100), 4.0))
    with_heat = colours_of(view)
    view.set_heat_shown(False)
    assert view.heat is None
    assert len(colours_of(view)) < len(with_heat)


@pytest.mark.parametrize(
    ("turn_deg", "glows"), [(0.0, (55, 5)), (90.0, (145, 5)), (180.0, (145, 95)), (-90.0, (55, 95))]
)
def test_the_heat_lies_over_the_part_as_it_lies(view: PictureView, turn_deg: float, glows: tuple[int, int]) -> None:
    """Seen at the upper left of the upright part, in a square in the middle of the picture."""
    hot = np.zeros((4, 4), np.float32)
    hot[0, 0] = 9
    view.show_image(GREY, heat_map(hot, TurnedBox(50, 0, 100, 100, turn_deg), 4.0))
    drawn = view.grab().toImage()
    for corner in ((55, 5), (145, 5), (145, 95), (55, 95)):
        colour = drawn.pixelColor(view.to_widget().map(QPointF(*corner)).toPoint())
        assert (colour.red() > colour.blue() + 40) == (corner == glows)


def test_another_size_of_picture_is_fitted_anew(view: PictureView) -> None:
    view.zoom_by(4)
    view.show_image(GREY.copy())
    assert view.zoom == 4
    view.show_image(QImage(50, 50, QImage.Format.Format_Grayscale8))
    assert view.zoom == 1


def thumbnail(key: str, decision: Decision = Decision.NG) -> Thumbnail:
    return Thumbnail(key, GREY, verdict_of(decision), "14:05", key)


def test_the_strip_opens_what_was_touched(qtbot: QtBot) -> None:
    strip = RejectStrip()
    show(qtbot, strip, 900, 150)
    strip.show_thumbnails([thumbnail("a"), thumbnail("b", Decision.RECHECK)])
    with qtbot.waitSignal(strip.opened) as opened:
        strip.open(1)
    assert opened.args == ["b"]
    with qtbot.assertNotEmitted(strip.opened):
        strip.open(PLACES - 1)
    names = [place.accessibleName() for place in strip.findChildren(QWidget) if place.accessibleName()]
    assert names[1] == "Reject 2: RECHECK, scratch, part b, 14:05"
    assert names[2] == "Reject 3: none yet"


def test_a_key_bar_shows_actions_that_can_be_touched(qtbot: QtBot) -> None:
    bar = KeyBar()
    show(qtbot, bar, 600, 56)
    action = QAction("misfire", bar)
    action.setShortcut(QKeySequence("M"))
    bar.show_actions([action])
    (key,) = bar.findChildren(KeyButton)
    with qtbot.waitSignal(action.triggered):
        qtbot.mouseClick(key, Qt.MouseButton.LeftButton)
    action.setText("escape")
    action.setEnabled(False)
    assert (key.text(), key.accessibleName(), key.isEnabled()) == ("escape", "escape", False)


def test_a_key_that_is_switched_on_is_filled(qtbot: QtBot) -> None:
    bar = KeyBar()
    show(qtbot, bar, 600, 56)
    action = QAction("box", bar)
    action.setCheckable(True)
    bar.show_actions([action])
    (key,) = bar.findChildren(KeyButton)
    off = colours_of(key)
    qtbot.mouseClick(key, Qt.MouseButton.LeftButton)
    assert (action.isChecked(), key.isChecked()) == (True, True)
    key.clearFocus()
    assert DARK.accent in colours_of(key) - off
    action.setChecked(False)
    assert not key.isChecked()


def test_the_same_actions_keep_their_buttons(qtbot: QtBot) -> None:
    """The focus must not be lost each time a part goes by."""
    bar = KeyBar()
    show(qtbot, bar, 600, 56)
    actions = [QAction("one", bar), QAction("two", bar)]
    bar.show_actions(actions)
    before = bar.findChildren(KeyButton)
    bar.show_actions(list(actions))
    assert bar.findChildren(KeyButton) == before


def test_a_fault_says_what_why_and_what_helps(qtbot: QtBot) -> None:
    bar = FaultBar()
    qtbot.addWidget(bar)
    assert bar.isHidden()
    bar.show_fault("The camera does not answer", "camera 7: unplugged", "Open Setup")
    assert (bar.isVisible(), bar.what, bar.why) == (True, "The camera does not answer", "camera 7: unplugged")
    with qtbot.waitSignal(bar.closed):
        bar.clear()
    assert bar.isHidden()


def test_long_work_can_be_stopped_once(qtbot: QtBot) -> None:
    panel = ProgressPanel()
    qtbot.addWidget(panel)
    panel.begin("training")
    panel.show_step("features", 3, 10, 95.0)
    assert {"features  3 of 10", "1 min 35 s left"} <= {label.text() for label in panel.findChildren(type(panel._step))}
    stopped: list[int] = []
    panel.cancelled.connect(lambda: stopped.append(1))
    panel.stop()
    panel.stop()
    panel.show_step("features", 4, 10, 80.0)
    assert stopped == [1]
    assert panel._step.text() == "Stopping", "a late word of the work must not hide it"
    panel.finish()
    panel.begin("again")
    panel.stop()
    assert stopped == [1, 1]


EXPOSURE = Parameter("exposure_us", 4000, 20, 200_000, 1, locked=False)
GAIN = Parameter("gain_db", 0, 0, 24, 0.1, locked=False)


@pytest.mark.parametrize("parameter", [EXPOSURE, GAIN])
def test_a_slider_keeps_to_the_cameras_limits(qtbot: QtBot, parameter: Parameter) -> None:
    slider = ParameterSlider(parameter, parameter.name)
    qtbot.addWidget(slider)
    chosen: list[float] = []
    slider.chosen.connect(lambda _name, value: chosen.append(value))
    for position in (700, 0, 1000, 500):
        slider._slider.setValue(position)
    assert chosen[1:3] == [parameter.minimum, parameter.maximum]
    assert parameter.minimum < chosen[3] < parameter.maximum
    steps = (chosen[3] - parameter.minimum) / parameter.increment
    assert steps == pytest.approx(round(steps), abs=1e-6)


def test_exposure_is_laid_out_by_ratio(qtbot: QtBot) -> None:
    """Linear, the useful first millisecond would be half a per cent of the way."""
    slider = ParameterSlider(EXPOSURE, "Exposure")
    qtbot.addWidget(slider)
    slider._slider.setValue(500)
    assert slider.value == pytest.approx(math.sqrt(20 * 200_000), rel=0.01)


def test_showing_what_the_camera_made_of_it_asks_nothing(qtbot: QtBot) -> None:
    slider = ParameterSlider(GAIN, "Gain")
    qtbot.addWidget(slider)
    with qtbot.assertNotEmitted(slider.chosen):
        slider.show_value(6.0)
    assert slider.value == 6.0


def test_a_locked_parameter_cannot_be_moved(qtbot: QtBot) -> None:
    slider = ParameterSlider(Parameter("gain_db", 1, 0, 24, 0.1, locked=True), "Gain")
    qtbot.addWidget(slider)
    assert not slider.isEnabled()


def test_a_region_is_drawn_with_the_mouse(qtbot: QtBot) -> None:
    view = RegionView("region")
    show(qtbot, view, 400, 400)
    view.show_image(GREY)
    with qtbot.waitSignal(view.region_drawn) as drawn:
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 280))
        qtbot.mouseMove(view, QPoint(200, 200))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 120))
    assert drawn.args == [Box(50, 10, 100, 80)]


def test_a_region_ends_at_the_pictures_edge(qtbot: QtBot) -> None:
    view = RegionView("region")
    show(qtbot, view, 400, 400)
    view.show_image(GREY)
    with qtbot.waitSignal(view.region_drawn) as drawn:
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(399, 399))
    assert drawn.args == [Box(100, 50, 100, 50)]


def test_a_slip_of_the_hand_draws_nothing(qtbot: QtBot) -> None:
    view = RegionView("region")
    show(qtbot, view, 400, 400)
    view.show_image(GREY)
    with qtbot.assertNotEmitted(view.region_drawn):
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(204, 203))


def test_a_region_can_be_typed(qtbot: QtBot) -> None:
    fields = RegionFields()
    qtbot.addWidget(fields)
    with qtbot.assertNotEmitted(fields.region_typed):
        fields.show_region(Box(1, 2, 30, 40))
    with qtbot.waitSignal(fields.region_typed) as typed:
        fields._fields[2].setValue(64)
    assert typed.args == [Box(1, 2, 64, 40)]


@pytest.mark.parametrize("state", StationState)
def test_each_state_has_a_word_and_a_mark(qtbot: QtBot, state: StationState) -> None:
    label = StateLabel()
    show(qtbot, label, 150, 48)
    label.show_state(state)
    assert label.accessibleName().startswith("Station: ")
    assert len(colours_of(label)) > 2


def test_the_longest_word_stays_in_its_panel_however_narrow(qtbot: QtBot) -> None:
    panel = VerdictPanel()
    qtbot.addWidget(panel)
    panel.show_verdict(verdict_of(Decision.RECHECK))
    panel.resize(320, panel.sizeHint().height())
    picture = panel.grab().toImage()
    plane = picture.pixelColor(picture.width() - 12, 40)
    edge = [picture.pixelColor(picture.width() - 17, row) for row in range(20, 110)]  # the last column of its place
    assert all(colour == plane for colour in edge)
