"""A part that lies turned is found by its fiducial, judged upright, and shown where it really is."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from inspector.domain import Affine, Box, Decision, Frame, Part, Pixels, Reason, TurnedBox
from inspector.opencv import cv2
from inspector.pipeline.assemble import Setup, inspect, view_of
from inspector.pipeline.locate import locate
from inspector.pipeline.view import make_view
from inspector.recipe import Limits, LocateMode, LocateSettings, Recipe
from tests.unit.stations import BrightnessModel

ROI = Box(150, 100, 100, 100)
MARK = Box(172, 126, 60, 44)
MIDDLE = (199.5, 149.5)  # of the ROI, counted from the middle of the first pixel
HEIGHT, WIDTH = 300, 400


def texture(seed: int = 0, side: int = 640) -> Pixels:
    """Blotches of some pixels, as cast or ground metal has them; much larger than a Frame."""
    noise = np.random.default_rng(seed).standard_normal((side, side), dtype=np.float32)
    blotches = cv2.GaussianBlur(noise, (0, 0), 1.6)
    return np.asarray(np.clip(128 + 40 * blotches / blotches.std(), 0, 255), dtype=np.uint8)


PART = texture()


def lying(turn_deg: float = 0.0, across: float = 0.0, down: float = 0.0, part: Pixels = PART) -> Pixels:
    """The Frame in which the part has turned about the ROI's middle and then moved."""
    middle = (part.shape[1] - 1) / 2, (part.shape[0] - 1) / 2
    turning = Affine.turning(turn_deg, middle, (MIDDLE[0] + across, MIDDLE[1] + down))
    return np.asarray(cv2.warpAffine(part, np.array(turning).reshape(2, 3), (WIDTH, HEIGHT)), dtype=np.uint8)


def recipe(turn_deg: float = 180.0, mark: Box = MARK, roi: Box = ROI, reach: int = 20) -> Recipe:
    settings = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, mark, reach, 0.6, turn_deg)
    return Recipe("turned", roi=roi, locate=settings, limits=Limits(1000.0, 1000.0))


def cut(pixels: Pixels, box: Box) -> Pixels:
    return pixels[box.y : box.y + box.height, box.x : box.x + box.width].copy()


TEMPLATE = cut(lying(), MARK)


def apart_deg(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def turn_of(box: Box) -> float:
    return box.turn_deg if isinstance(box, TurnedBox) else 0.0


def found(pixels: Pixels, how: Recipe, template: Pixels = TEMPLATE) -> Box:
    box = locate(pixels, how, template)
    assert box is not None
    return box


def assert_lies(box: Box, turn_deg: float, across: float, down: float) -> None:
    """To a pixel, and to half a degree: half a pixel at the corners of the fiducial."""
    middle = box.to_frame.at(box.width / 2, box.height / 2)
    assert middle == pytest.approx((MIDDLE[0] + 0.5 + across, MIDDLE[1] + 0.5 + down), abs=1.0)
    assert apart_deg(turn_of(box), turn_deg) < 0.5
    assert (box.width, box.height) == (ROI.width, ROI.height)


# Where it lies


@pytest.mark.parametrize(
    ("turn_deg", "across", "down"),
    [(0.4, 0, 0), (-17.3, 6, -4), (45, 0, 12), (90, -9, 3), (133.7, 15, 15), (180, 2, 2), (-179, 0, -7)],
)
def test_a_part_is_found_however_it_is_turned(turn_deg: float, across: float, down: float) -> None:
    assert_lies(found(lying(turn_deg, across, down), recipe()), turn_deg, across, down)


@pytest.mark.parametrize("shape", ["grey", "colour"])
def test_an_upright_part_is_cut_bit_for_bit_as_it_is_without_turning(shape: str) -> None:
    pixels = lying(0, 7, -5) if shape == "grey" else np.dstack([lying(0, 7, -5)] * 3)
    box = found(pixels, recipe())
    assert box == found(pixels, recipe(turn_deg=0)) == Box(157, 95, 100, 100)
    assert type(box) is Box


def test_the_view_of_a_turned_part_is_the_upright_one() -> None:
    upright = make_view(lying(), ROI, 80, 80).pixels.astype(np.int16)
    for turn_deg in (30.0, -101.0):
        as_it_lies = make_view(lying(turn_deg), ROI, 80, 80).pixels
        turned_back = view_of(lying(turn_deg, 4, 3), recipe(), TEMPLATE, 80, 80).pixels
        assert np.abs(turned_back - upright).mean() < 8
        assert np.abs(as_it_lies - upright).mean() > 25


@pytest.mark.parametrize("turn_deg", [0.0, 25.0, -90.0, 165.0])
def test_a_point_of_the_view_lies_where_the_frame_has_it(turn_deg: float) -> None:
    box = TurnedBox(150, 100, 100, 60, turn_deg)
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    x, y = box.to_frame.at(30, 45)
    cv2.circle(pixels, (round(x - 0.5), round(y - 0.5)), 2, 255, -1)
    view = make_view(pixels, box, 120, 50)
    row, column = np.unravel_index(int(view.pixels[..., 0].argmax()), (120, 50))
    assert Affine(*view.to_frame).at(float(column), float(row)) == pytest.approx((x - 0.5, y - 0.5), abs=3.0)


def test_a_box_that_is_turned_by_nothing_is_the_box() -> None:
    assert TurnedBox(150, 100, 100, 60, 0.0).to_frame == ROI.to_frame == (1, 0, 150, 0, 1, 100)
    assert TurnedBox(0, 0, 10, 4, 90.0).to_frame.at(0, 0) == pytest.approx((7, -3)), "clockwise: left goes up"


# How far it may lie turned


@pytest.mark.parametrize("turn_deg", [20.0, -20.0])
def test_a_part_that_lies_turned_as_far_as_it_may_is_found(turn_deg: float) -> None:
    assert_lies(found(lying(turn_deg), recipe(turn_deg=20)), turn_deg, 0, 0)


@pytest.mark.parametrize("turn_deg", [22.0, 40.0, -100.0, 180.0])
def test_a_part_that_lies_turned_beyond_it_is_not_located(turn_deg: float) -> None:
    assert locate(lying(turn_deg), recipe(turn_deg=20), TEMPLATE) is None


def test_a_recipe_without_turning_does_not_find_a_turned_part() -> None:
    assert locate(lying(40), recipe(turn_deg=0), TEMPLATE) is None


# What is no such part


def test_another_part_is_not_located() -> None:
    assert locate(lying(30, part=texture(9)), recipe(), TEMPLATE) is None


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_plain_template_and_a_plain_picture_are_not_located(level: int) -> None:
    plain = np.full((HEIGHT, WIDTH), level, np.uint8)
    assert locate(lying(30), recipe(), cut(plain, MARK)) is None
    assert locate(plain, recipe(), TEMPLATE) is None


def test_a_template_larger_than_the_picture_is_not_located() -> None:
    assert locate(lying(), recipe(), texture(side=500)) is None


# Near the border


def test_a_region_whose_corner_leaves_the_picture_is_not_judged() -> None:
    """What the camera did not see would be filled with border pixels, and those are never defective."""
    how = recipe(roi=Box(100, 10, 200, 280))
    assert locate(lying(), how, TEMPLATE) == how.roi
    verdict = inspect(frame(lying(30)), Part("1"), Setup(how, BrightnessModel(), TEMPLATE), "s", "id").verdict
    assert (verdict.decision, verdict.reason) == (Decision.UNFIT, Reason.NOT_LOCATED)


@pytest.mark.parametrize("turn_deg", [90.0, 180.0, -90.0])
def test_a_square_as_high_as_the_picture_fits_at_quarter_turns_alone(turn_deg: float) -> None:
    how = recipe(roi=Box(50, 0, 300, 300))
    assert apart_deg(turn_of(found(lying(turn_deg), how)), turn_deg) < 0.5
    assert locate(lying(turn_deg + 20), how, TEMPLATE) is None


def test_a_fiducial_far_from_the_middle_of_the_region_is_found() -> None:
    far = Box(290, 40, 40, 40)
    assert_lies(found(lying(-60, 3, -6), recipe(mark=far), cut(lying(), far)), -60, 3, -6)


# Noise and light


@pytest.mark.parametrize("turn_deg", [12.0, -140.0])
def test_noise_and_half_the_light_do_not_hide_it(turn_deg: float) -> None:
    noise = np.random.default_rng(4).normal(0, 12, (HEIGHT, WIDTH))
    dim = np.asarray(np.clip(lying(turn_deg, 5, 5) * 0.5 + noise, 0, 255), dtype=np.uint8)
    assert_lies(found(dim, recipe()), turn_deg, 5, 5)


# Symmetric parts


def flange(holes: int, lettered: bool) -> Pixels:
    """Holes around the middle, and a dot beside one of them where it is lettered."""
    pixels = np.full((640, 640), 150, np.uint8)
    around = [Affine.turning(360 * hole / holes, (0, 0), (319.5, 319.5)).at(36, 0) for hole in range(holes)]
    for x, y in around:
        cv2.circle(pixels, (round(x * 16), round(y * 16)), 6 * 16, 20, -1, cv2.LINE_AA, 4)
    if lettered:
        cv2.circle(pixels, (319 + 36, 319 + 13), 6, 250, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.8), dtype=np.uint8)


WHOLE = Box(150, 100, 100, 100)


@pytest.mark.parametrize("turn_deg", [0.0, 60.0, 115.0, 180.0, -125.0])
def test_of_many_turns_that_nearly_match_the_right_one_is_found(turn_deg: float) -> None:
    part = flange(6, lettered=True)
    box = found(lying(turn_deg, part=part), recipe(mark=WHOLE), cut(lying(part=part), WHOLE))
    assert_lies(box, turn_deg, 0, 0)


@pytest.mark.parametrize("turn_deg", [0.0, 37.0, 180.0])
@pytest.mark.parametrize("holes", [2, 3, 6])
def test_a_mark_that_looks_the_same_at_another_turn_is_not_located(turn_deg: float, holes: int) -> None:
    """Either turn may be the right one; a part that was turned wrongly would be judged, and could pass."""
    part = flange(holes, lettered=False)
    assert locate(lying(turn_deg, part=part), recipe(mark=WHOLE), cut(lying(part=part), WHOLE)) is None


def test_a_mark_that_looks_the_same_only_beyond_the_turns_of_the_line_is_found() -> None:
    part = flange(2, lettered=False)
    how = recipe(turn_deg=60, mark=WHOLE)
    for turn_deg in (-50.0, 0.0, 58.0):
        assert_lies(found(lying(turn_deg, part=part), how, cut(lying(part=part), WHOLE)), turn_deg, 0, 0)


def test_a_picture_with_two_marks_at_two_turns_is_not_located() -> None:
    """A second part reaches into the picture: which of the two is to be judged nobody has said."""
    pixels = lying(40)
    assert locate(pixels, recipe(reach=60), TEMPLATE)
    pixels[:, 240:] = lying(-80, 90)[:, 240:]
    assert locate(pixels, recipe(reach=120), TEMPLATE) is None


# The whole


def frame(pixels: Pixels) -> Frame:
    return Frame(pixels, "test", 1, 1, datetime(2026, 1, 1, tzinfo=UTC), 0)


def test_a_replay_repeats_the_verdict_bit_for_bit() -> None:
    setup = Setup(recipe(), BrightnessModel(), TEMPLATE)
    first, again = (inspect(frame(lying(71.3, 2, 9)), Part("1"), setup, "s", name) for name in ("1", "2"))
    assert first == again
    assert first.scores is not None and again.scores is not None
    assert first.scores.logits == again.scores.logits


def test_a_spot_on_a_turned_part_is_seen_where_it_is_on_an_upright_one() -> None:
    spotted = PART.copy()
    cv2.circle(spotted, (340, 300), 6, 255, -1)
    places = []
    for turn_deg in (0.0, 77.0):
        view = view_of(lying(turn_deg, part=spotted), recipe(), TEMPLATE, 100, 100)
        rows, columns = np.nonzero(view.pixels[..., 0] > 245)
        places.append((columns.mean(), rows.mean()))
    assert places[0] == pytest.approx(places[1], abs=1.5)
