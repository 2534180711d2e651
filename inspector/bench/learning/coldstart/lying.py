"""The same parts upright and turned: flanges rendered at any angle, cookies turned in their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from inspector.bench.learning.coldstart.good_parts import Task, cookie_task
from inspector.bench.learning.trials import Bench
from inspector.devices.render import DEFECT_CLASSES, DefectShare, LineProgram, RenderSettings, defect_of, render_part
from inspector.domain import GOOD, Affine, Box, Example, Pixels
from inspector.opencv import cv2
from inspector.recipe import LocateMode, LocateSettings, Recipe

FLANGES, FIXED_LAMP, TURNED_LAMP = "coldstart-flanges", "coldstart-flanges-fixed-lamp", "coldstart-flanges-turned-lamp"
ANY_WAY = 180.0
_SIDE = 480  # with so much room around it that no corner of the flange's square leaves the picture at any angle
_FLANGE = Box(75, 75, 330, 330)
_LETTERING = Box(219, 315, 42, 16)
_LINE = RenderSettings(
    seed=11,
    width=_SIDE,
    height=_SIDE,
    program=LineProgram(tuple(DefectShare(name, 0.08) for name in DEFECT_CLASSES)),
    rotation_scatter_deg=0.0,
)
_LEARNED = 0.3  # of the rendered parts, the first ones: the good among them are learned, the others are shown


@dataclass(frozen=True, slots=True)
class Lying:
    """What is learned and shown, upright and turned. region: of the recipe, None: the whole picture.

    mark: what its parts are turned back by, None where they have none.
    """

    upright: Task
    turned: Task
    region: Box | None = None
    mark: LocateSettings | None = None

    def recipe(self, task: Task, way: str, mark: LocateSettings | None = None) -> Recipe:
        return Recipe(f"{task.name}-{way}", roi=self.region, locate=mark or LocateSettings())


def turned_about_the_middle(pixels: Pixels, turn_deg: float) -> Pixels:
    """The picture turned clockwise; where it does not reach, what lies at its rim is mirrored."""
    height, width = pixels.shape[:2]
    middle = (width - 1) / 2, (height - 1) / 2
    turning = np.array(Affine.turning(turn_deg, middle, middle)).reshape(2, 3)
    return np.asarray(cv2.warpAffine(pixels, turning, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _turned(bench: Bench, one: Example) -> Example:
    """At an angle that follows from its picture alone."""
    turn_deg = np.random.default_rng([int(one.digest[:12], 16), 0]).uniform(-ANY_WAY, ANY_WAY)
    pixels = turned_about_the_middle(bench.workspace.images.get(one.digest), turn_deg)
    return replace(one, digest=bench.workspace.images.put(pixels), mask_digest=None)


def lying_cookies(bench: Bench) -> Lying:
    """Raises DatasetError where the data set is not there."""
    task = cookie_task(bench)
    return Lying(task, _all_turned(bench, task, task.name))


def _all_turned(bench: Bench, task: Task, name: str) -> Task:
    learned, unseen = (tuple(_turned(bench, one) for one in some) for some in (task.learned, task.unseen))
    return Task(name, learned, unseen)


def lying_flanges(bench: Bench, parts: int) -> tuple[Lying, Lying]:
    """Of so many rendered parts: under a lamp that stays where it is, and under one that turns with the part.

    With the first, shadow and highlights lie elsewhere on each part; with the second they turn with it, as all else in
    the picture, which is what light from all sides comes near to.
    """
    upright = _task(bench, FLANGES, _LINE, parts)
    fixed = _task(bench, FIXED_LAMP, replace(_LINE, rotation_scatter_deg=ANY_WAY), parts)
    taught = render_part(replace(_LINE, seed=_LINE.seed + 1, position_scatter_px=0.0), 0).pixels
    box = _LETTERING
    lettering = taught[box.y : box.y + box.height, box.x : box.x + box.width]
    template = bench.workspace.images.put(np.ascontiguousarray(lettering))
    mark = LocateSettings(LocateMode.TEMPLATE, template, box, search_px=12, turn_deg=ANY_WAY)
    turns_along = _all_turned(bench, upright, TURNED_LAMP)
    return Lying(upright, fixed, _FLANGE, mark), Lying(upright, turns_along, _FLANGE, mark)


def _task(bench: Bench, name: str, line: RenderSettings, parts: int) -> Task:
    learned: list[Example] = []
    shown: list[Example] = []
    sides: Mapping[bool, list[Example]] = {True: learned, False: shown}
    for number in range(parts):
        first, truth = number < _LEARNED * parts, defect_of(line, number)
        if first and truth != GOOD:
            continue
        rendered = render_part(line, number)
        digest = bench.workspace.images.put(rendered.pixels)
        sides[first].append(Example(digest, truth, rendered.part.group, rendered.part.lot))
        bench.advance("rendering", number + 1, parts)
    return Task(name, tuple(learned), tuple(shown))
