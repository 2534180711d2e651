"""A model of good parts that looks at them in pieces: what it learns, and that it finds what one view has lost."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from inspector import recipe as recipes
from inspector.domain import GOOD, ONE_TILE, UNLIKE, Box, Floats, Pixels, Scores, Snapshot, SnapshotEntry, Split, Tiles
from inspector.learning.anomaly import told
from inspector.metrics import auroc
from inspector.pipeline.assemble import view_of
from inspector.pipeline.classify import Classifier
from inspector.pipeline.tiles import Layout
from inspector.recipe import Recipe
from inspector.store.cards import CARD, MODEL, read_card
from inspector.store.images import ImageStore
from models.job import read_job
from models.network import FeatureNetwork
from models.novelty.learning import Taught, teach
from models.novelty.material import MOST_PICTURES, Material
from models.novelty.novelty import Projection, weigh
from models.novelty.sightings import Directions, Labelled, Sightings
from models.novelty.tiles import OVERLAP, SIDE, PieceViews, affordable, layout_of, resolution, shown_in
from models.novelty.training import NoveltyTraining
from models.progress import Progress
from models.views import Views
from tests.models.plates import RECIPE, Room

FOUR = Tiles(2, 2)
PLACES, FEATURES = 100, 12
AS_THEY_ARE = Projection(np.eye(4, dtype=np.float32), np.zeros(4, np.float32))
PLAIN = Directions(AS_THEY_ARE, AS_THEY_ARE)


# What is learned of pieces, by numbers that are known beforehand


def sightings(parts: int, seed: int = 0, odd: int = 0, apart: float = 0.0) -> Sightings:
    """Good parts, a picture of each in five pieces, of which the last is odd in the first `odd` pictures.

    apart: how far the pieces of a part are from each other, as a rim is from a middle.
    """
    random = np.random.default_rng(seed)
    rows = parts * FOUR.pieces
    names = np.repeat([f"part-{number}" for number in range(parts)], FOUR.pieces)
    looks = random.normal(0, 1, (rows, 3, FEATURES)).astype(np.float32)
    places = random.normal(0, 1, (rows, PLACES, 4)).astype(np.float32)
    looks[..., 0] += apart * np.tile(np.arange(FOUR.pieces), parts)[:, np.newaxis]
    last = np.arange(odd) * FOUR.pieces + FOUR.pieces - 1
    looks[last] += 14
    places[last, :9] += 14
    drawn = looks[:, 0] + np.float32(2)
    drawn_places = places.copy()
    drawn_places[:, :5] += 6
    damaged = drawn_places[:, :5].reshape(-1, 4)
    on = np.arange(rows)
    return Sightings(
        names, looks, places, places, on, drawn, on, drawn_places, damaged, np.repeat(on, 5), pieces=FOUR.pieces
    )


def taught(seen: Sightings) -> Taught:
    return teach(seen, PLAIN, 0, Progress(io.StringIO()))


def test_a_picture_has_one_score_whose_scale_is_that_of_good_pictures() -> None:
    found = taught(sightings(30))
    assert found.logits.shape == (30, 2)
    assert found.scores.mean() == pytest.approx(0, abs=1e-3)
    assert found.scores.std() == pytest.approx(1, abs=1e-3)
    assert found.synthetic_auroc > 0.95


def test_the_scale_is_that_of_the_worst_piece() -> None:
    raw = np.random.default_rng(0).normal(0, 1, (200, 3))
    shares, offset = weigh(raw, 5)
    worst = (raw @ shares + offset).reshape(-1, 5).max(axis=1)
    assert (worst.mean(), worst.std()) == pytest.approx((0, 1), abs=1e-4)
    alone = raw @ weigh(raw)[0] + weigh(raw)[1]
    assert alone.reshape(-1, 5).max(axis=1).mean() > 1, "limits of single pieces would reject too many parts"


def test_a_picture_with_one_odd_piece_is_left_out_whole() -> None:
    found = taught(sightings(30, odd=1))
    assert found.suspects.tolist() == [0]
    assert found.scores[0] > found.scores[1:].max() + 3


def test_pieces_that_differ_as_rim_and_middle_do_are_no_two_products() -> None:
    assert taught(sightings(30, apart=40.0)).others.size == 0


def test_only_the_pieces_that_show_a_defect_teach_its_class() -> None:
    seen = sightings(20)
    random = np.random.default_rng(3)
    rows = 6 * FOUR.pieces
    looks = random.normal(0, 1, (rows, 3, FEATURES)).astype(np.float32)
    places = random.normal(0, 1, (rows, PLACES, 4)).astype(np.float32)
    shows = np.arange(rows) % FOUR.pieces == 2
    looks[shows, :, 3] += 6
    parts = np.repeat([f"hole-{number}" for number in range(6)], FOUR.pieces)
    unmarked = np.zeros((rows, PLACES), np.float32)
    holes = Labelled(1, parts, np.zeros(rows, np.intp), looks, places, places, unmarked, shows)
    found = taught(replace(seen, labelled=holes))
    assert found.logits.shape == (20 + 6, 3)
    assert found.logits[20:, 1].min() > found.logits[:20, 1].max(), "by the piece that shows it"
    careless = taught(replace(seen, labelled=replace(holes, shows=np.ones(rows, np.bool_))))
    assert np.median(careless.logits[:20, 1]) > np.median(found.logits[:20, 1]) + 1, "good ones look like it"


# Which pieces there are, and which show what


def test_the_whole_always_shows_a_defect_and_a_tile_where_its_mask_says_so() -> None:
    layout = layout_of(FOUR)
    mask = np.zeros((layout.height, layout.width), np.uint8)
    mask[10:40, 10:40] = 255
    assert shown_in(mask, layout).tolist() == [True, True, False, False, False]
    mask[:, layout.width // 2] = 255  # in the overlap of left and right
    assert shown_in(mask, layout).tolist() == [True, True, True, True, True]
    assert shown_in(None, layout).tolist() == [True, False, False, False, False], "nobody has said where"
    assert shown_in(np.zeros_like(mask), layout).tolist() == [True, False, False, False, False]


def test_a_trace_on_the_rim_of_a_tile_does_not_make_it_defective() -> None:
    layout = layout_of(FOUR)
    mask = np.zeros((layout.height, layout.width), np.uint8)
    mask[100:110, 100 : SIDE - OVERLAP + 2] = 255
    assert shown_in(mask, layout).tolist() == [True, True, False, False, False]


def test_a_speck_that_vanishes_in_the_shrinking_is_still_in_its_tile() -> None:
    layout = layout_of(Tiles(4, 4))
    mask = np.zeros((layout.height, layout.width), np.uint8)
    mask[5, 5] = 255
    assert np.flatnonzero(shown_in(mask, layout)).tolist() == [0, 1]


def test_the_tiles_overlap_by_whole_places_of_the_heat_map() -> None:
    assert (SIDE - OVERLAP) % 16 == 0 and OVERLAP % 32 == 0, "and so does their middle, at 16 pixels a place"


@dataclass
class Pictured:
    """A folder with one picture of each part, and their snapshot."""

    folder: Path
    entries: tuple[SnapshotEntry, ...]

    def views(self, side: int) -> Views:
        return Views(self.folder / "images", Recipe(RECIPE), None, side, side)


def pictured(folder: Path, height: int, width: int, parts: int) -> Pictured:
    store = ImageStore(folder / "images")
    drawn = [np.random.default_rng(number).integers(0, 255, (height, width), np.uint8) for number in range(parts)]
    entries = [SnapshotEntry(store.put(one), GOOD, f"p-{place}", Split.TRAIN) for place, one in enumerate(drawn)]
    store.close()
    return Pictured(folder, tuple(sorted(entries)))


def no_network() -> Iterator[FeatureNetwork]:
    raise AssertionError("nobody needs its time")


def test_parts_that_one_tile_shows_whole_are_not_cut_and_nothing_is_timed(tmp_path: Path) -> None:
    room = pictured(tmp_path, SIDE, 200, 3)
    assert affordable(room.views(SIDE), room.entries, 1000.0, no_network) == ONE_TILE
    assert affordable(room.views(SIDE), (), 1000.0, no_network) == ONE_TILE


def test_the_resolution_is_that_of_the_direction_that_is_shrunk_most(tmp_path: Path) -> None:
    room = pictured(tmp_path, 768, 576, 1)
    view = room.views(SIDE).get(room.entries[0].digest)
    assert view
    assert resolution(layout_of(FOUR), [view.box]) == pytest.approx(576 / 768)
    assert resolution(layout_of(Tiles(4, 4)), [view.box]) == 1.0
    assert resolution(layout_of(FOUR), []) == 1.0


def test_a_network_is_quantised_on_every_kind_of_piece(tmp_path: Path) -> None:
    layout = layout_of(FOUR)
    room = pictured(tmp_path, 64, 64, 40)
    views = PieceViews(tmp_path / "images", Recipe(RECIPE), None, layout)
    whole = room.views(layout.height)
    met = set()
    for entry in room.entries:
        one, view = views.get(entry.digest), whole.get(entry.digest)
        assert one and view
        met |= {place for place, piece in enumerate(layout.pieces(view.pixels)) if np.array_equal(piece, one.pixels)}
    assert met == set(range(FOUR.pieces))


def test_a_part_that_is_not_found_has_no_piece(tmp_path: Path) -> None:
    room = pictured(tmp_path, 64, 64, 1)
    elsewhere = Recipe(RECIPE, roi=Box(0, 0, 900, 64))
    views = PieceViews(tmp_path / "images", elsewhere, None, layout_of(FOUR))
    assert views.get(room.entries[0].digest) is None


def test_pieces_count_as_pictures_where_memory_and_time_are_bounded(tmp_path: Path) -> None:
    small = Layout.of(8, 2, Tiles(4, 6))
    entries = [SnapshotEntry(f"{number:064x}", GOOD, f"p-{number}", Split.TRAIN) for number in range(MOST_PICTURES)]

    class Blank(Views):
        def judged(self, digest: str) -> None:
            return None

    looked_at = Material.of(entries, Blank(tmp_path, Recipe(RECIPE), None, 8, 8), small).good.asked
    assert looked_at == MOST_PICTURES // 25 == 32


# A whole training, on plates whose specks one view has lost

PLATE = 832


def speckled(seed: int, speck: tuple[int, int] | None = None) -> Pixels:
    """A rough plate; speck: (y, x) of a dark dot of 3 x 3 pixels, which drowns in the roughness when it is shrunk."""
    random = np.random.default_rng(seed)
    pixels = 120 + random.normal(0, 22, (PLATE, PLATE))
    if speck:
        y, x = speck
        pixels[y - 1 : y + 2, x - 1 : x + 2] -= 110
    return np.clip(pixels, 0, 255).astype(np.uint8)


def trained(folder: Path, tiles: str, parts: int = 12) -> Room:
    images = ImageStore(folder / "images")
    entries = [
        SnapshotEntry(images.put(speckled(number)), GOOD, f"good-{number}", Split.GOLDEN if number < 2 else Split.TRAIN)
        for number in range(parts)
    ]
    images.close()
    recipes.save(Recipe(RECIPE), folder / "recipe.toml")
    (folder / "cache").mkdir()
    room = Room(folder, Snapshot(RECIPE, tuple(sorted(entries))))
    job = room.write_job(mode="anomaly", tiles=tiles, budget_ms=10_000.0)
    NoveltyTraining(read_job(job), Progress(io.StringIO())).run()
    return room


def scores_of(room: Room, pixels: Pixels) -> Scores:
    classifier = Classifier(room.output / MODEL, read_card(room.output / CARD))
    return classifier.classify(view_of(pixels, Recipe(RECIPE), None, *classifier.input_size))


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """As many tiles as it takes."""
    return trained(tmp_path_factory.mktemp("tiled"), "auto")


@pytest.mark.slow
def test_it_takes_the_tiles_that_show_all_and_says_so(tiled: Room) -> None:
    card = read_card(tiled.output / CARD)
    assert card.tiles == Tiles(3, 3)
    assert (card.input_height, card.input_width, card.classes) == (PLATE, PLATE, (GOOD, UNLIKE))
    assert (card.results["resolution"], card.results["unmarked"]) == (1.0, 0)
    assert card.results["pictures"] + len(card.results["suspects"]) == 10
    assert card.receipt["views"] == 16
    assert "3 x 3 tiles, at 100% of the camera's resolution" in told(card)[-1]
    for row in card.results["golden"]:
        stored = tiled.images.get(row["digest"])
        assert scores_of(tiled, stored).defect == pytest.approx(row["score"], abs=1e-4)


@pytest.mark.slow
def test_labelled_specks_teach_the_tiles_that_their_marks_touch(tiled: Room) -> None:
    """Two of six have no mark. On a network that is there already."""
    images, entries = tiled.images, list(tiled.snapshot.entries)
    for number, (y, x) in enumerate(np.random.default_rng(8).integers(30, PLATE - 30, (6, 2)).tolist()):
        mask = np.zeros((PLATE, PLATE), np.uint8)
        mask[y - 2 : y + 3, x - 2 : x + 3] = 255
        digest, part = images.put(speckled(800 + number, (y, x))), f"speck-{number}"
        entries.append(SnapshotEntry(digest, "speck", part, Split.TRAIN, "" if number < 2 else images.put(mask)))
    room = Room(tiled.folder / "grown", Snapshot(RECIPE, tuple(sorted(entries))))
    room.folder.mkdir()
    where = {name: str(tiled.folder / name) for name in ("images", "cache")}
    job = room.write_job(mode="anomaly", tiles="3x3", recipe=str(tiled.folder / "recipe.toml"), **where)
    NoveltyTraining(read_job(job), Progress(io.StringIO())).run()
    card = read_card(room.output / CARD)
    assert card.classes == (GOOD, "speck", UNLIKE)
    assert card.results["unmarked"] == 2
    assert "2 labelled pictures have no mark" in told(card)[-1]
    assert card.results["split_by_part"]["auroc"] > 0.9
    found = [scores_of(room, speckled(820 + number, (200 + 90 * number, 300))) for number in range(4)]
    assert {scores.leading_defect for scores in found} == {"speck"}


@pytest.mark.slow
def test_a_defect_that_one_view_has_lost_is_found_in_tiles(tiled: Room, tmp_path: Path) -> None:
    single = trained(tmp_path, "1x1")
    assert "tiles" not in (single.output / CARD).read_text().split('"results"')[0]
    specks = [(int(y), int(x)) for y, x in np.random.default_rng(5).integers(30, PLATE - 30, (12, 2))]
    shown = [(True, speckled(500 + place, speck)) for place, speck in enumerate(specks)]
    shown += [(False, speckled(600 + place)) for place in range(12)]
    truth = [bad for bad, _ in shown]
    area = {
        name: auroc(truth, [scores_of(room, pixels).defect for _, pixels in shown])
        for name, room in (("tiled", tiled), ("single", single))
    }
    assert area["tiled"] > 0.95
    assert area["tiled"] > area["single"] + 0.1


@pytest.mark.slow
def test_a_defect_on_a_seam_stands_out_almost_as_it_does_in_the_middle_of_a_tile(tiled: Room) -> None:
    """What it lies in is moved with it: on rough plates, other surroundings change its heat more than any seam."""
    middle, seam = (PLATE // 2, PLATE // 2), SIDE - OVERLAP // 2
    places = (middle, (middle[0], seam), (seam, seam))
    rises = {place: float(np.mean([rise(tiled, seed, place) for seed in range(700, 708)])) for place in places}
    assert rises[middle] > 3, "in deviations of the score"
    assert min(rises.values()) > 0.8 * rises[middle]


def rise(room: Room, seed: int, place: tuple[int, int]) -> float:
    """How much hotter a place is with a speck than without it."""
    middle = PLATE // 2, PLATE // 2
    by = place[0] - middle[0], place[1] - middle[1]
    with_it, without = (np.roll(speckled(seed, speck), by, (0, 1)) for speck in (middle, None))
    return float(
        around(scores_of(room, with_it).heat, place).max() - around(scores_of(room, without).heat, place).max()
    )


def around(heat: Floats, place: tuple[int, int]) -> Floats:
    row, column = (int(one * side / PLATE) for one, side in zip(place, heat.shape, strict=True))
    return heat[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
