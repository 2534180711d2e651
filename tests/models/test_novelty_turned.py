"""Parts that lie turned: what of a picture is learned in turned copies, and what these count as."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, ONE_TILE, Box, Pixels, SnapshotEntry, Split, Tiles, TurnedBox, View
from inspector.opencv import cv2
from inspector.recipe import Recipe
from inspector.store.images import ImageStore
from models.novelty.learning import Taught, teach
from models.novelty.material import MOST_COPIES, MOST_PICTURES, Material, Turning
from models.novelty.sightings import Labelled, Sightings
from models.novelty.tiles import SIDE, layout_of
from models.views import Views
from tests.models.test_novelty import FEATURES, PLAIN, sightings, silent

TURNS, SEEN = 3, 20  # places of each view, so that a fit takes no time
LONG = Box(50, 60, 200, 80)  # its view is a square: turned there, it would be bent


def part(hole: tuple[int, int] | None = None) -> Pixels:
    noise = np.random.default_rng(3).integers(60, 160, (20, 30), dtype=np.uint8)
    pixels = np.asarray(cv2.resize(noise, (300, 200), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    if hole:
        cv2.circle(pixels, hole, 8, 255, -1)
    return pixels


def material(folder: Path, entries: list[SnapshotEntry], turned_deg: float, roi: Box | None = None) -> Material:
    layout = layout_of(ONE_TILE)
    views = Views(folder, Recipe("plate", roi=roi), None, layout.height, layout.width)
    return Material.of(entries, views, layout, turned_deg)


# What is looked at


def test_every_picture_is_learned_as_it_is_and_in_turned_copies_at_angles_of_its_own(tmp_path: Path) -> None:
    with closing(ImageStore(tmp_path)) as images:
        digests = [images.put(np.roll(part(), number, axis=0)) for number in range(3)]
    entries = [SnapshotEntry(digest, GOOD, f"part-{digest[:4]}", Split.TRAIN, confirmed=True) for digest in digests]
    good = material(tmp_path, entries, 90.0, LONG).good
    plain = material(tmp_path, entries, 0.0, LONG).good
    assert (len(good.entries), good.asked, good.turns, len(good.views)) == (3, 3, 1 + MOST_COPIES, 18)
    assert [np.array_equal(*pair) for pair in zip(_pixels(good.as_they_lie), _pixels(plain.views), strict=True)]
    turns = [view.box.turn_deg for view in good.views if isinstance(view.box, TurnedBox)]
    assert len(set(turns)) == 15 and max(map(abs, turns)) <= 90 and min(turns) < 0 < max(turns)
    assert good.of_pieces(good.parts) == [entry.part for entry in good.of_views]
    again = material(tmp_path, entries[::-1], 90.0, LONG).good
    assert all(np.array_equal(*pair) for pair in zip(_pixels(good.views), _pixels(again.views), strict=True))


def _pixels(views: tuple[View, ...]) -> list[Pixels]:
    return [view.pixels for view in views]


def test_a_long_part_is_turned_as_it_lies_and_its_mask_with_it(tmp_path: Path) -> None:
    with closing(ImageStore(tmp_path)) as images:
        shown = part(hole=(170, 105))
        digest = images.put(shown)
        mask = images.put(np.where(shown == 255, shown, np.uint8(0)))
    views = Views(tmp_path, Recipe("plate", roi=LONG), None, SIDE, SIDE)
    view = views.get(digest)
    assert view is not None
    for turn_deg, copy in zip((25.0, -70.0), views.turned(digest, view, (25.0, -70.0)), strict=True):
        assert copy.box == TurnedBox(50, 60, 200, 80, turn_deg)
        (further,) = views.turned(digest, copy, (-turn_deg,))
        assert np.array_equal(further.pixels, view.pixels) or np.abs(further.pixels - view.pixels).max() <= 1
        bright, marked = copy.pixels[..., 0] > 200, views.mask(mask, copy) > 127
        assert marked.any()
        assert (bright & marked).sum() > 0.9 * marked.sum()


@pytest.mark.parametrize(
    ("most_deg", "pictures", "tiles", "count"),
    [
        (0.0, 30, ONE_TILE, 0),
        (180.0, 30, ONE_TILE, MOST_COPIES),
        (5.0, 200, ONE_TILE, 3),
        (5.0, 790, ONE_TILE, 1),
        (5.0, 9000, ONE_TILE, 1),
        (5.0, 30, Tiles(3, 3), 1),
        (5.0, 0, ONE_TILE, MOST_COPIES),
    ],
)
def test_pictures_come_before_copies(most_deg: float, pictures: int, tiles: Tiles, count: int) -> None:
    """Of many pictures each has fewer copies, and one at least: shown upright alone, they would know no turn."""
    assert Turning.of(most_deg, pictures, tiles.pieces).count == count


def test_copies_count_where_memory_and_time_are_bounded(tmp_path: Path) -> None:
    with closing(ImageStore(tmp_path)) as images:
        digest = images.put(np.random.default_rng(0).integers(60, 200, (16, 16), dtype=np.uint8))
    layout = layout_of(Tiles(2, 2))
    most = MOST_PICTURES // layout.tiles.pieces
    entries = [SnapshotEntry(digest, GOOD, f"part-{number}", Split.TRAIN) for number in range(most)]
    found = Material.of(entries, Views(tmp_path, Recipe("plate"), None, 16, 16), layout, 20.0)
    assert (len(found.good.entries), len(found.good.views)) == (most // 2, most)
    assert found.not_located == 0


# What they count as, by numbers that are known beforehand


def taught(seen: Sightings, confirmed: tuple[bool, ...] = ()) -> Taught:
    return teach(replace(seen, turns=TURNS), PLAIN, 0, silent(), confirmed)


def in_turns(parts: int, odd: int = 0) -> Sightings:
    """One picture of each part and its copies; the first `odd` views are far off."""
    seen = sightings(parts, odd=odd, pictures=TURNS)
    few = {name: getattr(seen, name)[:, :SEEN] for name in ("places", "columns", "drawn_places")}
    return replace(seen, **few)


def test_a_picture_has_one_score_that_of_the_turn_in_which_it_looks_worst() -> None:
    seen = in_turns(12)
    found, single = taught(seen), teach(seen, PLAIN, 0, silent())
    assert found.logits.shape == (12, 2)
    assert found.scores == pytest.approx(single.scores.reshape(12, TURNS).max(axis=1), abs=1e-5)
    assert found.synthetic_auroc == pytest.approx(single.synthetic_auroc), "a view with a defect against one without"


def test_no_copy_is_suspected_alone_and_what_is_suspected_goes_with_all_its_copies() -> None:
    found = taught(in_turns(12, odd=1))
    assert found.suspects.tolist() == [0]
    kept = in_turns(12, odd=1)
    rest = np.arange(12 * TURNS) >= TURNS
    mean = kept.looks[rest][:, :-1].reshape(-1, FEATURES).mean(axis=0)
    assert found.model.novelty.density.mean == pytest.approx(mean, abs=1e-5), "neither as it lies nor turned"


def test_a_confirmed_picture_is_learned_with_all_its_copies() -> None:
    found = taught(in_turns(12, odd=1), tuple(number == 0 for number in range(12)))
    assert found.suspects.tolist() == []


def test_a_labelled_defect_is_scored_as_it_lies() -> None:
    """Its copies teach, but that one of them is found out does not mean that the line would find it."""
    random = np.random.default_rng(5)
    rows = 8 * TURNS
    looks = random.normal(0, 1, (rows, 3, FEATURES)).astype(np.float32)
    looks[:, :, 3] += 6
    places = random.normal(0, 1, (rows, SEEN, 4)).astype(np.float32)
    parts = np.repeat([f"hole-{number}" for number in range(8)], TURNS)
    unmarked, shows = np.zeros((rows, SEEN), np.float32), np.ones(rows, np.bool_)
    holes = Labelled(1, parts, np.zeros(rows, np.intp), looks, places, places, unmarked, shows)
    seen = replace(in_turns(12), labelled=holes)
    found, single = taught(seen), teach(seen, PLAIN, 0, silent())
    assert found.logits.shape == (20, 3)
    assert found.scores[12:] == pytest.approx(single.scores[12 * TURNS :: TURNS], abs=1e-5)
