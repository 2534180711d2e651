"""What is remembered of pictures, what is not believed, and which of them are shown to Keras."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import Box, Floats, Pixels, SnapshotEntry, Split
from inspector.errors import StoreError
from inspector.pictures import write_picture
from inspector.pipeline.assemble import view_of
from inspector.recipe import LocateMode, LocateSettings, Recipe
from models.features import VARIANTS, FeatureCache, collect
from models.views import Views, draw
from tests.models.plates import RECIPE, Room, furnish, plate

WIDTH = 3
DIGEST = "ab" * 32


@dataclass
class Counting:
    """An extractor that remembers what it was shown: the features are brightness left, right and overall."""

    shown: list[Pixels] = field(default_factory=list)
    shift: Floats = field(default_factory=lambda: np.zeros(WIDTH, dtype=np.float32))

    def features(self, pixels: Pixels) -> Floats:
        self.shown.append(pixels)
        half = pixels.shape[1] // 2
        return np.array([pixels[:, :half].mean(), pixels[:, half:].mean(), pixels.mean()], dtype=np.float32)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return furnish(tmp_path, {"good": 2, "hole": 2})


def views_of(room: Room, recipe: Recipe | None = None) -> Views:
    return Views(room.folder / "images", recipe or Recipe(RECIPE), None, 64, 48)


def gather(
    room: Room, extractor: Counting, recipe: Recipe | None = None
) -> tuple[dict[str, Floats], list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    cache = FeatureCache(room.folder / "cache", WIDTH)
    digests = [entry.digest for entry in room.snapshot.entries]
    found = collect(digests, cache, views_of(room, recipe), lambda: extractor, lambda *step: told.append(step))
    return found, told


def test_each_picture_is_looked_at_once_and_in_the_mirror(room: Room) -> None:
    extractor = Counting()
    found, told = gather(room, extractor)
    assert len(extractor.shown) == VARIANTS * len(room.snapshot.entries)
    for features in found.values():
        assert features.shape == (VARIANTS, WIDTH)
        assert np.allclose(features[0, :2], features[1, 1::-1])  # left and right have changed places
    assert told[0] == (0, 8)
    assert told[-1] == (8, 8)


def test_the_second_time_nothing_is_looked_at(room: Room) -> None:
    first, _ = gather(room, Counting())
    again = Counting()
    second, told = gather(room, again)
    assert again.shown == []
    assert told == [(0, 0)]
    assert all(np.array_equal(first[digest], second[digest]) for digest in first)


def test_a_part_that_is_not_found_is_remembered_as_such(room: Room) -> None:
    elsewhere = Recipe(RECIPE, roi=Box(90, 90, 50, 50))
    found, _ = gather(room, Counting(), elsewhere)
    assert all(features.shape == (0, WIDTH) for features in found.values())
    again = Counting()
    gather(room, again, elsewhere)
    assert again.shown == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", b"not features at all", bytes(500)],
)
def test_a_damaged_file_counts_as_unknown(tmp_path: Path, content: bytes) -> None:
    cache = FeatureCache(tmp_path, WIDTH)
    cache.put(DIGEST, np.ones((VARIANTS, WIDTH), dtype=np.float32))
    (file,) = tmp_path.rglob("*.npy")
    file.write_bytes(content)
    assert cache.get(DIGEST) is None


@pytest.mark.parametrize(
    "features",
    [
        np.ones((VARIANTS, WIDTH + 1), dtype=np.float32),
        np.ones((VARIANTS + 1, WIDTH), dtype=np.float32),
        np.ones((VARIANTS, WIDTH), dtype=np.float64),
        np.full((VARIANTS, WIDTH), np.nan, dtype=np.float32),
        np.ones(WIDTH, dtype=np.float32),
    ],
)
def test_features_of_another_shape_or_kind_are_not_believed(tmp_path: Path, features: Floats) -> None:
    cache = FeatureCache(tmp_path, WIDTH)
    cache.put(DIGEST, features)
    assert cache.get(DIGEST) is None


def test_a_file_that_would_run_code_is_not_opened(tmp_path: Path) -> None:
    """A pickled array is how numpy stores objects, and how it would run what they bring along."""
    cache = FeatureCache(tmp_path, WIDTH)
    cache.put(DIGEST, np.ones((VARIANTS, WIDTH), dtype=np.float32))
    (file,) = tmp_path.rglob("*.npy")
    with file.open("wb") as stream:
        np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert cache.get(DIGEST) is None


def test_nothing_half_written_stays_in_the_cache(tmp_path: Path) -> None:
    FeatureCache(tmp_path, WIDTH).put(DIGEST, np.ones((VARIANTS, WIDTH), dtype=np.float32))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{DIGEST}.npy"]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cache"):
        FeatureCache(tmp_path / "cache", WIDTH).put(DIGEST, np.ones((VARIANTS, WIDTH), dtype=np.float32))


def test_views_are_those_of_the_station_bit_for_bit(room: Room) -> None:
    recipe = Recipe(RECIPE, roi=Box(10, 20, 60, 50))
    views = views_of(room, recipe)
    for entry in room.snapshot.entries:
        learned = views.get(entry.digest)
        assert learned is not None
        assert np.array_equal(learned.pixels, view_of(room.images.get(entry.digest), recipe, None, 64, 48).pixels)


def test_the_template_finds_the_part_as_it_does_on_the_line(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"hole": 1})
    taught = plate("hole", 0)
    box = Box(20, 20, 40, 40)
    write_picture(taught[20:60, 20:60], tmp_path / "mark.png")
    settings = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, box, search_px=10, min_match=0.99)
    recipe = Recipe(RECIPE, roi=Box(10, 10, 60, 60), locate=settings)
    moved = np.roll(taught, (3, -4), axis=(0, 1))
    digests = [room.images.put(pixels) for pixels in (taught, moved, plate("good", 99))]
    views = Views(room.folder / "images", recipe, tmp_path / "mark.png", 60, 60)
    first, second, other = (views.get(digest) for digest in digests)
    assert first is not None and second is not None
    assert (second.box.x - first.box.x, second.box.y - first.box.y) == (-4, 3)
    assert other is None


def entries(counts: dict[str, int]) -> list[SnapshotEntry]:
    return [
        SnapshotEntry(f"{kind}-{index:03}", kind, f"{kind}-{index}", Split.TRAIN)
        for kind, count in counts.items()
        for index in range(count)
    ]


def test_rare_classes_are_among_those_drawn() -> None:
    drawn = draw(entries({"good": 900, "burr": 2, "dent": 40}), 30)
    names = [entry.defect_class for entry in drawn]
    assert len(drawn) == 30
    assert names.count("burr") == 2
    assert names.count("dent") == names.count("good") == 14


def test_the_draw_does_not_depend_on_the_order() -> None:
    ordered = entries({"good": 20, "dent": 20})
    assert draw(ordered, 10) == draw(ordered[::-1], 10)


def test_a_draw_of_more_than_there_are_takes_all() -> None:
    few = entries({"good": 3, "dent": 1})
    assert sorted(draw(few, 200)) == sorted(few)
