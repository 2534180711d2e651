"""One person who labels a few parts a round in one way, and what becomes of it: a new model, held at the gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np

from inspector.bench.learning.operator.line import Mix
from inspector.commission import setup_for
from inspector.devices.render import RenderedPart
from inspector.domain import GOOD, UNNAMED, Decision, Example, Frame, Label, Record, Snapshot, Timing
from inspector.learning.gate import GateReport, hold_against_champion
from inspector.learning.paired import Disagreement
from inspector.learning.promotion import promote
from inspector.learning.review import queue
from inspector.learning.snapshot import take
from inspector.pipeline.assemble import inspect
from inspector.recipe import Recipe
from inspector.store.entry import Entry
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

RECIPE = "operator"
WHO = "oracle"
BUDGET = 20  # parts labelled in a round
_TAKEN_BACK = 5  # of them at the line: rejected ones that are good
_TIME_TO_LOOK = 1_000  # pictures that the model may look at for one review; between two rounds there is time
_BEGAN = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
_FIRST_DAY = "the first model of a new line"
_TOO_FEW = "the golden set is too small for the gate to say anything"
_WINS = "it does better on more golden parts than it does worse on, and rejects no more good ones"

Learn = Callable[[Workspace, Recipe, Snapshot], ModelVersion]


class Way(StrEnum):
    """How the parts to label are found. REVIEW: misfires are told, the rest is what the review queue proposes."""

    REVIEW = "review"
    RANDOM = "random"


class Gated(StrEnum):
    """What became of a candidate. OVERRULED: the gate did not pass it, and a person had a reason to."""

    PASSED = "passed"
    OVERRULED = "overruled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A round's candidate, and what became of it at the gate."""

    version: ModelVersion
    gated: Gated


def begin(workspace: Workspace, mix: Mix, learn: Learn) -> Trained:
    """Import the first day's parts and put the model that they teach into use, whatever the gate can say of so few."""
    workspace.recipes.save(Recipe(RECIPE, roi=mix.region))
    parts = list(mix.first_day())
    digests = workspace.images.put_many([one.pixels for one in parts])
    examples = [
        Example(digest, one.defect_class, one.part.group, one.part.lot)
        for digest, one in zip(digests, parts, strict=True)
    ]
    workspace.ledger.add_examples(RECIPE, examples)
    return trained(workspace, learn)


def trained(workspace: Workspace, learn: Learn) -> Trained:
    """Train anew, ask the gate, and put the candidate into use where the gate or a person's reason allows it."""
    recipe = workspace.recipes.load(RECIPE)
    version = learn(workspace, recipe, take(workspace, RECIPE))
    report = hold_against_champion(workspace, RECIPE, version.card.id)
    reason = "" if report.passed else _reason(report)
    if not report.passed and not reason:
        return Trained(version, Gated.REFUSED)
    promote(workspace, RECIPE, version.card.id, WHO, report=report, force_reason=reason)
    return Trained(version, Gated.OVERRULED if reason else Gated.PASSED)


def _reason(report: GateReport) -> str:
    """A person's reason to promote what the gate does not pass, from the changed parts that it lists; "" for none."""
    if report.before is None:
        return _FIRST_DAY
    if report.needed_defective or report.needed_good:
        return _TOO_FEW
    changes = (Disagreement(one.part, one.defect_class, one.before, one.after) for one in report.changed)
    better = sum(change.gain for change in changes) > 0
    return _WINS if better and report.after.overkill.value <= report.before.overkill.value else ""


class Operator:
    """Works in one way, on a workspace of their own. truth: by inspection, what the oracle knows."""

    def __init__(self, workspace: Workspace, way: Way, seed: int) -> None:
        self.way = way
        self._workspace = workspace
        self._seed = seed
        self._truth: dict[str, str] = {}

    def inspect(self, round_: int, made: Sequence[RenderedPart]) -> None:
        """Let the model in use judge what the line made; each part is recorded, with its picture."""
        setup = setup_for(self._workspace, self._workspace.recipes.load(RECIPE))
        station = self._workspace.settings.station
        entries = []
        for place, one in enumerate(made):
            moment = _BEGAN + timedelta(days=round_, seconds=place)
            frame = Frame(one.pixels, "rendered", sequence=place, trigger=place + 1, taken_at=moment, taken_ns=0)
            inspection = inspect(frame, one.part, setup, station, f"{round_:02d}-{place:05d}")
            entries.append(Entry(inspection, Timing(moment, place + 1, 0, 0, 0), RECIPE, one.pixels))
            self._truth[inspection.id] = one.defect_class
        self._workspace.images.put_many([one.pixels for one in made])
        self._workspace.ledger.append(entries)

    def label(self, round_: int) -> list[Record]:
        """Give BUDGET parts their true class; the ones that were labelled."""
        fresh = self._workspace.ledger.records(RECIPE, limit=None, since=_BEGAN + timedelta(days=round_))
        chosen = self._at_random(round_, fresh) if self.way is Way.RANDOM else self._in_review(round_, fresh)
        for record in chosen:
            self._say(round_, record, self.truth(record))
        return chosen

    def truth(self, record: Record) -> str:
        return self._truth[record.inspection.id]

    def _at_random(self, round_: int, fresh: Sequence[Record]) -> list[Record]:
        chance = np.random.default_rng([self._seed, round_])
        return [fresh[place] for place in chance.permutation(len(fresh))[:BUDGET]]

    def _in_review(self, round_: int, fresh: Sequence[Record]) -> list[Record]:
        """What is told at the line counts, too: some overkill in full, and every escape, as a defect without a name."""
        overkill = [one for one in fresh if _decided(one, Decision.NG) and self.truth(one) == GOOD][:_TAKEN_BACK]
        for record in overkill:
            self._say(round_, record, GOOD)
        for record in fresh:
            if _decided(record, Decision.OK) and self.truth(record) != GOOD:
                self._say(round_, record, UNNAMED)
        left = BUDGET - len(overkill)
        waiting = queue(self._workspace, RECIPE, left, seed=self._seed, new_impressions=_TIME_TO_LOOK)
        return [*overkill, *(item.record for item in waiting)]

    def _say(self, round_: int, record: Record, word: str) -> None:
        moment = _BEGAN + timedelta(days=round_, hours=12)
        self._workspace.ledger.add_label(Label(record.inspection.id, WHO, moment, word))


def _decided(record: Record, decision: Decision) -> bool:
    return record.inspection.verdict.decision is decision
