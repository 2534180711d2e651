"""A folder of pictures: one row each, and the result whole or not at all."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from inspector.clock import SystemClock
from inspector.errors import DatasetError, StoreError
from inspector.offline import UNREADABLE, Row, judge_pictures, pictures_in, write_rows
from inspector.pictures import write_picture
from inspector.pipeline.assemble import Setup
from inspector.recipe import Limits, Recipe
from tests.unit.stations import BrightnessModel

SETUP = Setup(Recipe("test", limits=Limits(-1.0, 1.0)), BrightnessModel())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = tmp_path / "pictures"
    (pictures / "lot").mkdir(parents=True)
    rng = np.random.default_rng(1)
    for name, level in (("a", 40), ("lot/b", 160), ("lot/c", 95)):
        noise = rng.integers(0, 21, (40, 40), dtype=np.uint8)
        write_picture((noise + level).astype(np.uint8), pictures / f"{name}.png")
    (pictures / "d.png").write_bytes(b"broken")
    (pictures / "notes.txt").write_text("not a picture", encoding="utf-8")
    return pictures


def rows(folder: Path) -> list[Row]:
    return list(judge_pictures(pictures_in(folder), folder, SETUP, SystemClock()))


def test_every_picture_below_the_folder_is_one_row_in_order(folder: Path) -> None:
    assert [row.path for row in rows(folder)] == ["a.png", "d.png", "lot/b.png", "lot/c.png"]


def test_verdict_class_score_and_reason_are_those_of_the_station(folder: Path) -> None:
    by_name = {row.path: row for row in rows(folder)}
    assert (by_name["a.png"].verdict, by_name["a.png"].defect_class) == ("ok", "")
    assert (by_name["lot/b.png"].verdict, by_name["lot/b.png"].defect_class) == ("ng", "bright")
    assert by_name["lot/c.png"].verdict == "recheck"
    assert by_name["lot/b.png"].score == pytest.approx(7.0, abs=0.5)


def test_a_broken_file_is_a_row_with_its_reason(folder: Path) -> None:
    broken = rows(folder)[1]
    assert (broken.verdict, broken.score) == (UNREADABLE, None)
    assert "known format" in broken.reason


def test_the_csv_holds_what_was_counted(folder: Path, tmp_path: Path) -> None:
    seen: list[Row] = []
    counts = write_rows(iter(rows(folder)), tmp_path / "out.csv", seen.append)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["path"] for row in written] == [row.path for row in seen]
    assert counts == Counter(ok=1, ng=1, recheck=1, unreadable=1)
    assert written[2]["verdict"] == "ng"


def test_an_interrupted_run_leaves_the_old_result(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old", encoding="utf-8")

    def interrupted(row: Row) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match=r"out\.csv: the result cannot be written: No space left"):
        write_rows(iter(rows(folder)), out, interrupted)
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "pictures"]


def test_a_result_that_cannot_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        write_rows(iter(rows(folder)), tmp_path / "nowhere" / "out.csv", lambda _: None)


@pytest.mark.parametrize(("make", "words"), [(False, "no such folder"), (True, "no pictures")])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, make: bool, words: str) -> None:
    folder = tmp_path / "empty"
    if make:
        folder.mkdir()
    with pytest.raises(DatasetError, match=words):
        pictures_in(folder)
