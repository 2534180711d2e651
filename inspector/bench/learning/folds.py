"""Which pictures stand in which fold: a part is never on both sides, whatever name it goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector.bench.learning.trials import Bench
from inspector.domain import GOOD, Example
from inspector.errors import DatasetError
from inspector.learning import leakage
from inspector.learning.dataset import import_dataset
from inspector.learning.layouts import DatasetItem
from inspector.learning.snapshot import draw, part_classes


@dataclass(frozen=True, slots=True)
class Pictures:
    """A data set of which every part has one name. merged: names that were given up for another one's."""

    examples: tuple[Example, ...]
    merged: int

    @property
    def parts(self) -> int:
        return len({example.part for example in self.examples})

    def described(self) -> str:
        """How many there are and what was merged, in words."""
        words = f"{len(self.examples)} pictures of {self.parts} parts"
        if not self.merged:
            return f"{words}; no two names were found for one part"
        return f"{words}, after {self.merged} names were found to be those of another one's part and merged with it"


def gather(bench: Bench, name: str, items: Sequence[DatasetItem]) -> Pictures:
    """Store the pictures and look over all of them for parts under two names, before anything is split.

    Raises DatasetError where a picture cannot be read: a measure on fewer pictures would be another one.
    """
    workspace, advance = bench.workspace, bench.advance
    report = import_dataset(workspace, name, items, lambda done, total: advance("importing", done, total))
    for refusal in (*report.unreadable, *report.contradictory):
        raise DatasetError(refusal.reason)
    examples = workspace.ledger.examples(name)
    matches = leakage.look(workspace, name, examples, lambda done, total: advance("comparing", done, total))
    named = leakage.names(examples, matches, set())
    return Pictures(tuple(leakage.regrouped(examples, named)), len(named))


def deal(examples: Sequence[Example], folds: int) -> Mapping[str, int]:
    """The fold of each part: class by class, in an order that is drawn by name, they are dealt in turn.

    Raises DatasetError where a fold would have no good part or no defective one.
    """
    classes = part_classes(examples)
    good = sum(name == GOOD for name in classes.values())
    if min(good, len(classes) - good) < folds:
        raise DatasetError(
            f"{folds} folds need as many good and as many defective parts; received {good} good and "
            f"{len(classes) - good} defective ones; take fewer folds"
        )
    defects_first = sorted(classes, key=lambda part: (classes[part] == GOOD, classes[part], draw(part)))
    return {part: place % folds for place, part in enumerate(defects_first)}
