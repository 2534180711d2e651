"""The simulated operator: who is labelled, what the gate and the person do of it, and what is told in the end.

Its models are the brightness model, which learns nothing: what they say of each part can be told from its picture.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.bench.learning import MEASURES, Bench, written
from inspector.bench.learning.operator import Mix, Simulation, found, operator
from inspector.bench.learning.operator.account import PICTURE, forgotten
from inspector.bench.learning.operator.labelling import BUDGET, RECIPE, WHO, Gated, Operator, Way, begin, trained
from inspector.bench.learning.operator.simulation import Row, Told
from inspector.domain import GOOD, UNNAMED, Box, Decision, Example, Snapshot
from inspector.learning.promotion import history
from inspector.metrics import clopper_pearson
from inspector.recipe import Limits, Recipe
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import card
from tests.unit.learning_rooms import brightness_model

SMALL = Mix(
    rounds=2,
    parts_per_round=30,
    later_from=2,
    share=0.07,
    taught=3,
    untouched_good=20,
    untouched_defective=4,
    width=128,
    height=96,
    region=Box(22, 6, 84, 84),
)


STAND_IN = (sys.executable, "-m", "tests.unit.operator_stand_in")


class Lessons:
    """Publishes the brightness model at these limits, and keeps what it was to learn from."""

    def __init__(self, *limits: Limits) -> None:
        self.snapshots: list[Snapshot] = []
        self._limits = limits

    def __call__(self, workspace: Workspace, recipe: Recipe, snapshot: Snapshot) -> ModelVersion:
        number = workspace.versions.next_number(recipe.name)
        limits = self._limits[min(number, len(self._limits)) - 1]
        self.snapshots.append(snapshot)
        folder = workspace.cache / f"made-{number}"
        folder.mkdir()
        (folder / "model.tflite").write_bytes(brightness_model())
        made = card(number, brightness_model(), limits=limits, snapshot_id=snapshot.id, view_id=recipe.view_id)
        return workspace.versions.publish(folder, replace(made, recipe=recipe.name))


STOP_ALL, PASS_ALL = Limits(-100.0, -100.0), Limits(100.0, 100.0)
BY_LIGHT = Limits(-4.0, 4.0)


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the first model in use."""
    place = tmp_path_factory.mktemp("first") / "workspace"
    with Workspace.create(place) as opened:
        assert begin(opened, SMALL, Lessons(BY_LIGHT)).gated is Gated.OVERRULED
    return place


@pytest.fixture
def workspace(first_day: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(first_day, tmp_path / "workspace")
    with Workspace.open(tmp_path / "workspace") as opened:
        yield opened


# The line


def test_every_round_goes_on_where_the_last_one_ended() -> None:
    parts = [one.part.group for round_ in (1, 2) for one in SMALL.made(round_)]
    assert len(set(parts)) == 2 * SMALL.parts_per_round


def test_the_later_class_is_on_the_line_from_its_round_on_and_not_before() -> None:
    first, second = (Counter(one.defect_class for one in SMALL.made(round_)) for round_ in (1, 2))
    assert set(first) == {GOOD, *SMALL.known}
    assert set(second) == {GOOD, *SMALL.defects}
    assert first[GOOD] == pytest.approx(0.72 * 30, abs=2)


def test_the_first_day_has_as_many_of_each_class_that_is_known() -> None:
    assert Counter(one.defect_class for one in SMALL.first_day()) == dict.fromkeys((GOOD, *SMALL.known), 3)


def test_the_untouched_parts_are_of_every_class_and_never_on_the_line() -> None:
    untouched = list(SMALL.untouched())
    assert Counter(one.defect_class for one in untouched) == {GOOD: 20, **dict.fromkeys(SMALL.defects, 4)}
    others = {one.part.group for round_ in (1, 2) for one in SMALL.made(round_)}
    others |= {one.part.group for one in SMALL.first_day()}
    assert not others & {one.part.group for one in untouched}


def test_a_class_is_older_from_the_round_after_its_first_on() -> None:
    assert SMALL.later not in SMALL.older(2)
    assert SMALL.older(3) == SMALL.defects


# Labelling


def at_work(workspace: Workspace, way: Way, limits: Limits) -> Operator:
    """One whose model in use decides at these limits, when the first round's parts have come by."""
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), limits=limits))
    operator = Operator(workspace, way, seed=1)
    operator.inspect(1, list(SMALL.made(1)))
    return operator


def test_all_that_the_line_made_is_in_the_ledger_with_its_picture(workspace: Workspace) -> None:
    at_work(workspace, Way.RANDOM, BY_LIGHT)
    records = workspace.ledger.records(RECIPE, limit=None)
    assert len(records) == SMALL.parts_per_round
    assert all(workspace.images.has(record.inspection.frame_digest) for record in records)


@pytest.mark.parametrize(
    ("way", "limits"),
    [(Way.RANDOM, BY_LIGHT), (Way.REVIEW, BY_LIGHT), (Way.REVIEW, STOP_ALL), (Way.REVIEW, PASS_ALL)],
)
def test_as_many_labels_are_given_in_either_way(workspace: Workspace, way: Way, limits: Limits) -> None:
    operator = at_work(workspace, way, limits)
    labelled = operator.label(1)
    assert len({record.inspection.id for record in labelled}) == len(labelled) == BUDGET
    named = [record for record in workspace.ledger.records(RECIPE, labelled=True, limit=None) if record.label]
    assert sum(record.label.defect_class != UNNAMED for record in named if record.label) == BUDGET


@pytest.mark.parametrize("way", list(Way))
def test_every_label_is_the_truth(workspace: Workspace, way: Way) -> None:
    operator = at_work(workspace, way, BY_LIGHT)
    truth = {one.part.group: one.defect_class for one in SMALL.made(1)}
    for record in operator.label(1):
        label = workspace.ledger.record(record.inspection.id).label
        assert label is not None
        assert (label.defect_class, label.who) == (truth[record.inspection.part.group], WHO)


def test_every_escape_is_told_and_those_that_are_left_over_wait_for_their_name(workspace: Workspace) -> None:
    operator = at_work(workspace, Way.REVIEW, PASS_ALL)
    defects = sum(one.defect_class != GOOD for one in SMALL.made(1))
    named = sum(operator.truth(record) != GOOD for record in operator.label(1))
    words = [record.label.defect_class for record in workspace.ledger.records(RECIPE, limit=None) if record.label]
    assert sum(word != GOOD for word in words) == defects == 9
    assert words.count(UNNAMED) == defects - named
    assert named > BUDGET * SMALL.share * len(SMALL.known), "more of them than chance would find"


def test_rejected_good_parts_are_taken_back_at_the_line(workspace: Workspace) -> None:
    operator = at_work(workspace, Way.REVIEW, STOP_ALL)
    first = operator.label(1)[:5]
    assert {record.inspection.verdict.decision for record in first} == {Decision.NG}
    assert {operator.truth(record) for record in first} == {GOOD}


def test_at_random_the_draw_is_always_the_same(workspace: Workspace, first_day: Path, tmp_path: Path) -> None:
    def drawn(room: Workspace) -> list[str]:
        return [record.inspection.id for record in at_work(room, Way.RANDOM, BY_LIGHT).label(1)]

    shutil.copytree(first_day, tmp_path / "again")
    with Workspace.open(tmp_path / "again") as again:
        found = drawn(workspace)
        assert found == drawn(again)
        assert found != sorted(found)


def test_the_next_model_learns_what_was_labelled(workspace: Workspace) -> None:
    operator = at_work(workspace, Way.RANDOM, BY_LIGHT)
    lessons = Lessons(BY_LIGHT)
    labelled = {record.inspection.frame_digest for record in operator.label(1)}
    trained(workspace, lessons)
    assert labelled <= {entry.digest for entry in lessons.snapshots[-1].entries}
    assert len(lessons.snapshots[-1].entries) == BUDGET + 5 * SMALL.taught


# The gate and the person


def test_the_first_model_comes_into_use_for_a_reason(workspace: Workspace) -> None:
    assert workspace.recipes.load(RECIPE).model_id
    (event,) = workspace.ledger.events("promoted")
    assert event.detail["force_reason"] == "the first model of a new line"


def add_golden(workspace: Workspace, each: int = 6) -> None:
    """Good parts that the brightness model takes for dark, and dents that it takes for bright."""
    parts = {f"{name}-{number}": name for name in (GOOD, "dent") for number in range(each)}
    examples = []
    for number, (part, name) in enumerate(parts.items()):
        noise = np.random.default_rng(number).integers(-20, 21, (96, 128))
        pixels = (noise + (60 + number if name == GOOD else 174 + number)).astype(np.uint8)
        examples.append(Example(workspace.images.put(pixels), name, part))
    workspace.ledger.add_examples(RECIPE, examples)
    workspace.ledger.add_golden(RECIPE, parts)


@pytest.mark.parametrize(
    ("before", "after", "gated"),
    [
        (BY_LIGHT, BY_LIGHT, Gated.PASSED),
        (BY_LIGHT, PASS_ALL, Gated.REFUSED),  # six dents more would pass
        (PASS_ALL, STOP_ALL, Gated.REFUSED),  # ten defects would be stopped, and every good part
        (STOP_ALL, Limits(3.0, 3.0), Gated.OVERRULED),  # seven good parts are saved for four defects
    ],
)
def test_a_person_overrules_the_gate_where_more_is_won_than_lost(
    workspace: Workspace, before: Limits, after: Limits, gated: Gated
) -> None:
    add_golden(workspace)
    in_use = replace(workspace.recipes.load(RECIPE), limits=before)
    workspace.recipes.save(in_use)
    candidate = trained(workspace, Lessons(after))
    assert candidate.gated is gated
    runs = in_use.model_id if gated is Gated.REFUSED else candidate.version.card.id
    assert workspace.recipes.load(RECIPE).model_id == runs


def test_where_the_golden_set_is_too_small_the_person_decides(workspace: Workspace) -> None:
    assert trained(workspace, Lessons(BY_LIGHT)).gated is Gated.OVERRULED
    event = workspace.ledger.events("promoted")[0]
    assert event.detail["force_reason"] == "the golden set is too small for the gate to say anything"


# The whole


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator")


@pytest.fixture(scope="module")
def rows(place: Path) -> list[Row]:
    return Simulation(place, SMALL, Lessons(BY_LIGHT), lambda _step, _done, _total: None).run()


def test_there_is_a_row_for_each_round_and_way(rows: list[Row]) -> None:
    assert [(row.round, row.way) for row in rows] == [(round_, way) for round_ in range(3) for way in Way]
    assert [row.labels for row in rows] == [0, 0, BUDGET, BUDGET, 2 * BUDGET, 2 * BUDGET]


@pytest.mark.parametrize("way", list(Way))
def test_each_way_has_a_workspace_with_its_own_lineage(place: Path, rows: list[Row], way: Way) -> None:
    with Workspace.open(place / way) as workspace:
        versions = [version.card.id for version in history(workspace, RECIPE)]
        assert len(workspace.ledger.records(RECIPE, limit=None)) == 2 * SMALL.parts_per_round
    assert versions == [row.model for row in rows if row.way is way]


def test_both_ways_begin_with_the_same_model(rows: list[Row]) -> None:
    assert rows[0].model == rows[1].model == rows[0].in_use


def test_figures_stand_on_all_untouched_parts(rows: list[Row]) -> None:
    for row in rows:
        assert (row.escapes.n, row.let_pass.n) == (20, 20)
        assert [one.defect_class for one in row.classes] == list(SMALL.defects)
        assert sum(one.escapes.value * one.escapes.n for one in row.classes) == pytest.approx(20 * row.escapes.value)


def test_a_model_that_learns_nothing_gains_and_forgets_nothing(rows: list[Row]) -> None:
    finding = found(SMALL, rows)
    assert finding.figures["forgotten"].value == finding.figures["forgotten_ever"].value == 0.0
    assert finding.figures["gap"].holds is False and not finding.holds


def test_the_finding_is_a_table_and_a_picture(rows: list[Row]) -> None:
    finding = found(SMALL, rows)
    assert {tuple(row) for row in finding.rows} == {tuple(finding.rows[0])}
    drawn = finding.pictures[PICTURE]
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert drawn.count("<polyline") > 2 * 3 + 2 and "burr begins" in drawn
    assert "![operator](operator.svg)" in written({}, "features", {"operator": finding})
    assert "30 parts a round, 7% of them with each of dent, missing_hole, scratch, stain" in finding.about


def test_it_is_one_of_the_measures_and_leaves_nothing_behind(tmp_path: Path) -> None:
    assert MEASURES["operator"] is operator
    told: list[tuple[str, int, int]] = []
    mix = replace(SMALL, rounds=1, parts_per_round=20, untouched_good=10, untouched_defective=2)
    with Workspace.create(tmp_path / "workspace") as workspace:
        before = set(workspace.path.iterdir())
        bench = Bench(tmp_path, workspace, lambda *step: told.append(step), command=STAND_IN)
        finding = operator(bench, mix)
        assert set(workspace.path.iterdir()) == before | {workspace.path / "ledger.db"}
    assert [row["labels"] for row in finding.rows] == [0, 0, 20, 20]
    assert ("rounds", 1, 1) in told and ("untouched parts", 20, 20) in told


# Gains and losses, by hand


def row_of(way: Way, round_: int, escapes: int, later: float, older: float) -> Row:
    classes = tuple(
        Told(name, later if name == SMALL.later else older, clopper_pearson(0, 4)) for name in SMALL.defects
    )
    rate = clopper_pearson(escapes, 600)
    model = f"v{round_ + 1}"
    return Row(way, round_, 20 * round_, 0, model, Gated.PASSED, model, older, rate, rate, classes)


def pair(round_: int, ours: int, theirs: int, later: float = 0.9, older: float = 0.9) -> list[Row]:
    return [row_of(Way.REVIEW, round_, ours, later, older), row_of(Way.RANDOM, round_, theirs, later, older)]


def test_clearly_fewer_escapes_are_those_whose_intervals_do_not_meet() -> None:
    clear = found(SMALL, [*pair(0, 300, 300), *pair(1, 200, 250), *pair(2, 100, 200)])
    assert clear.figures["escapes"].value == pytest.approx(1 / 6)
    assert clear.figures["gap"].holds and clear.holds
    near = found(SMALL, [*pair(0, 300, 300), *pair(1, 200, 250), *pair(2, 180, 200)])
    assert near.figures["gap"].holds is False


def test_what_was_lost_and_won_back_is_told_too() -> None:
    rows = [*pair(0, 9, 9, older=0.95), *pair(1, 9, 9, older=0.90), *pair(2, 9, 9, older=0.95)]
    figures = found(SMALL, rows).figures
    assert figures["forgotten"].value == 0.0
    assert figures["forgotten_ever"].value == pytest.approx(0.05)
    assert figures["forgotten"].holds and figures["forgotten_ever"].holds is False


def test_a_class_that_nobody_was_taught_cannot_be_forgotten() -> None:
    rows = [row_of(Way.REVIEW, round_, 9, later, 0.9) for round_, later in enumerate((0.99, 0.98, 0.80, 0.75))]
    assert forgotten(SMALL, rows, 2) == 0.0
    assert forgotten(SMALL, rows, 3) == pytest.approx(0.05)


def test_what_is_in_use_is_told_by_its_own_row() -> None:
    rows = [*pair(0, 300, 300), *pair(1, 60, 200), *pair(2, 100, 200)]
    rows[4] = replace(rows[4], gated=Gated.REFUSED, in_use=rows[2].model)
    assert found(SMALL, rows).figures["escapes_in_use"].value == pytest.approx(0.1)
