"""What of a picture is remembered: its features, so that fitting after new labels looks at new pictures only."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from inspector.domain import Floats, Pixels, View
from inspector.store.disk import plainly
from models.network import Extractor
from models.views import Views

# The view and its mirror images across, down and both: what is a defect is one in a mirror too, and the four steady the
# fit most where parts are few (docs/decisions/features.md).
VARIANTS = 4


class FeatureCache:
    """Features by picture digest, one file each, in a folder that belongs to one network and one way to cut views."""

    def __init__(self, folder: Path, width: int) -> None:
        self._folder = folder
        self._width = width

    def get(self, digest: str) -> Floats | None:
        """(variants, features), or (0, features) where the part is not found in the picture; None if unknown.

        A damaged file counts as unknown.
        """
        try:
            features = np.load(self._path(digest))
        except (OSError, ValueError, EOFError):
            return None
        whole = features.dtype == np.float32 and features.shape in {(0, self._width), (VARIANTS, self._width)}
        return features if whole and bool(np.isfinite(features).all()) else None

    def put(self, digest: str, features: Floats) -> None:
        """Whole or not at all. Raises StoreError."""
        path = self._path(digest)
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        with plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                np.save(file, features)
            beside.replace(path)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.npy"


def collect(
    digests: Sequence[str],
    cache: FeatureCache,
    views: Views,
    extractor: Callable[[], Extractor],
    on_progress: Callable[[int, int], None],
) -> dict[str, Floats]:
    """Features by digest as FeatureCache.get gives them; `extractor` is asked for only if some are missing.

    on_progress(done, total) counts the missing ones. Raises StoreError naming a picture that cannot be read.
    """
    found: dict[str, Floats] = {}
    missing = []
    for digest in digests:
        features = cache.get(digest)
        if features is None:
            missing.append(digest)
        else:
            found[digest] = features
    network = extractor() if missing else None
    for done, digest in enumerate(missing):
        on_progress(done, len(missing))
        assert network is not None
        found[digest] = _features(views.get(digest), network)
        cache.put(digest, found[digest])
    on_progress(len(missing), len(missing))
    return found


def _features(view: View | None, network: Extractor) -> Floats:
    if view is None:
        return np.zeros((0, len(network.shift)), dtype=np.float32)
    return np.stack([network.features(mirror) for mirror in mirrors(view.pixels)])


def mirrors(pixels: Pixels) -> tuple[Pixels, ...]:
    """The view and its mirror images across, down and both."""
    seen = (pixels, pixels[:, ::-1], pixels[::-1], pixels[::-1, ::-1])
    return tuple(np.ascontiguousarray(one) for one in seen)
