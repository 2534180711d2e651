"""Which files count as pictures that can be judged, and the one way to read and write them."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from inspector.domain import Pixels
from inspector.errors import PictureError
from inspector.opencv import cv2

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM", "GIF")  # what Pillow may try, whatever a file's name says
MIN_SIDE_PX = 16
MAX_PIXELS = 100_000_000

_GREY_MODES = frozenset({"1", "L"})
_COLOUR_MODES = frozenset({"RGB", "P", "YCbCr"})
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
# What Pillow's decoders raise on broken data, beside the errors they have for it.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, ArithmeticError, struct.error)
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})

# Size is judged below, in our own words; odd notes beside the pixels are nobody's business here. Once for the process:
# to hush one reading alone would change the filters of every thread.
warnings.filterwarnings("ignore", module=r"PIL\.")


def is_picture_name(path: Path) -> bool:
    """Whether a file's name promises a picture; what is inside decides when it is read."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def read_picture(path: Path) -> Pixels:
    """Read a file as grey (height, width) or RGB (height, width, 3), uint8, upright by its EXIF word.

    Raises PictureError naming the file, what was expected and what was found.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror or error}") from error
    return decode_picture(content, str(path))


def decode_picture(content: bytes, name: str) -> Pixels:
    """As read_picture, for bytes in memory; `name` stands in messages."""
    if not content:
        raise PictureError(f"{name}: the file is empty (0 bytes); expected a picture")
    with _plainly(name), Image.open(io.BytesIO(content), formats=FORMATS) as image:
        _refuse_unfit(image, name)
        return _pixels(image, name)


def read_size(path: Path) -> tuple[int, int]:
    """Height and width as they are stored, by the header alone. Raises PictureError."""
    with _plainly(str(path)), Image.open(path, formats=FORMATS) as image:
        return image.height, image.width


@contextmanager
def _plainly(name: str) -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        raise PictureError(f"{name}: not a picture of a known format, whatever its name says") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: larger than {MAX_PIXELS // 1_000_000} megapixels; crop or shrink it") from None
    except _BROKEN as error:
        raise PictureError(f"{name}: the picture is truncated or corrupt: {error}") from error


def _refuse_unfit(image: ImageFile.ImageFile, name: str) -> None:
    """Judge by the header alone, before any pixel is decoded."""
    width, height = image.size
    if min(width, height) < MIN_SIDE_PX:
        raise PictureError(f"{name}: {width} x {height} pixels; expected at least {MIN_SIDE_PX} x {MIN_SIDE_PX}")
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise PictureError(f"{name}: {width} x {height} pixels; expected at most {limit} megapixels; shrink it")
    if getattr(image, "n_frames", 1) > 1:
        raise PictureError(f"{name}: an animation or a stack of several pictures; expected a single picture")
    if image.mode in _DEEP_MODES or any(";16" in str(tile) for tile in image.tile):  # 16 bits as stored in the file
        raise PictureError(
            f"{name}: more than 8 bits per channel (mode {image.mode}); expected 8; "
            "export it with 8 bits, since the camera's own range is not known from the file"
        )
    if image.mode not in _GREY_MODES | _COLOUR_MODES | _ALPHA_MODES:
        raise PictureError(f"{name}: colour mode {image.mode}; expected grey or RGB; save it as RGB")


def _pixels(image: Image.Image, name: str) -> Pixels:
    upright = ImageOps.exif_transpose(image)
    if upright.mode == "P" and "transparency" in upright.info:
        upright = upright.convert("RGBA")
    if upright.mode in _ALPHA_MODES:
        if int(np.asarray(upright.convert("RGBA").getchannel("A")).min()) != 255:
            raise PictureError(f"{name}: partly transparent; expected an opaque picture; save it without alpha")
        upright = upright.convert("L" if upright.mode in {"LA", "La"} else "RGB")
    if upright.mode in _GREY_MODES:
        upright = upright.convert("L")
    elif upright.mode != "RGB":
        upright = upright.convert("RGB")
    return np.array(upright, dtype=np.uint8)


def encode_png(pixels: Pixels) -> bytes:
    """Lossless PNG of grey or RGB pixels, at the settings that keep up with a line rather than the smallest file.

    They are OpenCV's own: level 1, run lengths, one filter. Naming a level switches to searching the best filter for
    each row, which costs two to four times the time and saves nothing on a camera's picture.
    """
    stored = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, content = cv2.imencode(".png", stored)
    if not done:
        raise PictureError(f"a picture of shape {pixels.shape} could not be encoded as PNG")
    return content.tobytes()


def encode_jpeg(pixels: Pixels, quality: int = 88) -> bytes:
    """JPEG of RGB pixels (height, width, 3), to be looked at: never to be stored, judged or learned from."""
    done, content = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise PictureError(f"a picture of shape {pixels.shape} could not be encoded as JPEG")
    return content.tobytes()


def write_picture(pixels: Pixels, path: Path) -> None:
    """Write a PNG whole or not at all: a crash leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(encode_png(pixels))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        if beside.is_symlink() or beside.is_file():
            beside.unlink()
        raise
