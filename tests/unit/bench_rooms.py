"""Data sets in the shapes of the published ones, rendered, small enough for an everyday test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from inspector.bench.learning import Bench
from inspector.bench.learning.folds import deal
from inspector.devices.render import RenderSettings, render_part
from inspector.domain import GOOD, Example, Pixels
from inspector.pictures import write_picture
from inspector.store.workspace import Workspace

LINE = RenderSettings(seed=5, width=160, height=120)
STAND_IN = (sys.executable, "-m", "tests.unit.bench_stand_in")
EXPOSURES = 2
# Mean grey level: the stand-in's model takes what is brighter than 120 for a dent, and is wrong about hard parts.
DARK, BRIGHT, HARD = 90, 150, 30
CLASSES = {
    **dict.fromkeys(("g0", "g1", "g2", "g3", "g4", "g5", "g6", "hard-g"), GOOD),
    **dict.fromkeys(("d0", "d1", "d2", "hard-d"), "dent"),
    **dict.fromkeys(("s0", "s1"), "scratch"),
}
TWICE = "g1"  # its second exposure goes by the name of another part


def shot(number: int, level: int) -> Pixels:
    """A rendered part in such a light that this is its mean grey level."""
    pixels = render_part(LINE, number).pixels
    return np.asarray(np.clip(pixels * (level / pixels.mean()), 0, 255), dtype=np.uint8)


def level_of(part: str) -> int:
    """Good parts are dark and defective ones bright; hard ones are brighter, or darker, than all of the other side."""
    if part.startswith("hard"):
        return BRIGHT + HARD if CLASSES[part] == GOOD else DARK - HARD
    return DARK if CLASSES[part] == GOOD else BRIGHT


def write_tiles(data: Path) -> Path:
    """Each part under two exposures, in the MVTec layout with parts.csv; one has two names, scratches have masks."""
    folder = data / "magnetic_tile"
    rows = ["image,part"]
    for number, (part, name) in enumerate(CLASSES.items()):
        for exposure in range(EXPOSURES):
            side = "train" if name == GOOD else "test"
            picture = folder / side / name / f"{part}-{exposure}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            write_picture(shot(number, level_of(part) + 10 * exposure), picture)
            if name == "scratch":
                mask = folder / "ground_truth" / name / f"{part}-{exposure}_mask.png"
                mask.parent.mkdir(parents=True, exist_ok=True)
                write_picture(np.eye(LINE.height, LINE.width, dtype=np.uint8) * 255, mask)
            known = "other" if part == TWICE and exposure else part
            rows.append(f"{picture.relative_to(folder).as_posix()},{known}")
    (folder / "parts.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def ranking(fold: int) -> float:
    """The AUROC of a fold by counting: each pair with a hard part is the wrong way round, and no other."""
    dealt = deal([Example(part, name, part) for part, name in CLASSES.items()], 2)
    sides = [
        [part for part in CLASSES if dealt[part] == fold and (CLASSES[part] == GOOD) is good] for good in (True, False)
    ]
    hard_good, hard_bad = (sum(part.startswith("hard") for part in side) / len(side) for side in sides)
    return (1 - hard_good) * (1 - hard_bad)


def write_cells(data: Path, count: int = 12) -> Path:
    """Cells of which every third is defective, by a probability of two thirds."""
    folder = data / "elpv"
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(count):
        name = f"images/cell{number:04}.png"
        write_picture(shot(100 + number, BRIGHT if number % 3 == 2 else DARK), folder / name)
        rows.append(f"{name}  {(0.0, 1 / 3, 2 / 3)[number % 3]!r}  {'mono' if number % 2 else 'poly'}")
    (folder / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


MARKED = (slice(0, 30), slice(0, 40))  # where a cracked cookie is green: as far as the model's first place reaches


def cookie(number: int, level: int, green: tuple[slice, slice] | None = None) -> Pixels:
    """In colour: the stand-in's heat map is hot where a picture is green."""
    grey = shot(number, level)
    pixels = np.dstack([grey, grey, grey])
    if green:
        pixels[green] = (100, 140, 100)
    return pixels


def write_cookies(data: Path) -> Path:
    """Six good ones to learn; two others, one of the learned ones again, two cracked with masks and one without."""
    folder = data / "cookie"
    everywhere = (slice(None), slice(None))
    pictures = {f"train/good/n{number}": cookie(300 + number, DARK) for number in range(6)}
    pictures |= {f"test/good/n{number}": cookie(300 + number, DARK) for number in (10, 11)}
    pictures["test/good/again"] = cookie(300, DARK + 10)
    pictures |= {f"test/cracked/c{number}": cookie(320 + number, BRIGHT, MARKED) for number in range(2)}
    pictures["test/cracked_nomask/c9"] = cookie(329, BRIGHT, everywhere)
    mask = np.zeros((LINE.height, LINE.width), np.uint8)
    mask[MARKED] = 255
    pictures |= {f"ground_truth/cracked/c{number}_mask": mask for number in range(2)}
    for name, pixels in pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_picture(pixels, folder / f"{name}.png")
    return folder


@contextmanager
def bench(path: Path, folds: int | None = None, told: list[tuple[str, int, int]] | None = None) -> Iterator[Bench]:
    """A bench whose models program is a stand-in; its data are under `path`."""
    steps: list[tuple[str, int, int]] = [] if told is None else told
    with Workspace.create(path / "workspace") as workspace:
        yield Bench(path, workspace, lambda *step: steps.append(step), folds=folds, command=STAND_IN)
