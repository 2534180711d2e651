"""A line that is watched without being asked: what is noted, what is read only once, and what ends it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.devices.render.light import Sensor
from inspector.learning.watching import ALARM, CALM, Guard
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, publish
from tests.unit.test_watching import certify_by_hand
from tests.unit.watched_lines import Line, taught_room

DIM = Sensor(light=0.75)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    workspace, recipe = taught_room(tmp_path, parts=30)
    with workspace:
        yield Line(workspace, recipe)


@pytest.fixture
def guard(line: Line) -> Guard:
    return Guard(line.workspace, lambda: False)


def kinds(workspace: Workspace) -> list[str]:
    return [event.kind for event in reversed(workspace.ledger.events(recipe=RECIPE))]


def test_an_alarm_and_its_end_are_noted_and_logged_once(
    line: Line, guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    line.run(60, keep=False)
    for sensor, parts, noted in ((DIM, 200, [ALARM]), (DIM, 20, [ALARM]), (Sensor(), 200, [ALARM, CALM])):
        line.run(parts, sensor, keep=False)
        guard.look(line.recipe)
        assert kinds(line.workspace) == noted
    said = [record.getMessage() for record in caplog.records]
    assert [one.startswith("watch: ALARM light fell 2") for one in said].count(True) == 1
    assert [one.startswith("watch: cap: calm over the newest 200 parts") for one in said].count(True) == 1


def test_without_a_new_part_nobody_looks_again(line: Line, guard: Guard) -> None:
    assert guard.look(line.recipe) is None
    line.run(40, keep=False)
    assert guard.look(line.recipe) is not None
    assert guard.look(line.recipe) is None
    line.run(1, keep=False)
    assert guard.look(line.recipe) is not None


def test_what_the_model_was_taught_is_read_once(line: Line, guard: Guard) -> None:
    line.run(40, keep=False)
    assert guard.look(line.recipe) is not None
    for file in line.workspace.snapshots.iterdir():
        file.unlink()
    line.run(1, keep=False)
    found = guard.look(line.recipe)
    assert found and "light" in {signal.name for signal in found.signals}


def test_another_model_is_held_against_what_it_was_taught(line: Line, guard: Guard) -> None:
    line.run(40, keep=False)
    assert guard.look(line.recipe) is not None
    other = replace(line.recipe, model_id=publish(line.workspace, 3, brightness_model()).card.id)
    line.run(1, keep=False)
    found = guard.look(other)
    assert found and found.model == other.model_id


def test_a_certificate_that_comes_later_counts(line: Line, guard: Guard) -> None:
    line.run(40, keep=False)
    first = guard.look(line.recipe)
    certify_by_hand(line, line.recipe, (40.0, 90.0), 0.01)
    line.run(1, keep=False)
    second = guard.look(line.recipe)
    assert first and second and (first.certified, second.certified) == (False, True)


@pytest.mark.parametrize("pictures", [0, 7, 30, 45, 60, 75])
def test_a_look_that_is_over_ends_before_the_next_picture_and_notes_nothing(line: Line, pictures: int) -> None:
    """Thirty taught pictures are looked at, then measured, then those that the line has kept are looked at."""
    line.run(60, DIM)
    asked: list[bool] = []

    def is_over() -> bool:
        asked.append(len(asked) >= pictures)
        return asked[-1]

    guard = Guard(line.workspace, is_over)
    assert guard.look(line.recipe) is None
    assert len(asked) == pictures + 1
    assert kinds(line.workspace) == [] and guard.problem == ""


def test_a_look_that_is_over_at_its_last_picture_notes_nothing_either(line: Line) -> None:
    line.run(60, DIM, keep=False)
    asked = iter(range(1000))
    guard = Guard(line.workspace, lambda: next(asked) >= 60)
    assert guard.look(line.recipe) is None
    assert kinds(line.workspace) == []


def test_a_model_that_cannot_be_watched_is_said_once_and_looked_at_again_when_it_can(
    line: Line, guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    card = line.workspace.path / "models" / RECIPE / line.recipe.model_id / "card.json"
    content = card.read_bytes()
    card.unlink()
    for _ in range(2):
        line.run(20, keep=False)
        assert guard.look(line.recipe) is None
        assert line.recipe.model_id in guard.problem
    assert caplog.text.count("the line is not watched") == 1
    card.write_bytes(content)
    assert guard.look(line.recipe) is not None
    assert guard.problem == ""


def test_a_line_without_a_model_is_left_alone(guard: Guard, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.run(40, keep=False)
    with caplog.at_level(logging.DEBUG, logger="inspector"):
        assert guard.look(Recipe(RECIPE)) is None
    assert (guard.problem, caplog.text) == ("", "")
