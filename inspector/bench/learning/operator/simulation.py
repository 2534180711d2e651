"""Round by round, both ways of labelling beside each other: what each model lets pass of parts that nobody touches."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from inspector.bench.learning.operator.labelling import RECIPE, Gated, Learn, Operator, Trained, Way, begin, trained
from inspector.bench.learning.operator.line import Mix
from inspector.commission import classifier_for
from inspector.devices.render import RenderedPart
from inspector.domain import GOOD, View
from inspector.metrics import Outcome, Proportion, auroc, escape_at, escape_rate
from inspector.pipeline.assemble import ScoresViews
from inspector.pipeline.judge import decide
from inspector.pipeline.view import make_view
from inspector.recipe import Limits
from inspector.store.workspace import Workspace

OVERKILL = 0.05
_FIRST = "first"

Advance = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Told:
    """How one class of defects stands out from the good parts. escapes: at OVERKILL; auroc: against all good parts."""

    defect_class: str
    auroc: float
    escapes: Proportion


@dataclass(frozen=True, slots=True)
class Row:
    """One round's candidate in one way of labelling, on the untouched parts.

    labels: given on the line so far; defects: those of them that are no good parts. gated: what became of it.
    in_use: the model that runs after the round. let_pass: defective parts below the candidate's own recheck limit.
    """

    way: Way
    round: int
    labels: int
    defects: int
    model: str
    gated: Gated
    in_use: str
    auroc: float
    escapes: Proportion
    let_pass: Proportion
    classes: tuple[Told, ...]


class Untouched:
    """The parts that nobody labels: rendered and cut once, scored by each model's shipped file."""

    def __init__(self, mix: Mix, size: tuple[int, int], advance: Advance) -> None:
        total = mix.untouched_good + len(mix.defects) * mix.untouched_defective
        self._parts: list[tuple[str, str, View]] = []
        for one in mix.untouched():
            view = make_view(one.pixels, mix.region, *size)
            self._parts.append((one.part.group, one.defect_class, view))
            advance("untouched parts", len(self._parts), total)

    def outcomes(self, model: ScoresViews, limits: Limits) -> list[Outcome]:
        """One for each part, in their order."""
        found = []
        for part, truth, view in self._parts:
            score = model.classify(view).defect
            found.append(Outcome(part, truth, decide(score, limits), score))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """place: an empty folder, for the workspaces. learn: how a snapshot becomes a published model."""

    place: Path
    mix: Mix
    learn: Learn
    advance: Advance

    def run(self) -> list[Row]:
        """Every round's row, the review's before the random one's; round 0 is the model that both begin with."""
        first = self.place / _FIRST
        with Workspace.create(first) as workspace:
            beginning = begin(workspace, self.mix, self.learn)
            model = classifier_for(workspace, workspace.recipes.load(RECIPE))
            untouched = Untouched(self.mix, model.input_size, self.advance)
        with ExitStack() as opened:
            desks = []
            for way in Way:
                shutil.copytree(first, self.place / way)
                desks.append(_Desk(opened.enter_context(Workspace.open(self.place / way)), way, self.mix, untouched))
            rows = [desk.row(0, beginning) for desk in desks]
            for round_ in range(1, self.mix.rounds + 1):
                self.advance("rounds", round_ - 1, self.mix.rounds)
                made = list(self.mix.made(round_))
                rows += [desk.row(round_, desk.work(round_, made, self.learn)) for desk in desks]
            self.advance("rounds", self.mix.rounds, self.mix.rounds)
        return rows


class _Desk:
    """One operator, and the count of what they labelled."""

    def __init__(self, workspace: Workspace, way: Way, mix: Mix, untouched: Untouched) -> None:
        self._workspace = workspace
        self._operator = Operator(workspace, way, mix.seed)
        self._mix = mix
        self._untouched = untouched
        self._labels = self._defects = 0

    def work(self, round_: int, made: Sequence[RenderedPart], learn: Learn) -> Trained:
        """One round, from the line to the gate."""
        self._operator.inspect(round_, made)
        labelled = self._operator.label(round_)
        self._labels += len(labelled)
        self._defects += sum(self._operator.truth(record) != GOOD for record in labelled)
        return trained(self._workspace, learn)

    def row(self, round_: int, candidate: Trained) -> Row:
        card = candidate.version.card
        recipe = self._workspace.recipes.load(RECIPE)
        limits = Limits(card.recheck_limit, card.reject_limit)
        found = self._untouched.outcomes(classifier_for(self._workspace, recipe, card.id), limits)
        return Row(
            way=self._operator.way,
            round=round_,
            labels=self._labels,
            defects=self._defects,
            model=card.id,
            gated=candidate.gated,
            in_use=recipe.model_id,
            auroc=_area(found),
            escapes=escape_at(found, OVERKILL),
            let_pass=escape_rate(found),
            classes=tuple(_told(found, self._mix.defects)),
        )


def _area(found: Sequence[Outcome]) -> float:
    return auroc([one.defective for one in found], [one.score for one in found if one.score is not None])


def _told(found: Sequence[Outcome], classes: Sequence[str]) -> Iterator[Told]:
    """Each class by itself, against all good parts."""
    for name in classes:
        side = [one for one in found if one.defect_class in {GOOD, name}]
        yield Told(name, _area(side), escape_at(side, OVERKILL))
