"""What the kept half makes of each picture: computed once, so that every epoch costs the tuned half alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.domain import Pixels
from inspector.learning.augmentation import Augmentation, augment
from inspector.store.disk import plainly
from models.backbones.registry import Backbone
from models.export.lite import normalised
from models.features import VARIANTS, mirrors
from models.views import Views

AUGMENTED = 8  # changed copies of each picture, besides its mirrors
FEWEST = 2
BUDGET_BYTES = 4 * 2**30
_BATCH = 32

Halfs = npt.NDArray[np.float16]


class Stems:
    """(variants, n) activations (rows, columns, channels) at the cut, float16, one memory-mapped file for each variant.

    The first VARIANTS are the mirrors, the view itself first; then come augmented ones. A variant that is there whole
    is not computed again: a killed run goes on where it was.
    """

    def __init__(self, folder: Path, shape: tuple[int, int, int], count: int) -> None:
        self._folder = folder
        self.shape = shape
        self.count = count
        each = 2 * count * int(np.prod(shape))
        self.variants = VARIANTS + max(FEWEST, min(AUGMENTED, BUDGET_BYTES // max(each, 1) - VARIANTS))
        self._open: dict[int, Halfs] = {}

    def lay_down(
        self,
        lower: Any,
        backbone: Backbone,
        views: Views,
        digests: Sequence[str],
        how: Augmentation,
        seed: int,
        on_progress: Callable[[int, int], None],
    ) -> None:
        """Compute what is missing; every digest's part is found in its picture. Raises StoreError (disk full)."""
        for variant in range(self.variants):
            on_progress(variant, self.variants)
            file = self._file(variant)
            if file.exists():
                continue
            beside = file.with_suffix(".new")
            with plainly(file):
                self._folder.mkdir(parents=True, exist_ok=True)
                target = np.lib.format.open_memmap(beside, "w+", np.float16, (self.count, *self.shape))
                for start in range(0, self.count, _BATCH):
                    batch = [_seen(views, digest, variant, how, seed) for digest in digests[start : start + _BATCH]]
                    target[start : start + _BATCH] = lower.predict_on_batch(normalised(np.stack(batch), backbone))
                target.flush()
                del target
                beside.replace(file)
        on_progress(self.variants, self.variants)

    def of(self, variant: int, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """(chosen, rows, columns, channels) float32."""
        if variant not in self._open:
            self._open[variant] = np.load(self._file(variant), mmap_mode="r")
        return np.asarray(self._open[variant][chosen], dtype=np.float32)

    def _file(self, variant: int) -> Path:
        return self._folder / f"{variant:02d}.npy"


def _seen(views: Views, digest: str, variant: int, how: Augmentation, seed: int) -> Pixels:
    view = views.get(digest)
    assert view is not None, "only pictures in which the part is found are learned from"
    if variant < VARIANTS:
        return mirrors(view.pixels)[variant]
    draw = int.from_bytes(hashlib.sha256(f"{seed} {variant} {digest}".encode()).digest()[:8])
    return augment(view.pixels, how, np.random.default_rng(draw))
