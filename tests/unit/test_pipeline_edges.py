"""The pipeline at its edges: small pictures, regions at the border, plain fiducials, scores that are no numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.devices.render.part import render_part
from inspector.devices.render.program import RenderSettings
from inspector.domain import Box, Decision, Frame, FrameStatus, Part, Pixels, Reason, Scores, TurnedBox, View
from inspector.errors import PictureError
from inspector.opencv import cv2
from inspector.pipeline.assemble import Setup, inspect, unjudged, view_of
from inspector.pipeline.classify import defect_score
from inspector.pipeline.fitness import measure, unfit
from inspector.pipeline.judge import decide, judge
from inspector.pipeline.locate import locate
from inspector.pipeline.view import make_view
from inspector.recipe import FitnessLimits, Limits, LocateMode, LocateSettings, Recipe
from tests.unit.stations import BrightnessModel

NOTHING = np.zeros(0, np.float32)


def texture(height: int = 300, width: int = 400, seed: int = 0) -> Pixels:
    noise = np.random.default_rng(seed).integers(60, 200, (height, width), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2), dtype=np.uint8)


def coloured(grey: Pixels) -> Pixels:
    return np.ascontiguousarray(np.stack([grey // 2, grey, 255 - grey], axis=2))


def frame(pixels: Pixels, status: FrameStatus = FrameStatus.OK) -> Frame:
    return Frame(pixels, "test", 1, 1, datetime(2026, 1, 1, tzinfo=UTC), 0, status=status)


def scores(defect: float) -> Scores:
    return Scores("v1", ("good", "scratch"), (0.0, defect), defect, "scratch", NOTHING, NOTHING)


# Fitness


@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 3), (1, 400), (400, 1), (1, 1), (17, 1000, 3)])
def test_the_smallest_pictures_have_a_fitness_of_numbers(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    fitness = measure(pixels)
    figures = (fitness.brightness, fitness.dark, fitness.bright, fitness.contrast, fitness.focus)
    assert all(math.isfinite(figure) and figure >= 0 for figure in figures)
    assert fitness.dark + fitness.bright <= 1.0


@given(
    box=st.builds(Box, st.integers(0, 80), st.integers(0, 60), st.integers(1, 100), st.integers(1, 100)),
    colour=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_region_has_a_fitness_of_what_lies_inside(box: Box, colour: bool) -> None:
    grey = texture(50, 70)
    inside = grey[box.y : box.y + box.height, box.x : box.x + box.width]
    pixels = np.ascontiguousarray(np.stack([grey] * 3, axis=2)) if colour else grey
    fitness = measure(pixels, box)
    seen = inside if inside.size else grey
    assert fitness.brightness == pytest.approx(float(seen.mean()))
    assert fitness.contrast == pytest.approx(float(seen.std()), abs=1e-6)


@pytest.mark.parametrize("box", [Box(-20, -10, 60, 40), TurnedBox(-20, -10, 60, 40, 30.0)])
def test_of_a_region_over_the_rim_only_what_is_in_the_picture_is_measured(box: Box) -> None:
    assert measure(texture(), box) == measure(texture()[:30, :40])


def on_a_bright_belt(left: int) -> Pixels:
    """A dull part of 100 x 100 px with its mark in its upper left corner; the belt is as light as a lamp too many."""
    pixels = np.full((300, 600), 255, dtype=np.uint8)
    pixels[100:200, left : left + 100] = texture()[:100, :100]
    return pixels


FOLLOWING = Recipe(
    "belt",
    roi=Box(20, 100, 100, 100),
    locate=LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(20, 100, 40, 40), search_px=480),
    limits=Limits(1000, 1000),
)


@pytest.mark.parametrize("left", [20, 460])
def test_fitness_is_that_of_the_place_where_the_part_is_found(left: int) -> None:
    setup = Setup(FOLLOWING, BrightnessModel(), texture()[:40, :40])
    found = inspect(frame(on_a_bright_belt(left)), Part("1"), setup, "s", "id")
    assert found.verdict.decision is Decision.OK
    assert found.fitness == measure(texture()[:100, :100])


def test_where_no_part_is_found_the_region_itself_tells_why() -> None:
    setup = Setup(FOLLOWING, BrightnessModel(), texture()[:40, :40])
    found = inspect(frame(np.full((300, 600), 255, np.uint8)), Part("1"), setup, "s", "id")
    assert (found.verdict.decision, found.verdict.reason) == (Decision.UNFIT, Reason.TOO_BRIGHT)
    shaded = texture(300, 600, seed=3)
    shaded[100:200, 20:120] = 3
    found = inspect(frame(shaded), Part("1"), setup, "s", "id")
    assert (found.verdict.decision, found.verdict.reason) == (Decision.UNFIT, Reason.TOO_DARK)
    found = inspect(frame(texture(300, 600, seed=3)), Part("1"), setup, "s", "id")
    assert (found.verdict.decision, found.verdict.reason) == (Decision.UNFIT, Reason.NOT_LOCATED)


@pytest.mark.parametrize("shape", [(0, 0), (0, 0, 3)])
@pytest.mark.parametrize("turn_deg", [0.0, 180.0])
def test_a_frame_without_pixels_that_calls_itself_whole_is_unfit(shape: tuple[int, ...], turn_deg: float) -> None:
    recipe = replace(FOLLOWING, locate=replace(FOLLOWING.locate, turn_deg=turn_deg))
    found = inspect(frame(np.zeros(shape, np.uint8)), Part("1"), Setup(recipe, None, texture()[:40, :40]), "s", "id")
    assert (found.verdict.decision, found.verdict.reason) == (Decision.UNFIT, Reason.FRAME_FAILED)


def test_a_region_of_one_row_can_be_measured_and_judged() -> None:
    recipe = Recipe("row", roi=Box(0, 150, 400, 1), limits=Limits(1000, 1000))
    inspection = inspect(frame(texture()), Part("1"), Setup(recipe, BrightnessModel()), "s", "id")
    assert inspection.verdict.decision is Decision.OK
    assert inspection.fitness == measure(texture()[150:151])


def test_each_limit_of_the_recipe_can_make_a_frame_unfit() -> None:
    fitness = measure(texture())
    assert unfit(frame(texture()), fitness, FitnessLimits()) is None
    for limits, reason in (
        (FitnessLimits(min_brightness=fitness.brightness + 1), Reason.TOO_DARK),
        (FitnessLimits(max_brightness=fitness.brightness - 1), Reason.TOO_BRIGHT),
        (FitnessLimits(min_contrast=fitness.contrast + 1), Reason.EMPTY_VIEW),
        (FitnessLimits(min_focus=fitness.focus + 0.01), Reason.OUT_OF_FOCUS),
    ):
        verdict = unfit(frame(texture()), fitness, limits)
        assert verdict is not None and verdict.reason is reason
        assert verdict.decision is Decision.UNFIT


def test_half_a_dark_picture_is_too_dark_where_the_recipe_says_so() -> None:
    pixels = texture()
    pixels[:150] = 0
    fitness = measure(pixels)
    assert fitness.dark == pytest.approx(0.5, abs=0.01)
    verdict = unfit(frame(pixels), fitness, FitnessLimits(max_dark=0.4))
    assert verdict is not None and verdict.reason is Reason.TOO_DARK and verdict.limit == 0.4


def test_a_frame_that_says_ok_and_brings_nothing_is_unfit() -> None:
    verdict = unfit(frame(np.zeros((0, 0), np.uint8)), None, FitnessLimits())
    assert verdict is not None and (verdict.decision, verdict.reason) == (Decision.UNFIT, Reason.FRAME_FAILED)


# Locate


def fiducial(box: Box, roi: Box, reach: int = 30) -> Recipe:
    return Recipe("r", roi=roi, locate=LocateSettings(LocateMode.TEMPLATE, "ab" * 32, box, reach, 0.6))


def cut(pixels: Pixels, box: Box) -> Pixels:
    return pixels[box.y : box.y + box.height, box.x : box.x + box.width].copy()


CORNERS = [Box(0, 0, 60, 50), Box(340, 0, 60, 50), Box(0, 250, 60, 50), Box(340, 250, 60, 50)]


@pytest.mark.parametrize("corner", CORNERS)
def test_a_fiducial_in_the_corner_of_the_picture_is_found(corner: Box) -> None:
    roi = Box(150, 100, 100, 100)
    assert locate(texture(), fiducial(corner, roi), cut(texture(), corner)) == roi


@pytest.mark.parametrize("reach", [1, 2000])
def test_the_reach_may_be_tiny_or_larger_than_the_picture(reach: int) -> None:
    taught, roi = Box(100, 80, 60, 50), Box(150, 100, 100, 100)
    assert locate(texture(), fiducial(taught, roi, reach), cut(texture(), taught)) == roi


@pytest.mark.parametrize("shape", [(301, 60), (50, 401), (600, 800)])
def test_a_template_larger_than_the_picture_is_not_located(shape: tuple[int, int]) -> None:
    recipe = fiducial(Box(0, 0, shape[1], shape[0]), Box(10, 10, 50, 50))
    assert locate(texture(), recipe, texture(*shape)) is None


def test_a_template_taught_outside_the_picture_is_not_located() -> None:
    recipe = fiducial(Box(900, 900, 60, 50), Box(10, 10, 50, 50))
    assert locate(texture(), recipe, cut(texture(), Box(100, 80, 60, 50))) is None


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_template_that_shows_a_plain_surface_is_found_nowhere(level: int) -> None:
    """Its correlation is 1 wherever one looks, and the region would follow it to a place of no meaning."""
    taught, roi = Box(100, 80, 60, 50), Box(150, 100, 100, 100)
    assert locate(texture(), fiducial(taught, roi), np.full((50, 60), level, np.uint8)) is None


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_fiducial_is_not_seen_on_a_plain_surface(level: int) -> None:
    taught, roi = Box(100, 80, 60, 50), Box(150, 100, 100, 100)
    plain = np.full((300, 400), level, np.uint8)
    assert locate(plain, fiducial(taught, roi), cut(texture(), taught)) is None


def test_a_grey_template_is_found_in_a_colour_picture_and_the_other_way_round() -> None:
    taught, roi = Box(100, 80, 60, 50), Box(150, 100, 100, 100)
    colour = coloured(texture())
    seen_grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    recipe = fiducial(taught, roi)
    assert locate(colour, recipe, cut(seen_grey, taught)) == roi
    assert locate(seen_grey, recipe, cut(colour, taught)) == roi
    assert locate(colour, recipe, cut(colour, taught)) == roi


@given(across=st.integers(-25, 25), down=st.integers(-25, 25))
@settings(max_examples=25, deadline=None)
def test_the_region_follows_any_shift_or_the_part_is_not_located(across: int, down: int) -> None:
    big = texture(400, 500, seed=3)
    taught, roi = Box(100, 80, 60, 50), Box(280, 180, 110, 110)
    template = cut(big[50:350, 50:450], taught)
    moved = big[50 - down : 350 - down, 50 - across : 450 - across]
    expected = Box(roi.x + across, roi.y + down, roi.width, roi.height)
    whole = expected.x + expected.width <= 400 and expected.y + expected.height <= 300
    assert locate(np.ascontiguousarray(moved), fiducial(taught, roi), template) == (expected if whole else None)


def test_a_region_that_left_the_picture_with_its_part_is_not_judged() -> None:
    """What the camera did not see would be filled with border pixels, and those are never defective."""
    big = texture(400, 500, seed=3)
    taught, roi = Box(100, 80, 60, 50), Box(280, 180, 120, 120)
    recipe = replace(fiducial(taught, roi), limits=Limits(1000.0, 1000.0))
    setup = Setup(recipe, BrightnessModel(), cut(big[50:350, 50:450], taught))
    moved = np.ascontiguousarray(big[50:350, 40:440])
    verdict = inspect(frame(moved), Part("1"), setup, "s", "id").verdict
    assert (verdict.decision, verdict.reason) == (Decision.UNFIT, Reason.NOT_LOCATED)
    with pytest.raises(PictureError, match="not found"):
        view_of(moved, recipe, setup.template, 32, 32)


def test_without_its_template_a_part_is_not_located() -> None:
    assert locate(texture(), fiducial(Box(100, 80, 60, 50), Box(10, 10, 50, 50)), None) is None


# View


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (399, 299), (7, 200)])
def test_a_region_of_one_pixel_fills_the_view(x: int, y: int, colour: bool) -> None:
    pixels = coloured(texture()) if colour else texture()
    view = make_view(pixels, Box(x, y, 1, 1), 24, 32)
    assert view.pixels.shape == (24, 32, 3)
    assert (view.pixels == pixels[y, x]).all()


@pytest.mark.parametrize("column", range(100, 110))
def test_a_scratch_across_a_long_low_region_is_not_skipped(column: int) -> None:
    """Shrunk across and enlarged down at once: every column has to leave its trace."""
    pixels = np.full((40, 1200), 100, np.uint8)
    pixels[:, column] = 255
    view = make_view(pixels, Box(0, 0, 1200, 40), 100, 100)
    assert view.pixels.max() > 105


@pytest.mark.parametrize("row", range(100, 110))
def test_a_scratch_across_a_high_narrow_region_is_not_skipped(row: int) -> None:
    pixels = np.full((1200, 40), 100, np.uint8)
    pixels[row] = 255
    view = make_view(pixels, Box(0, 0, 40, 1200), 100, 100)
    assert view.pixels.max() > 105


@given(
    box=st.builds(Box, st.integers(0, 60), st.integers(0, 40), st.integers(1, 60), st.integers(1, 60)),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
)
@settings(max_examples=60, deadline=None)
def test_any_view_has_its_size_and_keeps_the_range_of_its_region(box: Box, height: int, width: int) -> None:
    pixels = texture(100, 120)
    view = make_view(pixels, box, height, width)
    region = cut(pixels, box)
    assert view.pixels.shape == (height, width, 3)
    assert view.box == box
    assert region.min() - 1 <= view.pixels.min() and view.pixels.max() <= region.max() + 1


@given(box=st.builds(Box, st.integers(0, 60), st.integers(0, 40), st.integers(1, 60), st.integers(1, 60)))
@settings(max_examples=40, deadline=None)
def test_the_corners_of_a_view_are_the_corners_of_its_box(box: Box) -> None:
    view = make_view(texture(100, 120), box, 20, 30)
    matrix = np.array(view.to_frame).reshape(2, 3)
    first = matrix @ np.array([-0.5, -0.5, 1.0])
    last = matrix @ np.array([29.5, 19.5, 1.0])
    assert first == pytest.approx([box.x - 0.5, box.y - 0.5])
    assert last == pytest.approx([box.x + box.width - 0.5, box.y + box.height - 0.5])


def test_a_region_at_the_models_own_size_is_taken_as_it_is() -> None:
    view = make_view(coloured(texture()), Box(30, 40, 64, 48), 48, 64)
    assert np.array_equal(view.pixels, coloured(texture())[40:88, 30:94])


# Scores and judgement


@pytest.mark.parametrize("score", [math.nan, -math.inf])
def test_a_score_that_no_part_can_have_never_passes(score: float) -> None:
    for limits in (Limits(0.0, 0.0), Limits(-1000.0, 1000.0), Limits(1000.0, 1000.0)):
        assert decide(score, limits) is Decision.RECHECK


def test_an_endlessly_bad_score_is_rejected() -> None:
    assert judge(scores(math.inf), Limits(1000.0, 1000.0)).decision is Decision.NG


@given(st.floats(), st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_only_a_number_below_the_recheck_limit_is_ok(score: float, one: float, other: float) -> None:
    limits = Limits(min(one, other), max(one, other))
    verdict = judge(scores(score), limits)
    assert (verdict.decision is Decision.OK) == (math.isfinite(score) and score < limits.recheck)
    assert (verdict.defect_class is None) == (verdict.decision is Decision.OK)


@pytest.mark.parametrize("classes", [2, 3, 50])
def test_the_defect_score_is_the_same_whatever_the_order_of_the_classes(classes: int) -> None:
    logits = np.random.default_rng(classes).normal(0, 5, classes)
    good_first = defect_score(logits, 0)
    good_last = defect_score(np.roll(logits, -1), classes - 1)
    assert good_first == pytest.approx(good_last)
    assert good_first >= float(np.delete(logits, 0).max() - logits[0])


@given(st.lists(st.floats(-80, 80, width=32), min_size=2, max_size=50), st.floats(-20, 20, width=32))
def test_adding_one_number_to_all_logits_changes_no_score(logits: list[float], shift: float) -> None:
    values = np.array(logits, np.float32)
    moved = (values.astype(np.float64) + shift).astype(np.float32)
    assert defect_score(moved, 0) == pytest.approx(defect_score(values, 0), abs=1e-3)


@pytest.mark.parametrize(
    "logits", [[0, -np.inf, -np.inf], [np.inf, 0, 1], [np.nan, 0, 1], [0, np.nan, 1], [np.inf, np.inf, 0]]
)
def test_broken_logits_never_pass(logits: list[float]) -> None:
    score = defect_score(np.array(logits, np.float32), 0)
    assert decide(score, Limits(1000.0, 1000.0)) is not Decision.OK


# The whole


class NumberlessModel(BrightnessModel):
    """A model that overflows."""

    def classify(self, view: View) -> Scores:
        return replace(super().classify(view), defect=math.nan, logits=(math.nan, math.inf))


def test_a_model_that_overflows_sends_every_part_to_a_person() -> None:
    setup = Setup(Recipe("r", limits=Limits(1000.0, 1000.0)), NumberlessModel())
    verdict = inspect(frame(texture()), Part("1"), setup, "s", "id").verdict
    assert (verdict.decision, verdict.reason) == (Decision.RECHECK, Reason.BETWEEN_LIMITS)
    assert verdict.defect_class == "bright"


@pytest.mark.parametrize("status", [FrameStatus.INCOMPLETE, FrameStatus.FAILED, FrameStatus.MISSING])
def test_a_frame_that_is_not_whole_is_never_shown_to_the_model(status: FrameStatus) -> None:
    class Refusing(BrightnessModel):
        def classify(self, view: View) -> Scores:
            raise AssertionError("a broken frame reached the model")

    inspection = inspect(frame(texture(), status), Part("1"), Setup(Recipe("r"), Refusing()), "s", "id")
    assert inspection.verdict.decision is Decision.UNFIT
    assert inspection.scores is None
    assert inspection.frame_status is status


def test_a_part_that_could_not_be_judged_says_so_and_names_no_model() -> None:
    setup = Setup(Recipe("r"), BrightnessModel())
    seen = frame(texture())
    inspection = unjudged(seen, Part("1", "lot"), setup, "s", "id")
    assert (inspection.verdict.decision, inspection.verdict.reason) == (Decision.UNFIT, Reason.PROGRAM_FAULT)
    assert (inspection.model_id, inspection.scores, inspection.fitness) == ("", None, None)
    assert (inspection.recipe_id, inspection.frame_digest) == (setup.recipe.id, seen.digest)


def test_a_hundred_rendered_frames_give_the_same_inspection_twice() -> None:
    setup = Setup(Recipe("r", roi=Box(20, 10, 100, 80)), BrightnessModel())
    line = RenderSettings(seed=3, width=160, height=120)
    for number in range(100):
        first, again = (frame(render_part(line, number).pixels) for _ in range(2))
        one = inspect(first, Part(str(number)), setup, "s", "one id")
        other = inspect(again, Part(str(number)), setup, "s", "another id")
        assert one == other
        assert one.frame_digest == other.frame_digest
