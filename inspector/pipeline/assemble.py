"""The heart of the program: one Frame becomes one Inspection, and the same Frame always the same one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from inspector.domain import (
    Box,
    Decision,
    Fitness,
    Frame,
    FrameStatus,
    Inspection,
    Part,
    Pixels,
    Reason,
    Scores,
    Verdict,
    View,
)
from inspector.errors import PictureError
from inspector.pipeline.fitness import measure, unfit
from inspector.pipeline.judge import judge
from inspector.pipeline.locate import locate
from inspector.pipeline.view import make_view
from inspector.recipe import Recipe


class ScoresViews(Protocol):
    """What the pipeline needs of a model; `Classifier` is the one that ships."""

    @property
    def input_size(self) -> tuple[int, int]: ...

    @property
    def model_id(self) -> str: ...

    def classify(self, view: View) -> Scores: ...


@dataclass(frozen=True, eq=False)
class Setup:
    """What stands ready at a station for one recipe; swapped as a whole, between parts.

    model: None where the recipe has none yet, and then nothing passes. template: the fiducial's picture.
    """

    recipe: Recipe
    model: ScoresViews | None = None
    template: Pixels | None = None

    @cached_property
    def recipe_id(self) -> str:
        """Hashed once per change-over, not once per part."""
        return self.recipe.id


def inspect(frame: Frame, part: Part, setup: Setup, station: str, inspection_id: str) -> Inspection:
    """Judge one Part by one Frame. Pure: no clock, no disk, no memory of other parts."""
    box, fitness = sight(frame, setup.recipe, setup.template)
    scores, verdict = _verdict(frame, fitness, box, setup)
    return Inspection(
        id=inspection_id,
        part=part,
        station=station,
        recipe_id=setup.recipe_id,
        model_id=setup.model.model_id if setup.model else "",
        frame_digest=frame.digest,
        frame_status=frame.status,
        fitness=fitness,
        scores=scores,
        verdict=verdict,
    )


def sight(frame: Frame, recipe: Recipe, template: Pixels | None) -> tuple[Box | None, Fitness | None]:
    """Where the part lies, if it does, and how fit the Frame is there: a mark may have led far from the recipe's ROI.

    Where no part is found the ROI itself tells why. The Fitness is None where the Frame brought no pixels.
    """
    box = locate(frame.pixels, recipe, template) if frame.status is FrameStatus.OK else None
    return box, measure(frame.pixels, box or recipe.roi) if frame.pixels.size else None


def unjudged(frame: Frame, part: Part, setup: Setup, station: str, inspection_id: str) -> Inspection:
    """The Inspection of a Part that could not be judged any more: recorded, and never let through."""
    return Inspection(
        id=inspection_id,
        part=part,
        station=station,
        recipe_id=setup.recipe_id,
        model_id="",
        frame_digest=frame.digest,
        frame_status=frame.status,
        fitness=None,
        scores=None,
        verdict=Verdict(Decision.UNFIT, Reason.PROGRAM_FAULT),
    )


def _verdict(frame: Frame, fitness: Fitness | None, box: Box | None, setup: Setup) -> tuple[Scores | None, Verdict]:
    not_fit = unfit(frame, fitness, setup.recipe.fitness)
    if not_fit:
        return None, not_fit
    if setup.model is None:
        return None, Verdict(Decision.UNFIT, Reason.NO_MODEL)
    if box is None:
        return None, Verdict(Decision.UNFIT, Reason.NOT_LOCATED)
    scores = setup.model.classify(make_view(frame.pixels, box, *setup.model.input_size))
    return scores, judge(scores, setup.recipe.limits)


def view_of(pixels: Pixels, recipe: Recipe, template: Pixels | None, height: int, width: int) -> View:
    """The View that the station would classify, for a stored picture: what training learns from.

    Raises PictureError where the part cannot be located, so that it is never learned from a wrong region.
    """
    box = locate(pixels, recipe, template)
    if box is None:
        size = f"{pixels.shape[1]} x {pixels.shape[0]}"
        raise PictureError(f"recipe {recipe.name}: the part is not found in a picture of {size} pixels; check its ROI")
    return make_view(pixels, box, height, width)
