"""What the kept half makes of each picture: computed once, so that every epoch costs the tuned half alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, Pixels
from inspector.learning.augmentation import Augmentation, augment, augment_mask
from inspector.opencv import cv2
from inspector.store.disk import plainly
from models.backbones.registry import Backbone
from models.crossvalidation import Indices
from models.export.lite import normalised
from models.features import VARIANTS, mirrors
from models.views import Views

SHOWN = 8_000  # changed copies in all, besides the mirrors: the fewer pictures, the more of each
FEWEST, AUGMENTED, MOST = 2, 8, 32  # of each picture: with a full disk, usually, and of a few dozens
BUDGET_BYTES = 4 * 2**30
_BATCH = 32


class Stems:
    """(variants, n) activations (rows, columns, channels) at the cut, float16, one memory-mapped file for each variant.

    Beside each lies what the masks mark of it, uint8, 0 where there is none. The first VARIANTS are the mirrors, the
    view itself first; then come augmented ones. A variant that is there whole is not computed again: a killed run
    goes on where it was.
    """

    def __init__(self, folder: Path, shape: tuple[int, int, int], count: int) -> None:
        self._folder = folder
        self.shape = shape
        self.count = count
        each = 2 * count * int(np.prod(shape))
        wanted = min(max(SHOWN // max(count, 1), AUGMENTED), MOST)
        self.variants = VARIANTS + max(FEWEST, min(wanted, BUDGET_BYTES // max(each, 1) - VARIANTS))
        self._open: dict[Path, npt.NDArray[Any]] = {}

    def lay_down(
        self,
        lower: Any,
        backbone: Backbone,
        views: Views,
        digests: Sequence[str],
        masks: Mapping[str, str],
        how: Augmentation,
        seed: int,
        on_progress: Callable[[int, int], None],
    ) -> None:
        """Compute what is missing; every digest's part is found in its picture. Raises StoreError (disk full).

        masks: by the digest of a picture, that of its mask.
        """
        for variant in range(self.variants):
            on_progress(variant, self.variants)
            file = self._file(variant)
            if file.exists():
                continue
            beside = file.with_suffix(".new")
            with plainly(file):
                self._folder.mkdir(parents=True, exist_ok=True)
                target = np.lib.format.open_memmap(beside, "w+", np.float16, (self.count, *self.shape))
                marks = np.zeros((self.count, *self.shape[:2]), np.uint8)
                for start in range(0, self.count, _BATCH):
                    chosen = digests[start : start + _BATCH]
                    seen = [_seen(views, digest, masks.get(digest), variant, how, seed) for digest in chosen]
                    pixels = np.stack([one for one, _ in seen])
                    target[start : start + _BATCH] = lower.predict_on_batch(normalised(pixels, backbone))
                    for place, (_, mask) in enumerate(seen, start):
                        if mask is not None:
                            marks[place] = gridded(mask, *self.shape[:2])
                target.flush()
                del target
                np.save(self._marks_file(variant), marks)
                beside.replace(file)  # last: it says that both are there
        on_progress(self.variants, self.variants)

    def of(self, pictures: Indices, variants: Indices) -> Floats:
        """(pictures, rows, columns, channels) float32, each picture in its variant."""
        return np.asarray(self._mixed(pictures, variants, self._file), np.float32)

    def marks(self, pictures: Indices, variants: Indices) -> Pixels:
        """(pictures, rows, columns) uint8: what the masks mark, 255 inside."""
        return np.asarray(self._mixed(pictures, variants, self._marks_file), np.uint8)

    def _mixed(self, pictures: Indices, variants: Indices, file_of: Callable[[int], Path]) -> npt.NDArray[Any]:
        drawn = np.unique(variants)
        first = self._opened(file_of(int(drawn[0])))
        mixed = np.empty((len(pictures), *first.shape[1:]), first.dtype)
        for variant in drawn:
            places = variants == variant
            mixed[places] = self._opened(file_of(int(variant)))[pictures[places]]
        return mixed

    def _opened(self, file: Path) -> npt.NDArray[Any]:
        if file not in self._open:
            self._open[file] = np.load(file, mmap_mode="r")
        return self._open[file]

    def _file(self, variant: int) -> Path:
        return self._folder / f"{variant:02d}.npy"

    def _marks_file(self, variant: int) -> Path:
        return self._folder / f"marks-{variant:02d}.npy"


def gridded(mask: Pixels, rows: int, columns: int) -> Pixels:
    """(height, width) uint8 as (rows, columns): the brightest pixel of each cell, so that no thin crack is lost."""
    cell = np.ones((-(-mask.shape[0] // rows), -(-mask.shape[1] // columns)), np.uint8)
    return np.asarray(
        cv2.resize(cv2.dilate(mask, cell), (columns, rows), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8
    )


def _seen(
    views: Views, digest: str, mask: str | None, variant: int, how: Augmentation, seed: int
) -> tuple[Pixels, Pixels | None]:
    """One variant of a view (height, width, 3) and of its mask (height, width)."""
    view = views.get(digest)
    assert view is not None, "only pictures in which the part is found are learned from"
    marked = views.mask(mask, view) if mask else None
    if variant < VARIANTS:
        return mirrors(view.pixels)[variant], None if marked is None else mirrors(marked)[variant]
    draw = int.from_bytes(hashlib.sha256(f"{seed} {variant} {digest}".encode()).digest()[:8])
    moved = None if marked is None else augment_mask(marked, how, np.random.default_rng(draw))
    return augment(view.pixels, how, np.random.default_rng(draw)), moved
