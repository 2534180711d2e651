"""How unlike good parts a part is, three ways, and one score of them all.

* A memory of places: each place's distance to the nearest of about a thousand remembered ones, as in PatchCore (Roth et
  al. 2022), the memory being the centres of k-means in whitened features. It finds what is small and strange.
* A density: the Mahalanobis distance of the whole picture's summary, which is averages, deviations and peaks, from a
  Gaussian of the good parts (Rippel et al. 2021). It finds what is strange everywhere a little.
* A synthetic head: good parts against the same with drawn defects, by logistic regression on those summaries. It tells
  damage from what only varies.
What each is worth was measured (docs/decisions/novelty.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.extmath import randomized_svd

from inspector.domain import Floats
from models import head as heads
from models.head import Head

DIRECTIONS = 32  # of a place's features that the memory looks at: more find no more
CENTRES = 1000
TOP_SHARE = 0.01  # of the places: the mean of the strangest is steadier than the one strangest
SHARES = (1.0, 1.0, 3.0)  # of the memory, the density and the synthetic head, each in its own deviations
_PLACE_SHRINKAGE = 3.0  # in mean variances: distances between places are hardly whitened at all
_AXES = 64  # of the Gaussian; beyond them its variance counts as the same in all directions
_SHRINKAGE = 0.3  # in mean variances
_STRENGTH = 0.003
_CHUNK = 4096

Scores = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """(places, channels) @ weights + bias: whitened features of places, (places, DIRECTIONS) or fewer."""

    weights: Floats
    bias: Floats

    @property
    def count(self) -> int:
        """Directions."""
        return len(self.bias)

    def of(self, places: Floats) -> Floats:
        return np.asarray(places @ self.weights + self.bias, dtype=np.float32)

    def then(self, head: Head) -> Projection:
        """Both in one: a head on the directions, (directions,) to (classes,)."""
        weights = self.weights @ head.weights.T
        return Projection(weights, self.bias @ head.weights.T + head.bias)


def projection(places: Floats) -> Projection:
    """The directions in which places (n, channels) of good parts vary most, scaled towards equal variance."""
    mean, spread = places.mean(axis=0), spread_of(places)
    standard = (places - mean) / spread
    values, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    count = min(DIRECTIONS, len(values))
    values, vectors = values[::-1], vectors[:, ::-1][:, :count]
    scale = np.sqrt(np.maximum(values[:count], 0) + _PLACE_SHRINKAGE * max(float(values.mean()), 1e-9))
    weights = (vectors / spread[:, np.newaxis]) / scale
    return Projection(weights.astype(np.float32), (-mean @ weights).astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """centres: (n, directions) projected places of good parts."""

    centres: Floats

    def distances(self, projected: Floats) -> Floats:
        """(n,) Euclidean distance of each projected place (n, directions) to the nearest centre."""
        pieces = np.array_split(projected, max(1, len(projected) // _CHUNK))
        lengths = (self.centres**2).sum(axis=1)
        squares = [
            np.maximum((piece**2).sum(axis=1) + (lengths - 2 * piece @ self.centres.T).min(axis=1), 0)
            for piece in pieces
        ]
        return np.asarray(np.sqrt(np.concatenate(squares)), dtype=np.float32)


def remember(projected: Floats, seed: int, centres: int = CENTRES) -> Memory:
    """A memory of projected places (n, directions); of all, where they are no more than `centres`."""
    different = np.unique(projected, axis=0)
    if len(different) <= centres:
        return Memory(different)
    # Chosen at random to begin with: k-means++ takes twice as long for the same distances.
    how = {"init": "random", "n_init": 1, "max_iter": 30, "batch_size": _CHUNK}
    model = MiniBatchKMeans(centres, random_state=seed, **how).fit(different)
    return Memory(np.asarray(model.cluster_centers_, dtype=np.float32))


def strangest(distances: Floats) -> float:
    """Of one picture's places: the mean distance of the strangest ones."""
    count = tops(len(distances))
    return float(np.partition(distances, len(distances) - count)[-count:].mean(dtype=np.float64))


def tops(places: int) -> int:
    return max(1, int(places * TOP_SHARE))


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A Gaussian of summaries. t = (summary - mean) * scale; distance^2 = |t|^2 - |t @ axes.T|^2.

    mean, scale: (n,); axes: (k, n).
    """

    mean: Floats
    scale: Floats
    axes: Floats

    def distances(self, summaries: Floats) -> Scores:
        """(m,) Mahalanobis distances of (m, n) summaries."""
        t = ((summaries - self.mean) * self.scale).astype(np.float64)
        squares = (t**2).sum(axis=1) - ((t @ self.axes.T.astype(np.float64)) ** 2).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(squares, 0)))


def density(summaries: Floats, seed: int) -> Density:
    """The Gaussian of (m, n) summaries, its covariance shrunk towards a multiple of one."""
    mean, spread = summaries.mean(axis=0), spread_of(summaries)
    standard = (summaries - mean) / spread
    count = min(_AXES, *standard.shape)
    _, sizes, vectors = randomized_svd(standard, count, n_iter=3, random_state=seed)
    variances = sizes**2 / len(standard)
    shrinkage = _SHRINKAGE * max(float((standard**2).sum() / len(standard) / min(standard.shape)), 1e-9)
    axes = vectors * np.sqrt(variances / (variances + shrinkage))[:, np.newaxis]
    scale = 1.0 / (spread * np.sqrt(shrinkage))
    return Density(mean.astype(np.float32), scale.astype(np.float32), axes.astype(np.float32))


def synthetic_head(good: Floats, drawn: Floats) -> Head:
    """One row of weights: how much more the summary (n,) is like those with drawn defects than like good ones."""
    both = np.concatenate([good, drawn])
    truth = np.repeat([0, 1], [len(good), len(drawn)])
    head = heads.fit(both, np.zeros(both.shape[1], np.float32), truth, _STRENGTH)
    return Head(head.weights[1:] - head.weights[:1], head.bias[1:] - head.bias[:1])


@dataclass(frozen=True, slots=True, eq=False)
class Novelty:
    """All three, and how they are weighed: score = shares @ (memory, density, head) + offset.

    The score is in deviations of the scores of good parts that were left out, and around 0 for these.
    """

    projection: Projection
    memory: Memory
    density: Density
    head: Head
    shares: Floats
    offset: float

    def distances(self, places: Floats) -> Floats:
        """(places,) of one picture's places (places, channels)."""
        return self.memory.distances(self.projection.of(places))

    def parts(self, summary: Floats, distances: Floats) -> Scores:
        """(3,) the raw numbers that are weighed, of one picture by its summary (n,) and its distances (places,)."""
        far = float(self.density.distances(summary[np.newaxis])[0])
        damaged = float(self.head.logits(summary[np.newaxis])[0, 0])
        return np.array([strangest(distances), far, damaged])

    def score(self, summary: Floats, distances: Floats) -> float:
        return float(self.parts(summary, distances) @ self.shares.astype(np.float64) + self.offset)


def weigh(raw: Scores, pieces: int = 1) -> tuple[Floats, float]:
    """shares and offset from the raw numbers (n, 3) of good parts that were left out.

    pieces: so many rows, one after the other, are one picture, whose score is that of its worst piece.
    """
    deviations = np.maximum(raw.std(axis=0), 1e-6)
    shares = np.asarray(SHARES) / deviations
    scores = (raw @ shares).reshape(-1, pieces).max(axis=1)
    unit = max(float(scores.std()), 1e-6)
    return (shares / unit).astype(np.float32), float(-scores.mean() / unit)


def spread_of(rows: Floats) -> Floats:
    """As in a fit: a channel that is almost still is not blown up to the size of the others."""
    deviation = rows.std(axis=0)
    spread = np.sqrt(deviation**2 + np.median(deviation) ** 2)
    return np.asarray(np.where(spread > 0, spread, 1), dtype=np.float32)
