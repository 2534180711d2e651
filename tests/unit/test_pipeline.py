"""Fitness, locating, the view and the judgement, each on pictures made for the purpose."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from inspector.domain import Box, Decision, Fitness, Frame, FrameStatus, Pixels, Reason, Scores
from inspector.errors import PictureError
from inspector.opencv import cv2
from inspector.pipeline.assemble import view_of
from inspector.pipeline.classify import defect_score, entry_table
from inspector.pipeline.fitness import measure, unfit
from inspector.pipeline.judge import judge
from inspector.pipeline.locate import locate
from inspector.pipeline.view import make_view
from inspector.recipe import FitnessLimits, Limits, LocateMode, LocateSettings, Recipe


def texture(height: int = 300, width: int = 400, seed: int = 0) -> Pixels:
    noise = np.random.default_rng(seed).integers(60, 200, (height, width), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2), dtype=np.uint8)


def frame(pixels: Pixels, status: FrameStatus = FrameStatus.OK) -> Frame:
    return Frame(pixels, "test", 1, 1, datetime(2026, 1, 1, tzinfo=UTC), 0, status=status)


def scores(defect: float) -> Scores:
    nothing = np.zeros(0, np.float32)
    return Scores("v1", ("good", "scratch"), (0.0, defect), defect, "scratch", nothing, nothing)


# Fitness


def test_light_and_contrast_are_what_the_picture_has() -> None:
    halves = np.zeros((100, 100), np.uint8)
    halves[:, 50:] = 200
    fitness = measure(halves)
    assert fitness.brightness == pytest.approx(100)
    assert fitness.contrast == pytest.approx(100)
    assert (fitness.dark, fitness.bright) == (0.5, 0.0)


def test_blur_lowers_focus_and_dimmer_light_hardly_does() -> None:
    sharp = texture()
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2.5), dtype=np.uint8)
    dim = (sharp // 2).astype(np.uint8)
    assert measure(blurred).focus < 0.3 * measure(sharp).focus
    assert measure(dim).focus == pytest.approx(measure(sharp).focus, rel=0.1)


def test_fitness_looks_at_the_region_alone() -> None:
    pixels = np.zeros((100, 200), np.uint8)
    pixels[:, 100:] = texture(100, 100)
    assert measure(pixels, Box(0, 0, 100, 100)).contrast == 0
    assert measure(pixels, Box(100, 0, 100, 100)).contrast > 5
    assert measure(pixels, Box(300, 300, 10, 10)) == measure(pixels)


UNFIT = {
    Reason.TOO_DARK: np.full((64, 64), 3, np.uint8),
    Reason.TOO_BRIGHT: np.full((64, 64), 254, np.uint8),
    Reason.EMPTY_VIEW: np.full((64, 64), 128, np.uint8),
}


@pytest.mark.parametrize("reason", UNFIT)
def test_a_failing_station_is_unfit_with_its_reason_and_figures(reason: Reason) -> None:
    verdict = unfit(frame(UNFIT[reason]), measure(UNFIT[reason]), FitnessLimits())
    assert verdict is not None
    assert (verdict.decision, verdict.reason) == (Decision.UNFIT, reason)
    assert verdict.score is not None and verdict.limit is not None


def test_blur_is_unfit_once_the_recipe_knows_how_sharp_it_was() -> None:
    sharp = texture()
    limits = FitnessLimits(min_focus=0.5 * measure(sharp).focus)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2.5), dtype=np.uint8)
    assert unfit(frame(sharp), measure(sharp), limits) is None
    verdict = unfit(frame(blurred), measure(blurred), limits)
    assert verdict is not None and verdict.reason is Reason.OUT_OF_FOCUS


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (FrameStatus.MISSING, Reason.FRAME_MISSING),
        (FrameStatus.INCOMPLETE, Reason.FRAME_INCOMPLETE),
        (FrameStatus.FAILED, Reason.FRAME_FAILED),
    ],
)
def test_a_broken_frame_is_unfit_however_good_it_looks(status: FrameStatus, reason: Reason) -> None:
    pixels = texture()
    verdict = unfit(frame(pixels, status), measure(pixels), FitnessLimits())
    assert verdict is not None and verdict.reason is reason


# Locate


def recipe_with_fiducial(reach: int = 30) -> Recipe:
    locating = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(100, 80, 60, 50), reach, 0.6)
    return Recipe("r", roi=Box(120, 100, 150, 120), locate=locating)


def shifted(pixels: Pixels, across: int, down: int) -> Pixels:
    matrix = np.array([[1, 0, across], [0, 1, down]], np.float64)
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


@pytest.mark.parametrize(("across", "down"), [(0, 0), (7, -5), (-22, 18), (29, 29)])
def test_the_roi_follows_its_fiducial_to_the_pixel(across: int, down: int) -> None:
    taught = texture()
    template = taught[80:130, 100:160].copy()
    box = locate(shifted(taught, across, down), recipe_with_fiducial(), template)
    assert box == Box(120 + across, 100 + down, 150, 120)


def test_another_part_is_not_located() -> None:
    template = texture()[80:130, 100:160].copy()
    assert locate(texture(seed=9), recipe_with_fiducial(), template) is None


def test_a_fiducial_out_of_reach_is_not_located() -> None:
    taught = texture()
    template = taught[80:130, 100:160].copy()
    assert locate(shifted(taught, 60, 0), recipe_with_fiducial(reach=20), template) is None


def test_a_picture_smaller_than_the_roi_is_not_located() -> None:
    recipe = Recipe("r", roi=Box(120, 100, 300, 120))
    assert locate(texture(), recipe, None) is None
    with pytest.raises(PictureError, match="400 x 300"):
        view_of(texture(), recipe, None, 32, 32)


def test_without_an_roi_the_whole_picture_is_judged() -> None:
    assert locate(texture(), Recipe("r"), None) == Box(0, 0, 400, 300)


# View


def test_a_view_is_rgb_at_the_models_size() -> None:
    grey = make_view(texture(), Box(10, 20, 200, 100), 48, 64)
    assert (grey.pixels.shape, grey.pixels.dtype) == ((48, 64, 3), np.uint8)
    assert np.array_equal(grey.pixels[:, :, 0], grey.pixels[:, :, 2])


def test_a_view_points_back_into_the_frame() -> None:
    view = make_view(texture(), Box(10, 20, 200, 100), 50, 100)
    a, b, c, d, e, f = view.to_frame
    centre = np.array([[a, b, c], [d, e, f]]) @ np.array([49.5, 24.5, 1.0])
    assert centre == pytest.approx([109.5, 69.5])


def test_a_scratch_of_one_pixel_is_not_lost_in_shrinking() -> None:
    pixels = np.full((500, 500), 100, np.uint8)
    pixels[251, :] = 255
    view = make_view(pixels, Box(0, 0, 500, 500), 100, 100)
    assert view.pixels.max() > 120


def test_a_box_across_the_border_repeats_the_border() -> None:
    pixels = np.full((60, 60), 90, np.uint8)
    view = make_view(pixels, Box(-10, -10, 60, 60), 30, 30)
    assert (view.pixels == 90).all()


# Scores and judgement


@pytest.mark.parametrize(
    ("score", "decision"),
    [(-1.1, Decision.OK), (-1.0, Decision.RECHECK), (0.9, Decision.RECHECK), (1.0, Decision.NG), (50.0, Decision.NG)],
)
def test_the_two_limits_part_ok_recheck_and_ng(score: float, decision: Decision) -> None:
    assert judge(scores(score), Limits(-1.0, 1.0)).decision is decision


def test_a_score_that_is_no_number_never_passes() -> None:
    assert judge(scores(float("nan")), Limits(0.0, 0.0)).decision is Decision.RECHECK


def test_the_defect_score_is_the_log_odds_of_any_defect() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2]))
    assert defect_score(logits, good=0) == pytest.approx(0.0)
    assert defect_score(np.array([1000.0, -1000.0, 0.0]), good=0) == pytest.approx(-1000.0)


def test_entry_tables_follow_the_tensor() -> None:
    pixels = np.arange(256)
    exact = entry_table({"dtype": np.int8, "quantization": (1 / 128, -1)}, 127.0, 128.0)
    assert np.array_equal(exact, (pixels - 128).astype(np.int8))
    plain = entry_table({"dtype": np.float32, "quantization": (0.0, 0)}, 127.5, 127.5)
    assert plain[0] == -1.0 and plain[255] == 1.0


def test_fitness_of_nothing_is_unfit() -> None:
    missing = frame(np.zeros((0, 0), np.uint8), FrameStatus.MISSING)
    verdict = unfit(missing, None, FitnessLimits())
    assert verdict is not None and verdict.decision is Decision.UNFIT
    assert isinstance(measure(texture()), Fitness)
