"""A novelty's arithmetic as operators of the LiteRT file, so that score, heat map and embedding cost one invoke.

The distance to all remembered places is one convolution: |x - c|^2 = |x|^2 + (|c|^2 - 2 c x), with the centres as its
kernels and their lengths as its bias; the nearest is the least over its channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from inspector.pipeline.classify import OUTPUTS
from models.export.editing import OP, OPTIONS
from models.export.graph import Tail
from models.head import Head
from models.novelty.heat import Heat
from models.novelty.model import Model
from models.novelty.novelty import Indices, Novelty, tops

SUMMARY, LEVEL = "summary", "level"
NUMBERS = MEMORY, DENSITY, HEAD = "memory", "density", "head"  # that are weighed, in their order


def seeing(network: bytes) -> bytes:
    """The network with the outputs "summary" (1, n) and "level0" and so on (1, rows, columns, channels), fine to
    coarse, the finest smoothed: what is learned from.

    network: a LiteRT file with float32 maps (1, rows, columns, channels), fine to coarse, as outputs.
    """
    tail = _Tail(network)
    maps = tail.maps
    smoothed = tail.smoothed(maps)
    numbered = {f"{LEVEL}{number}": level for number, level in enumerate([smoothed[0], *maps[1:]])}
    return tail.finish({SUMMARY: tail.summary(tail.averages(maps), maps, smoothed), **numbered})


def attach_novelty(network: bytes, model: Model) -> bytes:
    """The whole model's file, for GOOD, the known classes and UNLIKE, by the signature that every model here has.

    The logit of UNLIKE is the novelty's score, those of the known classes their log-odds against good; the hottest
    places count against GOOD, whose logit is 0 where nobody has marked any. The heat is one for every defect.
    """
    novelty, known = model.novelty, model.known
    tail = _Tail(network)
    maps = tail.maps
    averages = tail.averages(maps)
    embedding = tail.join("embedding", averages, sum(tail.shape(one)[1] for one in averages))
    smoothed = tail.smoothed(maps)
    summary = tail.summary(averages, maps, smoothed)
    distances = tail.distances(smoothed[0], novelty)
    raw = [
        tail.strangest("strangest", distances),
        tail.far(summary, novelty),
        tail.dense("damaged", summary, novelty.head, 1),
    ]
    weighed = Head(novelty.shares[np.newaxis], np.array([novelty.offset], dtype=np.float32))
    unlike = tail.dense("unlike", tail.join("raw", raw, len(raw)), weighed, 1)
    classes = len(known.bias)
    named = [tail.dense("known", summary, known, classes)] if classes else []
    hot = tail.hot([smoothed[0], *maps[1:]], distances, model.heat)
    scale = model.heat.scale
    against = Head(np.array([[-scale.share]], np.float32), np.array([scale.share * scale.middle], np.float32))
    good = tail.dense("good", tail.strangest("hottest", hot), against, 1)
    logits = tail.join("logits", [good, *named, unlike], classes + 2)
    defects = np.array([[0.0], *[[1.0]] * (classes + 1)], dtype=np.float32)
    heat = tail.pointwise("heat", hot, defects, np.zeros(classes + 2, dtype=np.float32))
    return tail.finish(dict(zip(OUTPUTS, (logits, embedding, heat), strict=True)))


def attach_one(network: bytes, novelty: Novelty, which: str) -> bytes:
    """A file that says nothing but one of the three numbers, MEMORY, DENSITY or HEAD, to know what it costs alone."""
    tail = _Tail(network)
    maps = tail.maps
    if which == MEMORY:
        number = tail.strangest("strangest", tail.distances(tail.smooth("places", maps[0]), novelty))
    else:
        summary = tail.summary(tail.averages(maps), maps, tail.smoothed(maps))
        number = tail.far(summary, novelty) if which == DENSITY else tail.dense("damaged", summary, novelty.head, 1)
    return tail.finish({which: number})


class _Tail(Tail):
    """The operators that only a novelty needs; every method returns its output's tensor."""

    @property
    def maps(self) -> list[int]:
        return [int(index) for index in self.graph.outputs]

    def averages(self, maps: Sequence[int]) -> list[int]:
        return [self.mean(f"pooled{level}", source, self.shape(source)[3]) for level, source in enumerate(maps)]

    def smoothed(self, maps: Sequence[int]) -> list[int]:
        return [self.smooth(f"smoothed{level}", source) for level, source in enumerate(maps)]

    def summary(self, averages: Sequence[int], maps: Sequence[int], smoothed: Sequence[int]) -> int:
        """(1, n): the averages of all levels, their deviations, and their peaks, over the places."""
        spreads = []
        for level, (average, source) in enumerate(zip(averages, maps, strict=True)):
            name, channels = f"spread{level}", self.shape(source)[3]
            squares = self.square(f"{name}_squares", source)
            variance = self.subtract(
                f"{name}_variance", self.mean(f"{name}_power", squares, channels), self.square(f"{name}_mean2", average)
            )
            spreads.append(self.root(name, variance))
        peaks = [
            self.over_places(OP.REDUCE_MAX, f"peak{level}", source, self.shape(source)[3])
            for level, source in enumerate(smoothed)
        ]
        every = [*averages, *spreads, *peaks]
        return self.join(SUMMARY, every, sum(self.shape(one)[1] for one in every))

    def smooth(self, name: str, source: int) -> int:
        """Each place's mean with its up to eight neighbours: what lies on the seam of two places is seen as well."""
        options = schema.Pool2DOptionsT()
        options.padding = schema.Padding.SAME
        options.strideH = options.strideW = 1
        options.filterHeight = options.filterWidth = 3
        output = self.tensor(name, self.shape(source))
        return self.one(OP.AVERAGE_POOL_2D, 1, [source], output, OPTIONS.Pool2DOptions, options)

    def distances(self, places: int, novelty: Novelty) -> int:
        """(1, rows, columns, 1)."""
        seen, centres = novelty.projection, novelty.memory.centres
        projected = self.pointwise("projected", places, np.ascontiguousarray(seen.weights.T), seen.bias)
        to_centres = self.pointwise("to_centres", projected, -2 * centres, (centres**2).sum(axis=1))
        nearest = self.reduce(OP.REDUCE_MIN, "nearest", to_centres, 3)
        lengths = self.reduce(OP.SUM, "lengths", self.square("projected_squares", projected), 3)
        return self.root("distances", self.add("squared_distances", lengths, nearest))

    def hot(self, levels: Sequence[int], distances: int, heat: Heat) -> int:
        """(1, rows, columns, 1): the distances' share, and each level's, enlarged."""
        scale, nothing = heat.scale, np.zeros(1, np.float32)
        offset = np.asarray(scale.damage * heat.damage.bias + scale.offset, dtype=np.float32)
        total = self.pointwise("near", distances, np.array([[scale.near]], np.float32), offset)
        of_levels = np.split(scale.damage * heat.damage.weights.T, self._ends(levels), axis=1)
        for number, (level, weights) in enumerate(zip(levels, of_levels, strict=True)):
            part = self.pointwise(f"damage{number}", level, weights, nothing)
            if self.shape(level)[1:3] != self.shape(distances)[1:3]:
                part = self.enlarge(f"damage{number}_enlarged", part, self.shape(distances)[1:3])
            total = self.add(f"hot{number}", total, part)
        return total

    def _ends(self, levels: Sequence[int]) -> Indices:
        """Where each level's channels end among those of all, without the last."""
        return np.cumsum([self.shape(level)[3] for level in levels])[:-1]

    def strangest(self, name: str, distances: int) -> int:
        """(1, 1): the mean of the largest."""
        places = int(np.prod(self.shape(distances)))
        count = tops(places)
        flat = self.tensor(f"{name}_flat", (1, places))
        shape = self.constant(f"{name}_shape", np.array([1, places], dtype=np.int32))
        reshaping = schema.ReshapeOptionsT()
        reshaping.newShape = [1, places]
        self.one(OP.RESHAPE, 1, [distances, shape], flat, OPTIONS.ReshapeOptions, reshaping)
        largest = self.tensor(f"{name}_largest", (1, count))
        which = self.tensor(f"{name}_which", (1, count), schema.TensorType.INT32)
        wanted = self.constant(f"{name}_count", np.array(count, dtype=np.int32))
        self.operator(OP.TOPK_V2, 1, [flat, wanted], [largest, which], OPTIONS.TopKV2Options, schema.TopKV2OptionsT())
        return self.reduce(OP.MEAN, name, largest, 1)

    def far(self, summary: int, novelty: Novelty) -> int:
        """(1, 1): the Mahalanobis distance."""
        gaussian = novelty.density
        centred = self.subtract("centred", summary, self.constant("density_mean", gaussian.mean[np.newaxis]))
        scaled = self.multiply("scaled", centred, self.constant("density_scale", gaussian.scale[np.newaxis]))
        axes = Head(gaussian.axes, np.zeros(len(gaussian.axes), dtype=np.float32))
        along = self.dense("along", scaled, axes, len(gaussian.axes))
        total = self.reduce(OP.SUM, "total", self.square("scaled_squares", scaled), 1)
        known = self.reduce(OP.SUM, "known", self.square("along_squares", along), 1)
        return self.root("far", self.subtract("far_squared", total, known))

    def square(self, name: str, source: int) -> int:
        output = self.tensor(name, self.shape(source))
        return self.one(OP.SQUARE, 1, [source], output, OPTIONS.SquareOptions, schema.SquareOptionsT())

    def subtract(self, name: str, left: int, right: int) -> int:
        output = self.tensor(name, self.shape(left))
        return self.one(OP.SUB, 1, [left, right], output, OPTIONS.SubOptions, schema.SubOptionsT())

    def multiply(self, name: str, left: int, right: int) -> int:
        output = self.tensor(name, self.shape(left))
        return self.one(OP.MUL, 1, [left, right], output, OPTIONS.MulOptions, schema.MulOptionsT())

    def root(self, name: str, source: int) -> int:
        """The square root; of what rounding took below 0, 0."""
        positive = self.tensor(f"{name}_positive", self.shape(source))
        self.one(OP.RELU, 1, [source], positive, OPTIONS.NONE, None)
        output = self.tensor(name, self.shape(source))
        return self.one(OP.SQRT, 1, [positive], output, OPTIONS.NONE, None)

    def reduce(self, code: int, name: str, source: int, axis: int) -> int:
        options = schema.ReducerOptionsT()
        options.keepDims = True
        shape = [1 if place == axis else side for place, side in enumerate(self.shape(source))]
        axes = self.constant(f"{name}_axis", np.array([axis], dtype=np.int32))
        return self.one(code, 1, [source, axes], self.tensor(name, shape), OPTIONS.ReducerOptions, options)
