"""What learning reaches is measured on parts that no model has met, whatever names they go by."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.bench.learning import MEASURES, Bench, measure_all
from inspector.bench.learning.cells import cells, read_cells
from inspector.bench.learning.folds import deal
from inspector.bench.learning.quantisation import quantisation
from inspector.bench.learning.tiles import naive, tile_pictures, tiles
from inspector.bench.learning.trials import left_out, trial
from inspector.domain import GOOD, Example, Split
from inspector.errors import DatasetError, RecipeError, TrainingError
from inspector.learning import snapshot as snapshots
from inspector.metrics import clopper_pearson
from tests.unit.bench_rooms import CLASSES, TWICE, bench, ranking, write_cells, write_tiles
from tests.unit.bench_stand_in import NAIVE
from tests.unit.learning_rooms import brightness_model

PICTURES = 2 * len(CLASSES)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    path = tmp_path_factory.mktemp("bench")
    write_tiles(path)
    with bench(path, folds=2) as opened:
        yield opened


# Folds


def examples(good: int, dents: int, scratches: int, each: int = 2) -> list[Example]:
    kinds = [(GOOD, good), ("dent", dents), ("scratch", scratches)]
    names = [(kind, f"{kind}{number}") for kind, count in kinds for number in range(count)]
    return [Example(f"{part}-{number}", kind, part) for kind, part in names for number in range(each)]


@given(st.integers(5, 60), st.integers(3, 20), st.integers(2, 20), st.integers(2, 5))
def test_the_parts_of_each_class_are_dealt_evenly(good: int, dents: int, scratches: int, folds: int) -> None:
    shown = examples(good, dents, scratches)
    dealt = deal(shown, folds)
    assert set(dealt) == {one.part for one in shown}
    for kind in (GOOD, "dent", "scratch", ""):
        counts = Counter(fold for part, fold in dealt.items() if part.startswith(kind))
        spread = [counts[fold] for fold in range(folds)]
        assert max(spread) - min(spread) <= 1


def test_the_folds_are_the_same_in_every_order_of_arrival() -> None:
    shown = examples(9, 4, 3)
    assert deal(shown, 3) == deal(shown[::-1], 3)


@pytest.mark.parametrize(("good", "defective"), [(3, 2), (2, 3)])
def test_a_fold_without_good_or_without_defective_parts_is_refused(good: int, defective: int) -> None:
    with pytest.raises(DatasetError, match=rf"3 folds need .*received {good} good and {defective} defective"):
        deal(examples(good, defective, 0), 3)


def test_a_part_under_two_names_gets_one_before_anything_is_split(room: Bench) -> None:
    pictures = tile_pictures(room)
    assert pictures.merged == 1
    assert pictures.parts == len(CLASSES)
    assert len(pictures.examples) == PICTURES
    shown = [one.part for one in pictures.examples if Path(one.source).stem.startswith(f"{TWICE}-")]
    assert len(shown) == 2 and len(set(shown)) == 1
    assert "after 1 names were found" in pictures.described()


def test_a_picture_that_cannot_be_read_ends_the_measure(tmp_path: Path) -> None:
    folder = write_cells(tmp_path, 3)
    (folder / "images" / "cell0001.png").write_bytes(b"no picture")
    with bench(tmp_path) as opened, pytest.raises(DatasetError, match=r"cell0001\.png"):
        cells(opened)


# One fold


def test_no_unseen_part_is_learned_from(room: Bench) -> None:
    pictures = tile_pictures(room)
    dealt = deal(pictures.examples, 2)
    one = trial(room, "tiles", pictures.examples, dealt, 1)
    snapshot = snapshots.load(snapshots.file_of(room.workspace, one.version.card.snapshot_id))
    learned, unseen = ({entry.part for entry in snapshot.only(split)} for split in (Split.TRAIN, Split.GOLDEN))
    assert learned | unseen == set(dealt) and not learned & unseen
    assert {outcome.part for outcome in one.unseen} == unseen == {part for part, fold in dealt.items() if fold == 1}
    assert one.met == 0
    assert {entry.part for entry in snapshot.entries if entry.mask} == {"s0", "s1"}  # some trainings look where it is


def test_a_picture_that_was_met_after_all_is_counted_and_its_part_is_left_out(room: Bench) -> None:
    """Here the folds are made by the names as they are written, which tear one part apart."""
    pictures = tile_pictures(room)
    written = room.workspace.ledger.examples("tiles")
    fold_of = {one.part: int(one.part == "other") for one in written} | {"g0": 1, "d0": 1}
    one = trial(room, "torn", written, fold_of, 1)
    assert one.met == 1
    assert left_out([one, one]) != left_out([replace(one, met=0)]) == ()
    assert left_out([one, one])[0].startswith("2 pictures were met")
    assert {outcome.part for outcome in one.unseen} == {"g0", "d0"}
    assert [(entry.part, entry.defect_class) for entry in one.shown] == [
        (outcome.part, outcome.defect_class) for outcome in one.unseen
    ]
    assert pictures.merged == 1


def test_each_fold_has_a_recipe_of_its_own_and_a_model_is_made_once(room: Bench) -> None:
    pictures = tile_pictures(room)
    dealt = deal(pictures.examples, 2)
    first, again, other = (trial(room, "tiles", pictures.examples, dealt, fold) for fold in (0, 0, 1))
    assert first.version.card.id == again.version.card.id
    assert (first.recipe.name, other.recipe.name) == ("tiles-0", "tiles-1")
    assert len(room.workspace.versions.list("tiles-0")) == 1


# The measures


def escaped() -> float:
    """The share of defective parts below the brightest good part of their fold; there are too few to reject one."""
    dealt = deal([Example(part, name, part) for part, name in CLASSES.items()], 2)
    missed = [
        part for part in CLASSES if CLASSES[part] != GOOD and (part == "hard-d" or dealt[part] == dealt["hard-g"])
    ]
    return len(missed) / 6


def test_the_figures_of_the_tiles_are_those_that_can_be_counted_by_hand(room: Bench) -> None:
    """Of 8 good and 6 defective parts, one each is on the wrong side."""
    found = tiles(room)
    figures = found.figures
    assert sum(row["pictures"] for row in found.rows) == PICTURES
    assert sum(row["defective_parts"] for row in found.rows) == 6
    assert [row["met"] for row in found.rows] == [0, 0]
    assert figures["auroc"].value == pytest.approx(sum(map(ranking, range(2))) / 2)
    # By pictures: 16 good, of which 14 are named so, and 2 dents; 8 dents, of which 6 are; 4 scratches, named dents.
    good, dent, scratch = 2 * 14 / (16 + 16), 2 * 6 / (8 + 6 + 2 + 4), 0.0
    assert figures["macro_f1"].value == pytest.approx((good + dent + scratch) / 3)
    assert figures["naive_auroc"].value == NAIVE["auroc"]
    assert figures["escapes_at_5"].value == pytest.approx(escaped())
    assert figures["part_escapes_at_5"].rate == clopper_pearson(round(6 * escaped()), 6)
    assert figures["escapes_at_5"].holds is False
    assert "naive" not in "".join(name for name, figure in figures.items() if figure.target)


def test_what_was_merged_is_said(room: Bench) -> None:
    assert "1 names were found to be those of another one's part" in tiles(room).about


def test_the_cells_are_measured_at_zero_and_at_the_chosen_limit(tmp_path: Path) -> None:
    write_cells(tmp_path)
    with bench(tmp_path, folds=2) as opened:
        found = cells(opened)
    assert sum(row["pictures"] for row in found.rows) == 12
    assert sum(row["defective"] for row in found.rows) == 4
    assert found.figures["accuracy_at_zero"].value == found.figures["accuracy"].value == 1.0
    assert found.figures["auroc"].value == 1.0
    assert found.figures["size_mb"].value == len(brightness_model()) / 1e6
    assert found.holds


def test_quantisation_is_told_on_the_unseen_pictures_of_every_fold(room: Bench) -> None:
    found = quantisation(room)
    unseen = int(found.about.split(" pictures of the tiles")[0].rsplit(" ", 1)[1])
    agreement = found.figures["agreement"]
    assert agreement.rate is not None
    assert agreement.rate.n == unseen == sum(row["pictures"] for row in found.rows) > 0
    folds = len(found.rows)
    assert folds > 1 and [row["flipped"] for row in found.rows] == [1] * folds, (
        "a learned picture's flip is not counted"
    )
    assert agreement.value == pytest.approx(1 - folds / unseen)
    assert found.figures["auroc_change"].value == pytest.approx(0.01)
    assert found.figures["auroc_change"].holds is False
    assert (found.figures["time_ratio"].value, found.figures["size_ratio"].value) == (0.5, 0.25)


def test_the_measures_come_in_one_order_whatever_was_asked_for(room: Bench) -> None:
    assert list(measure_all(room, ["quantisation", "tiles"])) == ["tiles", "quantisation"]


@pytest.mark.parametrize("only", [["nonsense"], ["tiles", ""], ["TILES"]])
def test_a_measure_that_there_is_not_is_named_before_any_work(tmp_path: Path, only: list[str]) -> None:
    told: list[tuple[str, int, int]] = []
    with bench(tmp_path, told=told) as opened, pytest.raises(RecipeError, match="expected one of tiles, cells"):
        measure_all(opened, only)
    assert told == []
    assert {"tiles", "cells", "quantisation"} <= set(MEASURES)


# Data sets that are not there, or something else


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with bench(tmp_path) as opened:
        with pytest.raises(DatasetError, match=r"magnetic_tile: expected the magnet tiles .*parts\.csv"):
            tiles(opened)
        with pytest.raises(DatasetError, match=r"elpv: expected the solar cells"):
            cells(opened)


@pytest.mark.parametrize("line", ["images/cell0000.png 0.5", "images/cell0000.png often mono", "path,0.5,mono"])
def test_a_list_of_cells_in_another_shape_is_named_with_its_row(tmp_path: Path, line: str) -> None:
    folder = write_cells(tmp_path, 3)
    (folder / "labels.csv").write_text(f"images/cell0001.png 1.0 mono\n{line}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"labels\.csv: row 2: expected file, probability and kind"):
        list(read_cells(folder))


def test_a_cell_is_defective_from_one_half_on(tmp_path: Path) -> None:
    folder = write_cells(tmp_path, 3)
    rows = [f"images/cell000{number}.png {value} mono" for number, value in enumerate(("0.49", "0.5", "1.0"))]
    (folder / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    assert [item.defect_class for item in read_cells(folder)] == [GOOD, "defect", "defect"]


def test_a_training_that_fails_ends_the_measure_in_its_words(room: Bench) -> None:
    broken = Bench(room.data, room.workspace, room.advance, folds=4, command=("/nowhere/models",))
    with pytest.raises(TrainingError, match="/nowhere/models: the training process cannot be started"):
        tiles(broken)


def test_gathering_twice_is_gathering_once(room: Bench) -> None:
    first = tile_pictures(room)
    assert sorted(tile_pictures(room).examples, key=str) == sorted(first.examples, key=str)


def test_where_no_training_could_split_by_picture_its_claim_is_unknown(room: Bench) -> None:
    pictures = tile_pictures(room)
    one = trial(room, "tiles", pictures.examples, deal(pictures.examples, 2), 0)
    silent = replace(one.version, card=replace(one.version.card, results={}))
    assert math.isnan(naive([replace(one, version=silent)], "auroc"))
    assert naive([replace(one, version=silent), one], "auroc") == NAIVE["auroc"]
