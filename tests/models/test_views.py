"""What training sees is what the station would see, and a mask is cut out as its picture is."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import Affine, Box, Pixels, TurnedBox
from inspector.opencv import cv2
from inspector.pictures import write_picture
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.store.images import ImageStore
from models.views import Views

ROI = Box(20, 10, 60, 40)


@pytest.mark.parametrize("marked", [1, 255])
@pytest.mark.parametrize("colour", [False, True])
def test_a_mask_is_cut_as_its_picture_whatever_stands_for_marked(tmp_path: Path, marked: int, colour: bool) -> None:
    picture = np.full((80, 100), 50, np.uint8)
    picture[30:40, 40:56] = 250
    mask = np.where(picture == 250, np.uint8(marked), np.uint8(0))
    stored = np.repeat(mask[..., np.newaxis], 3, axis=2) if colour else mask
    with closing(ImageStore(tmp_path)) as images:
        digest, mask_digest = images.put(picture), images.put(stored)
        views = Views(tmp_path, replace(Recipe("plate"), roi=ROI), None, 32, 48)
        view = views.get(digest)
        assert view is not None
        cut = views.mask(mask_digest, view)
    assert cut.shape == (32, 48) and cut.dtype == np.uint8
    np.testing.assert_array_equal(cut > 127, view.pixels[..., 0] > 150)
    assert (cut.max(), cut.min()) == (255, 0)


def test_what_the_station_would_call_unfit_has_a_view_and_is_not_judged(tmp_path: Path) -> None:
    lit = np.random.default_rng(1).integers(60, 200, (80, 100), dtype=np.uint8)
    dark_there = lit.copy()
    dark_there[10:50, 20:80] = 3
    with closing(ImageStore(tmp_path)) as images:
        views = Views(tmp_path, replace(Recipe("plate"), roi=ROI), None, 32, 48)
        fit, unfit = images.put(lit), images.put(dark_there)
        assert views.get(unfit) is not None and views.judged(unfit) is None
        seen, judged = views.get(fit), views.judged(fit)
        assert seen is not None and judged is not None
        np.testing.assert_array_equal(judged.pixels, seen.pixels)


def turned(pixels: Pixels, turn_deg: float) -> Pixels:
    middle = (pixels.shape[1] - 1) / 2, (pixels.shape[0] - 1) / 2
    turning = np.array(Affine.turning(turn_deg, middle, middle)).reshape(2, 3)
    return np.asarray(cv2.warpAffine(pixels, turning, pixels.shape[::-1]), dtype=np.uint8)


def test_a_mask_is_turned_back_as_its_picture(tmp_path: Path) -> None:
    """What a person marked on a part as it lay is learned at the same place of the upright view."""
    noise = np.random.default_rng(3).integers(40, 120, (30, 30), dtype=np.uint8)
    part = np.asarray(cv2.resize(noise, (120, 120), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    mark, roi = Box(40, 40, 40, 40), Box(30, 30, 60, 60)
    write_picture(part[40:80, 40:80], tmp_path / "mark.png")
    part[32:40, 36:60] = 255
    lying = turned(part, 130.0)
    settings = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, mark, search_px=6, turn_deg=180.0)
    with closing(ImageStore(tmp_path / "images")) as images:
        digest, mask = images.put(lying), images.put(np.where(lying > 180, lying, 0).astype(np.uint8))
        recipe = Recipe("plate", roi=roi, locate=settings)
        views = Views(tmp_path / "images", recipe, tmp_path / "mark.png", 60, 60)
        view = views.get(digest)
        assert view is not None and isinstance(view.box, TurnedBox)
        marked = views.mask(mask, view) > 127
    rows, columns = np.nonzero(marked)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((2, 9, 6, 29), abs=1)
    assert (marked == (view.pixels[..., 0] > 180)).mean() > 0.99
