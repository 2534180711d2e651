"""Judges a folder of pictures without a camera: one row each, whatever the file turns out to be."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

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
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder; expected a folder with pictures")
    found = sorted(path for path in folder.rglob("*") if path.is_file() and is_picture_name(path))
    if not found:
        raise DatasetError(f"{folder}: no pictures found in it (png, jpg, bmp, tif, webp, pgm, ppm)")
    return found


def judge_pictures(paths: Iterable[Path], root: Path, setup: Setup, clock: Clock) -> Iterator[Row]:
    """One Row per path, in order. A file that is no picture becomes a row too, never a gap."""
    for number, path in enumerate(paths, start=1):
        name = path.relative_to(root).as_posix()
        try:
            pixels = read_picture(path)
        except PictureError as error:
            yield Row(name, UNREADABLE, "", None, str(error), "")
            continue
        frame = Frame(pixels, "folder", number, number, clock.now(), clock.ns())
        inspection = inspect(frame, Part(serial=name), setup, "offline", name)
        verdict = inspection.verdict
        score = inspection.scores.defect if inspection.scores else None
        yield Row(
            name, str(verdict.decision), verdict.defect_class or "", score, str(verdict.reason), inspection.frame_digest
        )


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
    """Write a CSV whole or not at all, and count the verdicts. Raises StoreError where it cannot be written."""
    counts: Counter[str] = Counter()
    beside = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Row)])
            writer.writeheader()
            for row in rows:
                writer.writerow(asdict(row))
                counts[row.verdict] += 1
                on_row(row)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"{out}: the result cannot be written: {error.strerror or error}") from error
    return counts
