"""The review's queue: misfires first, the next pictures ready, heat maps when asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from gui.look.images import HeatMap
from gui.session.reviewing import AHEAD, KEPT, Reviewing
from inspector.domain import UNNAMED, Decision, Frame, Label
from inspector.learning.review import ReviewWhy
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.gui.rooms import LEVELS, RECIPE, inspection_of, picture, timing, verdict_of

DECISIONS = (Decision.NG, Decision.OK, Decision.RECHECK)


def record_parts(workspace: Workspace, parts: int) -> list[str]:
    """So many inspections with their pictures, NG, OK, RECHECK in turn; returns their ids."""
    ids = []
    for number in range(parts):
        pixels = picture(LEVELS[number % 3], 1000 + number)
        when = timing()
        frame = Frame(pixels, "test", number, number, when.inspected_at, 0)
        inspection = inspection_of(frame, verdict_of(DECISIONS[number % 3]), str(number))
        workspace.images.put(pixels)
        workspace.ledger.append([Entry(inspection, when, RECIPE, pixels)])
        ids.append(inspection.id)
    return ids


@pytest.fixture
def reviewing(workspace: Workspace) -> Iterator[Reviewing]:
    made = Reviewing(workspace, RECIPE)
    yield made
    made.close()


def refresh(qtbot: QtBot, reviewing: Reviewing) -> None:
    with qtbot.waitSignal(reviewing.shown):
        reviewing.refresh()


def test_an_empty_queue_shows_nothing(qtbot: QtBot, reviewing: Reviewing) -> None:
    refresh(qtbot, reviewing)
    assert reviewing.item is None
    assert reviewing.waiting == ()


def test_a_misfire_comes_first(qtbot: QtBot, reviewing: Reviewing, workspace: Workspace) -> None:
    ids = record_parts(workspace, 6)
    workspace.ledger.add_label(Label(ids[1], "kim", timing().inspected_at, UNNAMED))
    refresh(qtbot, reviewing)
    assert reviewing.item is not None
    assert (reviewing.item.why, reviewing.item.record.inspection.id) == (ReviewWhy.MISFIRE, ids[1])
    assert len(reviewing.waiting) == 6


def test_the_next_pictures_are_ready_before_they_are_asked_for(
    qtbot: QtBot, reviewing: Reviewing, workspace: Workspace
) -> None:
    record_parts(workspace, AHEAD + 4)
    refresh(qtbot, reviewing)
    ahead = reviewing.waiting[: AHEAD + 1]
    qtbot.waitUntil(lambda: all(reviewing.picture(item.record) is not None for item in ahead))
    for _ in ahead:
        assert reviewing.item is not None
        assert reviewing.picture(reviewing.item.record) is not None
        reviewing.advance()


def test_pictures_do_not_pile_up(qtbot: QtBot, reviewing: Reviewing, workspace: Workspace) -> None:
    record_parts(workspace, KEPT + 9)
    refresh(qtbot, reviewing)
    items = reviewing.waiting
    for item in items:
        qtbot.waitUntil(lambda item=item: reviewing.picture(item.record) is not None)
        reviewing.advance()
    assert sum(reviewing.picture(item.record) is not None for item in items) <= KEPT


def test_a_refresh_keeps_the_place(qtbot: QtBot, reviewing: Reviewing, workspace: Workspace) -> None:
    record_parts(workspace, 4)
    refresh(qtbot, reviewing)
    reviewing.advance()
    shown, left = reviewing.item, len(reviewing.waiting)
    record_parts(workspace, 3)
    refresh(qtbot, reviewing)
    assert reviewing.item is shown
    assert len(reviewing.waiting) == left + 3


def test_one_can_go_back_to_what_was_labelled(qtbot: QtBot, reviewing: Reviewing, workspace: Workspace) -> None:
    record_parts(workspace, 3)
    refresh(qtbot, reviewing)
    first = reviewing.item
    reviewing.advance()
    assert first is not None
    reviewing.back_to(first.record.inspection.id)
    assert reviewing.item is first
    with qtbot.assertNotEmitted(reviewing.shown):
        reviewing.back_to("of another day")


def test_a_heat_map_is_made_by_judging_the_picture_again(
    qtbot: QtBot, reviewing: Reviewing, workspace: Workspace
) -> None:
    (defective,) = record_parts(workspace, 1)
    record = workspace.ledger.record(defective)
    with qtbot.waitSignal(reviewing.heat_ready) as ready:
        reviewing.explain(record)
    name, heat = ready.args
    assert name == defective
    assert isinstance(heat, HeatMap)
    (outline,) = heat.outlines
    assert max(x for x, _ in outline) <= heat.box.width * 0.75, "the greenish corner"


def test_a_picture_that_is_gone_is_said_and_the_queue_goes_on(
    qtbot: QtBot, reviewing: Reviewing, workspace: Workspace
) -> None:
    ids = record_parts(workspace, 3)
    with qtbot.waitSignal(reviewing.shown):
        reviewing.refresh()
    qtbot.waitUntil(lambda: all(reviewing.picture(item.record) is not None for item in reviewing.waiting))
    record = workspace.ledger.record(ids[0])
    workspace.images.path(record.inspection.frame_digest).unlink()
    with qtbot.waitSignal(reviewing.failed) as told:
        reviewing.explain(record)
    assert "the picture is not in this workspace" in str(told.args[0])
    reviewing.advance()
    assert reviewing.item is not None
