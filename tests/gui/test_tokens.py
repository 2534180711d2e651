"""The colours: readable, and told apart by eyes that see no red or no green."""

from __future__ import annotations

import itertools

import pytest

from gui.look.tokens import DARK, LIGHT, Palette, channels, contrast, ink_on, mixed
from gui.widgets.verdict import TINT
from inspector.domain import Decision

BOTH = pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)


@BOTH
@pytest.mark.parametrize("ink", ["text", "quiet"])
@pytest.mark.parametrize("plane", ["background", "surface", "raised"])
def test_what_an_operator_reads_has_seven_to_one(palette: Palette, ink: str, plane: str) -> None:
    assert contrast(getattr(palette, ink), getattr(palette, plane)) >= 7


@BOTH
@pytest.mark.parametrize("decision", Decision)
def test_the_verdict_is_readable_on_its_tinted_panel(palette: Palette, decision: Decision) -> None:
    plane = mixed(palette.of(decision), palette.surface, TINT)
    assert contrast(palette.text, plane) >= 7


@BOTH
@pytest.mark.parametrize("decision", Decision)
def test_each_shape_shows_by_its_ring_and_its_glyph(palette: Palette, decision: Decision) -> None:
    """WCAG asks 3:1 of graphics; the ring carries it where the fill alone would not."""
    assert contrast(palette.text, mixed(palette.of(decision), palette.surface, TINT)) >= 3
    assert contrast(ink_on(palette.of(decision)), palette.of(decision)) >= 3


@BOTH
def test_a_main_button_is_readable(palette: Palette) -> None:
    assert contrast(palette.on_accent, palette.accent) >= 4.5


@BOTH
def test_the_focus_ring_shows_on_every_plane(palette: Palette) -> None:
    assert min(contrast(palette.accent, plane) for plane in (palette.background, palette.surface, palette.raised)) >= 3


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mixed("#FF0000", "#0000FF", 0) == "#0000FF"
    assert mixed("#FF0000", "#0000FF", 1) == "#FF0000"
    assert mixed("#FF0000", "#0000FF", 0.5) == "#800080"


def deuteranope(colour: str) -> tuple[float, float, float]:
    """How an eye without green cones sees it (Vienot, Brettel and Mollon 1999), in linear light."""
    red, green, blue = ((channel / 255) ** 2.2 for channel in channels(colour))
    return 0.29275 * red + 0.70725 * green, 0.29275 * red + 0.70725 * green, -0.02234 * red + 0.02234 * green + blue


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(Decision, 2)))
def test_no_two_verdicts_look_alike_to_a_colour_blind_eye(first: Decision, second: Decision) -> None:
    pair = (deuteranope(DARK.of(first)), deuteranope(DARK.of(second)))
    assert max(abs(one - other) for one, other in zip(*pair, strict=True)) > 0.04
