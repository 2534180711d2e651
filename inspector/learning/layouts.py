"""Which pictures a folder holds, of what class, by the three layouts that datasets come in."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from inspector.domain import GOOD, UNLIKE, Part
from inspector.errors import DatasetError
from inspector.pictures import is_picture_name

Layout = Literal["auto", "mvtec", "classes", "csv"]

SPLIT_FOLDERS = ("train", "test")
MASK_FOLDER = "ground_truth"
LABELS_FILE = "labels.csv"
_GOOD_NAMES = frozenset({"good", "ok", "okay", "normal", "pass", "no_defect", "defect_free"})
_IMAGE_COLUMNS = ("image", "path", "file")
_CLASS_COLUMNS = ("class", "defect_class", "label")


@dataclass(frozen=True, slots=True)
class DatasetItem:
    """One picture of a dataset and what is said of it.

    part, lot: as the dataset names them, "" where it does not. split_hint: the folder it stood in (train, test):
    kept for the record and never used as a split, since published splits cut through physical parts.
    name: the path within the dataset, as a groups file writes it.
    """

    path: Path
    defect_class: str
    part: str = ""
    lot: str = ""
    split_hint: str = ""
    mask_path: Path | None = None
    name: str = ""

    def group(self, digest: str) -> str:
        """The group a split must not cut; a picture that no part is named for is its own part, by its pixels."""
        return Part(self.part, self.lot).group if self.part else f"picture-{digest[:16]}"


def class_name(written: str, where: str) -> str:
    """A class as it is stored: folded to lower case, words joined by _, everything that says "good" made GOOD.

    Raises DatasetError where no letter or digit is left, or the name is one that only models give.
    """
    folded = unicodedata.normalize("NFKC", written).strip().casefold()
    name = re.sub(r"[^\w-]+", "_", folded).strip("_-")[:64]
    if not name:
        raise DatasetError(f"{where}: expected a class name with a letter or digit, received {written!r}")
    if name == UNLIKE:
        raise DatasetError(f"{where}: {UNLIKE!r} is what a model says, not a class; give these parts another name")
    return GOOD if name in _GOOD_NAMES else name


def read_layout(folder: Path, layout: Layout) -> list[DatasetItem]:
    """The pictures of a folder (or CSV file), sorted by path. Raises DatasetError where the layout is not there."""
    if not folder.exists():
        raise DatasetError(f"{folder}: there is no such folder or file")
    chosen = _detect(folder) if layout == "auto" else layout
    items = sorted(_READERS[chosen](folder), key=lambda item: item.path)
    if not items:
        raise DatasetError(f"{folder}: read as layout {chosen!r}, but there is no picture in it")
    root = root_of(folder)
    return [replace(item, name=_name(item.path, root)) for item in items]


def root_of(folder: Path) -> Path:
    """The folder that the names of a dataset's pictures are relative to."""
    return folder.parent if folder.is_file() else folder


def _name(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _detect(folder: Path) -> Layout:
    if folder.is_file():
        return "csv"
    if any(_class_folders(folder / split) for split in SPLIT_FOLDERS):
        return "mvtec"
    if (folder / LABELS_FILE).exists():
        return "csv"
    if _class_folders(folder):
        return "classes"
    found = ", ".join(sorted(entry.name for entry in folder.iterdir())[:8]) or "nothing"
    raise DatasetError(
        f"{folder}: no layout is recognised; expected train/good and test/<class> folders (mvtec), one folder of "
        f"pictures per class (classes) or {LABELS_FILE} with the columns image,class (csv); found: {found}"
    )


def _class_folders(folder: Path) -> list[Path]:
    """The folders directly below that hold pictures; masks are no class."""
    if not folder.is_dir():
        return []
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.is_dir() and entry.name != MASK_FOLDER and next(_pictures(entry), None) is not None
    )


def _pictures(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if is_picture_name(path) and path.is_file())


def _read_mvtec(folder: Path) -> Iterator[DatasetItem]:
    for split in SPLIT_FOLDERS:
        for class_folder in _class_folders(folder / split):
            name = class_name(class_folder.name, str(class_folder))
            for path in _pictures(class_folder):
                masks = folder / MASK_FOLDER / class_folder.name
                named = (masks / f"{path.stem}_mask.png", masks / f"{path.stem}.png")
                mask = next((candidate for candidate in named if candidate.exists()), None)
                yield DatasetItem(path, name, split_hint=split, mask_path=mask)


def _read_classes(folder: Path) -> Iterator[DatasetItem]:
    for class_folder in _class_folders(folder):
        name = class_name(class_folder.name, str(class_folder))
        yield from (DatasetItem(path, name) for path in _pictures(class_folder))


def _read_csv(folder: Path) -> Iterator[DatasetItem]:
    file = folder if folder.is_file() else folder / LABELS_FILE
    seen: dict[Path, int] = {}
    for row, cells in read_rows(file):
        path = picture_of(file, row, cell(file, row, cells, _IMAGE_COLUMNS), file.parent)
        if not path.is_file():
            raise DatasetError(f"{file}: row {row}: there is no picture {path}")
        if path in seen:
            raise DatasetError(f"{file}: row {row}: {path} was named before, in row {seen[path]}; expected it once")
        seen[path] = row
        name = class_name(cell(file, row, cells, _CLASS_COLUMNS), f"{file}: row {row}")
        yield DatasetItem(path, name, part=cells.get("part", ""), lot=cells.get("lot", ""))


_READERS: dict[Layout, Callable[[Path], Iterator[DatasetItem]]] = {
    "mvtec": _read_mvtec,
    "classes": _read_classes,
    "csv": _read_csv,
}


def read_rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cells by lower-case column) of a CSV file with a header, by comma or semicolon; blanks stripped.

    Raises DatasetError naming file and row.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: not a readable CSV file in UTF-8: {error}") from error
    header = lines[0] if lines else ""
    reader = csv.reader(lines, delimiter=";" if header.count(";") > header.count(",") else ",")
    columns = [column.strip().lower() for column in next(reader, [])]
    for cells in reader:
        if not any(value.strip() for value in cells):
            continue
        if len(cells) != len(columns):
            raise DatasetError(
                f"{file}: row {reader.line_num}: expected {len(columns)} columns ({', '.join(columns)}), "
                f"received {len(cells)}"
            )
        yield reader.line_num, dict(zip(columns, (value.strip() for value in cells), strict=True))


def cell(file: Path, row: int, cells: Mapping[str, str], columns: tuple[str, ...]) -> str:
    """The value of the first of these columns that the file has. Raises DatasetError where it is missing or empty."""
    column = next((name for name in columns if name in cells), None)
    if column is None:
        raise DatasetError(f"{file}: expected a column {' or '.join(columns)}, received the columns {', '.join(cells)}")
    if not cells[column]:
        raise DatasetError(f"{file}: row {row}: column {column} is empty")
    return cells[column]


def picture_of(file: Path, row: int, written: str, root: Path) -> Path:
    """The path that a row names, relative to root; backslashes are read as folders, as spreadsheets on Windows write.

    Raises DatasetError for a name with a null character in it, which no file can have.
    """
    if "\0" in written:
        raise DatasetError(f"{file}: row {row}: expected the name of a picture, received {written!r}")
    return root / written.replace("\\", "/")
