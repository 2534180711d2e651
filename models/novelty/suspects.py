"""Which pictures of good parts are not learned before a person has looked at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.novelty.novelty import Indices, Scores, weigh

# Robust deviations above the middle by memory, by density and by all three together. Of a Gaussian one in 30,000 lies
# above 4. What shows no part at all looks like none with a drawn defect, so its score may be low: only the first two,
# of which rare good parts reach much, tell it.
_FAR = (15.0, 15.0, 4.0)
_STILL = 1e-6


def unlike_the_rest(raw: Scores, confirmed: Sequence[bool] = ()) -> Indices:
    """Pictures far above the others by memory, density or score, the strangest first; at most a tenth of all.

    raw: (pictures, pieces, 3) by models that had not seen the part. confirmed: whether a person has said that it is
    good, of each picture; empty: of none. A rare good part is strange in one way; a defect, a little in all.
    """
    pictures, pieces, _ = raw.shape
    shares, offset = weigh(raw.reshape(pictures * pieces, -1), pieces)
    scores = raw @ shares + offset
    ways = np.concatenate([raw[..., :2], scores[..., np.newaxis]], axis=2).max(axis=1)
    strange = (_above_the_middle(ways) / _FAR).max(axis=1)
    strange[np.flatnonzero(confirmed)] = 0.0
    order = np.argsort(-strange, kind="stable")
    found = order[strange[order] > 1.0]
    return np.asarray(found[: pictures // 10], dtype=np.intp)  # more than a tenth are no exceptions


def _above_the_middle(ways: Scores) -> Scores:
    """Of each column, in robust deviations."""
    middle = np.median(ways, axis=0)
    usual = 1.4826 * np.median(np.abs(ways - middle), axis=0)
    return np.asarray((ways - middle) / np.maximum(usual, _STILL))
