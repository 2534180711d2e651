"""Pictures of different sizes: what is refused before it is learned, what is told, and what is as it should be."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from inspector.domain import GOOD, Box, Example
from inspector.errors import DatasetError, StoreError
from inspector.learning import sizes
from inspector.learning.anomaly import told
from inspector.learning.sizes import Size, Sizes
from inspector.learning.snapshot import take
from inspector.pictures import write_picture
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.store.images import ImageStore
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE, card
from tests.unit.learning_rooms import open_room

WHOLE = Recipe(RECIPE)
REGION = Recipe(RECIPE, roi=Box(40, 30, 200, 100))
BY_MARK = replace(REGION, locate=LocateSettings(LocateMode.TEMPLATE, "a" * 64, Box(50, 40, 20, 20)))
FIVE_BY_FOUR, FOUR_BY_THREE, HALF = (1280, 1024), (1600, 1200), (640, 512)
CUT_OUT = [(100 + 7 * place % 90, 200 + 11 * place % 130) for place in range(20)]


def of(*found: Size) -> Sizes:
    """Pictures of these sizes, one part each: part-0, part-1 and so on."""
    parts = [(size, (f"{place:064x}", f"part-{place}")) for place, size in enumerate(found)]
    return Sizes({size: [one for each, one in parts if each == size] for size, _ in Counter(found).most_common()})


@pytest.mark.parametrize("recipe", [WHOLE, REGION])
def test_two_cameras_are_refused_with_their_sizes_their_parts_and_what_to_do(recipe: Recipe) -> None:
    with pytest.raises(DatasetError) as refused:
        sizes.check(of(*[FIVE_BY_FOUR] * 12, *[FOUR_BY_THREE] * 6), recipe)
    words = str(refused.value)
    assert "12 of 1280 x 1024 pixels, 6 of 1600 x 1200 pixels (part-12, part-13, part-14, part-15, part-16 and" in words
    assert "`inspector recipe new NAME`" in words
    assert words.endswith(f"`inspector review --recipe cap --picture {'0' * 16} withdrawn`")


def test_what_would_go_wrong_is_said() -> None:
    two = of(*[FIVE_BY_FOUR] * 12, *[FOUR_BY_THREE] * 6)
    with pytest.raises(DatasetError, match="to one square, so that one format would be learned stretched"):
        sizes.check(two, WHOLE)
    with pytest.raises(DatasetError, match="200 x 100 pixels at 40, 30, which shows something else in each format"):
        sizes.check(two, REGION)


def test_a_picture_held_upright_is_another_format() -> None:
    with pytest.raises(DatasetError, match="4 of 480 x 640"):
        sizes.check(of(*[(640, 480)] * 16, *[(480, 640)] * 4), WHOLE)


def test_another_resolution_of_one_shape_is_refused_only_where_a_region_is_cut() -> None:
    binned = of(*[FIVE_BY_FOUR] * 10, *[HALF] * 10)
    sizes.check(binned, WHOLE)
    assert [row["pictures"] for row in sizes.remarkable(binned, WHOLE)] == [10, 10]
    with pytest.raises(DatasetError, match="10 of 640 x 512"):
        sizes.check(binned, REGION)


@pytest.mark.parametrize("found", [[FIVE_BY_FOUR] * 20, CUT_OUT, [*CUT_OUT, CUT_OUT[0], CUT_OUT[5]]])
@pytest.mark.parametrize("recipe", [WHOLE, REGION, BY_MARK])
def test_one_camera_and_cut_out_parts_are_learned(found: list[Size], recipe: Recipe) -> None:
    sizes.check(of(*found), recipe)


def test_what_is_found_by_its_mark_is_as_large_as_it_was_taught() -> None:
    two = of(*[FIVE_BY_FOUR] * 10, *[FOUR_BY_THREE] * 10)
    sizes.check(two, BY_MARK)
    assert sizes.remarkable(two, BY_MARK) == []


def test_one_odd_picture_is_told_and_not_refused() -> None:
    odd = of(*[FIVE_BY_FOUR] * 20, (4032, 3024))
    sizes.check(odd, WHOLE)
    (words,) = sizes.told(sizes.remarkable(odd, WHOLE))
    assert "20 of 1280 x 1024 pixels, 1 of 4032 x 3024 pixels (part-20)." in words


def test_cut_out_parts_are_told_in_a_line() -> None:
    rows = sizes.remarkable(of(*CUT_OUT), WHOLE)
    assert rows[-1] == {"sizes": 17, "pictures": 17}
    (words,) = sizes.told(rows)
    assert "17 of 17 other sizes" in words
    assert words.endswith("all is well.")
    assert told(card(1, b"m", results={"mode": "anomaly", "picture_sizes": rows})) == (words,)


def test_one_size_is_nothing_to_tell_of_nor_is_a_line_more() -> None:
    assert sizes.remarkable(of(*[FIVE_BY_FOUR] * 20), REGION) == []
    assert sizes.remarkable(of(*[(1920, 1200)] * 10, *[(1936, 1216)] * 10), WHOLE) == []
    assert sizes.told([]) == []
    assert told(card(1, b"m", results={"mode": "anomaly", "picture_sizes": []})) == ()


def test_pictures_that_the_line_would_not_judge_are_told() -> None:
    (words,) = told(card(1, b"m", results={"mode": "anomaly", "not_located": 1}))
    assert words.startswith("From 1 picture nothing was learned: the part is not found where the recipe looks for it")
    assert "From 3 pictures" in told(card(1, b"m", results={"mode": "anomaly", "not_located": 3}))[0]
    assert told(card(1, b"m", results={"mode": "anomaly", "not_located": 0})) == ()


def test_sizes_are_read_from_what_is_stored_the_commonest_first(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    wide, high = (np.full(shape, 90, np.uint8) for shape in ((20, 30), (40, 24)))
    digests = [store.put(wide), store.put(high), store.put(high + np.uint8(1))]
    found = sizes.look(store, [Example(digest, GOOD, f"p{place}") for place, digest in enumerate(digests)])
    assert found.pictures == {(24, 40): [(digests[1], "p1"), (digests[2], "p2")], (30, 20): [(digests[0], "p0")]}
    store.path(digests[0]).unlink()
    with pytest.raises(StoreError, match="not in this workspace"):
        sizes.look(store, [Example(digests[0], GOOD, "p0")])


def put_pictures(folder: Path, count: int, width: int, height: int) -> Path:
    """As one camera writes them, into a folder of good parts."""
    random = np.random.default_rng(width)
    for place in range(count):
        path = folder / "good" / f"{width}-{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(random.integers(0, 255, (height, width), np.uint8), path)
    return folder


def test_a_folder_of_two_cameras_is_refused_in_a_terminal_and_nothing_is_held_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_pictures(tmp_path / "shots", 6, 40, 30)
    put_pictures(tmp_path / "shots", 3, 32, 32)
    place = ("--recipe", "cap", "--workspace", str(tmp_path / "workspace"))
    assert main(["import", str(tmp_path / "shots"), *place]) == 0
    assert main(["train", "--mode", "anomaly", *place]) == DatasetError.exit_code
    words = capsys.readouterr().err
    assert "6 of 40 x 30 pixels, 3 of 32 x 32 pixels (picture-" in words
    with Workspace.open(tmp_path / "workspace") as workspace:
        assert workspace.ledger.golden("cap") == {}
        assert list(workspace.snapshots.iterdir()) == []


def test_the_wrong_ones_are_taken_out_as_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_pictures(tmp_path / "shots", 6, 40, 30)
    put_pictures(tmp_path / "shots", 2, 32, 32)
    place = ("--recipe", "cap", "--workspace", str(tmp_path / "workspace"))
    assert main(["import", str(tmp_path / "shots"), *place]) == 0
    for _ in range(2):
        with Workspace.open(tmp_path / "workspace") as workspace, pytest.raises(DatasetError) as refused:
            take(workspace, "cap", good_only=True)
        written = str(refused.value).rpartition("`inspector ")[2].rstrip("`").split()
        assert main([*written, "--workspace", str(tmp_path / "workspace")]) == 0
        if "2 of 32 x 32" in str(refused.value):
            break
    with Workspace.open(tmp_path / "workspace") as workspace:
        left = take(workspace, "cap", good_only=True)
    assert len(left.entries) == 7, "one of the other camera is left, which is told and not refused"
    assert json.loads(
        json.dumps(sizes.remarkable(sizes.look(ImageStore(workspace.images.folder), left.entries), WHOLE))
    )


def test_what_is_taught_with_defects_may_be_of_any_size(tmp_path: Path) -> None:
    with open_room(tmp_path) as workspace:
        shots = [(GOOD, (20, 30)), (GOOD, (20, 30)), ("dent", (30, 20)), ("dent", (30, 20))]
        random = np.random.default_rng(1)
        examples = [
            Example(workspace.images.put(random.integers(0, 255, shape, np.uint8)), name, f"{name}-{place}")
            for place, (name, shape) in enumerate(shots)
        ]
        workspace.ledger.add_examples(RECIPE, examples)
        with pytest.raises(DatasetError, match="2 of 20 x 30 pixels, 2 of 30 x 20 pixels"):
            take(workspace, RECIPE, good_only=True)
        assert len(take(workspace, RECIPE).entries) == 4
