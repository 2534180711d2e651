"""Marks on a picture: what a hand draws on the widget is what the frame's pixels say, and one key takes it back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture
from pytestqt.qtbot import QtBot

from gui.look.images import to_image
from gui.look.tokens import DARK
from gui.widgets.marks import BRUSH_PX, MarkView, Tool
from inspector.domain import Box, Region, Stroke
from inspector.regions import check, mask, told
from tests.gui.test_widgets import colours_of, show

HEIGHT, WIDTH = 100, 200
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> MarkView:
    """A picture of 200 x 100 in a widget of 400 x 400: two pixels of the screen to each, from row 100 on."""
    made = MarkView("picture")
    show(qtbot, made, 400, 400)
    made.show_image(to_image(np.full((HEIGHT, WIDTH), 128, np.uint8)))
    return made


def move(view: MarkView, x: int, y: int) -> None:
    """A step of the mouse with the button held; QTest's own says that none is."""
    spot = QPointF(x, y)
    moved = QMouseEvent(QEvent.Type.MouseMove, spot, view.mapToGlobal(spot), LEFT, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view, moved)


def drag(view: MarkView, *way: tuple[int, int], button: Qt.MouseButton = LEFT) -> None:
    """Press at the first point of the widget, come by the others, let go at the last."""
    QTest.mousePress(view, button, Qt.KeyboardModifier.NoModifier, QPoint(*way[0]))
    for x, y in way[1:]:
        move(view, x, y)
    QTest.mouseRelease(view, button, Qt.KeyboardModifier.NoModifier, QPoint(*way[-1]))


def marked(view: MarkView) -> list[tuple[Region, ...]]:
    """Every word of the widget from now on."""
    told: list[tuple[Region, ...]] = []
    view.marked.connect(told.append)
    return told


@pytest.mark.parametrize(
    ("start", "end"), [((20, 120), (60, 160)), ((60, 160), (20, 120)), ((20, 160), (60, 120)), ((60, 120), (20, 160))]
)
def test_a_box_is_drawn_from_any_corner(view: MarkView, start: tuple[int, int], end: tuple[int, int]) -> None:
    told = marked(view)
    view.take_tool(Tool.BOX)
    drag(view, start, end)
    assert view.marks == (Box(10, 10, 20, 20),)
    assert told == [view.marks]


def test_a_zoomed_and_moved_picture_is_marked_in_its_own_pixels(view: MarkView) -> None:
    view.zoom_by(8, QPointF(100, 200))
    drag(view, (200, 200), (232, 168))  # no tool: it pans
    view.take_tool(Tool.BOX)
    corner, far = (view.to_widget().map(QPointF(x, y)).toPoint() for x, y in ((50, 52), (54, 55)))
    drag(view, (corner.x(), corner.y()), (far.x(), far.y()))
    assert view.to_widget().m11() == 16
    assert view.marks == (Box(50, 52, 4, 3),)


def test_a_box_ends_where_the_picture_does(view: MarkView) -> None:
    view.take_tool(Tool.BOX)
    drag(view, (390, 290), (700, 700))
    drag(view, (380, 50), (399, 104))
    assert view.marks == (Box(195, 95, 5, 5), Box(190, 0, 10, 2))
    check(view.marks, (HEIGHT, WIDTH))


@pytest.mark.parametrize(
    "way", [((50, 150), (50, 150)), ((50, 150), (53, 190)), ((50, 150), (90, 153)), ((10, 20), (300, 60))]
)
def test_a_slip_of_the_hand_or_a_box_beside_the_picture_is_none(
    view: MarkView, way: tuple[tuple[int, int], ...]
) -> None:
    told = marked(view)
    view.take_tool(Tool.BOX)
    drag(view, *way)
    assert (view.marks, told) == ((), [])


def test_a_stroke_follows_the_brush(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    drag(view, (20, 120), (60, 120), (60, 180))
    assert view.marks == (Stroke(((10, 10), (30, 10), (30, 40)), BRUSH_PX // 2),)


def test_the_brush_is_finer_the_closer_one_looks(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    widths = []
    for _ in range(5):
        drag(view, (200, 200), (230, 200))
        view.zoom_by(2)
        widths += [mark.width for mark in view.marks[-1:] if isinstance(mark, Stroke)]
    assert widths == [12, 6, 3, 2, 1]


def test_a_dab_is_a_mark_and_two_dabs_are_two(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    drag(view, (50, 150))
    view.zoom_by(1.5)
    zoom = view.zoom
    QTest.mouseDClick(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(200, 200))
    QTest.mouseRelease(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(200, 200))
    assert view.marks[0] == Stroke(((25, 25),), 12)
    assert len(view.marks) >= 2
    assert view.zoom == zoom


def test_a_brush_that_leaves_the_picture_goes_along_its_edge(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    drag(view, (300, 150), (399, 150), (500, 399))
    (stroke,) = view.marks
    assert isinstance(stroke, Stroke)
    assert stroke.points[-1] == (199, 99)
    check(view.marks, (HEIGHT, WIDTH))


def test_a_brush_beside_the_picture_marks_nothing(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    drag(view, (50, 50), (80, 50))
    assert view.marks == ()


def test_a_long_stroke_is_kept_in_few_points(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    drag(view, *((x, 200) for x in range(20, 380)))
    (stroke,) = view.marks
    assert isinstance(stroke, Stroke)
    assert 2 <= len(stroke.points) <= 70
    whole = mask([Stroke(((10, 50), (189, 50)), 12)], HEIGHT, WIDTH)
    assert np.mean(mask(view.marks, HEIGHT, WIDTH) == whole) > 0.999


@pytest.mark.parametrize("tool", [None, *Tool])
def test_nothing_is_marked_where_there_is_no_picture(qtbot: QtBot, tool: Tool | None) -> None:
    empty = MarkView("picture")
    show(qtbot, empty, 400, 400)
    empty.take_tool(tool)
    drag(empty, (20, 120), (60, 160), (80, 160))
    assert empty.marks == ()
    empty.show_image(QImage())
    assert not empty.undo_mark()


def test_without_a_tool_and_with_another_button_the_picture_is_moved(view: MarkView) -> None:
    view.zoom_by(4)
    before = view.to_widget().dx()
    drag(view, (200, 200), (230, 200))
    without = view.to_widget().dx()
    view.take_tool(Tool.BRUSH)
    drag(view, (200, 200), (230, 200), button=Qt.MouseButton.RightButton)
    assert (without, view.to_widget().dx()) == (before + 30, before + 60)
    assert view.marks == ()
    view.take_tool(None)
    drag(view, (230, 200), (200, 200))
    assert view.to_widget().dx() == before + 30


def test_undo_goes_back_mark_by_mark_and_over_a_clear(view: MarkView) -> None:
    view.take_tool(Tool.BOX)
    drag(view, (20, 120), (60, 160))
    drag(view, (100, 120), (140, 160))
    both = view.marks
    told = marked(view)
    view.clear_marks()
    view.clear_marks()
    assert view.marks == ()
    assert view.undo_mark() and view.marks == both
    assert view.undo_mark() and view.marks == both[:1]
    assert view.undo_mark() and view.marks == ()
    assert not view.undo_mark()
    assert told == [(), both, both[:1], ()]


def test_marks_that_are_shown_are_no_hands_work(view: MarkView) -> None:
    told = marked(view)
    view.show_marks([Box(1, 2, 3, 4)])
    assert not view.undo_mark()
    assert (view.marks, told) == ((Box(1, 2, 3, 4),), [])
    view.clear_marks()
    assert view.undo_mark() and view.marks == (Box(1, 2, 3, 4),)


@pytest.mark.parametrize(
    "mark",
    [Box(40, 20, 60, 50), Stroke(((50, 50), (120, 50)), 14), Stroke(((100, 50),), 40)],
    ids=["box", "stroke", "dab"],
)
def test_a_mark_is_seen_where_it_lies_and_the_part_under_it(view: MarkView, mark: Region) -> None:
    plain = colours_of(view)
    view.show_marks([mark])
    assert DARK.accent in colours_of(view) - plain
    image = view.grab().toImage()
    inside = np.argwhere(mask([mark], HEIGHT, WIDTH))
    y, x = inside[len(inside) // 2]
    seen = image.pixelColor(view.to_widget().map(QPointF(float(x) + 0.5, float(y) + 0.5)).toPoint())
    assert seen.name() not in {"#808080", DARK.accent.lower(), "#000000"}, "a veil, through which the metal shows"
    view.show_marks([])
    assert colours_of(view) == plain


@pytest.mark.parametrize(
    "mark", [Box(500, 500, 9, 9), Stroke(((500, 500),), 9), Stroke(((0, 0), (100_000, 100_000)), 9)], ids=told
)
def test_a_mark_of_another_picture_does_no_harm(view: MarkView, mark: Region) -> None:
    plain = colours_of(view)
    view.show_marks([mark])
    assert colours_of(view) == plain


@pytest.mark.parametrize("tool", Tool)
def test_what_is_being_drawn_is_seen_and_let_go_with_the_tool(view: MarkView, tool: Tool) -> None:
    view.take_tool(tool)
    plain = colours_of(view)
    QTest.mousePress(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(40, 150))
    move(view, 200, 220)
    assert colours_of(view) != plain
    view.take_tool(None)
    assert colours_of(view) == plain
    QTest.mouseRelease(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(200, 220))
    assert view.marks == ()


def test_a_second_finger_zooms_and_leaves_no_mark(view: MarkView) -> None:
    view.take_tool(Tool.BRUSH)
    QTest.mousePress(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(100, 150))
    move(view, 120, 170)
    pinch = QPinchGesture()
    pinch.setScaleFactor(2)
    QApplication.sendEvent(view, QGestureEvent([pinch]))
    move(view, 200, 200)
    QTest.mouseRelease(view, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(200, 200))
    assert view.marks == ()


@pytest.fixture
def finger() -> Iterator[QPointingDevice]:
    yield QTest.createTouchDevice()


@pytest.mark.parametrize("tool", Tool)
def test_a_finger_marks_as_the_mouse_does(qtbot: QtBot, view: MarkView, finger: QPointingDevice, tool: Tool) -> None:
    view.take_tool(tool)
    QTest.touchEvent(view, finger).press(0, QPoint(40, 140), view)
    for place in ((90, 180), (140, 220)):
        QTest.touchEvent(view, finger).move(0, QPoint(*place), view)
    QTest.touchEvent(view, finger).release(0, QPoint(140, 220), view)
    qtbot.waitUntil(lambda: len(view.marks) == 1)
    expected = {Tool.BOX: Box(20, 20, 50, 40), Tool.BRUSH: Stroke(((20, 20), (45, 40), (70, 60)), 12)}
    assert view.marks == (expected[tool],)
