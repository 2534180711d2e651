"""A rendered line written as a dataset, and read back by the program's own import."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from inspector.devices.render import DefectShare, LineProgram, RenderSettings, defect_of, render_part, write_dataset
from inspector.domain import GOOD
from inspector.errors import DatasetError
from inspector.learning.dataset import read_dataset
from inspector.pictures import read_picture

SETTINGS = RenderSettings(
    seed=21,
    width=160,
    height=120,
    program=LineProgram(defects=(DefectShare("stain", 0.25), DefectShare("dent", 0.25)), pictures_per_part=2),
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("line") / "parts"
    write_dataset(SETTINGS, 24, folder)
    return folder


def test_each_picture_stands_in_the_folder_of_its_truth(dataset: Path) -> None:
    pictures = {int(path.stem): path for path in dataset.rglob("*.png") if "ground_truth" not in path.parts}
    assert sorted(pictures) == list(range(24))
    for number, path in pictures.items():
        truth = defect_of(SETTINGS, number)
        assert path.parent == dataset / ("train" if truth == GOOD else "test") / truth
        assert np.array_equal(read_picture(path), render_part(SETTINGS, number).pixels)


def test_each_defect_has_its_mask(dataset: Path) -> None:
    defects = sorted((dataset / "test").rglob("*.png"))
    masks = sorted((dataset / "ground_truth").rglob("*.png"))
    assert [f"{path.parent.name}/{path.stem}_mask" for path in defects] == [
        f"{path.parent.name}/{path.stem}" for path in masks
    ]
    for mask in masks:
        assert np.array_equal(read_picture(mask), render_part(SETTINGS, int(mask.stem[:6])).mask)


def test_the_groups_file_says_which_pictures_show_one_part(dataset: Path) -> None:
    with (dataset / "groups.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"image", "part"}
    numbers = defaultdict(list)
    for row in rows:
        assert (dataset / row["image"]).is_file()
        numbers[row["part"]].append(int(Path(row["image"]).stem))
    assert list(numbers.values()) == [[2 * part, 2 * part + 1] for part in range(12)]


def test_the_import_reads_classes_parts_and_masks(dataset: Path) -> None:
    items = read_dataset(dataset, groups=dataset / "groups.csv")
    assert len(items) == 24
    assert {item.defect_class for item in items} == {GOOD, "stain", "dent"}
    assert len({item.part for item in items}) == 12
    assert all((item.mask_path is not None) == (item.defect_class != GOOD) for item in items)


def test_progress_counts_the_pictures(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_dataset(SETTINGS, 3, tmp_path / "few", lambda done, count: told.append((done, count)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="empty folder"):
        write_dataset(SETTINGS, 2, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(DatasetError, match=r"notes\.txt"):
        write_dataset(SETTINGS, 2, tmp_path / "notes.txt")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be written"):
        write_dataset(SETTINGS, 1, tmp_path / "file" / "below")
