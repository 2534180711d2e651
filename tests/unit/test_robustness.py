"""A certificate of a real model file on stored pictures: its ends are those that arithmetic gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Box, Decision, Example
from inspector.errors import DatasetError, ModelError, StoreError
from inspector.learning.robustness import AXES, Axis, Certificate, HoldRules, certify, file_of, load, save
from inspector.learning.robustness.certifying import nearest_and_drawn
from inspector.learning.robustness.sweep import Broken, most_steps
from inspector.metrics import Outcome
from inspector.recipe import FitnessLimits, Limits, LocateMode, LocateSettings, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, picture, publish, teach

LIMITS = Limits(-1.0, 1.0)
ANY = FitnessLimits(min_brightness=0.0, max_dark=1.0, max_bright=1.0, min_contrast=0.0)
GOLDEN = {f"g{number}": GOOD for number in range(6)} | {f"b{number}": "dent" for number in range(4)}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Ten golden parts, the good ones of level 60 and the dented ones of level 180."""
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: [f"g{n}" for n in range(8)], "dent": [f"b{n}" for n in range(6)]}, pictures_each=2)
        opened.ledger.add_golden(RECIPE, GOLDEN)
        yield opened


@pytest.fixture
def version(workspace: Workspace) -> ModelVersion:
    return publish(workspace, 1, brightness_model())


def recipe_for(version: ModelVersion, **changes: object) -> Recipe:
    return replace(Recipe(RECIPE, model_id=version.card.id, limits=LIMITS), **changes)  # type: ignore[arg-type]


def axes(*names: str) -> tuple[Axis, ...]:
    return tuple(axis for axis in AXES if axis.name in names)


def test_the_range_of_light_is_where_arithmetic_puts_it(workspace: Workspace, version: ModelVersion) -> None:
    """The model says (mean - 120) / 10: below mean 110 a dent passes, from 110 on a good part is sent to a person."""
    found = certify(workspace, recipe_for(version, fitness=ANY), version, axes=axes("light", "offset"))
    light, offset = found.range("light"), found.range("offset")
    assert light is not None and offset is not None
    assert (light.low.value, light.low.broken_by) == (-38, Broken.ESCAPE)
    assert light.high.value == pytest.approx(84, abs=2) and light.high.broken_by is Broken.STOPPED
    assert offset.high.value == pytest.approx(50, abs=1)
    assert (offset.low.value, offset.low.broken_by) == (-60, Broken.END)
    assert (found.good, found.defective, found.golden_parts) == (6, 4, 10)
    darker = light.step(-45.0)
    assert darker.escape.value == 1.0 and darker.escape.n == 4 and set(darker.new_escapes) == set(list(GOLDEN)[6:])
    assert darker.brightness == pytest.approx(0.55 * found.working.brightness, rel=0.02)


def test_what_does_not_touch_the_score_holds_as_far_as_it_is_tried(workspace: Workspace, version: ModelVersion) -> None:
    found = certify(workspace, recipe_for(version, fitness=ANY), version, axes=axes("shift_across", "rotation", "jpeg"))
    assert {end.broken_by for one in found.ranges for end in (one.low, one.high)} == {Broken.END, Broken.NONE}
    assert "JPEG quality 5* and better" in found.sentence and "shift across -40* to +40* px" in found.sentence


def test_a_picture_that_becomes_unfit_stops_the_line_and_is_no_escape(
    workspace: Workspace, version: ModelVersion
) -> None:
    fitness = FitnessLimits(min_brightness=50.0)
    found = certify(workspace, recipe_for(version, fitness=fitness), version, axes=axes("light", "blur"))
    light, blur = found.range("light"), found.range("blur")
    assert light is not None and blur is not None
    assert light.low.broken_by is Broken.STOPPED and light.low.value == pytest.approx(-16, abs=1)
    assert light.step(-20.0).unfit.value == pytest.approx(0.6) and light.step(-20.0).escape.value == 0.0
    assert blur.high.broken_by is Broken.STOPPED  # smoothed so far that nothing is in view any more
    assert blur.steps[-1].unfit.value == 1.0 and blur.steps[-1].escape.value == 0.0
    assert blur.step(blur.high.value).focus < blur.step(0).focus


def test_alignment_is_part_of_the_test(tmp_path: Path) -> None:
    """A region that follows a mark bears any shift within its reach, and beyond it the part is not found."""
    reach = 3
    mark = np.random.default_rng(5).integers(100, 140, (16, 16), dtype=np.uint8)
    with open_room(tmp_path) as room:
        for part, name in (("g0", GOOD), ("g1", GOOD), ("g2", GOOD), ("b0", "dent"), ("b1", "dent")):
            level = 60 if name == GOOD else 180
            pixels = picture(len(room.ledger.examples(RECIPE)), level)
            pixels[4:20, 8:24] = mark.astype(int) + (level - 120)
            room.ledger.add_examples(RECIPE, [Example(room.images.put(pixels), name, part)])
        room.ledger.add_golden(RECIPE, {"g0": GOOD, "g1": GOOD, "b0": "dent"})
        locate = LocateSettings(LocateMode.TEMPLATE, room.images.put(mark), Box(8, 4, 16, 16), reach, 0.9)
        recipe = Recipe(RECIPE, roi=Box(8, 4, 16, 16), locate=locate, limits=LIMITS)
        version = publish(room, 1, brightness_model(), view_id=recipe.view_id)
        found = certify(room, replace(recipe, model_id=version.card.id), version, axes=axes("shift_across"))
    moved = found.range("shift_across")
    assert moved is not None and (moved.low.value, moved.high.value) == (-reach, reach)
    assert moved.step(reach + 1.0).unfit.value == 1.0 and moved.high.broken_by is Broken.STOPPED


def test_the_same_parts_give_the_same_file_and_it_reads_back(workspace: Workspace, version: ModelVersion) -> None:
    few = axes("light", "noise", "gamma")
    found = certify(workspace, recipe_for(version), version, axes=few)
    file = save(workspace, found)
    first = file.read_bytes()
    save(workspace, certify(workspace, recipe_for(version), version, axes=few))
    assert file.read_bytes() == first
    assert file == workspace.path / "reports" / RECIPE / version.card.id / "robustness.json"
    assert load(workspace, RECIPE, version.card.id) == found
    assert json.loads(first)["sentence"] == found.sentence
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_models_folder_is_left_as_it_was_published(workspace: Workspace, version: ModelVersion) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in version.folder.iterdir()}
    save(workspace, certify(workspace, recipe_for(version), version, axes=axes("offset")))
    assert {path.name: path.stat().st_mtime_ns for path in version.folder.iterdir()} == before


def test_a_certificate_fits_only_what_it_was_made_for(workspace: Workspace, version: ModelVersion) -> None:
    recipe = recipe_for(version)
    found = certify(workspace, recipe, version, axes=axes("offset"))
    assert found.fits(recipe)
    assert not found.fits(replace(recipe, limits=Limits(0.0, 1.0)))
    assert not found.fits(replace(recipe, roi=Box(0, 0, 20, 20)))
    assert not found.fits(replace(recipe, model_id="v2-00000000"))


def test_another_version_is_tried_at_the_limits_of_its_own_card(workspace: Workspace, version: ModelVersion) -> None:
    in_use = recipe_for(version, model_id="v9-00000000", limits=Limits(50.0, 60.0))
    assert certify(workspace, in_use, version, axes=axes("offset")).limits == LIMITS


def test_progress_only_rises_and_ends_at_its_total(workspace: Workspace, version: ModelVersion) -> None:
    told: list[tuple[int, int]] = []
    few = axes("light", "offset")
    certify(
        workspace, recipe_for(version), version, axes=few, on_progress=lambda done, total: told.append((done, total))
    )
    pictures = 20
    total = pictures * (1 + sum(most_steps(axis) - 1 for axis in few))
    assert {each for _, each in told} == {total}
    assert [done for done, _ in told] == sorted({done for done, _ in told}) and told[-1] == (total, total)


def test_a_budget_takes_the_nearest_to_the_limits_and_as_many_drawn() -> None:
    parts = [Outcome(f"g{n:02d}", GOOD, Decision.OK, -2.0 - n) for n in range(40)]
    parts += [Outcome(f"b{n:02d}", "dent", Decision.NG, 2.0 + n) for n in range(20)]
    chosen = nearest_and_drawn(parts, LIMITS, 20)
    assert len(chosen) == 20 and sum(name.startswith("b") for name in chosen) == 10
    assert {f"{kind}{n:02d}" for kind in "gb" for n in range(5)} <= chosen
    assert nearest_and_drawn(list(reversed(parts)), LIMITS, 20) == chosen
    assert any(int(name[1:]) >= 10 for name in chosen)


@pytest.mark.parametrize(("good", "bad", "expected"), [(40, 2, 12), (2, 40, 12), (3, 3, 6), (12, 0, 12)])
def test_what_one_kind_leaves_over_goes_to_the_other(good: int, bad: int, expected: int) -> None:
    parts = [Outcome(f"g{n}", GOOD, Decision.OK, -2.0) for n in range(good)]
    parts += [Outcome(f"b{n}", "dent", Decision.UNFIT, None) for n in range(bad)]
    chosen = nearest_and_drawn(parts, LIMITS, 12)
    assert len(chosen) == expected
    assert sum(name.startswith("g") for name in chosen) >= min(good, 6)
    assert sum(name.startswith("b") for name in chosen) >= min(bad, 6)


def test_a_small_budget_tries_fewer_parts_and_says_so(workspace: Workspace, version: ModelVersion) -> None:
    found = certify(workspace, recipe_for(version), version, parts=4, axes=axes("offset"))
    assert (found.good, found.defective, found.golden_parts) == (2, 2, 10)
    assert "2 defective and 2 good golden parts" in found.sentence


def test_the_users_rules_are_kept_with_the_result(workspace: Workspace, version: ModelVersion) -> None:
    lenient = HoldRules(max_overkill_rise=1.0, max_stopped_rise=1.0)
    found = certify(workspace, recipe_for(version), version, axes=axes("offset"), rules=lenient)
    offset = found.range("offset")
    assert offset is not None and offset.high.broken_by is Broken.END and found.rules == lenient


def test_without_golden_parts_of_both_kinds_it_says_what_to_do(tmp_path: Path) -> None:
    with open_room(tmp_path) as room:
        teach(room, {GOOD: ["g0", "g1"], "dent": ["b0"]})
        room.ledger.add_golden(RECIPE, {"g0": GOOD})
        version = publish(room, 1, brightness_model())
        with pytest.raises(DatasetError, match=r"0 defective and 1 good parts.*Label or import"):
            certify(room, recipe_for(version), version)


def test_a_model_for_another_region_is_refused(workspace: Workspace, version: ModelVersion) -> None:
    with pytest.raises(ModelError, match="ROI"):
        certify(workspace, recipe_for(version, roi=Box(0, 0, 20, 20)), version)


def test_a_golden_picture_that_is_gone_is_named(workspace: Workspace, version: ModelVersion) -> None:
    digest = next(one.digest for one in workspace.ledger.examples(RECIPE) if one.part == "g0")
    workspace.images.path(digest).unlink()
    with pytest.raises(StoreError, match=digest[:12]):
        certify(workspace, recipe_for(version), version)


def test_a_model_without_a_certificate_has_none(workspace: Workspace, version: ModelVersion) -> None:
    assert load(workspace, RECIPE, version.card.id) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"recipe": 1', b"\xff\xfe"])
def test_a_damaged_certificate_is_refused_and_can_be_made_again(
    workspace: Workspace, version: ModelVersion, content: bytes
) -> None:
    file = file_of(workspace, RECIPE, version.card.id)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"robustness\.json.*certify"):
        load(workspace, RECIPE, version.card.id)
    found = certify(workspace, recipe_for(version), version, axes=axes("offset"))
    save(workspace, found)
    assert load(workspace, RECIPE, version.card.id) == found


def test_an_axis_that_nobody_knows_is_refused(workspace: Workspace, version: ModelVersion) -> None:
    table = certify(workspace, recipe_for(version), version, axes=axes("offset")).to_json()
    table["ranges"][0]["axis"] = "taste"
    with pytest.raises(ValueError, match="taste"):
        Certificate.from_json(table)


def test_where_a_folder_cannot_be_made_the_fault_is_said_plainly(workspace: Workspace, version: ModelVersion) -> None:
    found = certify(workspace, recipe_for(version), version, axes=axes("offset"))
    (workspace.path / "reports").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"robustness\.json"):
        save(workspace, found)
