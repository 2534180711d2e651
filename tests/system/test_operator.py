"""A simulated operator: twenty corrected parts a round, against twenty drawn by chance, on parts that nobody touches.

`python -m tests.system.test_operator DOCS_PICTURE.svg` prints the table and draws the curve for the docs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import Decision
from inspector.metrics import Outcome, auroc
from inspector.reports.plots import BLUE, VERMILLION, Axis, Canvas, Style, plot
from models.crossvalidation import Indices
from models.figures import escape_at
from tests.system.rendered_parts import CLASSES, POOL, Model, RenderedParts, render

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SEEDS = 4
ROUNDS = 10
A_ROUND = 20
FIRST = 5  # pictures of each class to begin with
NEWCOMER = "burr"  # appears in round 4
APPEARS = 4
OVERKILL = 0.05
OLDER = [name for name in CLASSES if name != NEWCOMER]


@dataclass(frozen=True, slots=True)
class After:
    """Figures on the untouched parts after a round. escapes: at OVERKILL, over all classes from APPEARS on.

    older: AUROC of the classes that were there from the beginning against the good parts; new: that of the newcomer.
    """

    labelled: int
    escapes: float
    older: float
    new: float


Chooses = Callable[[np.random.Generator, RenderedParts, Indices, Model], Indices]


def by_chance(chance: np.random.Generator, parts: RenderedParts, waiting: Indices, learned: Model) -> Indices:
    return chance.permutation(waiting)[:A_ROUND]


def misfires_first(chance: np.random.Generator, parts: RenderedParts, waiting: Indices, learned: Model) -> Indices:
    """What a person corrects: misfires, the grossest first; where there are none left, what lies nearest to a limit."""
    outcomes = parts.outcomes(waiting, learned)
    limits = learned.limits
    scores = np.array([outcome.score for outcome in outcomes], dtype=float)
    wrong = np.array([_misfired(outcome) for outcome in outcomes])
    middle = (limits.recheck + limits.reject) / 2
    distance = np.abs(scores - middle)
    return waiting[np.lexsort((np.where(wrong, -distance, distance), ~wrong))][:A_ROUND]


def _misfired(outcome: Outcome) -> bool:
    return outcome.escaped or (outcome.decision is Decision.NG and not outcome.defective)


def worked(parts: RenderedParts, seed: int, choose: Chooses) -> list[After]:
    """One operator's rounds, the state at the beginning first. The oracle labels; training always takes all labels."""
    chance = np.random.default_rng(seed)
    newcomer = CLASSES.index(NEWCOMER)
    pool = chance.permutation(POOL)
    first = [pool[parts.truth[pool] == kind][:FIRST] for kind in range(len(CLASSES)) if kind != newcomer]
    labelled = np.sort(np.concatenate(first))
    found = []
    for number in range(ROUNDS + 1):
        learned = parts.learned(labelled, seed)
        found.append(_measured(parts, learned, number, len(labelled)))
        waiting = pool[~np.isin(pool, labelled)]
        if number + 1 < APPEARS:
            waiting = waiting[parts.truth[waiting] != newcomer]
        labelled = np.sort(np.concatenate([labelled, choose(chance, parts, waiting, learned)]))
    return found


def _measured(parts: RenderedParts, learned: Model, number: int, labelled: int) -> After:
    outcomes = parts.outcomes(parts.untouched, learned)
    seen = [outcome for outcome in outcomes if number >= APPEARS or outcome.defect_class != NEWCOMER]
    return After(
        labelled=labelled,
        escapes=escape_at(seen, OVERKILL).value,
        older=_area([outcome for outcome in outcomes if outcome.defect_class in OLDER]),
        new=_area([outcome for outcome in outcomes if outcome.defect_class == NEWCOMER or not outcome.defective]),
    )


def _area(outcomes: list[Outcome]) -> float:
    return auroc([one.defective for one in outcomes], [float(one.score or 0.0) for one in outcomes])


@dataclass(frozen=True, slots=True)
class Compared:
    """Means over the seeds, a row for each round."""

    corrected: list[After]
    drawn: list[After]

    def table(self) -> str:
        head = "round  labelled   escapes at 5 % overkill   AUROC, older classes     AUROC, new class\n"
        head += "                  corrected    by chance   corrected  by chance   corrected  by chance\n"
        rows = (
            f"{number:5}  {mine.labelled:8}  {mine.escapes:10.1%}  {other.escapes:11.1%}"
            f"  {mine.older:10.3f}  {other.older:9.3f}  {mine.new:10.3f}  {other.new:9.3f}"
            for number, (mine, other) in enumerate(zip(self.corrected, self.drawn, strict=True))
        )
        return head + "\n".join(rows)

    def picture(self) -> str:
        """The curve as SVG."""
        highest = max(one.escapes for one in (*self.corrected, *self.drawn))
        axes = Axis("Labelled parts", 0, self.drawn[-1].labelled, counts=True), Axis("Escapes, %", 0, 110 * highest)
        canvas = Canvas(*axes)
        styles = Style(BLUE), Style(VERMILLION, dash="7 4")
        lines = [
            canvas.line([(one.labelled, 100 * one.escapes) for one in rounds], style)
            for rounds, style in zip((self.corrected, self.drawn), styles, strict=True)
        ]
        title = "Escapes at 5 % overkill on parts that nobody touched"
        told = f"Twenty labels a round; {NEWCOMER} appears in round {APPEARS}. Means of {SEEDS} runs."
        key = list(zip(("misfires corrected", "drawn by chance"), styles, strict=True))
        drawn = str(plot(title, told, canvas, lines, key))
        return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def compare(parts: RenderedParts) -> Compared:
    runs = {choose: [worked(parts, seed, choose) for seed in range(SEEDS)] for choose in (misfires_first, by_chance)}
    return Compared(_mean(runs[misfires_first]), _mean(runs[by_chance]))


def _mean(runs: list[list[After]]) -> list[After]:
    return [
        After(
            rounds[0].labelled,
            *(float(np.mean([getattr(one, name) for one in rounds])) for name in ("escapes", "older", "new")),
        )
        for rounds in zip(*runs, strict=True)
    ]


@pytest.fixture(scope="module")
def compared() -> Compared:
    return compare(render())


def test_corrections_lower_the_escapes_and_faster_than_labels_by_chance(
    compared: Compared, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{compared.table()}\n")
    assert len(compared.corrected) > 8
    assert compared.corrected[-1].escapes < compared.corrected[0].escapes / 2
    later = slice(APPEARS, None)
    mine, others = compared.corrected[later], compared.drawn[later]
    assert np.mean([one.escapes for one in mine]) < np.mean([one.escapes for one in others])


def test_a_class_that_appears_late_is_learned(compared: Compared) -> None:
    before, last = compared.corrected[APPEARS - 1], compared.corrected[-1]
    assert last.new > before.new + 0.05


def test_older_classes_are_not_forgotten(compared: Compared) -> None:
    before = compared.corrected[APPEARS - 1].older
    assert min(one.older for one in compared.corrected[APPEARS:]) >= before - 0.01


if __name__ == "__main__":
    result = compare(render())
    sys.stdout.write(result.table() + "\n")
    Path(sys.argv[1]).write_text(result.picture(), encoding="utf-8")
