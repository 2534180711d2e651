"""Which files are taken as pictures, and what is said of the others."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inspector.errors import PictureError
from inspector.opencv import cv2
from inspector.pictures import decode_picture, encode_png, is_picture_name, read_picture, write_picture
from tests.laws.sources import ROOT


def file_of(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def grey() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 50), dtype=np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_give_the_same_pixels(grey: Image.Image, kind: str) -> None:
    assert np.array_equal(decode_picture(file_of(grey, kind), kind), np.asarray(grey))


def test_colour_is_rgb_in_that_order() -> None:
    red = Image.new("RGB", (20, 20), (250, 10, 20))
    assert decode_picture(file_of(red, "PNG"), "red")[0, 0].tolist() == [250, 10, 20]


def test_colour_survives_our_own_png() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (30, 20, 3), dtype=np.uint8)
    assert np.array_equal(decode_picture(encode_png(pixels), "own"), pixels)


def test_a_wrong_suffix_does_not_matter(grey: Image.Image, tmp_path: Path) -> None:
    misnamed = tmp_path / "part.jpg"
    misnamed.write_bytes(file_of(grey, "PNG"))
    assert np.array_equal(read_picture(misnamed), np.asarray(grey))


def test_exif_orientation_is_followed() -> None:
    image = Image.new("L", (30, 20), 0)
    image.paste(255, (0, 0, 30, 5))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = decode_picture(file_of(image, "PNG", exif=exif), "turned")
    assert upright.shape == (30, 20)
    assert upright[:, -5:].min() == 255


def test_an_opaque_alpha_channel_is_dropped(grey: Image.Image) -> None:
    assert decode_picture(file_of(grey.convert("RGBA"), "PNG"), "alpha").shape == (40, 50, 3)
    assert np.array_equal(decode_picture(file_of(grey.convert("LA"), "PNG"), "alpha"), np.asarray(grey))


def flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 0xFF
    return bytes(changed)


def deep_colour(suffix: str) -> bytes:
    """What a camera's own program exports with 16 bits per channel."""
    done, content = cv2.imencode(suffix, np.full((20, 20, 3), 4000, np.uint16))
    assert done
    return content.tobytes()


def with_empty_page(tiff: bytes) -> bytes:
    """A TIFF whose list of pages goes on at a page that says nothing of itself."""
    end = 10 + 12 * int.from_bytes(tiff[8:10], "little")
    return tiff[:end] + len(tiff).to_bytes(4, "little") + tiff[end + 4 :] + bytes(6)


NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 50), dtype=np.uint8))
DEEP = Image.fromarray(np.random.default_rng(3).integers(0, 65536, (40, 50), dtype=np.uint16))
BAD = {
    "empty": (b"", "0 bytes"),
    "text": (b"this is no picture at all", "known format"),
    "truncated_png": (file_of(NOISE, "PNG")[:800], "truncated or corrupt"),
    "truncated_jpeg": (file_of(NOISE, "JPEG")[:700], "truncated or corrupt"),
    "corrupt": (flipped(file_of(NOISE, "PNG")), "truncated or corrupt"),
    "tiny": (file_of(Image.new("L", (1, 1)), "PNG"), "at least 16 x 16"),
    "narrow": (file_of(Image.new("L", (500, 3)), "PNG"), "500 x 3"),
    "huge": (file_of(Image.new("1", (20_000, 20_000)), "PNG"), "at most 100 megapixels|larger than 100 megapixels"),
    "deep": (file_of(DEEP, "PNG"), "8 bits per channel"),
    "deep_colour_png": (deep_colour(".png"), "8 bits per channel"),
    "deep_colour_tiff": (deep_colour(".tiff"), "8 bits per channel"),
    "tiff_with_an_empty_page": (with_empty_page(file_of(NOISE, "TIFF")), "truncated or corrupt"),
    "another_format": (file_of(NOISE, "PCX"), "known format"),
    "transparent": (file_of(Image.new("RGBA", (20, 20), (1, 2, 3, 0)), "PNG"), "partly transparent"),
    "palette_with_hole": (file_of(NOISE.convert("P"), "PNG", transparency=7), "partly transparent"),
    "cmyk": (file_of(NOISE.convert("CMYK"), "JPEG"), "save it as RGB"),
    "animated": (file_of(NOISE, "GIF", save_all=True, append_images=[NOISE.rotate(90)]), "single picture"),
    "stack": (file_of(NOISE, "TIFF", save_all=True, append_images=[NOISE.rotate(90)]), "single picture"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_judged_is_refused_by_name_and_in_words(case: str) -> None:
    content, words = BAD[case]
    with pytest.raises(PictureError, match=words) as caught:
        decode_picture(content, f"{case}.png")
    assert str(caught.value).startswith(f"{case}.png: ")


def test_a_file_that_is_not_there_is_a_plain_message(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.png: cannot be read: No such file"):
        read_picture(tmp_path / "gone.png")


def test_a_folder_with_a_picture_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.png").mkdir()
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture(tmp_path / "odd.png")


def test_names_that_promise_a_picture() -> None:
    assert is_picture_name(Path("a/B.JPG"))
    assert not is_picture_name(Path("a/notes.txt"))
    assert not is_picture_name(Path("a/.hidden.png"))


def test_writing_leaves_nothing_beside_the_picture(tmp_path: Path) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (20, 20), dtype=np.uint8)
    write_picture(pixels, tmp_path / "part.png")
    assert [path.name for path in tmp_path.iterdir()] == ["part.png"]
    assert np.array_equal(read_picture(tmp_path / "part.png"), pixels)


def test_odd_notes_beside_the_pixels_are_nobodys_business(grey: Image.Image, tmp_path: Path) -> None:
    """Also where every warning is an error, and none of Pillow's is let through by the tests' own settings."""
    picture = tmp_path / "noted.jpg"
    picture.write_bytes(file_of(grey, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"))
    with pytest.warns(UserWarning, match="Corrupt EXIF"), Image.open(picture) as image:
        image.getexif()
    read = (
        f"from pathlib import Path; from inspector.pictures import read_picture; read_picture(Path({str(picture)!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", read], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


SEEDS = [file_of(NOISE, kind) for kind in ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM")]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4), st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_file_is_a_picture_or_a_plain_refusal(
    content: bytes, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    damaged = bytearray(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    try:
        pixels = decode_picture(bytes(damaged), "damaged")
    except PictureError as error:
        assert str(error).startswith("damaged: ")
    else:
        assert pixels.dtype == np.uint8
        assert min(pixels.shape[:2]) >= 16
