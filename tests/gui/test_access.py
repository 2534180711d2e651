"""Everybody can use it: names for those who listen, keys for those without a mouse, room for gloves and long words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRect, Qt, QTranslator
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.application import Screen, open_screen
from gui.look import theme
from gui.look.tokens import PALETTES, TOUCH_PX
from gui.pages.page import Page
from gui.widgets.picture import PictureView
from gui.widgets.texts import ElidedLabel
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, run_parts
from tests.gui.test_reviewing import record_parts
from tests.gui.test_training import teach

INTERACTIVE = (QAbstractButton, QLineEdit, QSlider, QListView, QPlainTextEdit, QComboBox, QSpinBox, PictureView)
INTERACTIVE_ROLES = {
    QAccessible.Role.PushButton,
    QAccessible.Role.CheckBox,
    QAccessible.Role.RadioButton,
    QAccessible.Role.EditableText,
    QAccessible.Role.SpinBox,
    QAccessible.Role.Slider,
    QAccessible.Role.List,
    QAccessible.Role.ComboBox,
}
PAGES = pytest.mark.parametrize("place", range(4), ids=["run", "review", "learn", "setup"])


def fill(qtbot: QtBot, screen: Screen) -> None:
    """Something on every page: parts, rejects, a queue, a golden set, cameras."""
    workspace = screen.session.workspace
    teach(workspace)
    record_parts(workspace, 3)
    run_parts(qtbot, screen, 3)


def open_page(qtbot: QtBot, screen: Screen, place: int) -> Page:
    fill(qtbot, screen)
    adjusting, training = screen.session.adjusting, screen.session.training
    if place == 3:
        with qtbot.waitSignal(adjusting.examined, timeout=30_000):
            screen.window.show_page(place)
    elif place == 2:
        with qtbot.waitSignal(training.compared, timeout=30_000):
            screen.window.show_page(place)
    else:
        screen.window.show_page(place)
        qtbot.waitUntil(lambda: place != 1 or screen.session.reviewing.item is not None)
    qtbot.wait(10)
    return screen.window.pages[place]


def interfaces(top: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    for index in range(top.childCount()):
        child = top.child(index)
        if child is not None and child.isValid():
            yield child
            yield from interfaces(child)


@PAGES
def test_every_widget_that_can_be_used_has_a_name(qtbot: QtBot, screen: Screen, place: int) -> None:
    open_page(qtbot, screen, place)
    top = QAccessible.queryAccessibleInterface(screen.window)
    found = [one for one in interfaces(top) if one.role() in INTERACTIVE_ROLES and not one.state().invisible]
    nameless = [f"{one.role()} {one.object()}" for one in found if not one.text(QAccessible.Text.Name).strip()]
    assert len(found) > 5
    assert nameless == []


@PAGES
def test_every_widget_that_can_be_used_is_reached_by_tab(qtbot: QtBot, screen: Screen, place: int) -> None:
    open_page(qtbot, screen, place)
    window = screen.window
    wanted = {
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, INTERACTIVE) and widget.isVisible() and widget.isEnabled() and not _is_inside(widget)
    }
    reached: set[QObject] = set()
    for _ in range(200):
        focus = window.focusWidget()
        assert focus is not None
        if focus in reached:
            break
        reached.add(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert {widget.accessibleName() for widget in wanted - reached} == set()


def _is_inside(widget: QWidget) -> bool:
    """The line edit of a spin box is the spin box."""
    return isinstance(widget.parent(), QSpinBox) or widget.objectName() == "qt_spinbox_lineedit"


@pytest.mark.parametrize("place", [0, 1], ids=["run", "review"])
def test_an_operator_with_gloves_hits_every_button(qtbot: QtBot, screen: Screen, place: int) -> None:
    page = open_page(qtbot, screen, place)
    buttons = [one for one in (*page.findChildren(QAbstractButton), *screen.window.rail.findChildren(QAbstractButton))]
    shown = [one for one in buttons if one.isVisible()]
    small = [one.accessibleName() for one in shown if one.height() < TOUCH_PX or one.width() < TOUCH_PX]
    assert len(shown) > 8
    assert small == []


@pytest.mark.parametrize("place", [0, 1], ids=["run", "review"])
def test_buttons_do_not_touch_each_other(qtbot: QtBot, screen: Screen, place: int) -> None:
    page = open_page(qtbot, screen, place)
    shown = [one for one in page.findChildren(QAbstractButton) if one.isVisible()]
    places = [QRect(one.mapTo(page, QPoint(0, 0)), one.size()) for one in shown]
    for first in range(len(places)):
        for second in range(first):
            assert not places[first].adjusted(-3, -3, 3, 3).intersects(places[second].adjusted(-3, -3, 3, 3)), (
                shown[first].accessibleName(),
                shown[second].accessibleName(),
            )


def cut_off(page: QWidget) -> list[str]:
    """Texts that do not fit where they stand; what leaves its middle out on purpose is not meant."""
    cut = []
    for widget in page.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, ElidedLabel):
            continue
        if isinstance(widget, QLabel) and widget.text():
            needed = widget.sizeHint() if not widget.wordWrap() else None
            height = widget.heightForWidth(widget.width()) if widget.wordWrap() else 0
            if (needed and (needed.width() > widget.width() or needed.height() > widget.height() + 1)) or (
                height > widget.height() + 1
            ):
                cut.append(widget.text())
        elif isinstance(widget, QAbstractButton) and widget.text():
            room = widget.fontMetrics().horizontalAdvance(widget.text())
            if room > widget.width():
                cut.append(widget.text())
    return cut


@PAGES
def test_no_text_is_cut_off_at_either_size(qtbot: QtBot, screen: Screen, place: int) -> None:
    page = open_page(qtbot, screen, place)
    for size in ((1920, 1080), (1280, 800)):
        screen.window.resize(*size)
        qtbot.wait(20)
        assert cut_off(page) == [], size
        assert (screen.window.width(), screen.window.height()) == size, "the page must fit into the screen"


class LongLanguage(QTranslator):
    """Every word a third longer, as German is against English."""

    def translate(self, _context: str, text: str, _comment: str | None = None, _count: int = -1) -> str:
        return f"{text}{'·' * (len(text) // 3)}" if text.strip() else text

    def isEmpty(self) -> bool:  # noqa: N802
        return False


@pytest.fixture
def long_words(qapp: QApplication) -> Iterator[None]:
    translator = LongLanguage()
    assert QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@PAGES
def test_a_longer_language_fits_as_well(
    qapp: QApplication, qtbot: QtBot, long_words: None, workspace: Workspace, place: int
) -> None:
    screen = open_screen(qapp, workspace, workspace.recipes.load(RECIPE))
    screen.hook.remove()
    screen.window.show()
    page = open_page(qtbot, screen, place)
    assert "·" in screen.window.run_page.start.text()
    screen.window.resize(1280, 800)
    qtbot.wait(20)
    cut = cut_off(page)
    screen.close()
    assert cut == []


@pytest.mark.parametrize("name", PALETTES)
def test_both_themes_dress_every_page(qapp: QApplication, qtbot: QtBot, screen: Screen, name: str) -> None:
    theme.apply(qapp, name)
    qtbot.wait(10)
    image = screen.window.grab().toImage()
    assert image.pixelColor(2, image.height() // 2).name().upper() == PALETTES[name].surface
    assert image.pixelColor(156, 4).name().upper() == PALETTES[name].background


def test_a_tab_shows_where_it_is(qtbot: QtBot, screen: Screen) -> None:
    """The ring comes with the keyboard and goes with the mouse."""
    picture = screen.window.run_page.picture
    picture.setFocus(Qt.FocusReason.MouseFocusReason)
    without = picture.grab().toImage()
    qtbot.keyClick(picture, Qt.Key.Key_Tab)
    qtbot.keyClick(screen.window.focusWidget(), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert picture.hasFocus()
    assert picture.grab().toImage() != without


def test_return_presses_a_button_like_space(qtbot: QtBot, screen: Screen) -> None:
    page = screen.window.run_page
    page.start.setFocus()
    with qtbot.waitSignal(page.start.clicked):
        qtbot.keyClick(page.start, Qt.Key.Key_Return)


def test_the_pages_are_changed_by_keys(qtbot: QtBot, screen: Screen) -> None:
    for place, key in enumerate((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)):
        qtbot.keyClick(screen.window, key, Qt.KeyboardModifier.ControlModifier)
        assert screen.window.stack.currentIndex() == place
        assert screen.window.focusWidget() is not None
