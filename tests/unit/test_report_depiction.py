"""How a stored picture is shown: the judged region in its proportions, and the heat where the model saw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Affine, Box, Pixels, Scores, View
from inspector.opencv import cv2
from inspector.pictures import decode_picture
from inspector.pipeline.assemble import ScoresViews
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.reports.depiction import LONGEST_PX, Depicting, Depiction, data_uri
from inspector.store.images import ImageStore


@dataclass
class OneHotCorner:
    """A model that sees a defect in the upper left corner of every view. hottest: in units of a logit."""

    hottest: float = 4.0
    seen: list[tuple[int, int]] = field(default_factory=list)
    input_size: tuple[int, int] = (32, 32)
    model_id: str = "corner"

    def classify(self, view: View) -> Scores:
        self.seen.append((view.pixels.shape[0], view.pixels.shape[1]))
        heat = np.full((8, 8), -3.0, dtype=np.float32)
        heat[:2, :2] = self.hottest
        return Scores("corner", (GOOD, "dent"), (0.0, 1.0), 1.0, "dent", heat, np.zeros(1, np.float32))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ImageStore]:
    images = ImageStore(tmp_path / "images")
    yield images
    images.close()


def grey(height: int, width: int) -> Pixels:
    return np.full((height, width), 90, dtype=np.uint8)


def depicted(store: ImageStore, pixels: Pixels, recipe: Recipe, model: ScoresViews | None) -> Depiction:
    return Depicting(store, recipe, model, None, 2.0).of(store.put(pixels))


def seen(jpeg: bytes | None) -> Pixels:
    assert jpeg is not None
    return decode_picture(jpeg, "shown")


def test_the_heat_lies_where_the_model_saw_the_defect(store: ImageStore) -> None:
    model = OneHotCorner()
    found = depicted(store, grey(200, 300), Recipe("cap"), model)
    plain, heat = seen(found.plain), seen(found.heat)
    assert plain.shape == heat.shape == (200, 300, 3) and found.words == ""
    assert model.seen == [(32, 32)]  # one invoke, at the model's own size
    changed = np.abs(heat.astype(int) - plain.astype(int)).max(axis=2)
    assert changed[10:40, 10:60].min() > 30
    assert changed[120:, 150:].max() < 10


def test_a_turned_part_is_shown_upright(store: ImageStore) -> None:
    noise = np.random.default_rng(3).integers(40, 220, (25, 25), dtype=np.uint8)
    part = np.asarray(cv2.resize(noise, (200, 200), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    turning = np.array(Affine.turning(77.0, (99.5, 99.5), (99.5, 99.5))).reshape(2, 3)
    lying = np.asarray(cv2.warpAffine(part, turning, (200, 200)), dtype=np.uint8)
    settings = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(80, 80, 40, 40), search_px=5, turn_deg=90.0)
    recipe = Recipe("cap", roi=Box(50, 50, 100, 100), locate=settings)
    found = Depicting(store, recipe, OneHotCorner(), part[80:120, 80:120].copy(), 2.0).of(store.put(lying))
    assert found.words == ""
    assert np.abs(seen(found.plain)[..., 0].astype(int) - part[50:150, 50:150]).mean() < 8


def test_a_hot_place_is_outlined_in_light_and_dark_for_a_printer_without_colour(store: ImageStore) -> None:
    heat = seen(depicted(store, grey(200, 300), Recipe("cap"), OneHotCorner()).heat).mean(axis=2)
    row = heat[20, 40:120]
    assert row.max() > 200 and row.min() < 40


@pytest.mark.parametrize("hottest", [-1.0, 0.0])
def test_a_cold_map_does_not_glow(store: ImageStore, hottest: float) -> None:
    found = depicted(store, grey(200, 300), Recipe("cap"), OneHotCorner(hottest))
    assert found.heat == found.plain


def test_a_map_below_the_reject_limit_glows_less(store: ImageStore) -> None:
    weak = seen(depicted(store, grey(200, 300), Recipe("cap"), OneHotCorner(1.0)).heat)
    strong = seen(depicted(store, grey(200, 300), Recipe("cap"), OneHotCorner(2.0)).heat)
    assert 90 < weak[5, 5].max() < strong[5, 5].max()


@pytest.mark.parametrize(("height", "width"), [(2000, 1000), (100, 1600), (24, 32)])
def test_a_region_keeps_its_proportions_and_is_small(store: ImageStore, height: int, width: int) -> None:
    shown = seen(depicted(store, grey(height, width), Recipe("cap"), OneHotCorner()).plain)
    if max(height, width) > LONGEST_PX:
        assert max(shown.shape[:2]) == LONGEST_PX
    else:
        assert shown.shape[:2] == (height, width)


def test_only_the_region_of_the_recipe_is_shown(store: ImageStore) -> None:
    pixels = grey(100, 200)
    pixels[20:60, 30:110] = 200
    shown = seen(depicted(store, pixels, Recipe("cap", roi=Box(30, 20, 80, 40)), OneHotCorner()).plain)
    assert shown.shape == (40, 80, 3) and shown.min() > 190


def test_without_a_fitting_model_the_whole_picture_is_shown_and_it_is_said(store: ImageStore) -> None:
    found = depicted(store, grey(100, 200), Recipe("cap", roi=Box(0, 0, 50, 50)), None)
    assert seen(found.plain).shape == (100, 200, 3)
    assert found.heat is None and "another region" in found.words


def test_a_part_that_is_not_found_is_shown_whole_and_it_is_said(store: ImageStore) -> None:
    lost = LocateSettings(LocateMode.TEMPLATE, "0" * 64, Box(0, 0, 20, 20))
    found = depicted(store, grey(100, 200), replace(Recipe("cap"), locate=lost), OneHotCorner())
    assert found.heat is None and "not found" in found.words


def test_a_picture_that_is_missing_or_damaged_says_so(store: ImageStore) -> None:
    digest = store.put(grey(100, 200))
    store.path(digest).write_bytes(b"no picture")
    for each in (digest, "0" * 64):
        found = Depicting(store, Recipe("cap"), None, None, 1.0).of(each)
        assert found.plain is None and "missing" not in found.words and "not in this workspace" in found.words


def test_a_data_uri_holds_the_picture_itself() -> None:
    assert data_uri(b"\xff\xd8") == "data:image/jpeg;base64,/9g="
