"""How well heat maps find the pixels that a person marked: over all pixels, and over whole regions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inspector.domain import Floats, Pixels
from inspector.opencv import cv2

MOST_FALSE = 0.3  # of the good pixels: up to there a map still says where to look
_NO_STEP = 1e-15

Values = npt.NDArray[np.float64]


def laid_over(heat: Floats, height: int, width: int) -> Floats:
    """A heat map (rows, columns) at the size of the picture that it is of."""
    return np.asarray(cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def pixel_auroc(heats: Sequence[Floats], masks: Sequence[Pixels]) -> float:
    """The chance that a marked pixel is hotter than one that is not, ties counting half; nan where one side is empty.

    heats, masks: (height, width) of the same pictures; a mask is not 0 where the defect is.
    """
    marked = [heat[mask > 0] for heat, mask in zip(heats, masks, strict=True)]
    return _area(_good(heats, masks), [one for one in marked if len(one)], each_alike=False, most_false=1.0)


def pro(heats: Sequence[Floats], masks: Sequence[Pixels], most_false: float = MOST_FALSE) -> float:
    """Per-region overlap: the mean share of a marked region that is hotter than a threshold, over all thresholds.

    The area under it over the share of good pixels that are hotter, from 0 to `most_false`, as a share of the whole
    (Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 129, 2021). A region is what hangs together, also
    across corners; a small one counts as much as a large one. nan where there is none, or no good pixel.
    """
    regions = []
    for heat, mask in zip(heats, masks, strict=True):
        count, numbers = cv2.connectedComponents((mask > 0).astype(np.uint8), connectivity=8)
        regions += [heat[numbers == number] for number in range(1, count)]
    return _area(_good(heats, masks), regions, each_alike=True, most_false=most_false)


def _good(heats: Sequence[Floats], masks: Sequence[Pixels]) -> Floats:
    """Every pixel that is not marked, coldest first."""
    return np.sort(np.concatenate([heat[mask == 0] for heat, mask in zip(heats, masks, strict=True)] or [[]]))


def _area(good: Floats, regions: Sequence[Floats], *, each_alike: bool, most_false: float) -> float:
    """Each region's pixels add what they are found over, from 0 to most_false; each_alike: whatever its size."""
    if not len(good) or not regions:
        return math.nan
    found = np.array([_found(good, one, most_false).mean() for one in regions])
    sizes = None if each_alike else [len(one) for one in regions]
    return float(np.average(found, weights=sizes) / most_false)


def _found(good: Floats, pixels: Floats, most_false: float) -> Values:
    """Of each pixel, how much of 0 to most_false lies above the share of good pixels that are hotter than it.

    Where good pixels are as hot as it, the curve climbs evenly from the share of the hotter ones to that with them.
    """
    hotter = 1 - np.searchsorted(good, pixels, side="right") / len(good)
    with_ties = 1 - np.searchsorted(good, pixels, side="left") / len(good)
    step = np.maximum(with_ties - hotter, _NO_STEP)
    climbed = np.clip((most_false - hotter) / step, 0, 1)
    return np.asarray(climbed**2 * step / 2 + np.maximum(most_false - with_ties, 0))
