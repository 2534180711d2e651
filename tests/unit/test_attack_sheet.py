"""The sheet of changes, and the words for light: odd words, odd pictures, and what is drawn of which class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Box, Example
from inspector.errors import DatasetError, InspectorError, StoreError, TrainingError
from inspector.learning import variants
from inspector.learning.augmentation import Augmentation, parse_words
from inspector.recipe import LocateMode, LocateSettings
from inspector.store.workspace import Workspace
from tests.unit.attack import Captured, refused, state, told, typed
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, picture, teach

STILL = Augmentation(gamma=0, gain=0, offset=0, noise=0, blur_px=0, crop=0, turn_deg=0, mirror=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as made:
        teach(made, {GOOD: ["g1", "g2", "g3"], "dent": ["d1"]})
        yield made


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Augmentation()),
        (" , ,", Augmentation()),
        ("gain = 0.2 , mirror = no", Augmentation(gain=0.2, mirror=False)),
        ("gain=0.1,gain=0.3", Augmentation(gain=0.3)),
        ("turn_deg=180", Augmentation(turn_deg=180.0)),
        ("noise=1e-3", Augmentation(noise=0.001)),
    ],
)
def test_words_are_read_as_a_person_means_them(words: str, expected: Augmentation) -> None:
    assert parse_words(words) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("gain=0.2;mirror=no", "received 'gain=0.2;mirror=no'"),
        ("gain=0,2", "received '2'"),
        ("gain=20%", "received 'gain=20%'"),
        ("=0.2", "received ''"),
        ("mirror=1", "mirror: expected yes or no, received 1.0"),
        ("mirror=maybe", "received 'mirror=maybe'"),
        ("gain=yes", "gain: expected a number from 0 to 2, received True"),
        ("crop=0.51", "crop: expected a number from 0 to 0.5, received 0.51"),
        ("turn_deg=-1", "turn_deg: expected a number from 0 to 180, received -1.0"),
        ("blur_px=inf", "blur_px: expected a number from 0 to 10, received inf"),
        ("Gain=0.2", "received 'Gain'"),
    ],
)
def test_words_that_mean_nothing_are_refused_before_the_workspace_is_opened(
    words: str, said: str, tmp_path: Path, capsys: Captured
) -> None:
    line = refused(
        capsys,
        TrainingError.exit_code,
        typed(tmp_path / "away", "augmentations", "--augment", words, "--out", str(tmp_path / "sheet.png")),
    )
    assert line.startswith("augmentation: ") and said in line
    assert list(tmp_path.iterdir()) == []


def test_two_pictures_of_each_class_are_drawn_in_the_order_of_their_names(workspace: Workspace) -> None:
    drawn = variants.draw(workspace, workspace.recipes.load(RECIPE), STILL)
    assert drawn.rows == ("dent", GOOD, GOOD)
    assert drawn.pixels.shape[0] % 3 == 0 and drawn.pixels.dtype == np.uint8


def test_where_nothing_may_change_each_row_shows_one_view_all_along(workspace: Workspace) -> None:
    drawn = variants.draw(workspace, workspace.recipes.load(RECIPE), STILL).pixels
    cells = np.split(drawn, 8, axis=1)
    assert all(np.array_equal(cell, cells[0]) for cell in cells)
    changed = np.split(variants.draw(workspace, workspace.recipes.load(RECIPE)).pixels, 8, axis=1)
    assert np.array_equal(changed[0], cells[0]) and not np.array_equal(changed[1], cells[0])


def test_a_second_drawing_is_the_same_to_the_pixel(workspace: Workspace, tmp_path: Path, capsys: Captured) -> None:
    sheets = [tmp_path / "one.png", tmp_path / "two.png"]
    for sheet in sheets:
        told(capsys, typed(workspace.path, "augmentations", "--out", str(sheet)))
    assert sheets[0].read_bytes() == sheets[1].read_bytes()


def test_drawing_changes_nothing_in_the_workspace(workspace: Workspace, tmp_path: Path, capsys: Captured) -> None:
    before = state(workspace.path)
    told(capsys, typed(workspace.path, "augmentations", "--out", str(tmp_path / "sheet.png")))
    assert state(workspace.path) == before


def test_a_picture_on_which_the_region_does_not_lie_is_passed_over(workspace: Workspace) -> None:
    workspace.ledger.add_examples(RECIPE, [Example(workspace.images.put(picture(9)[:16, :16]), "chip", "c1")])
    recipe = replace(workspace.recipes.load(RECIPE), roi=Box(8, 4, 24, 20))
    assert variants.draw(workspace, recipe).rows == ("dent", GOOD, GOOD)


def test_where_the_region_lies_on_no_picture_that_is_said(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), roi=Box(500, 500, 64, 64)))
    words = typed(workspace.path, "augmentations", "--out", str(tmp_path / "sheet.png"))
    line = refused(capsys, DatasetError.exit_code, words)
    assert line == f"recipe {RECIPE}: no labelled picture in which the part is found; import or label some"
    assert not (tmp_path / "sheet.png").exists()


def test_a_mark_whose_picture_is_gone_is_named(workspace: Workspace) -> None:
    mark = workspace.images.put(picture(5)[4:20, 4:20])
    locate = LocateSettings(LocateMode.TEMPLATE, mark, Box(4, 4, 16, 16))
    workspace.images.path(mark).unlink()
    recipe = replace(workspace.recipes.load(RECIPE), roi=Box(0, 0, 24, 20), locate=locate)
    with pytest.raises(StoreError, match=mark):
        variants.draw(workspace, recipe)


def test_an_example_whose_picture_is_gone_is_named_and_no_other_is_drawn_for_it(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    digest = next(one.digest for one in workspace.ledger.examples(RECIPE) if one.defect_class == "dent")
    workspace.images.path(digest).unlink()
    words = typed(workspace.path, "augmentations", "--out", str(tmp_path / "sheet.png"))
    assert digest in refused(capsys, StoreError.exit_code, words)


def test_a_sheet_over_a_sheet_replaces_it_and_a_folder_is_not_replaced(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "sheet.png").write_text("the old one")
    words = typed(workspace.path, "augmentations", "--out", str(tmp_path / "sheet.png"))
    told(capsys, words)
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "folder").mkdir()
    line = refused(capsys, InspectorError.exit_code + 5, [*words[:-1], str(tmp_path / "folder")])
    assert line.startswith(f"{tmp_path / 'folder'}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "sheet.png", "workspace"]
