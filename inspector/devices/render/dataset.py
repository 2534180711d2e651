"""A rendered line as a folder of pictures in the MVTec-AD layout, with masks and the parts they show."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from inspector.devices.render.part import RenderedPart, render_part
from inspector.devices.render.program import RenderSettings
from inspector.domain import GOOD
from inspector.errors import DatasetError
from inspector.pictures import write_picture

GROUPS_FILE = "groups.csv"


def write_dataset(
    settings: RenderSettings, count: int, folder: Path, on_picture: Callable[[int, int], None] | None = None
) -> None:
    """Write the pictures 0 to count - 1 of a line into `folder`, which must be empty or not there yet.

    Layout: train/good/*.png, test/<class>/*.png, ground_truth/<class>/*_mask.png (Bergmann et al. 2019), and
    groups.csv with the columns image,part: pictures of one physical part have one name there. `on_picture` is told
    (done, count). Raises DatasetError when the folder holds something or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder}: expected an empty folder or none, found something in it; choose another name")
    rows = []
    try:
        for number in range(count):
            rendered = render_part(settings, number)
            rows.append((_write(rendered, number, folder), rendered.part.group))
            if on_picture is not None:
                on_picture(number + 1, count)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / GROUPS_FILE).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("image", "part"))
            writer.writerows(rows)
    except OSError as error:
        raise DatasetError(f"{folder}: the pictures cannot be written: {error.strerror or error}") from error


def _write(rendered: RenderedPart, number: int, folder: Path) -> str:
    """Write one picture and its mask; returns the picture's path within the folder."""
    name = f"{number:06d}"
    side = "train" if rendered.defect_class == GOOD else "test"
    picture = folder / side / rendered.defect_class / f"{name}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    write_picture(rendered.pixels, picture)
    if rendered.defect_class != GOOD:
        mask = folder / "ground_truth" / rendered.defect_class / f"{name}_mask.png"
        mask.parent.mkdir(parents=True, exist_ok=True)
        write_picture(rendered.mask, mask)
    return picture.relative_to(folder).as_posix()
