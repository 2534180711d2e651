"""Whether pictures to learn good parts from come from one camera, by their sizes alone, before anything is learned.

A station's camera takes one size. Pictures of two formats are of two cameras or two regions of one: one of them would
be learned stretched, or cut in another place, and such parts be good from then on. Pictures that were cut out part by
part have nearly as many sizes as there are of them, and say nothing of a camera.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from inspector.domain import Example, SnapshotEntry
from inspector.errors import DatasetError
from inspector.recipe import LocateMode, Recipe
from inspector.store.images import ImageStore

Size: TypeAlias = tuple[int, int]  # width, height, as people say it

_ALIKE = 1.05  # 5:4 and 4:3 are 1.07 apart; 16:10 and the 1936 x 1216 of such cameras 1.005
_FORMAT_SHARE = 0.1  # of all pictures, and at least two of them: a format, and no odd picture
_NAMED = 3  # sizes
_NAMED_PARTS = 5


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of the pictures of one training. pictures: by size those of it, as (digest, part); the commonest size first."""

    pictures: dict[Size, list[tuple[str, str]]]

    @property
    def formats(self) -> list[Size]:
        """Those that a camera takes: of two pictures and a tenth of all; none where most are cut out part by part."""
        total = sum(map(len, self.pictures.values()))
        found = [size for size, of in self.pictures.items() if len(of) >= max(2, _FORMAT_SHARE * total)]
        return found if 2 * sum(len(self.pictures[size]) for size in found) >= total else []


def look(images: ImageStore, pictures: Iterable[Example | SnapshotEntry]) -> Sizes:
    """Read the size of each stored picture, and not a pixel. Raises StoreError where one is missing or damaged."""
    found: dict[Size, list[tuple[str, str]]] = defaultdict(list)
    for one in pictures:
        height, width = images.size(one.digest)
        found[width, height].append((one.digest, one.part))
    return Sizes(dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))))


def check(sizes: Sizes, recipe: Recipe) -> None:
    """Raises DatasetError where pictures are of two formats that the recipe cannot cut alike."""
    formats = sizes.formats
    if not formats or all(_fit(formats[0], other, recipe) for other in formats[1:]):
        return
    digest, _ = sizes.pictures[formats[-1]][0]
    wrong = (
        f"cuts its region from the same place of each, {_place(recipe)}, which shows something else in each format"
        if recipe.roi
        else "brings each whole picture to one square, so that one format would be learned stretched"
    )
    raise DatasetError(
        f"recipe {recipe.name}: pictures of one camera were expected; received {_told(_rows(sizes, formats))}; the "
        f"recipe {wrong}. Give the pictures of each camera a recipe of their own (`inspector recipe new NAME`, "
        "`inspector import PICTURES --recipe NAME`), or take those that do not belong here out, one by one: "
        f"`inspector review --recipe {recipe.name} --picture {digest[:16]} withdrawn`"
    )


def remarkable(sizes: Sizes, recipe: Recipe) -> list[dict[str, Any]]:
    """JSON rows for a card, a size each, the commonest first: width, height, pictures, and some parts of the others.

    Of many sizes the first few; the last row then counts the rest, as {"sizes", "pictures"}. Empty where all is alike.
    """
    if len(sizes.pictures) < 2 or recipe.locate.mode is LocateMode.TEMPLATE:
        return []  # a mark that was found says that the part is as large as it was taught
    first, *others = sizes.pictures
    if all(_alike(first, other) for other in others) and not recipe.roi:
        return []
    rows = _rows(sizes, list(sizes.pictures)[:_NAMED])
    rest = list(sizes.pictures.values())[_NAMED:]
    return [*rows, *([{"sizes": len(rest), "pictures": sum(map(len, rest))}] if rest else [])]


def told(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What `remarkable` found, as a person reads it; nothing of no rows."""
    if not rows:
        return []
    return [
        f"The pictures it learned differ in size: {_told(rows)}. Each is brought to the same square. If some are of "
        "another camera, zoom or region, give each of them a recipe of its own; if all are cut out by the size of "
        "their part, as the line's are, all is well."
    ]


def _fit(one: Size, other: Size, recipe: Recipe) -> bool:
    if recipe.locate.mode is LocateMode.TEMPLATE:
        return True
    if recipe.roi:
        return one == other
    shapes = sorted(width / height for width, height in (one, other))
    return shapes[1] <= _ALIKE * shapes[0]


def _alike(one: Size, other: Size) -> bool:
    sides = (sorted(pair) for pair in zip(one, other, strict=True))
    return all(longer <= _ALIKE * shorter for shorter, longer in sides)


def _rows(sizes: Sizes, named: Sequence[Size]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for size in named:
        of = sizes.pictures[size]
        parts = list(Counter(part for _, part in of))[:_NAMED_PARTS] if rows else []
        rows.append({"width": size[0], "height": size[1], "pictures": len(of), "parts": parts})
    return rows


def _told(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(_row(row) for row in rows)


def _row(row: dict[str, Any]) -> str:
    if "sizes" in row:
        return f"{row['pictures']} of {row['sizes']} other sizes"
    named = f" ({_parts(row)})" if row["parts"] else ""
    return f"{row['pictures']} of {row['width']} x {row['height']} pixels{named}"


def _parts(row: dict[str, Any]) -> str:
    cut = " and others" if row["pictures"] > len(row["parts"]) else ""
    return ", ".join(row["parts"]) + cut


def _place(recipe: Recipe) -> str:
    box = recipe.roi
    return f"{box.width} x {box.height} pixels at {box.x}, {box.y}" if box else ""
