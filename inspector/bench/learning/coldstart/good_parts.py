"""What the measures of the cold start learn from: the cookies' and the tiles' good pictures, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from inspector.bench.learning.folds import Pictures, deal, gather
from inspector.bench.learning.tiles import FOLDS, tile_pictures
from inspector.bench.learning.trials import Bench, Trial, try_out
from inspector.domain import GOOD, Example, Snapshot, Split
from inspector.errors import DatasetError
from inspector.learning.dataset import read_dataset
from inspector.learning.snapshot import entry_of
from inspector.learning.trainer import ANOMALY
from inspector.metrics import Outcome
from inspector.recipe import Recipe

COOKIES, TILES = "coldstart-cookies", "coldstart-tiles"
FOLDER = "cookie"
HOW = "Learned from good parts alone (mode anomaly, one look), whatever --mode and --looks say."


@dataclass(frozen=True, slots=True)
class Task:
    """What a model may learn, and what it is then shown; no part is on both sides.

    confirmed: digests of learned pictures that a training suspected, and that a person then called good.
    """

    name: str
    learned: tuple[Example, ...]
    unseen: tuple[Example, ...]
    confirmed: frozenset[str] = frozenset()

    def without(self, parts: set[str]) -> Task:
        """The same with some parts no longer among the unseen ones."""
        return replace(self, unseen=tuple(one for one in self.unseen if one.part not in parts))

    def answered(self, suspects: Collection[str], defects: Collection[str] = ()) -> Task:
        """The same once a person has looked at suspects: of these the defects are gone, and the others confirmed.

        Both are digests of learned pictures. Without suspects nothing changes.
        """
        found = frozenset(suspects)
        learned = tuple(one for one in self.learned if one.digest not in found.intersection(defects))
        return replace(self, learned=learned, confirmed=found.difference(defects))


def cookie_task(bench: Bench) -> Task:
    """The published split: the good training pictures, and all others of other cookies.

    Raises DatasetError where the data set is not there, or has no defective cookies to find.
    """
    folder = bench.data / FOLDER
    if not (folder / "train" / GOOD).is_dir():
        raise DatasetError(f"{folder}: expected the cookies in the MVTec layout, with good ones in train/{GOOD}")
    items = read_dataset(folder, "mvtec")
    if all(item.defect_class == GOOD for item in items):
        raise DatasetError(f"{folder}: expected defective cookies in test/, received {len(items)} good ones alone")
    examples = gather(bench, COOKIES, items).examples
    sources = {str(item.path) for item in items if item.split_hint == "train"}
    learned = tuple(one for one in examples if one.source in sources)
    return Task(COOKIES, learned, tuple(one for one in examples if one.source not in sources)).without(
        {one.part for one in learned}
    )


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles, and the fold of each part."""

    pictures: Pictures
    fold_of: Mapping[str, int]

    @property
    def folds(self) -> int:
        return len(set(self.fold_of.values()))

    def task(self, fold: int) -> Task:
        """The good pictures of the other folds, and all of this one."""
        inside = [one for one in self.pictures.examples if self.fold_of[one.part] == fold]
        return Task(f"{TILES}-{fold}", tuple(one for one in self.outside(fold) if is_good(one)), tuple(inside))

    def outside(self, fold: int) -> list[Example]:
        return [one for one in self.pictures.examples if self.fold_of[one.part] != fold]


def dealt_tiles(bench: Bench) -> Tiles:
    """In the folds that classifiers are measured in. Raises DatasetError where the data set is not there."""
    pictures = tile_pictures(bench)
    return Tiles(pictures, deal(pictures.examples, bench.folds or FOLDS))


def is_good(example: Example) -> bool:
    return example.defect_class == GOOD


def tried(
    bench: Bench,
    task: Task,
    defects: Iterable[Example] = (),
    *,
    in_float: bool = False,
    tiles: str | None = None,
    recipe: Recipe | None = None,
) -> Trial:
    """A model of the task's good parts. defects: labelled ones to learn from beside them. tiles: as for Trainer.start.

    in_float: also write trials.float_file. recipe: None: one of the task's name that judges whole pictures. Raises as a
    training does.
    """
    cold = replace(bench, mode=ANOMALY, looks=1, tiles=tiles)
    return try_out(cold, snapshot_of(task, defects, recipe.name if recipe else None), recipe, in_float=in_float)


def snapshot_of(task: Task, defects: Iterable[Example] = (), name: str | None = None) -> Snapshot:
    """What is learned, and as its golden pictures what is not. name: of the recipe, None: the task's."""
    learned = [
        replace(entry_of(one, Split.TRAIN), confirmed=one.digest in task.confirmed) for one in (*task.learned, *defects)
    ]
    entries = learned + [entry_of(one, Split.GOLDEN) for one in task.unseen]
    return Snapshot(name or task.name, tuple(sorted(entries)))


def suspected(done: Trial) -> frozenset[str]:
    """Digests of the pictures that the training itself named and left out."""
    return frozenset(one["digest"] for one in done.version.card.results.get("suspects", ()))


def at_own_limit(said: Sequence[Outcome], limit: float) -> dict[str, float]:
    """Of defective pictures the share below a file's reject limit, and of good ones the share that is not."""
    shares = {}
    for name, defective in (("escapes", True), ("overkill", False)):
        scores = [one.score for one in said if one.defective is defective]
        wrong = sum(score is not None and (score < limit) is defective for score in scores)
        shares[name] = wrong / max(1, len(scores))
    return shares
