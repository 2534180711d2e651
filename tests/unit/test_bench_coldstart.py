"""The cold start is measured with models of good parts alone, each figure on pictures of which no part was learned.

The models are the brightness model, which learns nothing: what they say of each part can be told from its picture.
"""

from __future__ import annotations

import math
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.bench.learning import MEASURES, Bench
from inspector.bench.learning.coldstart import (
    build,
    cookies,
    eight_bits,
    invoke,
    methods,
    poisoning,
    resolution,
    unseen,
)
from inspector.bench.learning.coldstart.build import chosen
from inspector.bench.learning.coldstart.good_parts import TILES, cookie_task, dealt_tiles, tried
from inspector.bench.learning.coldstart.invoke import memory_of
from inspector.bench.learning.coldstart.lying import lying_cookies, lying_flanges, turned_about_the_middle
from inspector.bench.learning.coldstart.methods import RESULT, read_table
from inspector.bench.learning.coldstart.poisoning import poison
from inspector.bench.learning.coldstart.turned import all_ways, told
from inspector.bench.learning.coldstart.unseen import drawn, unseen_with_defects
from inspector.bench.learning.tiles import tile_items
from inspector.bench.learning.trials import float_file
from inspector.cli import main
from inspector.domain import GOOD, Example, Snapshot, Split
from inspector.errors import DatasetError, ModelError, RecipeError, TrainingError
from inspector.learning import snapshot as snapshots
from inspector.learning.layouts import DatasetItem
from inspector.pictures import read_picture, write_picture
from tests.unit.bench_rooms import BRIGHT, CLASSES, DARK, bench, ranking, shot, write_cookies, write_tiles
from tests.unit.bench_stand_in import MODEL_FILE, PLACES, PLACES_BYTES
from tests.unit.learning_rooms import brightness_model

on_linux = pytest.mark.skipif(sys.platform == "win32", reason="memory is measured on Linux")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    path = tmp_path_factory.mktemp("coldstart")
    write_tiles(path)
    write_cookies(path)
    with bench(path, folds=2) as opened:
        yield opened


def taught(room: Bench, name: str) -> list[Snapshot]:
    """What the models of a recipe learned from."""
    ids = [version.card.snapshot_id for version in room.workspace.versions.list(name)]
    return [snapshots.load(snapshots.file_of(room.workspace, one)) for one in ids]


# What is learned


WORDS = ("cookies", "invoke", "int8", "tiles", "defects", "poisoning", "resolution", "turned", "methods")


def test_every_measure_of_the_cold_start_goes_by_its_name() -> None:
    names = [name for name in MEASURES if name.startswith("coldstart-")]
    assert names == [
        *(f"coldstart-{name}" for name in WORDS),
        *(f"coldstart-build-{count}" for count in (20, 200, 800)),
    ]


def test_cookies_that_were_learned_are_not_scored_whatever_they_are_called(room: Bench) -> None:
    task = cookie_task(room)
    learned, others = ([Path(one.source).stem for one in side] for side in (task.learned, task.unseen))
    assert sorted(learned) == [f"n{number}" for number in range(6)]
    assert sorted(others) == ["c0", "c1", "c9", "n10", "n11"], "the learned one that was shot again is left out"


def test_a_fold_learns_from_good_tiles_of_the_others_alone(room: Bench) -> None:
    dealt = dealt_tiles(room)
    task = dealt.task(1)
    assert {one.defect_class for one in task.learned} == {GOOD}
    assert {dealt.fold_of[one.part] for one in task.learned} == {0}
    assert Counter(dealt.fold_of[one.part] for one in task.unseen) == {1: len(task.unseen)}
    assert {one.defect_class for one in task.unseen} == {GOOD, "dent", "scratch"}


def test_a_model_is_made_once_and_again_only_where_it_is_wanted_in_float(room: Bench) -> None:
    """Whatever the bench trains: a mode that finds nothing to tell apart would refuse good parts."""
    task, other = replace(cookie_task(room), name="once"), replace(room, mode="finetune", looks=4)
    first, again = tried(other, task), tried(room, task)
    assert "suspects" in first.version.card.results
    assert first.version.card.id == again.version.card.id
    assert not float_file(room, first.version.card.snapshot_id).exists()
    with_float = tried(room, task, in_float=True)
    assert float_file(room, with_float.version.card.snapshot_id).read_bytes() == MODEL_FILE
    assert len(room.workspace.versions.list("once")) == 2


def test_parts_that_are_named_are_no_longer_unseen_and_nothing_else_changes(room: Bench) -> None:
    task = dealt_tiles(room).task(0)
    some = {task.unseen[0].part, task.learned[0].part}
    fewer = task.without(some)
    assert (fewer.name, fewer.learned) == (task.name, task.learned)
    assert set(task.unseen) - set(fewer.unseen) == {one for one in task.unseen if one.part in some}
    assert task.without(set()) == task


def test_what_is_labelled_is_learned_under_its_own_class_and_never_shown(room: Bench) -> None:
    task = cookie_task(room)
    cracked = next(one for one in task.unseen if one.defect_class == "cracked")
    named = replace(task, name="labelled").without({cracked.part})
    tried(room, named, [cracked])
    (snapshot,) = taught(room, "labelled")
    learned = {entry.digest: entry.defect_class for entry in snapshot.only(Split.TRAIN)}
    assert learned == {one.digest: one.defect_class for one in (*task.learned, cracked)}
    assert cracked.digest not in {entry.digest for entry in snapshot.only(Split.GOLDEN)}


# Figures


def test_cookies_are_told_by_picture_by_pixel_and_by_region(room: Bench) -> None:
    """Cracked ones are bright, and green where they are marked."""
    found = cookies(room)
    assert {name: figure.value for name, figure in found.figures.items()} == pytest.approx(
        {"auroc": 1.0, "auroc_answered": 1.0, "pixel_auroc": 1.0, "pro": 1.0}
    )
    assert (found.figures["auroc"].holds, found.figures["pro"].holds) == (True, None)
    assert [(row["class"], row["pictures"], row["good"]) for row in found.rows] == [
        ("cracked", 2, 2),
        ("cracked_nomask", 1, 2),
    ]
    assert "6 good pictures learned, 5 others" in found.about
    assert "2 of 3" in found.remarks[0], "what nobody marked is on neither side"


def test_cookies_in_tiles_stand_beside_the_single_view(room: Bench) -> None:
    """Each file is one of its own, in as many tiles as it was asked for."""
    found = resolution(room)
    assert [row["tiles"] for row in found.rows] == ["1x1", "2x2", "3x2"]
    made = [room.workspace.versions.list(f"coldstart-cookies{name}")[-1].card for name in ("", "-2x2", "-3x2")]
    assert [(str(card.tiles), card.input_height) for card in made] == [("1x1", 16), ("2x2", 28), ("3x2", 40)]
    assert [row["auroc"] for row in found.rows] == [1.0, 1.0, 1.0]
    assert [row["resolution"] for row in found.rows] == sorted(row["resolution"] for row in found.rows)
    assert [row["pro"] for row in found.rows] == pytest.approx([1.0] * 3, abs=0.1)
    assert {name: figure.holds for name, figure in found.figures.items()} == {
        f"{name}_{tiles}": None for tiles in ("2x2", "3x2") for name in ("auroc", "pixel_auroc", "pro")
    }
    single, _, six = (row["time_ratio"] for row in found.rows)
    assert 0 < single < six
    assert "6 good pictures learned, 5 others" in found.about


def test_turned_parts_stand_beside_themselves_upright(room: Bench) -> None:
    """The same turned pictures for every way; by its lettering each flange is found."""
    _, lying = lying_flanges(room, parts=7)
    found = told(all_ways(room, lying))
    assert [row["way"] for row in found.rows] == ["upright", "unprepared", "nothing", "copies", "aligned"]
    assert [row["learned"] for row in found.rows] == [1] * 5
    copied = room.workspace.versions.list(f"{lying.turned.name}-copies")[-1].card
    assert copied.results["turned_deg"] == 180.0, "by the option that anybody has"
    assert [(row["set"], row["shown"], row["not_found"]) for row in found.rows] == [("flanges-turned-lamp", 4, 0)] * 5
    assert found.rows[-1]["locate_ms"] > found.rows[0]["locate_ms"]
    assert list(found.figures) == [f"auroc_flanges-turned-lamp_{row['way']}" for row in found.rows]


def test_a_turned_cookie_is_the_same_part_at_an_angle_of_its_own(room: Bench) -> None:
    lying = lying_cookies(room)
    for upright, other in ((lying.upright.learned, lying.turned.learned), (lying.upright.unseen, lying.turned.unseen)):
        assert [(one.part, one.defect_class) for one in upright] == [(one.part, one.defect_class) for one in other]
    assert len({one.digest for one in (*lying.upright.learned, *lying.turned.learned)}) == 2 * 6
    assert lying_cookies(room) == lying, "the angle follows from the picture"


def test_a_picture_turned_by_a_quarter_loses_nothing_of_what_is_square() -> None:
    pixels = shot(3, DARK)[:100, :100]
    assert np.array_equal(turned_about_the_middle(pixels, 90.0), np.rot90(pixels, -1)), "clockwise"
    assert turned_about_the_middle(shot(3, DARK), 45.0).shape == shot(3, DARK).shape


def test_a_mask_in_colour_marks_what_a_grey_one_does(tmp_path: Path) -> None:
    """Whatever program it was drawn in."""
    write_cookies(tmp_path)
    for number in range(2):
        file = tmp_path / "cookie" / "ground_truth" / "cracked" / f"c{number}_mask.png"
        grey = read_picture(file)
        write_picture(np.dstack([grey, np.zeros_like(grey), np.zeros_like(grey)]), file)
    with bench(tmp_path) as opened:
        found = cookies(opened)
    assert found.figures["pro"].value == pytest.approx(1.0)
    assert "2 of 3" in found.remarks[0]


def test_without_masks_there_is_a_figure_over_pictures_alone(tmp_path: Path) -> None:
    shutil.rmtree(write_cookies(tmp_path) / "ground_truth")
    with bench(tmp_path) as opened:
        found = cookies(opened)
    assert found.figures["auroc"].holds
    assert math.isnan(found.figures["pixel_auroc"].value) and math.isnan(found.figures["pro"].value)
    assert "0 of 3" in found.remarks[0]


def test_without_defective_cookies_there_is_nothing_to_find(tmp_path: Path) -> None:
    folder = write_cookies(tmp_path)
    for name in ("cracked", "cracked_nomask"):
        shutil.rmtree(folder / "test" / name)
    with (
        bench(tmp_path) as opened,
        pytest.raises(DatasetError, match=r"expected defective cookies .* 9 good ones alone"),
    ):
        cookies(opened)


def test_unseen_tiles_are_ranked_fold_by_fold(room: Bench) -> None:
    """Pairs with a hard part are the wrong way round, and no others."""
    found = unseen(room)
    assert [row["auroc"] for row in found.rows] == pytest.approx([ranking(fold) for fold in range(2)])
    assert found.figures["auroc"].value == pytest.approx(sum(map(ranking, range(2))) / 2)
    assert (found.figures["auroc"].target or pytest.fail()).bound == 0.88
    assert [row["labelled_defects"] for row in found.rows] == [0, 0]
    assert sum(row["pictures"] for row in found.rows) == 2 * len(CLASSES)


def test_labelled_defects_stand_beside_the_good_parts_that_are_learned(room: Bench) -> None:
    found = unseen_with_defects(room)
    assert (found.figures["auroc"].target or pytest.fail()).bound == 0.93
    assert [row["labelled_defects"] for row in found.rows] == [3, 3]
    fold_of = dealt_tiles(room).fold_of
    learned = taught(room, f"{TILES}-0")[-1].only(Split.TRAIN)
    assert {entry.defect_class for entry in learned} == {GOOD, "dent", "scratch"}
    assert {fold_of[entry.part] for entry in learned} == {1}


def test_so_many_parts_of_each_class_are_drawn_the_same_in_every_order() -> None:
    kinds = [(GOOD, 9), ("dent", 12), ("scratch", 4)]
    shown = [
        Example(f"{kind}{part}-{shot}", kind, f"{kind}{part}")
        for kind, n in kinds
        for part in range(n)
        for shot in (0, 1)
    ]
    shown.append(Example("still-good", GOOD, "dent0"))
    found = drawn(shown, 10)
    assert Counter(one.defect_class for one in found) == {"dent": 20, "scratch": 8}
    assert sorted(map(str, drawn(shown[::-1], 10))) == sorted(map(str, found))
    assert drawn(shown, 0) == []


def test_poison_is_called_good_and_never_scored(room: Bench) -> None:
    found = poisoning(room)
    assert [(row["set"], row["fold"], row["learned"], row["poisoned"]) for row in found.rows] == [
        ("cookies", 0, 6, 1),
        ("tiles", 0, 8, 1),
        ("tiles", 1, 8, 1),
    ]
    cookies = found.rows[0]
    assert cookies["suspected"] == 1 and cookies["suspected_good"] == 0
    assert cookies["scored"] == 4, "not the poison itself"
    assert [row["fall"] for row in found.rows] == [0, 0, 0] and found.holds
    spoilt, answered = taught(room, "coldstart-cookies-poisoned")
    learned, shown = spoilt.only(Split.TRAIN), spoilt.only(Split.GOLDEN)
    assert len(learned) == 7 and {entry.defect_class for entry in learned} == {GOOD}
    assert not {entry.part for entry in learned} & {entry.part for entry in shown}
    assert {entry.digest for entry in answered.only(Split.TRAIN)} == {one.digest for one in cookie_task(room).learned}
    assert answered.only(Split.GOLDEN) == shown, "what was taken out is not scored either"
    assert [row["fall_answered"] for row in found.rows] == [0, 0, 0]


def test_of_suspects_that_a_person_looked_at_defects_go_and_good_ones_are_confirmed(room: Bench) -> None:
    task = replace(cookie_task(room), name="answered")
    good, bad, *_ = (one.digest for one in task.learned)
    answered = task.answered([good, bad], [bad])
    assert (answered.unseen, answered.confirmed) == (task.unseen, frozenset([good]))
    assert {one.digest for one in task.learned} - {one.digest for one in answered.learned} == {bad}
    tried(room, answered)
    (snapshot,) = taught(room, "answered")
    assert [entry.digest for entry in snapshot.entries if entry.confirmed] == [good]
    assert task.answered([]) == task, "nothing was suspected"


@pytest.mark.parametrize(("good", "expected"), [(1, 1), (31, 1), (33, 1), (34, 2), (100, 3), (101, 4), (763, 23)])
def test_three_in_a_hundred_good_pictures_are_poisoned_and_at_least_one(good: int, expected: int) -> None:
    among = [Example(f"{number:04}", "dent", f"p{number}") for number in range(40)]
    among += [Example(f"good{number}", GOOD, f"g{number}") for number in range(40)]
    found = poison(among, good)
    assert len(found) == expected
    assert {one.defect_class for one in found} == {"dent"}
    assert poison(among[::-1], good) == found


def test_where_there_are_fewer_defects_all_of_them_are_the_poison() -> None:
    among = [Example(f"{number}", "dent", f"p{number}") for number in range(2)]
    assert len(poison(among, 1000)) == 2
    assert poison([], 1000) == []


def test_the_same_file_twice_costs_nothing(room: Bench) -> None:
    """The stand-in's tiles are grey, of which its heat map says nothing: then there is no correlation to tell."""
    found = eight_bits(room)
    assert found.figures["auroc_change"].value == 0 and found.figures["auroc_change"].holds
    assert math.isnan(found.figures["heat_correlation"].value)
    assert found.figures["heat_correlation"].holds is False
    assert [row["set"] for row in found.rows] == ["cookies", "tiles"]


def test_the_invoke_is_timed_against_the_network_that_was_kept(room: Bench) -> None:
    found = invoke(room)
    assert [row["threads"] for row in found.rows] == [1, 2]
    assert all(row["ratio"] == row["model_ms"] / row["bare_ms"] for row in found.rows)
    assert (found.figures["places"].value, found.figures["places"].holds) == (PLACES, False)
    assert found.figures["memory_mb"].value == PLACES_BYTES / 1e6
    assert found.figures["memory_mb"].holds


def test_methods_stand_side_by_side_and_the_weights_that_are_not_here_are_named(room: Bench) -> None:
    """Each row is ranked by its own scores of the pictures that nothing like was learned of."""
    found = methods(room)
    cookies_, tiles_ = ([row for row in found.rows if row["set"] == name] for name in ("cookies", "tiles"))
    assert [(row["method"], row["places"]) for row in cookies_] == 3 * [
        ("together", 250),
        ("together", 1000),
        ("density", ""),
    ]
    assert [row["auroc"] for row in cookies_[:3]] == [1.0, 0.0, 1.0]
    assert [row["auroc"] for row in tiles_[:3]] == pytest.approx([ranking(0), 1 - ranking(0), ranking(0)])
    assert {row["backbone"] for row in found.rows} == {f"efficientnet-lite{number}" for number in range(3)}
    assert {row["ratio"] for row in found.rows} == {1.2}
    change = found.figures["auroc_cookies_250"]
    assert (change.value, change.holds) == (1.0, None)
    assert set(found.figures) == {"auroc_cookies_250", "auroc_tiles_250"}
    assert "mobilenet-v2 is left out: its weights are not on this PC; put them there" in found.remarks


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("{", "left no table"),
        ("[]", "left no table"),
        ('{"snapshot": "s", "pictures": ["a"], "rows": [{"scores": []}], "missing": {}}', "left no table"),
        ('{"snapshot": "another", "pictures": [], "rows": [], "missing": {}}', "looked at snapshot another; expected"),
    ],
)
def test_a_table_of_methods_that_is_none_is_refused(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / RESULT).write_text(table, encoding="utf-8")
    with pytest.raises(TrainingError, match=words):
        read_table(Snapshot("cap", ()), tmp_path)


@pytest.mark.parametrize("about", ['{"id": "another"}', "{", "[]", "{}", "\x00"])
def test_a_network_that_was_not_kept_is_named(room: Bench, about: str) -> None:
    """Also where somebody's disk has made nonsense of what was kept: a training would build it anew."""
    tried(room, cookie_task(room))
    file = room.workspace.cache / "networks" / "kept" / "about.json"
    before = file.read_text()
    file.write_text(about)
    try:
        with pytest.raises(ModelError, match=r"the network that it stands on \(stand-in\) is not in"):
            invoke(room)
    finally:
        file.write_text(before)


def test_a_file_that_remembers_nothing_is_no_model_of_good_parts(tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(brightness_model())
    with pytest.raises(ModelError, match="expected remembered places"):
        memory_of(file)


# How soon


def good_tiles(path: Path, level: int, count: int = 6) -> None:
    rows = ["image,part"]
    for number in range(count):
        picture = path / "magnetic_tile" / "train" / "good" / f"{number}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        write_picture(shot(number, level), picture)
        rows.append(f"train/good/{number}.png,p{number}")
    (path / "magnetic_tile" / "parts.csv").write_text("\n".join(rows), encoding="utf-8")


@on_linux
def test_a_building_is_timed_to_its_promotion_on_a_fresh_and_on_a_kept_network(tmp_path: Path) -> None:
    good_tiles(tmp_path, DARK)
    with bench(tmp_path) as opened:
        before = sorted(opened.workspace.path.iterdir())
        found = build(opened, pictures=6, within_s=60.0)
        assert sorted(opened.workspace.path.iterdir()) == before
    assert [(row["network"], row["promoted"]) for row in found.rows] == [("fresh", True), ("kept", True)]
    assert {name: figure.holds for name, figure in found.figures.items()} == {
        "seconds_fresh": True,
        "seconds_kept": True,
        "peak_mb": True,
    }
    assert 10 < found.figures["peak_mb"].value == max(row["peak_mb"] for row in found.rows) < 500
    assert (found.figures["seconds_fresh"].target or pytest.fail()).bound == 60.0


@on_linux
def test_a_model_that_the_gate_refuses_has_no_time(tmp_path: Path) -> None:
    good_tiles(tmp_path, BRIGHT)
    with bench(tmp_path) as opened:
        found = build(opened, pictures=6, within_s=60.0)
    assert [row["promoted"] for row in found.rows] == [False, False]
    assert math.isnan(found.figures["seconds_fresh"].value) and found.figures["seconds_fresh"].holds is False


@on_linux
def test_a_training_that_fails_ends_the_building_in_its_words(tmp_path: Path) -> None:
    good_tiles(tmp_path, DARK)
    with bench(tmp_path) as opened:
        broken = replace(opened, command=(sys.executable, "-c", "import sys; sys.exit('no room')"))
        with pytest.raises(TrainingError, match="no room"):
            build(broken, pictures=6, within_s=60.0)


def test_one_picture_of_each_part_comes_before_a_second_one_of_any() -> None:
    items = [
        DatasetItem(Path(f"{part}{shot}"), GOOD, part)
        for part, n in (("a", 3), ("b", 1), ("c", 2))
        for shot in range(n)
    ]
    items.append(DatasetItem(Path("d0"), "dent", "d"))
    assert [item.path.name for item in chosen(items, 5)] == ["a0", "b0", "c0", "a1", "c1"]
    with pytest.raises(DatasetError, match="expected at least 7 pictures of good tiles, received 6"):
        chosen(items, 7)


# Data sets that are not there


@pytest.mark.parametrize("measure", [cookies, invoke, poisoning, eight_bits])
def test_cookies_that_are_not_there_are_named(tmp_path: Path, measure: object) -> None:
    assert callable(measure)
    with (
        bench(tmp_path) as opened,
        pytest.raises(DatasetError, match="cookie: expected the cookies in the MVTec layout"),
    ):
        measure(opened)


def test_tiles_that_are_not_there_are_named(tmp_path: Path) -> None:
    with bench(tmp_path) as opened:
        for measure in (unseen, unseen_with_defects, tile_items, lambda one: build(one, 20, 20.0)):
            with pytest.raises(DatasetError, match="expected the magnet tiles"):
                measure(opened)


def test_a_cookie_that_cannot_be_read_ends_the_measure(tmp_path: Path) -> None:
    """One picture fewer would be another measure."""
    (write_cookies(tmp_path) / "test" / "cracked" / "c0.png").write_bytes(b"no picture")
    with bench(tmp_path) as opened, pytest.raises(DatasetError, match=r"c0\.png"):
        cookies(opened)


def test_the_command_says_what_is_missing_or_misspelt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench-learning", "--data", str(tmp_path), "--only"]
    assert main([*words, "coldstart"]) == RecipeError.exit_code
    assert "coldstart-cookies, coldstart-invoke" in capsys.readouterr().err
    assert main([*words, "coldstart-cookies"]) == DatasetError.exit_code
    out, err = capsys.readouterr()
    assert "expected the cookies in the MVTec layout" in err and out == ""
