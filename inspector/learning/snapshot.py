"""Which pictures the next model learns from and which it is held against; a physical part is never on both sides."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from inspector.domain import GOOD, UNNAMED, Example, Snapshot, SnapshotEntry, Split
from inspector.errors import DatasetError, ModelError, StoreError
from inspector.learning import leakage, sizes
from inspector.learning.masks import with_masks
from inspector.learning.suspects import confirmed
from inspector.metrics import true_class
from inspector.store.disk import beside, plainly, sync_folder
from inspector.store.workspace import Workspace

GOLDEN_SHARE = 0.2
_MIN_PARTS = 2  # with one part alone there would be nothing left to learn its class from


def take(
    workspace: Workspace,
    recipe_name: str,
    *,
    golden_share: float = GOLDEN_SHARE,
    good_only: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """Freeze what is known now: saved as snapshots/<id>.json, new golden parts written to the ledger.

    good_only: good parts are enough. golden_share: share of each class's parts to hold back, 0 to 0.5. A part that is
    golden stays golden; new golden parts come only from those that no model has learned from. Parts whose pictures show
    that they are one stand on one side under one name. Where a label marks its defect, the entry has a mask of it;
    what a person confirmed as good stands so in it. on_progress: (done, total) pictures compared with the others for
    what they show. Raises DatasetError where good pictures or defects are missing, or where those that good parts are
    learned from are of two cameras; StoreError when it cannot be saved.
    """
    if not 0 <= golden_share <= 0.5:
        raise ValueError(f"expected a golden share from 0 to 0.5, received {golden_share}")
    written = _latest(workspace.ledger.examples(recipe_name))
    if good_only:
        sizes.check(sizes.look(workspace.images, written), workspace.recipes.load(recipe_name))
    before = set(workspace.ledger.golden(recipe_name))
    named = leakage.names(written, leakage.look(workspace, recipe_name, written, on_progress), before)
    examples = leakage.regrouped(written, named)
    golden, learned_from = (
        {named.get(part, part) for part in parts} for parts in (before, _learned_from(workspace, recipe_name))
    )
    chosen = _choose(part_classes(examples), golden, learned_from, golden_share)
    entries = _entries(with_masks(workspace.images, examples), golden | set(chosen))
    snapshot = Snapshot(recipe_name, tuple(sorted(_marked(entries, confirmed(workspace, recipe_name)))))
    _check(snapshot, _regrouping(workspace, recipe_name), good_only)
    save(snapshot, workspace.snapshots)
    if chosen:
        workspace.ledger.add_golden(recipe_name, chosen)
    return snapshot


def _latest(examples: Iterable[Example]) -> list[Example]:
    """One Example per picture, the last word counting; a defect without a name teaches nothing yet."""
    last = {example.digest: example for example in examples}
    return [example for example in last.values() if example.defect_class != UNNAMED]


def part_classes(examples: Iterable[Example]) -> dict[str, str]:
    """The class of each part, from the words on all its pictures."""
    words: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        words[example.part].append(example.defect_class)
    return {part: true_class(names) for part, names in words.items()}


def _choose(
    classes: Mapping[str, str], golden: set[str], learned_from: set[str], golden_share: float
) -> dict[str, str]:
    """New golden parts with their classes: for each class as many as its share lacks, by the hash of their names."""
    parts: dict[str, list[str]] = defaultdict(list)
    for part, name in classes.items():
        parts[name].append(part)
    chosen: dict[str, str] = {}
    for name, members in parts.items():
        if len(members) < _MIN_PARTS or not golden_share:
            continue
        target = math.ceil(golden_share * len(members) - 1e-9)  # up: the rarest classes need a guard the most
        missing = max(0, target - len(golden.intersection(members)))
        fresh = sorted(set(members) - golden - learned_from, key=draw)
        chosen.update(dict.fromkeys(fresh[:missing], name))
    return chosen


def draw(part: str) -> str:
    """A fair draw that comes out the same on every PC and in every order of arrival."""
    return hashlib.sha256(part.encode()).hexdigest()


def _learned_from(workspace: Workspace, recipe_name: str) -> set[str]:
    """The parts that some model of this recipe was trained on: for it they would be no test."""
    ids = {version.card.snapshot_id for version in workspace.versions.list(recipe_name)}
    files = (file_of(workspace, snapshot_id) for snapshot_id in ids)
    return {entry.part for file in files if file.exists() for entry in load(file).only(Split.TRAIN)}


def _entries(
    examples: Iterable[Example], golden: set[str], known: Collection[str] = frozenset()
) -> list[SnapshotEntry]:
    """known: classes that count although nothing is left to learn them from."""
    entries = [entry_of(one, Split.GOLDEN if one.part in golden else Split.TRAIN) for one in examples]
    learnable = {entry.defect_class for entry in entries if entry.split is Split.TRAIN}.union(known)
    # A class whose every part is golden cannot be learned, so nothing is held against it until it has another part.
    return [entry for entry in entries if entry.defect_class in learnable]


def _marked(entries: Iterable[SnapshotEntry], sure: Collection[str]) -> list[SnapshotEntry]:
    """sure: pictures that a person confirmed as good; a later word of another kind counts for more."""
    return [replace(one, confirmed=one.digest in sure and one.defect_class == GOOD) for one in entries]


def entry_of(one: Example, split: Split) -> SnapshotEntry:
    """An Example on one side of the split."""
    return SnapshotEntry(one.digest, one.defect_class, one.part, split, one.mask_digest or "")


def golden_set(workspace: Workspace, recipe_name: str) -> Snapshot:
    """Today's golden pictures alone, under their latest words: what the gate holds models against.

    A class that the model in use knows is held against every candidate, also where its other parts became another one.
    """
    known = _known(workspace, recipe_name)
    golden = set(workspace.ledger.golden(recipe_name))
    examples = _latest(workspace.ledger.examples(recipe_name))
    named = leakage.names(examples, leakage.found(workspace, recipe_name), golden)
    entries = _entries(leakage.regrouped(examples, named), {named.get(part, part) for part in golden}, known)
    return Snapshot(recipe_name, tuple(sorted(entry for entry in entries if entry.split is Split.GOLDEN)))


def _known(workspace: Workspace, recipe_name: str) -> tuple[str, ...]:
    """The classes of the model in use; none where it is damaged, which whoever runs it will say."""
    in_use = workspace.recipes.load(recipe_name).model_id
    try:
        return workspace.versions.load(recipe_name, in_use).card.classes if in_use else ()
    except (ModelError, StoreError):
        return ()


def _regrouping(workspace: Workspace, recipe_name: str) -> tuple[str, ...]:
    """What stands under one name although it was written under several, or may have to, in words."""
    examples = _latest(workspace.ledger.examples(recipe_name))
    matches = leakage.found(workspace, recipe_name)
    named = leakage.names(examples, matches, set(workspace.ledger.golden(recipe_name)))
    alike = leakage.told_alike(examples, leakage.unmarked(workspace, recipe_name))
    return (*leakage.told(examples, matches, named), *alike)


def _check(snapshot: Snapshot, regrouping: Iterable[str] = (), good_only: bool = False) -> None:
    counts = part_counts(snapshot)
    good = counts.get(GOOD, {}).get(Split.TRAIN, 0)
    defects = sum(split[Split.TRAIN] for name, split in counts.items() if name != GOOD)
    if not good or not (defects or good_only):
        wanted = "good parts" if good_only else "good parts and at least one class of defects"
        advice = "" if good_only or not good else ", or learn from the good parts alone (mode anomaly)"
        raise DatasetError(
            f"recipe {snapshot.recipe}: a model needs {wanted} to learn from; "
            f"received {good} good and {defects} defective parts; import a dataset or label some parts{advice}"
            + "".join(f"\n  {line}" for line in regrouping)
        )


def part_counts(snapshot: Snapshot) -> dict[str, dict[Split, int]]:
    """Parts per class (of their pictures) and split."""
    parts: dict[str, dict[Split, set[str]]] = defaultdict(lambda: {split: set() for split in Split})
    for entry in snapshot.entries:
        parts[entry.defect_class][entry.split].add(entry.part)
    return {name: {split: len(members) for split, members in splits.items()} for name, splits in parts.items()}


def remarks(snapshot: Snapshot, workspace: Workspace | None = None) -> tuple[str, ...]:
    """What a person should know before trusting a model from this snapshot, in plain words.

    workspace: also which parts were regrouped in it.
    """
    unguarded = sorted(name for name, split in part_counts(snapshot).items() if not split[Split.GOLDEN])
    words = [
        f"No part of class {name} is in the golden set, so the gate cannot see whether a new model misses it; "
        f"a class needs at least {_MIN_PARTS} parts before one is held back."
        for name in unguarded
    ]
    return (*words, *(_regrouping(workspace, snapshot.recipe) if workspace else ()))


def file_of(workspace: Workspace, snapshot_id: str) -> Path:
    return workspace.snapshots / f"{snapshot_id}.json"


def save(snapshot: Snapshot, into: Path) -> Path:
    """Write <id>.json whole or not at all, and return its path. Raises StoreError."""
    file = into / f"{snapshot.id}.json"
    content = {"id": snapshot.id, "recipe": snapshot.recipe, "entries": [asdict(e) for e in snapshot.entries]}
    unfinished = beside(file)
    with plainly(file):
        try:
            with unfinished.open("w", encoding="utf-8") as stream:
                json.dump(content, stream, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(into)
    return file


def load(file: Path) -> Snapshot:
    """Read a saved snapshot. Raises StoreError where it is not readable or not what its id says."""
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        entries = tuple(
            SnapshotEntry(
                *(e["digest"], e["defect_class"], e["part"], Split(e["split"])),
                e.get("mask", ""),
                e.get("confirmed", False),
            )
            for e in table["entries"]
        )
        snapshot = Snapshot(table["recipe"], entries)
        promised = table["id"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{file}: not a readable snapshot: {error}") from error
    if snapshot.id != promised:
        raise StoreError(f"{file}: changed since it was saved: expected content {promised}, received {snapshot.id}")
    return snapshot
