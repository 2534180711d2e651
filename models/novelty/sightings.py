"""What good pictures look like to a feature network, and what they would look like with defects drawn on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Floats, Pixels
from inspector.learning.augmentation import Augmentation, augment
from inspector.opencv import cv2
from inspector.pipeline.classify import INPUT, SIGNATURE, entry_table
from models.backbones.registry import Backbone
from models.features import mirrors
from models.network import THREADS
from models.novelty.drawing import drawn
from models.novelty.graph import PLACES, SUMMARY, seeing
from models.novelty.novelty import Flags, Indices, Projection, projection

LIGHT = Augmentation(crop=0.0)  # another light, sharpness and noise: what must not look like a defect
DRAWN_AT_LEAST, DRAWN_OF_EACH = 160, 2  # synthetic defects: in all, and on each picture
_PROJECTED_FROM = 64  # pictures that the directions are chosen from


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pieces (n) of pictures of defects that a person has named, of so many classes; of one tile, the views.

    parts: (n,) names. truth: (n,) indices of the classes. looks: (n, looks, features) summaries of the piece and
    its mirrors. places: (n, places, directions) of the piece. shows: (n,) whether the defect is to be seen in it.
    """

    classes: int
    parts: npt.NDArray[np.str_]
    truth: Indices
    looks: Floats
    places: Floats
    shows: Flags


NONE_LABELLED = Labelled(
    0,
    np.zeros(0, np.str_),
    np.zeros(0, np.intp),
    np.zeros((0, 1, 1), np.float32),
    np.zeros((0, 1, 1), np.float32),
    np.zeros(0, np.bool_),
)


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Pieces (n) of pictures of good parts, synthetic defects (m) drawn on them, and labelled defects of other parts.

    parts: (n,) names. looks: (n, looks, features) summaries of the piece, its mirrors and it in another light. places:
    (n, places, directions) of the piece itself, projected. drawn_on: (m,) the piece under each synthetic defect;
    drawn, drawn_places: (m, features), (m, places, directions). pieces: of each picture, good and labelled, one picture
    after the other.
    """

    parts: npt.NDArray[np.str_]
    looks: Floats
    places: Floats
    drawn_on: Indices
    drawn: Floats
    drawn_places: Floats
    labelled: Labelled = NONE_LABELLED
    pieces: int = 1


class Seer:
    """Runs a feature network's file on views (height, width, 3), uint8, in the graph that the station will run."""

    def __init__(self, network: bytes, backbone: Backbone) -> None:
        self._interpreter = Interpreter(model_content=seeing(network), num_threads=THREADS)
        self._run = self._interpreter.get_signature_runner(SIGNATURE)
        self._entry_table = entry_table(self._run.get_input_details()[INPUT], backbone.mean, backbone.scale)

    def see(self, pixels: Pixels) -> tuple[Floats, Floats]:
        """The summary (features,) and the places (rows * columns, channels) of one view."""
        outputs = self._run(**{INPUT: cv2.LUT(pixels, self._entry_table)[np.newaxis]})
        places = outputs[PLACES][0]
        return outputs[SUMMARY][0].copy(), places.reshape(-1, places.shape[-1]).copy()


def look(
    seer: Seer,
    views: Sequence[Pixels],
    parts: Sequence[str],
    seed: int,
    on_progress: Callable[[int, int], None],
    pieces: int = 1,
) -> tuple[Sightings, Projection]:
    """See every view, and every synthetic defect on it; the same for the same views and seed.

    pieces: so many of the views, one after the other, are one picture.
    """
    directions = _directions(seer, views, pieces)
    each = max(DRAWN_OF_EACH, -(-DRAWN_AT_LEAST // len(views)))
    looks, places, damaged, damaged_places = [], [], [], []
    for number, pixels in enumerate(views):
        on_progress(number, len(views))
        rng = np.random.default_rng((seed, number))
        summary, own = seer.see(pixels)
        others = [*mirrors(pixels)[1:], augment(pixels, LIGHT, rng)]
        looks.append(np.stack([summary, *(seer.see(other)[0] for other in others)]))
        places.append(directions.of(own))
        for _ in range(each):
            under = mirrors(pixels)[int(rng.integers(4))]
            summary, own = seer.see(drawn(under, views[int(rng.integers(len(views)))], rng))
            damaged.append(summary)
            damaged_places.append(directions.of(own))
    on_progress(len(views), len(views))
    on = np.repeat(np.arange(len(views)), each)
    arrays = np.stack(looks), np.stack(places), on, np.stack(damaged), np.stack(damaged_places)
    return Sightings(np.asarray(parts), *arrays, pieces=pieces), directions


def look_at_defects(
    seer: Seer, views: Sequence[Pixels], parts: Sequence[str], truth: Sequence[int], directions: Projection
) -> Labelled:
    """See labelled defects, as if each view showed one. truth: indices of their classes, from 0, none left out."""
    if not views:
        return NONE_LABELLED
    seen = [[seer.see(pixels) for pixels in mirrors(view)] for view in views]
    looks = np.stack([[summary for summary, _ in looks] for looks in seen])
    places = np.stack([directions.of(looks[0][1]) for looks in seen])
    shows = np.ones(len(views), np.bool_)
    return Labelled(max(truth) + 1, np.asarray(parts), np.asarray(truth), looks, places, shows)


def _directions(seer: Seer, views: Sequence[Pixels], pieces: int) -> Projection:
    """From some of the views, so that never more than these are in memory with all their channels."""
    step = max(1, -(-len(views) // _PROJECTED_FROM))
    while math.gcd(step, pieces) > 1:  # else some pieces of the part would never be among them
        step += 1
    some = views[::step]
    return projection(np.concatenate([seer.see(pixels)[1] for pixels in some]))


def summary_of(maps: Sequence[Floats]) -> Floats:
    """(features,) of one picture's maps (rows, columns, channels), fine to coarse, as the graph reckons it."""
    averages = [one.mean(axis=(0, 1)) for one in maps]
    squares = [(one**2).mean(axis=(0, 1)) for one in maps]
    spreads = [np.sqrt(np.maximum(square - average**2, 0)) for square, average in zip(squares, averages, strict=True)]
    return np.concatenate([*averages, *spreads]).astype(np.float32)


def smoothed(places: Floats) -> Floats:
    """(rows, columns, channels), each place's mean with its neighbours, as the graph reckons it."""
    rows, columns, _ = places.shape
    padded = np.pad(places, ((1, 1), (1, 1), (0, 0)))
    there = np.pad(np.ones((rows, columns, 1), np.float32), ((1, 1), (1, 1), (0, 0)))
    windows = [(slice(down, down + rows), slice(across, across + columns)) for down in range(3) for across in range(3)]
    total = sum((padded[window] for window in windows), np.zeros_like(places))
    return np.asarray(total / sum((there[window] for window in windows), np.float32(0)), dtype=np.float32)
