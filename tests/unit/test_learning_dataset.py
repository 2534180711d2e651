"""Datasets as people bring them: three layouts, a groups file, and everything that can be wrong with them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.domain import GOOD, Label
from inspector.errors import DatasetError
from inspector.learning.dataset import import_dataset, read_dataset
from inspector.learning.layouts import DatasetItem, class_name
from inspector.pictures import write_picture
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, picture, put_file
from tests.unit.store_entries import NOON, entry


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    """Three good and two dented pictures in the MVTec-AD layout, one of them with a mask."""
    root = tmp_path / "tiles"
    for seed, name in enumerate(("train/good/a.png", "train/good/b.png", "test/good/c.png", "test/dent/d.png")):
        put_file(root, name, seed)
    put_file(root, "test/dent/e.png", 9)
    put_file(root, "ground_truth/dent/d_mask.png", 50)
    return root


def groups_file(folder: Path, *rows: str, header: str = "image,part") -> Path:
    path = folder / "groups.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def facts(items: list[DatasetItem], root: Path) -> list[tuple[str, str, str]]:
    return [(item.path.relative_to(root).as_posix(), item.defect_class, item.split_hint) for item in items]


# Layouts


def test_mvtec_layout_with_its_masks_and_its_split_as_a_hint(tiles: Path) -> None:
    items = read_dataset(tiles)
    assert facts(items, tiles) == [
        ("test/dent/d.png", "dent", "test"),
        ("test/dent/e.png", "dent", "test"),
        ("test/good/c.png", GOOD, "test"),
        ("train/good/a.png", GOOD, "train"),
        ("train/good/b.png", GOOD, "train"),
    ]
    masks = [item.mask_path for item in items]
    assert masks == [tiles / "ground_truth/dent/d_mask.png", None, None, None, None]


def test_class_folders(tmp_path: Path) -> None:
    put_file(tmp_path / "set", "OK/1.png", 1)
    put_file(tmp_path / "set", "Deep Scratch/2.PNG", 2)
    (tmp_path / "set" / "OK" / "notes.txt").write_text("not a picture")
    (tmp_path / "set" / "empty").mkdir()
    items = read_dataset(tmp_path / "set")
    assert [item.defect_class for item in items] == ["deep_scratch", GOOD]


@pytest.mark.parametrize(
    "text",
    [
        "image,class,part,lot\na.png,ok,P1,L1\nsub/b.png,Dent,P2,L1\n",
        "Path;Label;Part;Lot\r\na.png;good;P1;L1\r\nsub\\b.png;dent;P2;L1\r\n",
        "\ufefffile,defect_class,part,lot\n\na.png, good ,P1,L1\nsub/b.png,dent,P2,L1\n\n",
    ],
)
def test_a_csv_file_as_spreadsheets_write_it(tmp_path: Path, text: str) -> None:
    put_file(tmp_path, "a.png", 1)
    put_file(tmp_path, "sub/b.png", 2)
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    for place in (tmp_path, tmp_path / "labels.csv"):
        items = read_dataset(place)
        assert [(i.path.name, i.defect_class, i.part, i.lot) for i in items] == [
            ("a.png", GOOD, "P1", "L1"),
            ("b.png", "dent", "P2", "L1"),
        ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,class\na.png,good\nmissing.png,good\n", r"labels\.csv: row 3: there is no picture .*missing\.png"),
        ("image,class\na.png,good\na.png,dent\n", r"row 3: .*a\.png was named before, in row 2"),
        ("image,class\na.png,\n", r"row 2: column class is empty"),
        ("image,class\na.png,good,extra\n", r"row 2: expected 2 columns \(image, class\), received 3"),
        ("name,class\na.png,good\n", r"expected a column image or path or file, received the columns name, class"),
        ("image,class\na.png,!!\n", r"row 2: expected a class name with a letter or digit, received '!!'"),
        ("image,class\na.png,Unlike\n", r"row 2: 'unlike' is what a model says, not a class"),
        ("image,class\n", r"there is no picture in it"),
        ("", r"there is no picture in it"),
    ],
)
def test_what_is_wrong_in_a_csv_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    put_file(tmp_path, "a.png", 1)
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_dataset(tmp_path)


def test_a_csv_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(DatasetError, match="not a readable CSV file in UTF-8"):
        read_dataset(tmp_path)


def test_a_flat_folder_is_refused_with_what_is_expected_and_what_is_there(tmp_path: Path) -> None:
    put_file(tmp_path, "1.png", 1)
    with pytest.raises(DatasetError, match=r"train/good .* one folder of pictures per class .* found: 1\.png"):
        read_dataset(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        read_dataset(tmp_path / "nowhere")


def test_a_layout_that_was_asked_for_must_be_there(tiles: Path) -> None:
    with pytest.raises(DatasetError, match="read as layout 'classes', but there is no picture"):
        read_dataset(tiles, "classes")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Good", GOOD),
        ("OK", GOOD),
        (" No defect ", GOOD),
        ("Kratzer groß", "kratzer_gross"),
        ("划痕", "划痕"),
        ("a/b\\c", "a_b_c"),
        ("..", None),
        ("x" * 200, "x" * 64),
    ],
)
def test_class_names_are_made_safe_and_alike(written: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(DatasetError, match="class name"):
            class_name(written, "here")
    else:
        assert class_name(written, "here") == stored


@pytest.mark.parametrize("written", ["unlike", "Unlike", " UNLIKE! "])
def test_what_only_a_model_says_is_no_name_of_a_class(written: str) -> None:
    with pytest.raises(DatasetError) as caught:
        class_name(written, "here")
    assert str(caught.value) == "here: 'unlike' is what a model says, not a class; give these parts another name"
    assert class_name(f"{written} steel", "here") == "unlike_steel"


def test_a_folder_whose_name_only_a_model_says_is_named(tmp_path: Path) -> None:
    put_file(tmp_path, "good/a.png", 1)
    put_file(tmp_path, "Unlike/b.png", 2)
    with pytest.raises(DatasetError, match=r"Unlike: 'unlike' is what a model says, .* another name"):
        read_dataset(tmp_path)


# Groups


def test_a_groups_file_names_the_parts(tiles: Path) -> None:
    rows = [f"{path.relative_to(tiles).as_posix()},T{n % 2},1" for n, path in enumerate(sorted(tiles.glob("t*/*/*")))]
    items = read_dataset(tiles, groups=groups_file(tiles, *rows, header="image,part,exposure"))
    assert [item.part for item in items] == ["T0", "T1", "T0", "T1", "T0"]


def test_a_groups_file_for_more_pictures_than_these_will_do(tiles: Path) -> None:
    rows = [f"{path.relative_to(tiles).as_posix()},T1" for path in tiles.glob("t*/*/*")]
    items = read_dataset(tiles, groups=groups_file(tiles, "test/dent/elsewhere.png,T2", *rows))
    assert {item.part for item in items} == {"T1"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["test/dent/dd.png,T1"], r"groups\.csv: row 2: .*dd\.png is not a picture of this dataset, while 5 "),
        (["test/dent/d.png,T1", "test/dent/d.png,T1"], r"row 3: .*d\.png has a part already"),
        (["test/dent/d.png,"], r"row 2: column part is empty"),
        ([",T1"], r"row 2: column image is empty"),
    ],
)
def test_what_is_wrong_in_a_groups_file_is_named(tiles: Path, rows: list[str], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        read_dataset(tiles, groups=groups_file(tiles, *rows))


def test_a_groups_file_with_other_columns_is_refused(tiles: Path) -> None:
    with pytest.raises(DatasetError, match="expected a column part, received the columns image, tile"):
        read_dataset(tiles, groups=groups_file(tiles, "test/dent/d.png,T1", header="image,tile"))


def test_a_lot_is_part_of_the_group() -> None:
    first, second = (DatasetItem(Path("p"), GOOD, "7", lot) for lot in ("L1", "L2"))
    assert first.group("d") == "L1/7" != second.group("d")


# Import


def test_an_import_brings_pictures_masks_and_examples(workspace: Workspace, tiles: Path) -> None:
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert (report.added, report.already_there, report.parts) == (5, 0, 5)
    assert report.classes == {GOOD: 3, "dent": 2}
    examples = {Path(example.source).name: example for example in workspace.ledger.examples(RECIPE)}
    assert (workspace.images.get(examples["e.png"].digest) == picture(9)).all()
    mask = examples["d.png"].mask_digest
    assert mask is not None and workspace.images.has(mask)
    assert examples["e.png"].mask_digest is None


def test_importing_twice_adds_nothing(workspace: Workspace, tiles: Path) -> None:
    import_dataset(workspace, RECIPE, read_dataset(tiles))
    before = workspace.ledger.examples(RECIPE)
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert (report.added, report.already_there) == (0, 5)
    assert workspace.ledger.examples(RECIPE) == before
    assert "5 were imported before and were left as they are." in report.sentences()


def test_files_that_are_no_pictures_are_listed_and_skipped(workspace: Workspace, tiles: Path) -> None:
    (tiles / "test/dent/empty.png").write_bytes(b"")
    (tiles / "test/dent/torn.png").write_bytes((tiles / "test/dent/d.png").read_bytes()[:60])
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert report.added == 5
    assert [refusal.path.name for refusal in report.unreadable] == ["empty.png", "torn.png"]
    assert "0 bytes" in report.unreadable[0].reason
    assert "2 could not be read and were skipped." in report.sentences()


def test_pixels_under_two_classes_are_refused_under_both(workspace: Workspace, tiles: Path) -> None:
    put_file(tiles, "test/good/twin.png", 9)
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert sorted(refusal.path.name for refusal in report.contradictory) == ["e.png", "twin.png"]
    assert "as dent, here as good" in report.contradictory[1].reason
    assert report.classes == {GOOD: 3, "dent": 1}


def test_a_word_that_contradicts_the_ledger_is_refused(workspace: Workspace, tiles: Path, tmp_path: Path) -> None:
    import_dataset(workspace, RECIPE, read_dataset(tiles))
    put_file(tmp_path / "more", "scratch/same_as_e.png", 9)
    report = import_dataset(workspace, RECIPE, read_dataset(tmp_path / "more"))
    assert (report.added, len(report.contradictory)) == (0, 1)
    assert "is in the ledger as dent, here as scratch" in report.contradictory[0].reason
    assert {example.defect_class for example in workspace.ledger.examples(RECIPE)} == {GOOD, "dent"}


def test_a_label_given_by_a_person_stands_against_an_import(workspace: Workspace, tiles: Path) -> None:
    seen = entry(1, recipe=RECIPE, pixels=picture(0))
    workspace.images.put(picture(0))
    workspace.ledger.append([seen])
    workspace.ledger.add_label(Label(seen.inspection.id, "mia", NOON, "scratch"))
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert [refusal.path.name for refusal in report.contradictory] == ["a.png"]


def test_equal_pixels_count_once_and_share_a_part(workspace: Workspace, tiles: Path) -> None:
    write_picture(picture(0), tiles / "train/good/again.png")
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert (report.added, report.repeated, report.parts) == (5, 1, 5)


def test_without_groups_the_report_says_that_figures_may_flatter(workspace: Workspace, tiles: Path) -> None:
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert report.without_part == 5
    assert "For 5 no part is named: each counts as a part of its own." in report.sentences()[-1]
    assert len({example.part for example in workspace.ledger.examples(RECIPE)}) == 5


def test_with_groups_the_parts_are_kept(workspace: Workspace, tiles: Path) -> None:
    rows = [f"{path.relative_to(tiles).as_posix()},T1" for path in tiles.glob("t*/*/*")]
    report = import_dataset(workspace, RECIPE, read_dataset(tiles, groups=groups_file(tiles, *rows)))
    assert (report.parts, report.without_part) == (1, 0)
    assert {example.part for example in workspace.ledger.examples(RECIPE)} == {"T1"}
    assert len(report.sentences()) == 1


@pytest.mark.parametrize(
    ("level", "size", "said"), [(0, (24, 32), "marks no pixel"), (255, (20, 20), "differ in size")]
)
def test_a_mask_that_says_nothing_is_left_out(
    workspace: Workspace, tiles: Path, level: int, size: tuple[int, int], said: str
) -> None:
    write_picture(picture(0)[: size[0], : size[1]] * 0 + level, tiles / "ground_truth/dent/d_mask.png")
    report = import_dataset(workspace, RECIPE, read_dataset(tiles))
    assert said in report.without_mask[0].reason
    assert report.added == 5
    assert all(example.mask_digest is None for example in workspace.ledger.examples(RECIPE))


def test_an_import_that_is_broken_off_leaves_no_example(workspace: Workspace, tiles: Path) -> None:
    for number in range(12):
        put_file(tiles, f"train/good/more{number}.png", 100 + number)

    def stop(done: int, total: int) -> None:
        assert (done, total) == (8, 17)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_dataset(workspace, RECIPE, read_dataset(tiles), stop)
    assert workspace.ledger.examples(RECIPE) == []
    assert import_dataset(workspace, RECIPE, read_dataset(tiles)).added == 17


def test_progress_is_told_to_the_end(workspace: Workspace, tiles: Path) -> None:
    told: list[tuple[int, int]] = []
    import_dataset(workspace, RECIPE, read_dataset(tiles), lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)


def test_the_report_is_json(workspace: Workspace, tiles: Path) -> None:
    (tiles / "test/dent/empty.png").write_bytes(b"")
    table = json.loads(json.dumps(import_dataset(workspace, RECIPE, read_dataset(tiles)).to_json()))
    assert table["added"] == 5
    assert table["unreadable"][0]["path"].endswith("empty.png")


def test_a_groups_file_from_a_csv_writer_round_trips(tiles: Path) -> None:
    path = tiles / "groups.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "part"])
        writer.writerows([picture.relative_to(tiles), "part, 7"] for picture in tiles.glob("t*/*/*"))
    assert {item.part for item in read_dataset(tiles, groups=path)} == {"part, 7"}
