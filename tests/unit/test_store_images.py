"""The picture store: named by pixels, written once, never half, checked when asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import picture_digest
from inspector.errors import StoreError
from inspector.pictures import encode_png
from inspector.store.images import ImageStore
from tests.unit.store_entries import picture


@pytest.fixture
def images(tmp_path: Path) -> Iterator[ImageStore]:
    with closing(ImageStore(tmp_path / "images")) as store:
        yield store


def test_a_picture_is_named_by_its_pixels(images: ImageStore) -> None:
    pixels = picture(1)
    digest = images.put(pixels)
    assert digest == picture_digest(pixels)
    assert images.path(digest) == images.folder / digest[:2] / f"{digest}.png"
    assert images.path(digest).exists() and images.has(digest)
    assert np.array_equal(images.get(digest), pixels)


@pytest.mark.parametrize("shape", [(24, 40), (40, 24, 3)])
def test_the_size_is_known_without_the_pixels(images: ImageStore, shape: tuple[int, ...]) -> None:
    digest = images.put(np.zeros(shape, np.uint8))
    path = images.path(digest)
    path.write_bytes(path.read_bytes()[:60])  # the header, and little else
    assert images.size(digest) == shape[:2]


def test_the_size_of_a_picture_that_is_gone_or_damaged_is_refused(images: ImageStore) -> None:
    digest = images.put(picture(1))
    images.path(digest).write_bytes(b"no picture")
    with pytest.raises(StoreError, match=r"not a picture of a known format.*from a backup"):
        images.size(digest)
    images.path(digest).unlink()
    with pytest.raises(StoreError, match="the picture is not in this workspace"):
        images.size(digest)


def test_a_colour_picture_keeps_its_colours(images: ImageStore) -> None:
    pixels = np.zeros((20, 20, 3), dtype=np.uint8)
    pixels[..., 0] = 200  # red
    back = images.get(images.put(pixels), verify=True)
    assert back.shape == (20, 20, 3)
    assert back[0, 0].tolist() == [200, 0, 0]


def test_a_picture_that_is_there_is_not_written_again(images: ImageStore) -> None:
    path = images.path(images.put(picture(1)))
    before = path.stat()
    images.put_many([picture(1), picture(2), picture(1)])
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_many_pictures_get_their_digests_in_order(images: ImageStore) -> None:
    pictures = [picture(n) for n in (3, 1, 2, 1)]
    assert images.put_many(pictures) == [picture_digest(pixels) for pixels in pictures]
    assert len(list(images.files())) == 3
    assert images.put_many([]) == []


def test_a_view_into_a_larger_picture_is_stored_as_it_looks(images: ImageStore) -> None:
    window = picture(1, 60, 60)[10:50:2, ::-1]
    assert not window.flags.c_contiguous
    assert np.array_equal(images.get(images.put(window), verify=True), window)


def test_a_missing_picture_is_said_plainly(images: ImageStore) -> None:
    digest = picture_digest(picture(9))
    assert not images.has(digest)
    with pytest.raises(StoreError, match=r"\.png: the picture is not in this workspace"):
        images.get(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_what_is_no_digest_names_no_file(images: ImageStore, name: str) -> None:
    with pytest.raises(StoreError, match="expected a picture's digest"):
        images.path(name)


def test_a_truncated_picture_is_said_plainly(images: ImageStore) -> None:
    digest = images.put(picture(1))
    path = images.path(digest)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StoreError, match=r"truncated or corrupt.*backup"):
        images.get(digest)


def test_an_exchanged_picture_is_found_when_asked(images: ImageStore) -> None:
    digest = images.put(picture(1))
    images.path(digest).write_bytes(encode_png(picture(2)))
    assert np.array_equal(images.get(digest), picture(2))
    with pytest.raises(StoreError, match=f"expected digest {digest[:12]}"):
        images.get(digest, verify=True)


def test_a_store_that_cannot_be_written_is_said_plainly(images: ImageStore) -> None:
    images.folder.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="images: the operating system says: Not a directory"):
        images.put(picture(1))


def test_a_picture_that_could_not_be_read_again_is_not_taken(images: ImageStore) -> None:
    with pytest.raises(StoreError, match="15 x 40 pixels; expected at least 16 x 16"):
        images.put_many([picture(1), picture(2, height=40, width=15)])
    assert list(images.files()) == []


def test_nothing_unfinished_is_left_behind(images: ImageStore) -> None:
    images.put_many([picture(n) for n in range(8)])
    assert len(list(images.files())) == 8
    assert all(path.suffix == ".png" for path in images.files())


def test_threads_that_store_the_same_pictures_do_not_meet(images: ImageStore) -> None:
    pictures = [picture(n) for n in range(6)]
    with ThreadPoolExecutor(4) as threads:
        stored = list(threads.map(images.put_many, [pictures] * 4))
    assert stored == [[picture_digest(pixels) for pixels in pictures]] * 4
    assert len(list(images.files())) == 6


def test_files_that_nothing_needs_are_listed_and_left(images: ImageStore) -> None:
    needed, orphan = images.put_many([picture(1), picture(2)])
    unfinished = images.path(needed).with_name(f"{needed}.77-1.part")
    unfinished.write_bytes(b"half a pict")
    assert set(images.orphans({needed})) == {images.path(orphan), unfinished}
    assert images.orphans({needed, orphan}) == [unfinished]
    assert unfinished.exists() and images.has(orphan)
