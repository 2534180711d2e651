"""What training sees is what the station would see, and a mask is cut out as its picture is."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import Box
from inspector.recipe import Recipe
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
