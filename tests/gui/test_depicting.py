"""What is seen becomes images beside the main thread, of the newest part only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui.session.depicting import Depicting, Depiction
from inspector.domain import Affine, Box, Decision, TurnedBox
from inspector.opencv import cv2
from inspector.recipe import LocateMode, LocateSettings
from inspector.station import PartInspected
from inspector.store.workspace import Workspace
from tests.gui.rooms import NG_LEVEL, RECIPE, SIDE, inspected, inspection_of, picture, timing, verdict_of


@pytest.fixture
def depicting(workspace: Workspace) -> Iterator[Depicting]:
    made = Depicting(workspace, workspace.recipes.load(RECIPE))
    yield made
    made.close()


def depict(qtbot: QtBot, depicting: Depicting, event: PartInspected, *rejects: PartInspected) -> Depiction:
    with qtbot.waitSignal(depicting.depicted) as done:
        depicting.depict(event, rejects)
    depiction = done.args[0]
    assert isinstance(depiction, Depiction)
    return depiction


def test_a_rejected_part_has_picture_and_heat(qtbot: QtBot, depicting: Depicting) -> None:
    event = inspected(Decision.NG)
    depiction = depict(qtbot, depicting, event)
    assert depiction.event is event
    assert (depiction.image.width(), depiction.image.height()) == (SIDE, SIDE)
    assert depiction.heat is not None
    assert depiction.heat.box == Box(0, 0, SIDE, SIDE)


@pytest.mark.parametrize("decision", [Decision.OK, Decision.UNFIT])
def test_where_no_defect_was_found_there_is_no_heat(qtbot: QtBot, depicting: Depicting, decision: Decision) -> None:
    assert depict(qtbot, depicting, inspected(decision)).heat is None


def test_a_part_without_a_picture_is_no_problem(qtbot: QtBot, depicting: Depicting) -> None:
    event = inspected(Decision.UNFIT)
    nothing = dataclasses.replace(event.frame, pixels=np.zeros((0, 0), np.uint8))
    empty = dataclasses.replace(event, frame=nothing)
    depiction = depict(qtbot, depicting, empty, empty)
    assert depiction.image.isNull()
    assert depiction.thumbnails[0][1].isNull()


def test_while_one_is_made_only_the_newest_waits(qtbot: QtBot, depicting: Depicting) -> None:
    seen: list[str] = []
    depicting.depicted.connect(lambda depiction: seen.append(depiction.event.inspection.part.serial))
    for number in range(200):
        depicting.depict(inspected(Decision.OK, str(number), side=512), ())
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == "199")
    assert len(seen) <= 3


def test_a_thumbnail_is_made_once(qtbot: QtBot, depicting: Depicting) -> None:
    reject = inspected(Decision.NG)
    first = depict(qtbot, depicting, reject, reject).thumbnails[0][1]
    second = depict(qtbot, depicting, inspected(Decision.OK), reject).thumbnails[0][1]
    assert first.cacheKey() == second.cacheKey()


def test_thumbnails_that_are_gone_are_forgotten(qtbot: QtBot, depicting: Depicting) -> None:
    old, new = inspected(Decision.NG), inspected(Decision.NG)
    first = depict(qtbot, depicting, old, old).thumbnails[0][1]
    depict(qtbot, depicting, new, new)
    assert depict(qtbot, depicting, old, old).thumbnails[0][1].cacheKey() != first.cacheKey()


def test_the_heat_lies_in_the_recipes_region(qtbot: QtBot, depicting: Depicting, workspace: Workspace) -> None:
    recipe = dataclasses.replace(workspace.recipes.load(RECIPE), roi=Box(10, 20, 30, 40))
    depicting.change(recipe)
    heat = depict(qtbot, depicting, inspected(Decision.NG)).heat
    assert heat is not None
    assert heat.box == Box(10, 20, 30, 40)


def moved(event: PartInspected, across: int) -> PartInspected:
    pixels = np.roll(picture(NG_LEVEL, 5), across, axis=1)
    frame = dataclasses.replace(event.frame, pixels=pixels)
    return PartInspected(inspection_of(frame, verdict_of(Decision.NG), "moved"), timing(), frame)


def test_the_heat_follows_the_fiducial(qtbot: QtBot, depicting: Depicting, workspace: Workspace) -> None:
    fiducial = Box(30, 30, 32, 32)
    template = np.ascontiguousarray(picture(NG_LEVEL, 5)[30:62, 30:62])
    settings = LocateSettings(LocateMode.TEMPLATE, workspace.images.put(template), fiducial, search_px=20)
    recipe = dataclasses.replace(workspace.recipes.load(RECIPE), roi=Box(20, 20, 40, 40), locate=settings)
    depicting.change(recipe)
    heat = depict(qtbot, depicting, moved(inspected(Decision.NG), 7)).heat
    assert heat is not None
    assert heat.box == Box(27, 20, 40, 40)


def test_the_heat_turns_with_the_part(qtbot: QtBot, depicting: Depicting, workspace: Workspace) -> None:
    fiducial = Box(30, 30, 32, 32)
    template = np.ascontiguousarray(picture(NG_LEVEL, 5)[30:62, 30:62])
    settings = LocateSettings(LocateMode.TEMPLATE, workspace.images.put(template), fiducial, 20, turn_deg=180.0)
    depicting.change(dataclasses.replace(workspace.recipes.load(RECIPE), roi=Box(20, 20, 40, 40), locate=settings))
    event = inspected(Decision.NG)
    around = (39.5, 39.5)
    turning = np.array(Affine.turning(-70.0, around, around)).reshape(2, 3)
    frame = dataclasses.replace(event.frame, pixels=cv2.warpAffine(picture(NG_LEVEL, 5), turning, (SIDE, SIDE)))
    turned = PartInspected(inspection_of(frame, verdict_of(Decision.NG), "turned"), timing(), frame)
    heat = depict(qtbot, depicting, turned).heat
    assert heat is not None and isinstance(heat.box, TurnedBox)
    assert heat.box.turn_deg == pytest.approx(-70.0, abs=1.5)
    assert (heat.box.x, heat.box.y) == pytest.approx((20, 20), abs=1)


def test_a_fiducial_that_is_gone_costs_the_heat_and_no_more(
    qtbot: QtBot, depicting: Depicting, workspace: Workspace
) -> None:
    settings = LocateSettings(LocateMode.TEMPLATE, "0" * 64, Box(30, 30, 32, 32))
    depicting.change(dataclasses.replace(workspace.recipes.load(RECIPE), locate=settings))
    depiction = depict(qtbot, depicting, inspected(Decision.NG))
    assert depiction.heat is None
    assert not depiction.image.isNull()
