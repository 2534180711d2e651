"""Pictures for Qt: they own their memory, and a heat map lies where the model looked."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from gui.look.images import heat_map, to_image
from gui.session.depicting import THUMBNAIL_PX, thumbnail
from inspector.domain import Box, TurnedBox

BOX = Box(100, 50, 200, 400)


def hot(peak: float, row: int = 0, column: int = 0) -> np.ndarray:
    heat = np.full((8, 8), -3.0, np.float32)
    heat[row, column] = peak
    return heat


def test_grey_levels_arrive_unchanged() -> None:
    pixels = np.arange(6 * 5, dtype=np.uint8).reshape(6, 5)
    image = to_image(pixels)
    assert (image.width(), image.height()) == (5, 6)
    assert [image.pixelColor(x, 4).red() for x in range(5)] == [20, 21, 22, 23, 24]


def test_red_stays_red() -> None:
    image = to_image(np.full((3, 7, 3), (200, 10, 20), np.uint8))
    assert image.pixelColor(6, 2).getRgb()[:3] == (200, 10, 20)


def test_an_image_outlives_the_buffer_it_was_made_of() -> None:
    pixels = np.full((16, 16), 90, np.uint8)
    image = to_image(pixels)
    pixels[:] = 0
    assert image.pixelColor(8, 8).red() == 90


def test_a_cut_out_of_a_larger_picture_is_shown_as_cut() -> None:
    whole = np.zeros((20, 20, 3), np.uint8)
    whole[5:10, 5:10] = 255
    image = to_image(whole[5:10, 5:10])
    assert {image.pixelColor(x, y).red() for x in range(5) for y in range(5)} == {255}


def test_no_picture_is_a_null_image() -> None:
    assert to_image(np.zeros((0, 0), np.uint8)).isNull()
    assert thumbnail(np.zeros((0, 0), np.uint8)).isNull()


@pytest.mark.parametrize("shape", [(600, 900), (900, 600, 3), (40, 2000)])
def test_a_thumbnail_keeps_the_proportions(shape: tuple[int, ...]) -> None:
    image = thumbnail(np.full(shape, 100, np.uint8))
    assert max(image.width(), image.height()) == THUMBNAIL_PX
    assert image.width() / image.height() == pytest.approx(shape[1] / shape[0], rel=0.15)


def opacity(image: QImage, across: float, down: float) -> int:
    return image.pixelColor(int(across * (image.width() - 1)), int(down * (image.height() - 1))).alpha()


def test_a_good_part_never_glows() -> None:
    drawn = heat_map(hot(-0.5), BOX, limit=4.0)
    assert max(opacity(drawn.image, x / 10, y / 10) for x in range(11) for y in range(11)) == 0
    assert drawn.outlines == ()


def test_heat_far_below_the_limit_has_no_outline() -> None:
    assert heat_map(hot(1.9), BOX, limit=4.0).outlines == ()


def test_the_hottest_place_glows_and_the_others_stay_clear() -> None:
    drawn = heat_map(hot(9.0, row=0, column=7), BOX, limit=4.0)
    assert opacity(drawn.image, 1.0, 0.0) > 150
    assert opacity(drawn.image, 0.0, 1.0) == 0


def test_the_outline_lies_in_the_frame_around_the_hot_place() -> None:
    (outline,) = heat_map(hot(9.0, row=7, column=0), BOX, limit=4.0).outlines
    across, down = zip(*outline, strict=True)
    assert BOX.x <= min(across) < max(across) < BOX.x + BOX.width / 2
    assert BOX.y + BOX.height / 2 < min(down) < max(down) <= BOX.y + BOX.height


def test_the_outline_of_a_part_that_lies_upside_down_is_at_its_other_end() -> None:
    turned = TurnedBox(BOX.x, BOX.y, BOX.width, BOX.height, 180.0)
    (outline,) = heat_map(hot(9.0, row=7, column=0), turned, limit=4.0).outlines
    across, down = zip(*outline, strict=True)
    assert BOX.x + BOX.width / 2 < min(across) < max(across) <= BOX.x + BOX.width
    assert BOX.y <= min(down) < max(down) < BOX.y + BOX.height / 2


def test_a_map_of_one_value_does_no_harm() -> None:
    assert heat_map(np.zeros((1, 1), np.float32), BOX, limit=0.0).outlines == ()
