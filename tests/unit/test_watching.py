"""A rendered line is calm as long as nothing changes, and what changes is called by its name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inspector.devices.render.light import Sensor
from inspector.domain import GOOD, Decision, Example
from inspector.errors import ModelError
from inspector.learning.robustness import AXES, Certificate, End, Range, Scene, Step, save
from inspector.learning.robustness.sweep import DEFAULT_RULES, Broken
from inspector.learning.watching import ALARM, CALM, MIN_PARTS, Watch, note, reference_of, standing_alarm, watch
from inspector.metrics import clopper_pearson
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.watched_lines import MONDAY, Change, Line, taught_room

DIM = Sensor(light=0.82)


def disturbance(name: str, value: float) -> Change:
    axis = next(axis for axis in AXES if axis.name == name)
    return lambda pixels: axis.disturb(pixels, value, Scene((64.0, 48.0), 3))


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace, _ = taught_room(tmp_path_factory.mktemp("taught"))
    workspace.close()
    return workspace.path


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(taught, tmp_path / "workspace")
    with Workspace.open(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def recipe(workspace: Workspace) -> Recipe:
    return workspace.recipes.load(RECIPE)


@pytest.fixture
def line(workspace: Workspace, recipe: Recipe) -> Line:
    return Line(workspace, recipe)


def names(found: Watch) -> list[str]:
    return [alarm.name for alarm in found.alarms]


def certify_by_hand(line: Line, recipe: Recipe, light: tuple[float, float], focus: float) -> None:
    """A certificate whose light ends at these brightnesses, and whose blur at this focus."""
    none = clopper_pearson(0, 10)

    def step(value: float, brightness: float, focus: float) -> Step:
        return Step(value, none, none, none, none, (), None, brightness, 30.0, focus)

    ends = End(-1.0, Broken.ESCAPE), End(1.0, Broken.OVERKILL)
    ranges = (
        Range("light", "%", *ends, (step(-1.0, light[0], 0.2), step(1.0, light[1], 0.2))),
        Range("blur", "px", replace(ends[0], value=0.0), ends[1], (step(1.0, 60.0, focus),)),
    )
    limits = recipe.limits
    working = step(0.0, 60.0, 0.2)
    certificate = Certificate(
        RECIPE, recipe.model_id, recipe.view_id, limits, DEFAULT_RULES, 20, 10, 10, working, ranges
    )
    save(line.workspace, certificate)


# Light, focus, neither


def test_a_line_on_which_nothing_changes_is_calm_at_every_look(line: Line) -> None:
    """Over seven lots, each with another surface, and at the light's usual scatter."""
    for lot in range(7):
        line.run(50, keep=lot > 5)
        found = line.look()
        assert names(found) == [], list(found.lines)
    assert {"light", "contrast", "focus", "scores", "unlike", "late"} <= {signal.name for signal in found.signals}


def test_light_that_falls_is_called_light_with_how_much_and_since_when(line: Line) -> None:
    line.run(150, keep=False)
    line.run(80, DIM, keep=False)
    found = line.look()
    assert names(found)[0] == "light" and "focus" not in names(found) and "contrast" not in names(found)
    light = found.alarms[0]
    assert "light fell 18% since Monday 2026-03-02" in light.words and "the model was taught between 5" in light.words
    assert light.since is not None and abs(light.since - (MONDAY + timedelta(minutes=150))) <= timedelta(minutes=3)
    assert any(line.startswith("Set light and lens back first") for line in found.lines)


def test_light_that_fades_slowly_is_found_before_it_is_far_gone(line: Line) -> None:
    line.run(100, keep=False)
    for step in range(1, 12):
        line.run(20, Sensor(light=1 - 0.02 * step), keep=False)
        found = line.look(60)
        if names(found):
            break
    assert names(found)[0] == "light" and step <= 10
    assert "fell" in found.alarms[0].words


def test_a_lens_that_blurs_is_called_focus(line: Line) -> None:
    line.run(150, keep=False)
    line.run(80, change=disturbance("blur", 1.2), keep=False)
    found = line.look()
    assert names(found)[0] == "focus" and "light" not in names(found)
    assert "focus fell" in found.alarms[0].words
    began = found.alarms[0].since
    assert began is not None and abs(began - (MONDAY + timedelta(minutes=150))) <= timedelta(minutes=3)


def test_stray_light_takes_the_contrast(line: Line) -> None:
    line.run(100, keep=False)
    line.run(80, change=disturbance("offset", 40), keep=False)
    assert {"light", "contrast"} <= set(names(line.look()))


def test_a_change_within_what_was_taught_is_no_alarm(line: Line) -> None:
    line.run(120, keep=False)
    line.run(80, Sensor(light=0.96), keep=False)
    assert names(line.look()) == []


def test_what_was_wrong_from_the_first_part_on_has_no_beginning(line: Line) -> None:
    line.run(100, DIM, keep=False)
    found = line.look()
    assert found.alarms[0].since is None
    assert "light is 1" in found.alarms[0].words and "lower than taught since the model runs" in found.alarms[0].words


# What a certificate changes


def test_a_certificate_that_bears_the_change_keeps_the_line_calm(line: Line, recipe: Recipe) -> None:
    certify_by_hand(line, recipe, (40.0, 90.0), 0.01)
    line.run(100, keep=False)
    line.run(80, DIM, disturbance("blur", 1.2), keep=False)
    found = line.look()
    assert found.certified and not {"light", "focus"} & set(names(found))


def test_a_certificate_that_does_not_is_named_as_the_limit(line: Line, recipe: Recipe) -> None:
    certify_by_hand(line, recipe, (59.0, 90.0), 0.01)
    line.run(100, keep=False)
    assert names(line.look()) == []
    line.run(80, Sensor(light=0.92), keep=False)
    found = line.look()
    assert names(found)[0] == "light"
    assert "may be used from 59 to 90 by its certificate" in found.alarms[0].words


def test_a_certificate_for_other_limits_does_not_count(line: Line, recipe: Recipe) -> None:
    certify_by_hand(line, replace(recipe, limits=replace(recipe.limits, recheck=1.0)), (40.0, 90.0), 0.01)
    line.run(80, DIM, keep=False)
    found = line.look()
    assert not found.certified and "light" in names(found)
    assert any("run `inspector certify`" in line.lower() for line in found.lines)


# Parts, verdicts, time


def test_parts_unlike_anything_taught_are_counted(line: Line) -> None:
    line.run(20)
    line.run(60, change=lambda pixels: pixels[::-1, ::-1].copy() // 2 + 120)
    found = line.look()
    unlike = next(alarm for alarm in found.alarms if alarm.name == "unlike")
    assert unlike.words.startswith("60 of 60 parts look unlike anything")


def test_a_defect_that_becomes_frequent_is_named_as_the_product_mix(line: Line) -> None:
    for _ in range(10):
        line.report(28)
        line.report(1, Decision.NG, "burr")
        line.report(1, Decision.RECHECK, "dent")
    assert names(line.look()) == []
    for _ in range(20):
        line.report(3)
        line.report(1, Decision.NG, "burr")
    found = line.look()
    mix = next(alarm for alarm in found.alarms if alarm.name == "mix")
    assert mix.words == "product mix: burr is found more often: 25% of the newest 80 parts, 3% of the 300 before"


def test_a_line_that_stops_rejecting_is_as_suspicious(line: Line) -> None:
    for _ in range(60):
        line.report(4)
        line.report(1, Decision.NG, "dent")
    line.report(80)
    found = line.look()
    assert names(found) == ["stops"] and "fewer parts are stopped: 0% of the newest 80" in found.alarms[0].words


def test_unfit_parts_are_part_of_the_mix(line: Line) -> None:
    line.report(150)
    line.report(40)
    line.report(40, Decision.UNFIT)
    assert "product mix: unfit is found more often" in " ".join(line.look().lines)


def test_answers_that_come_too_late_are_an_alarm_and_a_few_slow_ones_are_not(line: Line) -> None:
    line.report(79, cycle_ms=150.0)
    line.report(1, cycle_ms=300.0)
    calm = line.look()
    assert names(calm) == []
    figures = next(signal for signal in calm.signals if signal.name == "late").figures
    assert figures["p50_ms"] == pytest.approx(150.0) and figures["late"]["value"] == pytest.approx(1 / 80)
    line.report(40, cycle_ms=300.0)
    found = line.look()
    assert names(found) == ["late"] and found.alarms[0].words.startswith("41 of 80 answers took over 200 ms")


# When to train again


def example(workspace: Workspace, part: str, defect_class: str) -> Example:
    return Example("0" * 60 + f"{len(workspace.ledger.examples(RECIPE)):04d}", defect_class, part)


def test_a_class_that_the_model_does_not_know_calls_for_training(line: Line) -> None:
    line.run(MIN_PARTS, keep=False)
    line.workspace.ledger.add_examples(RECIPE, [example(line.workspace, "n1", "burr")])
    found = line.look()
    assert found.alarms == () and any("burr, labelled on 1 parts, is a class that v2" in one for one in found.advice)


def test_enough_new_labels_call_for_training(line: Line) -> None:
    line.run(MIN_PARTS, keep=False)
    for number in range(20):
        if number == 19:
            assert line.look().advice == ()
        line.workspace.ledger.add_examples(RECIPE, [example(line.workspace, f"n{number}", GOOD)])
    assert any(one.startswith("Train again: 20 parts were labelled since v2") for one in line.look().advice)


# What is not known is said


def test_from_too_few_parts_nothing_is_said(line: Line) -> None:
    line.run(MIN_PARTS - 1, DIM, keep=False)
    found = line.look()
    assert found.signals == () and found.alarms == () and found.parts == MIN_PARTS - 1
    assert any("Only 29 parts" in one for one in found.remarks)


def test_an_empty_line_is_calm_and_says_so(line: Line) -> None:
    found = line.look()
    assert found.parts == 0 and found.until is None and any("Only 0 parts" in one for one in found.lines)


def test_without_what_was_taught_light_is_not_looked_at_and_the_rest_is(line: Line) -> None:
    for file in line.workspace.snapshots.iterdir():
        file.unlink()
    line.run(MIN_PARTS, keep=False)
    found = line.look()
    assert any("not in this workspace" in one for one in found.remarks)
    assert {"scores", "late"} <= {signal.name for signal in found.signals}


def test_a_taught_picture_that_is_gone_is_passed_over(line: Line) -> None:
    taught = line.workspace.ledger.examples(RECIPE)
    for one in taught[:30]:
        line.workspace.images.path(one.digest).unlink()
    line.run(MIN_PARTS, keep=False)
    assert len(reference_of(line.workspace, line.workspace.recipes.load(RECIPE)).embeddings) == len(taught) - 30
    assert names(line.look()) == []


def test_a_recipe_without_a_model_cannot_be_watched(workspace: Workspace, recipe: Recipe) -> None:
    with pytest.raises(ModelError, match="no model in use"):
        reference_of(workspace, replace(recipe, model_id=""))


def test_only_what_the_model_in_use_has_judged_counts(line: Line, recipe: Recipe) -> None:
    line.run(60, DIM, keep=False)
    detail = {"from": {"model": ""}, "to": {"model": recipe.model_id}}
    line.workspace.ledger.log_event("promoted", RECIPE, detail)
    assert line.look().parts == 0  # all of them ran in the year 2026, before the event that is written now


def test_a_window_of_time_takes_the_parts_from_then_on(line: Line, recipe: Recipe) -> None:
    line.run(90, keep=False)
    reference = reference_of(line.workspace, recipe)
    found = watch(line.workspace, reference, since=MONDAY + timedelta(minutes=50))
    assert found.parts == 40 and found.since == MONDAY + timedelta(minutes=50)


def test_the_answer_is_json_with_every_rate_and_its_interval(line: Line) -> None:
    line.run(60, DIM)
    found = line.look()
    table = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert table["calm"] is False and table["alarms"][0]["signal"] == "light"
    assert table["verdicts"]["ok"]["n"] == 60 and table["verdicts"]["ok"]["low"] > 0.9
    assert table["signals"]["light"]["p"] < found.alpha


# What the ledger hears


def test_an_alarm_is_noted_once_and_its_end_too(line: Line) -> None:
    def kinds() -> list[str]:
        note(line.workspace, line.look(40))
        return [event.kind for event in reversed(line.workspace.ledger.events(recipe=RECIPE))]

    line.run(60, keep=False)
    assert kinds() == []
    line.run(40, DIM, keep=False)
    assert kinds() == [ALARM] and kinds() == [ALARM]
    line.run(40, keep=False)
    assert kinds() == [ALARM, CALM] and kinds() == [ALARM, CALM]
    assert standing_alarm(line.workspace, RECIPE, line.recipe.model_id) is None
    alarm = line.workspace.ledger.events(ALARM, RECIPE)[0]
    assert alarm.detail["signals"][0] == "light" and "light fell 1" in alarm.detail["words"][0]


def test_another_alarm_is_noted_beside_the_first(line: Line) -> None:
    line.run(60, Sensor(light=0.7), keep=False)
    note(line.workspace, line.look(40))
    line.run(40, Sensor(light=0.7), disturbance("blur", 1.2), keep=False)
    note(line.workspace, line.look(40))
    newest, first = line.workspace.ledger.events(ALARM, RECIPE)
    assert standing_alarm(line.workspace, RECIPE, line.recipe.model_id) == newest
    assert standing_alarm(line.workspace, RECIPE, "v9-00000000") is None
    assert "focus" in newest.detail["signals"] and "focus" not in first.detail["signals"]


def test_a_look_at_the_line_writes_nothing(line: Line) -> None:
    line.run(40, DIM, keep=False)
    line.look()
    assert line.workspace.ledger.events() == []


@pytest.mark.slow
def test_a_long_life_without_a_change_has_no_alarm(line: Line) -> None:
    """Two thousand parts of two hundred lots, looked at after every 25: eighty looks, and not one alarm."""
    for _ in range(80):
        line.run(25, keep=False)
        found = line.look(100)
        assert names(found) == [], list(found.lines)
