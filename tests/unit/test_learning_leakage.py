"""Leaks: one part under two names stands on one side, and what a model has met is counted and listed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspector.devices.render import RenderSettings, Sensor, render_part
from inspector.domain import GOOD, Example, Pixels, Snapshot, SnapshotEntry, Split, picture_digest
from inspector.errors import DatasetError, TrainingError
from inspector.learning import leakage
from inspector.learning.duplicates import Match
from inspector.learning.snapshot import golden_set, part_counts, remarks, take
from inspector.pictures import write_picture
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, publish

LINE = RenderSettings(seed=5, width=160, height=120)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        yield opened


def shot(part: int, again: bool = False) -> Pixels:
    """again: under another exposure."""
    return render_part(LINE, part, Sensor(light=1.35 if again else 1.0)).pixels


def as_jpeg(pixels: Pixels) -> Pixels:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=85)
    return np.array(Image.open(stream))


def teach(workspace: Workspace, pictures: dict[str, tuple[Pixels, str]]) -> dict[str, str]:
    """Examples by part name; the digest of each."""
    digests = {part: workspace.images.put(pixels) for part, (pixels, _) in pictures.items()}
    words = [Example(digests[part], name, part) for part, (_, name) in pictures.items()]
    workspace.ledger.add_examples(RECIPE, words)
    return digests


def a_line(count: int = 12) -> dict[str, tuple[Pixels, str]]:
    return {f"p{number:02}": (shot(number), GOOD if number % 2 else "dent") for number in range(count)}


def sides(snapshot: Snapshot) -> dict[str, Split]:
    return {entry.digest: entry.split for entry in snapshot.entries}


def part_names(snapshot: Snapshot) -> dict[str, str]:
    return {entry.digest: entry.part for entry in snapshot.entries}


# Before training


def test_a_part_under_two_names_stands_on_one_side_as_one_part(workspace: Workspace) -> None:
    digests = teach(workspace, a_line() | {"again": (shot(3, again=True), GOOD), "copy": (as_jpeg(shot(5)), GOOD)})
    snapshot = take(workspace, RECIPE)
    for part, other in (("p03", "again"), ("p05", "copy")):
        assert sides(snapshot)[digests[part]] is sides(snapshot)[digests[other]]
        assert part_names(snapshot)[digests[part]] == part_names(snapshot)[digests[other]]
    assert len(set(part_names(snapshot).values())) == 12
    said = "\n".join(remarks(snapshot, workspace))
    assert "again, p03" in said or "pictures of p03" in said
    assert "count as one part" in said


def test_a_line_without_repeats_is_left_as_it_was_named(workspace: Workspace) -> None:
    digests = teach(workspace, a_line())
    snapshot = take(workspace, RECIPE)
    assert part_names(snapshot) == {digest: part for part, digest in digests.items()}
    assert leakage.found(workspace, RECIPE) == []


def test_golden_stays_golden_and_its_repeat_moves_out_of_training(workspace: Workspace) -> None:
    digests = teach(workspace, a_line())
    first = take(workspace, RECIPE)
    held = next(part for part, digest in digests.items() if sides(first)[digest] is Split.GOLDEN)
    number = int(held[1:])
    word = GOOD if number % 2 else "dent"
    (repeat,) = teach(workspace, {"a-repeat": (shot(number, again=True), word)}).values()
    second = take(workspace, RECIPE)
    assert sides(second)[repeat] is Split.GOLDEN
    assert part_names(second)[repeat] == held
    assert set(workspace.ledger.golden(RECIPE)) >= {held}
    assert golden_set(workspace, RECIPE).entries == second.only(Split.GOLDEN)


def test_a_repeat_of_what_a_model_has_learned_never_becomes_its_test(workspace: Workspace) -> None:
    digests = teach(workspace, a_line())
    first = take(workspace, RECIPE)
    publish(workspace, 1, snapshot_id=first.id)
    learned = [part for part, digest in digests.items() if sides(first)[digest] is Split.TRAIN]
    repeats = {f"{part}-again": (shot(int(part[1:]), again=True), GOOD) for part in learned if int(part[1:]) % 2}
    again = teach(workspace, repeats)
    second = take(workspace, RECIPE, golden_share=0.5)
    assert {sides(second)[digest] for digest in again.values()} == {Split.TRAIN}


def test_where_regrouping_leaves_nothing_to_learn_from_it_is_refused_with_the_list(workspace: Workspace) -> None:
    teach(workspace, {part: picture for part, picture in a_line().items() if picture[1] == GOOD})
    teach(workspace, {"d1": (shot(20), "dent"), "d2": (as_jpeg(shot(20)), "dent")})
    workspace.ledger.add_golden(RECIPE, {"d1": "dent"})
    before = workspace.ledger.golden(RECIPE)
    with pytest.raises(DatasetError, match=r"0 defective parts(.|\n)*d1: pictures of d2 show the same part"):
        take(workspace, RECIPE)
    assert workspace.ledger.golden(RECIPE) == before
    assert list(workspace.snapshots.iterdir()) == []


def test_what_was_compared_is_remembered_and_new_pictures_are_compared_with_the_old(workspace: Workspace) -> None:
    told: list[tuple[int, int]] = []
    teach(workspace, a_line())
    take(workspace, RECIPE, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (12, 12)
    assert told == sorted(told) and len(told) == 36, "each picture is drawn, freed of the others, and looked for"
    told.clear()
    take(workspace, RECIPE, on_progress=lambda done, total: told.append((done, total)))
    assert told == []
    teach(workspace, {"again": (shot(3, again=True), GOOD)})
    take(workspace, RECIPE, on_progress=lambda done, total: told.append((done, total)))
    assert set(told) == {(0, 1), (1, 1)} and told[-1] == (1, 1)
    assert len(leakage.found(workspace, RECIPE)) == 1


@pytest.mark.parametrize("calls", [1, 12, 13, 24, 25, 36])
def test_a_look_is_given_up_at_any_moment_and_done_another_time(workspace: Workspace, calls: int) -> None:
    told: list[int] = []

    def stop(done: int, _total: int) -> None:
        told.append(done)
        if len(told) == calls:
            raise TrainingError("enough")

    teach(workspace, a_line())
    with pytest.raises(TrainingError, match="enough"):
        take(workspace, RECIPE, on_progress=stop)
    assert len(told) == calls
    assert list(workspace.snapshots.iterdir()) == []
    assert workspace.ledger.golden(RECIPE) == {}
    again: list[int] = []
    take(workspace, RECIPE, on_progress=lambda done, _total: again.append(done))
    assert again[-1] == 12


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"method": "0", "searched": [], "found": []}', b"\xff"])
def test_a_cache_that_is_damaged_or_of_another_method_is_made_anew(workspace: Workspace, content: bytes) -> None:
    teach(workspace, a_line() | {"again": (shot(3, again=True), GOOD)})
    snapshot = take(workspace, RECIPE)
    folder = workspace.cache / "same-parts"
    (folder / f"{RECIPE}.json").write_bytes(content)
    for file in folder.rglob("*.npz"):
        file.write_bytes(content)
    assert take(workspace, RECIPE) == snapshot


def test_names_follow_chains_and_prefer_the_golden_one() -> None:
    examples = [Example(name, GOOD, name) for name in "abcde"]
    chain = [Match("c", "b", 0.9), Match("d", "c", 0.9)]
    assert leakage.names(examples, chain, set()) == {"c": "b", "d": "b"}
    assert leakage.names(examples, chain, {"d"}) == {"b": "d", "c": "d"}
    assert leakage.names(examples, [Match("gone", "b", 0.9)], set()) == {}


def test_the_table_of_parts_counts_a_regrouped_part_once(workspace: Workspace) -> None:
    teach(workspace, a_line() | {"again": (shot(3, again=True), GOOD)})
    counts = part_counts(take(workspace, RECIPE))
    assert sum(counts[GOOD].values()) == 6


# At the evaluation


def learned_from(workspace: Workspace, digests: dict[str, str]) -> Snapshot:
    return Snapshot(RECIPE, tuple(SnapshotEntry(digest, GOOD, part, Split.TRAIN) for part, digest in digests.items()))


def test_repeats_in_a_test_set_are_found_with_what_they_repeat(workspace: Workspace, tmp_path: Path) -> None:
    digests = teach(workspace, a_line())
    shown = {"jpeg": as_jpeg(shot(3)), "again": shot(5, again=True), "same": shot(7)}
    shown |= {f"new{number}": shot(number) for number in (30, 31, 32)}
    for name, pixels in shown.items():
        write_picture(pixels, tmp_path / f"{name}.png")
    listed = [(tmp_path / f"{name}.png", picture_digest(pixels), name) for name, pixels in shown.items()]
    met = leakage.met(workspace, learned_from(workspace, digests), listed)
    assert {match.first: match.second for match in met.values()} == {
        picture_digest(shown["jpeg"]): digests["p03"],
        picture_digest(shown["again"]): digests["p05"],
    }


def test_a_learned_picture_that_is_no_longer_stored_is_not_compared(workspace: Workspace, tmp_path: Path) -> None:
    digests = teach(workspace, a_line())
    workspace.images.path(digests["p03"]).unlink()
    write_picture(shot(3, again=True), tmp_path / "again.png")
    listed = [(tmp_path / "again.png", picture_digest(shot(3, again=True)), "again")]
    assert leakage.met(workspace, learned_from(workspace, digests), listed) == {}
    assert leakage.met(workspace, Snapshot(RECIPE, ()), listed) == {}


def test_what_is_remembered_is_plain_json(workspace: Workspace) -> None:
    teach(workspace, a_line(4))
    take(workspace, RECIPE)
    table = json.loads((workspace.cache / "same-parts" / f"{RECIPE}.json").read_text())
    assert set(table) == {"method", "searched", "found", "unmarked"}
    assert len(table["searched"]) == 4


# One part that was shown over and over


def shown_again(count: int) -> dict[str, tuple[Pixels, str]]:
    chance = np.random.default_rng(4)
    shots = (shot(1) + chance.normal(0, 1.5, shot(1).shape) for _ in range(count))
    return {f"again{place:02}": (np.clip(pixels, 0, 255).astype(np.uint8), GOOD) for place, pixels in enumerate(shots)}


def test_pictures_of_one_part_over_and_over_are_told(workspace: Workspace) -> None:
    teach(workspace, shown_again(12))
    said = remarks(take(workspace, RECIPE, good_only=True), workspace)
    assert [line for line in said if "12 of 12 pictures, named as 12 parts, differ in nothing but noise" in line]


def test_of_a_line_nothing_of_the_kind_is_said(workspace: Workspace) -> None:
    teach(workspace, a_line())
    assert not any("differ in nothing" in line for line in remarks(take(workspace, RECIPE), workspace))


def test_nor_of_one_part_under_one_name_or_of_the_lesser_half() -> None:
    examples = [Example(str(number), GOOD, "one" if number < 7 else str(number)) for number in range(12)]
    assert list(leakage.told_alike(examples, set(map(str, range(7))))) == []
    assert list(leakage.told_alike(examples, set(map(str, range(6, 12))))) == []
    assert list(leakage.told_alike(examples, set(map(str, range(5, 12))))) != []


# Data sets that teach too little


def test_one_picture_for_each_class_is_learned_from_and_said_to_guard_nothing(workspace: Workspace) -> None:
    digests = teach(workspace, {"p1": (shot(1), GOOD), "p2": (shot(2), "dent")})
    snapshot = take(workspace, RECIPE)
    assert sides(snapshot) == dict.fromkeys(digests.values(), Split.TRAIN)
    said = remarks(snapshot, workspace)
    assert len(said) == 2
    assert all("is in the golden set" in line for line in said)


def test_one_class_alone_is_refused_and_the_workspace_is_as_it_was(workspace: Workspace) -> None:
    teach(workspace, {part: picture for part, picture in a_line(6).items() if picture[1] == GOOD})
    with pytest.raises(DatasetError, match="received 2 good and 0 defective parts"):
        take(workspace, RECIPE)
    assert workspace.ledger.golden(RECIPE) == {}
    assert list(workspace.snapshots.iterdir()) == []


def test_a_class_that_vanished_by_a_later_word_is_no_longer_learned(workspace: Workspace) -> None:
    digests = teach(workspace, a_line() | {"p13": (shot(13), "scratch")})
    assert "scratch" in take(workspace, RECIPE).classes
    workspace.ledger.add_examples(RECIPE, [Example(digests["p13"], "dent", "p13")])
    assert "scratch" not in take(workspace, RECIPE).classes
