"""The theme: two complete looks, chosen by name, switched while the program runs."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gui.look import theme
from gui.look.tokens import DARK, FAMILIES, LIGHT, NOTE_PX, PALETTES, READ_PX, VERDICT_PX, Palette

BOTH = pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)


@BOTH
def test_the_palette_in_use_is_the_one_that_was_asked_for(qapp: QApplication, palette: Palette) -> None:
    theme.apply(qapp, palette.name)
    assert theme.colours() is palette
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == palette.background


def test_a_theme_that_nobody_knows_is_the_dark_one(qapp: QApplication) -> None:
    theme.apply(qapp, "solarized")
    assert theme.colours() is DARK


@BOTH
def test_every_colour_in_the_style_sheet_is_a_token(palette: Palette) -> None:
    tokens = {getattr(palette, name) for name in Palette.__slots__ if name != "name"}
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", theme.style_sheet(palette))) <= tokens


@BOTH
def test_the_style_sheet_knows_only_three_sizes_of_text(palette: Palette) -> None:
    sizes = {int(size) for size in re.findall(r"font-size: (\d+)px", theme.style_sheet(palette))}
    assert sizes <= {VERDICT_PX, READ_PX, NOTE_PX}


@BOTH
def test_no_shadow_and_no_gradient(palette: Palette) -> None:
    assert not re.search(r"gradient|shadow", theme.style_sheet(palette))


def test_the_font_is_one_of_ours_and_its_numbers_do_not_dance(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    assert QFontInfo(qapp.font()).family() in FAMILIES
    metrics = theme.sized(READ_PX)
    assert metrics.pixelSize() == READ_PX
    from PySide6.QtGui import QFontMetrics

    widths = {QFontMetrics(metrics).horizontalAdvance(digit) for digit in "0123456789"}
    assert len(widths) == 1


def test_what_cannot_be_pressed_looks_so_in_both_themes(qapp: QApplication, qtbot: QtBot) -> None:
    control = QPushButton("Start")
    qtbot.addWidget(control)
    control.show()
    for palette in (DARK, LIGHT):
        theme.apply(qapp, palette.name)
        control.setEnabled(True)
        pressable = control.grab().toImage()
        control.setEnabled(False)
        assert control.grab().toImage() != pressable
