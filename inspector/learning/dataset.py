"""What of a folder of pictures becomes Examples to learn from, and what is refused, each with its reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from inspector.domain import Example, Pixels
from inspector.errors import DatasetError, PictureError
from inspector.learning.layouts import DatasetItem, Layout, cell, picture_of, read_layout, read_rows, root_of
from inspector.pictures import read_picture
from inspector.store.images import ImageStore
from inspector.store.workspace import Workspace

OnProgress = Callable[[int, int], None]

_AT_ONCE = 8  # pictures in memory, whose syncs to disk cost little more than that of one


def read_dataset(folder: Path, layout: Layout = "auto", groups: Path | None = None) -> list[DatasetItem]:
    """The pictures of a dataset with their classes and parts, sorted by path. Nothing is opened but CSV files.

    groups: a CSV file with the columns image,part (and lot, where there are lots); images relative to the folder.
    Raises DatasetError naming file and row.
    """
    items = read_layout(folder, layout)
    return items if groups is None else _grouped(items, groups, root_of(folder))


def _grouped(items: Sequence[DatasetItem], groups: Path, root: Path) -> list[DatasetItem]:
    known = {item.path.resolve() for item in items}
    parts: dict[Path, tuple[str, str]] = {}
    strangers: list[tuple[int, Path]] = []
    for row, cells in read_rows(groups):
        path = picture_of(groups, row, cell(groups, row, cells, ("image",)), root)
        part = cell(groups, row, cells, ("part",))
        if path.resolve() in parts:
            raise DatasetError(f"{groups}: row {row}: {path} has a part already; expected one row per picture")
        parts[path.resolve()] = (part, cells.get("lot", ""))
        if path.resolve() not in known:
            strangers.append((row, path))
    without = sum(path not in parts for path in known)
    if strangers and without:
        # A list for more pictures than these is fine; where some also lack a part, a name is likely misspelt.
        row, path = strangers[0]
        raise DatasetError(
            f"{groups}: row {row}: {path} is not a picture of this dataset, while {without} of its pictures have no "
            f"row; image names are relative to {root}"
        )
    named = [(item, parts.get(item.path.resolve(), (item.part, item.lot))) for item in items]
    return [replace(item, part=part, lot=lot) for item, (part, lot) in named]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture that was not imported, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of every picture of an import.

    classes: new Examples by class. repeated: further files with the pixels of another one. without_part: pictures
    for which no part was named. without_mask: masks that could not be used; their pictures were imported.
    """

    added: int
    already_there: int
    repeated: int
    without_part: int
    parts: int
    classes: dict[str, int]
    unreadable: tuple[Refusal, ...] = ()
    contradictory: tuple[Refusal, ...] = ()
    without_mask: tuple[Refusal, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """The report in the user's words, the important first."""
        named = ", ".join(f"{name} {count}" for name, count in sorted(self.classes.items()))
        lines = [f"{self.added} pictures of {self.parts} parts imported" + (f": {named}." if named else ".")]
        counted = (
            (self.already_there, "were imported before and were left as they are."),
            (self.repeated, "have the pixels of another picture and count once."),
            (len(self.unreadable), "could not be read and were skipped."),
            (len(self.contradictory), "contradict another word on the same pixels and were refused."),
            (len(self.without_mask), "came without a usable mask."),
        )
        lines += [f"{count} {words}" for count, words in counted if count]
        if self.without_part:
            lines.append(
                f"For {self.without_part} no part is named: each counts as a part of its own. If several show one "
                "physical part, figures will look better than they are; name the parts with a groups file."
            )
        return tuple(lines)

    def to_json(self) -> dict[str, Any]:
        table = asdict(self)
        for key in ("unreadable", "contradictory", "without_mask"):
            table[key] = [{"path": str(one["path"]), "reason": one["reason"]} for one in table[key]]
        return table


@dataclass(frozen=True, slots=True)
class _Stored:
    item: DatasetItem
    digest: str
    size: tuple[int, ...]  # height, width


def import_dataset(
    workspace: Workspace,
    recipe_name: str,
    items: Sequence[DatasetItem],
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Store the pictures and append their Examples in one transaction; importing twice adds nothing.

    on_progress: called with (done, total) every few pictures; what it raises ends the import, and no Example of it
    is kept. Raises StoreError when the disk is full.
    """
    stored, unreadable = _store(workspace, items, on_progress)
    known = {example.digest: example.defect_class for example in workspace.ledger.examples(recipe_name)}
    contradictory = _contradictions(stored, known)
    refused = {refusal.path for refusal in contradictory}
    first: dict[str, _Stored] = {}
    for one in stored:
        if one.item.path not in refused:
            first.setdefault(one.digest, one)
    fresh = [one for digest, one in first.items() if digest not in known]
    masks = _Masks(workspace.images)
    examples = [_example(one, masks.put(one)) for one in fresh]
    if examples:
        workspace.ledger.add_examples(recipe_name, examples)
    return ImportReport(
        added=len(examples),
        already_there=len(first) - len(fresh),
        repeated=len(stored) - len(contradictory) - len(first),
        without_part=sum(not one.item.part for one in fresh),
        parts=len({example.part for example in examples}),
        classes=dict(Counter(example.defect_class for example in examples)),
        unreadable=tuple(unreadable),
        contradictory=tuple(contradictory),
        without_mask=tuple(masks.refused),
    )


def _store(
    workspace: Workspace, items: Sequence[DatasetItem], on_progress: OnProgress | None
) -> tuple[list[_Stored], list[Refusal]]:
    stored: list[_Stored] = []
    unreadable: list[Refusal] = []
    for start in range(0, len(items), _AT_ONCE):
        read: list[tuple[DatasetItem, Pixels]] = []
        for item in items[start : start + _AT_ONCE]:
            try:
                read.append((item, read_picture(item.path)))
            except PictureError as error:
                unreadable.append(Refusal(item.path, str(error)))
        digests = workspace.images.put_many([pixels for _, pixels in read])
        stored += [
            _Stored(item, digest, pixels.shape[:2]) for (item, pixels), digest in zip(read, digests, strict=True)
        ]
        if on_progress:
            on_progress(start + len(items[start : start + _AT_ONCE]), len(items))
    return stored, unreadable


def _contradictions(stored: Iterable[_Stored], known: dict[str, str]) -> list[Refusal]:
    """Pictures whose pixels stand under two classes: which word is right cannot be known, so none is taken."""
    same: dict[str, list[_Stored]] = defaultdict(list)
    for one in stored:
        same[one.digest].append(one)
    refusals = []
    for digest, pictures in same.items():
        words = {one.item.defect_class for one in pictures}
        for one in pictures:
            earlier = known.get(digest, one.item.defect_class)
            others = sorted((words | {earlier}) - {one.item.defect_class})
            if others:
                place = "is in the ledger" if earlier in others else "stands in this dataset"
                said = f"the same picture {place} as {', '.join(others)}, here as {one.item.defect_class}"
                refusals.append(Refusal(one.item.path, f"{one.item.path}: {said}; keep one, or label it in the review"))
    return refusals


def _example(one: _Stored, mask_digest: str | None) -> Example:
    item = one.item
    return Example(
        digest=one.digest,
        defect_class=item.defect_class,
        part=item.group(one.digest),
        lot=item.lot,
        mask_digest=mask_digest,
        source=str(item.path),
    )


class _Masks:
    """Stores the region masks of new pictures and notes those that say nothing."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self.refused: list[Refusal] = []

    def put(self, one: _Stored) -> str | None:
        path = one.item.mask_path
        if path is None:
            return None
        try:
            mask = read_picture(path)
        except PictureError as error:
            self.refused.append(Refusal(path, str(error)))
            return None
        problem = _mask_problem(mask, one.size)
        if problem:
            self.refused.append(Refusal(path, f"{path}: {problem}"))
            return None
        return self._images.put(mask)


def _mask_problem(mask: Pixels, size: tuple[int, ...]) -> str | None:
    if not mask.any():
        return "the mask is empty: it marks no pixel"
    if mask.shape[:2] != size:
        sizes = " and ".join(f"{shape[1]} x {shape[0]}" for shape in (mask.shape, size))
        return f"mask and picture differ in size: {sizes} pixels"
    return None
