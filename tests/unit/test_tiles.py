"""A View in pieces: where they lie, how what they say becomes one, and what a model's card promises of it.

The model is one whose scores can be told by hand: a piece of mean m scores (m - 120) / 10 as a dent.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.domain import GOOD, ONE_TILE, Box, Floats, Pixels, Scores, Tiles, View
from inspector.errors import ModelError
from inspector.parsing import tiles_of
from inspector.pipeline.assemble import view_of
from inspector.pipeline.classify import Classifier
from inspector.pipeline.tiles import MOST_TILES, Layout, suited, worst
from inspector.recipe import Recipe
from inspector.store.cards import read_card, write_card
from tests.unit.learning_cards import card

MODEL = Path(__file__).parent.parent / "data" / "brightness.tflite"
SIDE, OVERLAP = 16, 4
FOUR = Layout.of(SIDE, OVERLAP, Tiles(2, 2))
CARD = replace(card(1, MODEL.read_bytes()), input_height=FOUR.height, input_width=FOUR.width, tiles=FOUR.tiles)

counts = st.integers(1, 5)


def view(levels: Floats) -> View:
    pixels = np.repeat(levels.astype(np.uint8)[..., np.newaxis], 3, axis=2)
    return View(pixels, Box(0, 0, *levels.shape[::-1]), (1, 0, 0, 0, 1, 0))


def numbers(*rows: object) -> Floats:
    return np.array(rows, dtype=np.float32)


def plain(level: int) -> Floats:
    return np.full((FOUR.height, FOUR.width), level, np.float32)


# Where they lie


@given(rows=counts, columns=counts, side=st.integers(2, 40), share=st.floats(0, 0.5))
def test_every_pixel_lies_in_a_tile_and_every_tile_in_the_view(
    rows: int, columns: int, side: int, share: float
) -> None:
    layout = Layout.of(side, int(share * side), Tiles(rows, columns))
    pixels = np.zeros((layout.height, layout.width), np.uint8)
    pieces = layout.pieces(pixels)
    assert {piece.shape for piece in pieces} == {(side, side)}
    assert len(pieces) == layout.tiles.pieces
    for tile in pieces[-layout.tiles.count :]:
        tile[:] = 1
    assert pixels.all(), "they share its memory"
    assert layout.covers


def test_the_whole_comes_first_and_then_the_tiles_row_by_row() -> None:
    pixels = np.arange(28 * 28, dtype=np.float32).reshape(28, 28) / np.float32(4)
    whole, upper_left, upper_right, lower_left, _ = FOUR.pieces(view(pixels).pixels)
    assert whole.mean() == pytest.approx(pixels.mean(), abs=1)
    assert np.array_equal(upper_left[:, -OVERLAP:], upper_right[:, :OVERLAP])
    assert np.array_equal(upper_left[-OVERLAP:], lower_left[:OVERLAP])


def test_of_one_tile_the_view_itself_is_all() -> None:
    pixels = view(plain(3)).pixels[:SIDE, :SIDE]
    assert [piece is pixels for piece in Layout.of(SIDE, OVERLAP, ONE_TILE).pieces(pixels)] == [True]
    assert ONE_TILE.pieces == 1


@pytest.mark.parametrize(("height", "width"), [(27, 28), (28, 29), (16, 16), (56, 56)])
def test_a_view_of_another_size_is_not_looked_at_in_part(height: int, width: int) -> None:
    """Tiles cut out of a larger view would leave its rim unseen, and nobody would know."""
    with pytest.raises(ValueError, match=f"expected a view of 28 x 28 pixels, received .{height}, {width}"):
        FOUR.pieces(np.zeros((height, width, 3), np.uint8))


# What they say


def test_where_tiles_overlap_the_hotter_place_counts() -> None:
    layout = Layout(24, 16, 16, 16, Tiles(2, 1))
    whole = np.full((2, 2), 99.0, np.float32)  # which knows only roughly where
    upper, lower = numbers([1, 2], [5, 0]), numbers([3, -1], [7, 8])
    assert layout.assembled([whole, upper, lower]).tolist() == [[1, 2], [5, 0], [7, 8]]


@given(rows=counts, columns=counts, cells=st.integers(1, 7), share=st.floats(0, 0.5), seed=st.integers(0, 99))
def test_no_place_of_the_map_is_without_heat_and_none_is_invented(
    rows: int, columns: int, cells: int, share: float, seed: int
) -> None:
    layout = Layout.of(40, int(share * 40), Tiles(rows, columns))
    maps = list(np.random.default_rng(seed).normal(0, 1, (layout.tiles.pieces, cells, cells)).astype(np.float32))
    heat = layout.assembled(maps)
    expected = (count * cells - (count - 1) * int(share * 40) * cells / 40 for count in (rows, columns))
    assert heat.shape == pytest.approx(tuple(expected), abs=1)
    assert set(heat.ravel().tolist()) <= set(np.concatenate(maps).ravel().tolist())
    assert heat.max() == np.max(maps[-rows * columns :])


def test_a_map_of_places_that_the_tiles_do_not_divide_evenly_is_rounded() -> None:
    maps = [np.full((5, 5), float(number), np.float32) for number in range(5)]
    assert Layout(27, 30, 16, 16, Tiles(2, 2)).assembled(maps).shape == (8, 9)


def test_of_each_class_the_worst_piece_counts_against_its_own_good() -> None:
    said = numbers([1.0, 5.0, 0.0], [-2.0, 1.0, 0.5], [0.0, 0.0, 0.0])
    assert worst(said, 0).tolist() == [0.0, 4.0, 2.5]
    assert worst(np.stack([said, said + 9]), 0).tolist() == [[0.0, 4.0, 2.5]] * 2, "what all gain, good gains"
    assert worst(said[:1], 0).tolist() == said[0].tolist(), "of one piece nothing is changed"


def test_a_piece_that_is_no_number_makes_the_part_none() -> None:
    assert np.isnan(worst(numbers([0, 3], [0, np.nan]), 0)[1])
    assert np.isnan(worst(numbers([np.inf, np.inf], [0, 1]), 0)[1])


# How many


@pytest.mark.parametrize(
    ("region", "most", "tiles"),
    [
        ((320, 320), 24, "1x1"),
        ((100, 100), 24, "1x1"),
        ((321, 320), 24, "2x1"),
        ((321, 320), 2, "1x1"),
        ((320, 576), 24, "1x2"),
        ((576, 576), 24, "2x2"),
        ((577, 576), 24, "3x2"),
        ((768, 576), 24, "3x2"),
        ((2048, 2448), 5, "2x2"),
        ((2048, 2448), 9, "2x4"),
        ((2048, 2448), 10, "3x3"),
        ((2048, 2448), 25, "4x6"),
        ((2048, 2448), 900, "4x6"),
        ((320, 2448), 5, "1x4"),
        ((2048, 2448), 0, "1x1"),
        ((2048, 2448), -3, "1x1"),
    ],
)
def test_as_many_tiles_as_the_cameras_resolution_asks_for_and_as_many_pieces_as_the_time_allows(
    region: tuple[int, int], most: int, tiles: str
) -> None:
    assert str(suited(region, 320, 64, most)) == tiles


@given(st.tuples(st.integers(1, 6000), st.integers(1, 6000)), st.integers(0, 60))
def test_never_more_than_allowed(region: tuple[int, int], most: int) -> None:
    found = suited(region, 320, 64, most)
    assert 1 <= found.pieces <= max(1, most)
    assert found.count <= MOST_TILES


@pytest.mark.parametrize("words", ["0x1", "1x0", "2", "2X2", "2x", "x2", "2x2x2", "-1x2", "100x1", " 2x2", "", 3, None])
def test_what_is_no_rows_and_columns_is_told_apart(words: object) -> None:
    assert tiles_of(words) is None


@given(counts, counts)
def test_rows_come_before_columns(rows: int, columns: int) -> None:
    assert tiles_of(str(Tiles(rows, columns))) == Tiles(rows, columns)


# A whole model


@pytest.fixture(scope="module")
def tiled() -> Classifier:
    return Classifier(MODEL, CARD)


def alone(piece: Pixels) -> Scores:
    return Classifier(MODEL, card(1, MODEL.read_bytes())).classify(View(piece, Box(0, 0, 16, 16), (1, 0, 0, 0, 1, 0)))


def test_a_part_is_as_bad_as_its_worst_piece(tiled: Classifier) -> None:
    levels = plain(100)
    levels[SIDE:, SIDE:] = 200  # in the last tile alone, but for the overlap
    scores, each = tiled.classify(view(levels)), [alone(piece).logits for piece in FOUR.pieces(view(levels).pixels)]
    assert scores.logits == pytest.approx(each[-1], abs=1e-3)
    assert scores.logits[1] == max(logits[1] for logits in each)
    assert scores.leading_defect == "dent"


def test_what_only_the_whole_shows_counts_too(tiled: Classifier) -> None:
    """Here the mean of the whole is higher than that of any tile: each has its share of the bright cross, once."""
    levels = plain(0)
    levels[FOUR.height - SIDE : SIDE] = levels[:, FOUR.width - SIDE : SIDE] = 0
    levels[:12, :12] = levels[16:, 16:] = levels[:12, 16:] = levels[16:, :12] = 240
    whole, *tiles = (alone(piece).logits[1] for piece in FOUR.pieces(view(levels).pixels))
    assert whole > max(tiles)
    assert tiled.classify(view(levels)).logits[1] == whole


def test_the_heat_lies_in_the_views_own_coordinates(tiled: Classifier) -> None:
    """The model's heat repeats every eighth pixel: good from red, dent from green."""
    pixels = np.zeros((FOUR.height, FOUR.width, 3), np.uint8)
    pixels[..., 1] = 130
    pixels[20:, 12:, 1] = 250
    scores = tiled.classify(View(pixels, Box(0, 0, FOUR.width, FOUR.height), (1, 0, 0, 0, 1, 0)))
    assert scores.heat.shape == (4, 4)
    assert scores.heat.dtype == np.float32
    hot = scores.heat > 200
    assert hot[3, 2:].all()
    assert not hot[:2].any()
    assert not hot[:, 0].any()


def test_the_embedding_is_the_pieces_mean(tiled: Classifier) -> None:
    levels = plain(0)
    levels[:, SIDE:] = 100
    shown = view(levels)
    expected = np.mean([alone(piece).embedding for piece in FOUR.pieces(shown.pixels)], axis=0)
    found = tiled.classify(shown).embedding
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_station_cuts_the_view_that_the_tiles_need(tiled: Classifier) -> None:
    """Whoever asks a model for its input size gets that of the View: nobody else knows of tiles."""
    picture = np.full((60, 90), 50, np.uint8)
    picture[20:, 30:] = 250
    shown = view_of(picture, Recipe("cap"), None, *tiled.input_size)
    assert shown.pixels.shape == (28, 28, 3)
    assert tiled.classify(shown).logits[1] > 0


@pytest.mark.parametrize(
    ("height", "width", "tiles"),
    [(28, 28, "1x1"), (16, 16, "2x2"), (33, 28, "2x2"), (28, 16, "2x2"), (28, 28, "1x2"), (16, 28, "2x1")],
)
def test_a_card_whose_tiles_do_not_cover_its_view_is_refused(height: int, width: int, tiles: str) -> None:
    promised = replace(CARD, input_height=height, input_width=width, tiles=tiles_of(tiles) or ONE_TILE)
    with pytest.raises(ModelError, match=rf"input size: the card promises \[1, {height}, {width}, 3\]"):
        Classifier(MODEL, promised)


def test_the_tiles_are_named_where_they_do_not_fit() -> None:
    with pytest.raises(ModelError, match=r"\[1, 33, 28, 3\] in 2x2 tiles, the file takes \[1, 16, 16, 3\]"):
        Classifier(MODEL, replace(CARD, input_height=33))


# On the card


def test_a_card_says_its_tiles_and_one_of_a_single_tile_stays_as_it_always_was(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_card(CARD, path)
    assert json.loads(path.read_text())["tiles"] == "2x2"
    assert read_card(path).tiles == Tiles(2, 2)
    write_card(card(1, b"m"), path)
    assert "tiles" not in json.loads(path.read_text()), "programs that know no tiles still read it"
    assert read_card(path).tiles == ONE_TILE


@pytest.mark.parametrize("value", ["0x2", "2", 4, None, {"rows": 2, "columns": 2}, [2, 2]])
def test_a_card_with_odd_tiles_is_told_by_file_and_key(tmp_path: Path, value: object) -> None:
    path = tmp_path / "card.json"
    write_card(CARD, path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tiles": value}))
    with pytest.raises(ModelError, match=r'card\.json: tiles: expected rows and columns, such as "2x3"'):
        read_card(path)


def test_the_same_view_is_said_the_same_of_again(tiled: Classifier) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (FOUR.height, FOUR.width, 3), dtype=np.uint8)
    shown = View(pixels, Box(0, 0, FOUR.width, FOUR.height), (1, 0, 0, 0, 1, 0))
    one, other = tiled.classify(shown), Classifier(MODEL, CARD, 1).classify(shown)
    assert one == other
    assert np.array_equal(one.heat, other.heat)
    assert one.classes[0] == GOOD
