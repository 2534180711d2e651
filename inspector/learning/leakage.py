"""Which of a workspace's pictures show one part under several names, and which of a test set a model has met."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from inspector.domain import Example, Snapshot, Split
from inspector.learning.duplicates import COHORT, SIDE, Cohort, Marks, Match, OnProgress, Sketch, search, sketch_of
from inspector.pictures import read_picture
from inspector.store.disk import beside, plainly
from inspector.store.images import ImageStore
from inspector.store.workspace import Workspace

_FOLDER = "same-parts"
_METHOD = "2"  # of sketches, marks and search: what was found by another one is found again
_UNKNOWN = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)

One = TypeVar("One")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of one recipe, by digest: pictures that were compared with each other, the pairs found, those with no marks."""

    searched: set[str] = field(default_factory=set)
    matches: list[Match] = field(default_factory=list)
    unmarked: set[str] = field(default_factory=set)


def look(
    workspace: Workspace, recipe_name: str, examples: Sequence[Example], on_progress: OnProgress | None = None
) -> list[Match]:
    """Every pair of pictures that show one part under two names; those that were compared before are remembered.

    Works on pixels alone, before there is any model. on_progress: (done, total) pictures that are new, told several
    times for each; what it raises ends the look at once, and nothing is remembered but the marks. Raises StoreError
    where a picture is missing or damaged, or nothing can be written.
    """
    seen = _remembered(workspace, recipe_name)
    there = {example.digest for example in examples}
    new = there - seen.searched
    if new:
        work = _Work(len(new), 2 * len(there) + len(new), on_progress)
        sketches = _sketches(workspace, {example.digest: example.part for example in examples}, on_each=work.more)
        marks = _marks(workspace, sketches, on_each=work.more)
        fresh = [one for one in marks if one.sketch.digest in new]
        pairs = search(fresh, marks, across_parts=True, on_progress=lambda _done, _total: work.more())
        unmarked = {one.sketch.digest for one in marks if one.bare}
        seen = _Seen(there | seen.searched, [*seen.matches, *pairs], unmarked)
        _remember(workspace, recipe_name, seen)
    return [match for match in seen.matches if {match.first, match.second} <= there]


def found(workspace: Workspace, recipe_name: str) -> list[Match]:
    """What `look` has found so far; nothing is compared now."""
    return _remembered(workspace, recipe_name).matches


def unmarked(workspace: Workspace, recipe_name: str) -> set[str]:
    """By digest, pictures in which `look` has found nothing but what the others show, too, and noise."""
    return _remembered(workspace, recipe_name).unmarked


def names(examples: Sequence[Example], matches: Iterable[Match], preferred: set[str]) -> dict[str, str]:
    """For each part that is one with another, the name both go by: a preferred one, or else the first by alphabet."""
    part_of = {example.digest: example.part for example in examples}
    leads: dict[str, str] = {}

    def lead(part: str) -> str:
        while part in leads:
            part = leads[part]
        return part

    for match in matches:
        if match.first in part_of and match.second in part_of:
            pair = {lead(part_of[match.first]), lead(part_of[match.second])}
            if len(pair) == 2:
                first, second = sorted(pair, key=lambda part: (part not in preferred, part))
                leads[second] = first
    return {part: lead(part) for part in leads}


def regrouped(examples: Sequence[Example], named: Mapping[str, str]) -> list[Example]:
    """The Examples, each under the name that its part goes by."""
    return [replace(one, part=named[one.part]) if one.part in named else one for one in examples]


def met(
    workspace: Workspace,
    snapshot: Snapshot,
    shown: Iterable[tuple[Path, str, str]],
    on_progress: OnProgress | None = None,
) -> dict[str, Match]:
    """By digest, those of the shown pictures that nearly repeat one that was learned, with the one most like them.

    shown: file, digest and part of readable pictures. A learned picture that is no longer stored cannot be compared.
    Raises PictureError and StoreError.
    """
    learned = {entry.digest: entry.part for entry in snapshot.only(Split.TRAIN) if workspace.images.has(entry.digest)}
    files = {digest: (path, part) for path, digest, part in shown if digest not in learned}
    fresh = [sketch_of(read_picture(path), digest, part) for digest, (path, part) in files.items()]
    if not learned or not fresh:
        return {}
    known = _sketches(workspace, learned)
    cohort = Cohort([*known, *fresh])
    wanted, among = [cohort.marks(one) for one in fresh], _marks(workspace, known, cohort)
    closest: dict[str, Match] = {}
    for match in search(wanted, among, across_parts=False, on_progress=on_progress):
        if match.first not in closest or closest[match.first].agreement < match.agreement:
            closest[match.first] = match
    return closest


class _Work:
    """Work in three passes over the pictures, told as so many new pictures done."""

    def __init__(self, pictures: int, steps: int, on_progress: OnProgress | None) -> None:
        self._pictures = pictures
        self._steps = steps
        self._done = 0
        self._on_progress = on_progress

    def more(self) -> None:
        self._done += 1
        if self._on_progress:
            self._on_progress(self._done * self._pictures // self._steps, self._pictures)


def _each(
    work: Callable[[One], Made], among: Iterable[One], name: str, on_each: Callable[[], object] | None
) -> list[Made]:
    """In order, by two threads; what `on_each` raises ends it with the pictures under way."""
    made = []
    with ThreadPoolExecutor(2, thread_name_prefix=name) as pool:
        try:
            for one in pool.map(work, among):
                made.append(one)
                if on_each:
                    on_each()
        finally:
            pool.shutdown(cancel_futures=True)
    return made


def _sketches(
    workspace: Workspace, parts: Mapping[str, str], on_each: Callable[[], object] | None = None
) -> list[Sketch]:
    """parts: by digest."""
    kept = _Kept(workspace)
    return _each(lambda one: kept.sketch(*one), parts.items(), "sketches", on_each)


def _marks(
    workspace: Workspace,
    sketches: Sequence[Sketch],
    cohort: Cohort | None = None,
    on_each: Callable[[], object] | None = None,
) -> list[Marks]:
    """In order; the cohort is made of the sketches themselves where none is given, and only if it is needed."""
    kept = _Kept(workspace)
    remembered = {sketch.digest: kept.marks(sketch, len(sketches)) for sketch in sketches}
    drawn = cohort or Cohort([] if all(remembered.values()) else sketches)

    def marks(sketch: Sketch) -> Marks:
        before = remembered[sketch.digest]
        made = before or drawn.marks(sketch)
        if made is not before:
            kept.keep(made)
        return made

    return _each(marks, sketches, "marks", on_each)


class _Kept:
    """Sketches and marks of stored pictures, in the cache by digest."""

    def __init__(self, workspace: Workspace) -> None:
        self._images: ImageStore = workspace.images
        self._folder = workspace.cache / _FOLDER / _METHOD

    def sketch(self, digest: str, part: str) -> Sketch:
        try:
            with np.load(self._path(digest)) as table:
                return Sketch(digest, part, table["grey"], int(table["height"]), int(table["width"]))
        except _UNKNOWN:
            return sketch_of(self._images.get(digest), digest, part)

    def marks(self, sketch: Sketch, pictures: int) -> Marks | None:
        """None where there are none, or few others were there to be freed of and now there are more."""
        try:
            with np.load(self._path(sketch.digest)) as table:
                made = Marks(sketch, table["plane"], int(table["cohort"]))
        except _UNKNOWN:
            return None
        whole = made.plane.shape == (SIDE, SIDE) and made.cohort >= min(COHORT, pictures // 2)
        return made if whole else None

    def keep(self, marks: Marks) -> None:
        """Whole or not at all. Raises StoreError."""
        sketch, path = marks.sketch, self._path(marks.sketch.digest)
        unfinished = beside(path)
        with plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                np.savez(
                    file,
                    grey=sketch.grey,
                    height=sketch.height,
                    width=sketch.width,
                    plane=marks.plane,
                    cohort=marks.cohort,
                )
            unfinished.replace(path)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.npz"


def _file(workspace: Workspace, recipe_name: str) -> Path:
    return workspace.cache / _FOLDER / f"{recipe_name}.json"


def _remembered(workspace: Workspace, recipe_name: str) -> _Seen:
    """Nothing where the file is of another method."""
    try:
        table = json.loads(_file(workspace, recipe_name).read_text(encoding="utf-8"))
        if table["method"] != _METHOD:
            return _Seen()
        return _Seen(set(table["searched"]), [Match(*pair) for pair in table["found"]], set(table["unmarked"]))
    except _UNKNOWN:
        return _Seen()


def _remember(workspace: Workspace, recipe_name: str, seen: _Seen) -> None:
    file = _file(workspace, recipe_name)
    unfinished = beside(file)
    pairs = [(match.first, match.second, match.agreement) for match in seen.matches]
    table = {"searched": sorted(seen.searched), "found": pairs, "unmarked": sorted(seen.unmarked)}
    with plainly(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps({"method": _METHOD, **table}), "utf-8")
        unfinished.replace(file)


def told(examples: Sequence[Example], matches: Sequence[Match], named: Mapping[str, str]) -> Iterator[str]:
    """What was regrouped, in words for the person who named the parts."""
    part_of = {example.digest: example.part for example in examples}
    groups: dict[str, list[str]] = defaultdict(list)
    for part, name in named.items():
        groups[name].append(part)
    least: dict[str, float] = {}
    for match in matches:
        first = part_of.get(match.first, "")
        name = named.get(first, first)
        least[name] = min(match.agreement, least.get(name, 1.0))
    for name, parts in sorted(groups.items()):
        others = ", ".join(sorted(parts))
        yield (
            f"{name}: pictures of {others} show the same part, by its own marks (agreement from {least[name]:.2f}); "
            "they stand on one side of the split and count as one part."
        )


def told_alike(examples: Sequence[Example], unmarked: Collection[str]) -> Iterator[str]:
    """That most pictures may show one part over and over: what they all share then hides it from every comparison."""
    alike = [one for one in examples if one.digest in unmarked]
    parts = {one.part for one in alike}
    if len(parts) > 1 and 2 * len(alike) > len(examples):
        yield (
            f"{len(alike)} of {len(examples)} pictures, named as {len(parts)} parts, differ in nothing but "
            "noise, light and small shifts. If one part was shown over and over, show different ones: a model of one "
            "part takes every other for unlike."
        )
