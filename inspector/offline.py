"""Judges a folder of pictures without a camera: one row each, whatever the file turns out to be."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TextIO

from inspector.clock import Clock
from inspector.domain import Frame, Inspection, Part
from inspector.errors import DatasetError, PictureError, StoreError
from inspector.pictures import is_picture_name, read_picture
from inspector.pipeline.assemble import Setup, inspect

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Row:
    """One picture's answer. verdict: ok, ng, recheck, unfit, or unreadable with the reason in words."""

    path: str
    verdict: str
    defect_class: str
    score: float | None
    reason: str
    digest: str


def pictures_in(folder: Path) -> list[Path]:
    """Every file below the folder whose name promises a picture, by path. Raises DatasetError where there is none."""
    try:
        if not folder.is_dir():
            raise DatasetError(f"{folder}: there is no such folder; expected a folder with pictures")
        found = sorted(path for path in folder.rglob("*") if is_picture_name(path) and _is_file(path))
    except OSError as error:
        raise DatasetError(f"{folder}: the folder cannot be read: {error.strerror or error}") from error
    if not found:
        raise DatasetError(f"{folder}: no pictures found in it (png, jpg, bmp, tif, webp, pgm, ppm)")
    return found


def _is_file(path: Path) -> bool:
    """A link whose picture is away counts too: it becomes a row that says so."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def judge_pictures(paths: Iterable[Path], root: Path, setup: Setup, clock: Clock) -> Iterator[Row]:
    """One Row per path, in order. A file that is no picture becomes a row too, never a gap."""
    for number, path in enumerate(paths, start=1):
        # The bytes of a name are UTF-8 in any locale; what is not stays readable as its number.
        name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
        try:
            pixels = read_picture(path)
        except PictureError as error:
            yield Row(name, UNREADABLE, "", None, str(error), "")
            continue
        frame = Frame(pixels, "folder", number, number, clock.now(), clock.ns())
        yield _row(name, inspect(frame, Part(serial=name), setup, "offline", name))


def _row(name: str, inspection: Inspection) -> Row:
    verdict = inspection.verdict
    return Row(
        path=name,
        verdict=str(verdict.decision),
        defect_class=verdict.defect_class or "",
        score=inspection.scores.defect if inspection.scores else None,
        reason=str(verdict.reason),
        digest=inspection.frame_digest,
    )


def write_rows(rows: Iterable[Row], out: Path, on_row: Callable[[Row], None]) -> Counter[str]:
    """Write a CSV whole or not at all, and count the verdicts. Raises StoreError where it cannot be written.

    A device or a pipe is written straight into: there is nothing to replace, and /dev/null must stay what it is.
    """
    try:
        if out.is_dir():
            raise StoreError(f"{out}: this is a folder; expected the name of a CSV file for the result")
        if out.exists() and not out.is_file():
            with _opened(out) as file:
                return _write(rows, file, on_row)
        beside = out.with_name(f".{out.name}.{os.getpid()}.new")
        try:
            with _opened(beside) as file:
                counts = _write(rows, file, on_row)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(out)
        finally:  # also when a person interrupts it
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{out}: the result cannot be written: {error.strerror or error}") from error
    return counts


def _opened(path: Path) -> TextIO:
    """For UTF-8, whatever bytes a file's name is made of."""
    return path.open("w", newline="", encoding="utf-8", errors="backslashreplace")


def _write(rows: Iterable[Row], file: TextIO, on_row: Callable[[Row], None]) -> Counter[str]:
    counts: Counter[str] = Counter()
    writer = csv.DictWriter(file, [field.name for field in fields(Row)])
    writer.writeheader()
    for row in rows:
        writer.writerow(asdict(row))
        counts[row.verdict] += 1
        on_row(row)
    return counts
