"""How a trained head joins its feature network in one LiteRT file: a float tail behind the quantised maps.

The tail is linear, so each class's score is exactly the mean of its heat map (class activation mapping, Zhou et al.
2016): the same weights are applied to the averaged maps for the scores, and at every place of them for the heat.
It stays in float because 8 bits for a score would make ties, and costs little since it is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inspector.domain import Floats
from inspector.pipeline.classify import INPUT, OUTPUTS, SIGNATURE
from models.export.editing import OP, OPTIONS, Graph
from models.head import Head


def attach(network: bytes, head: Head) -> bytes:
    """The whole model's file: input "view", outputs "logits", "embedding" and "heat" by signature.

    network: a LiteRT file with float32 maps (1, rows, columns, channels), fine to coarse, as outputs; their channels,
    in that order, are the features that the head was fitted on. The heat has the finest map's rows and columns.
    """
    tail = Tail(network)
    maps = [int(index) for index in tail.graph.outputs]
    classes, heat = len(head.bias), None
    pooled, start = [], 0
    for level, source in enumerate(maps):
        _, rows, columns, channels = tail.shape(source)
        weights = head.weights[:, start : start + channels]
        start += channels
        pooled.append(tail.mean(f"pooled{level}", source, channels))
        bias = head.bias if level == 0 else np.zeros_like(head.bias)
        part = tail.pointwise(f"heat{level}", source, weights, bias)
        if level > 0 and (rows, columns) != tail.shape(maps[0])[1:3]:
            part = tail.enlarge(f"heat{level}_enlarged", part, tail.shape(maps[0])[1:3])
        heat = part if heat is None else tail.add("heat" if level == len(maps) - 1 else f"sum{level}", heat, part)
    if start != head.weights.shape[1]:
        raise ValueError(f"the head reads {head.weights.shape[1]} features, the network gives {start}")
    embedding = tail.join("embedding", pooled, start)
    logits = tail.dense("logits", embedding, head, classes)
    assert heat is not None
    return tail.finish(dict(zip(OUTPUTS, (logits, embedding, heat), strict=True)))


def head_of(content: bytes) -> Head:
    """The head that `attach` put behind a network. Raises ValueError where the file has none."""
    model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
    tensors = {bytes(tensor.name).decode(): tensor for tensor in model.subgraphs[0].tensors}
    if not {"logits_weights", "logits_bias"} <= tensors.keys():
        raise ValueError("the file holds no head of this program")

    def values(name: str) -> Floats:
        raw = bytes(model.buffers[tensors[name].buffer].data)
        return np.frombuffer(raw, dtype=np.float32).reshape(tensors[name].shape)

    return Head(values("logits_weights"), values("logits_bias"))


class Tail(Graph):
    """Adds operators behind a LiteRT model, one method each; every method returns its output's tensor."""

    def mean(self, name: str, source: int, channels: int) -> int:
        return self.over_places(OP.MEAN, name, source, channels)

    def over_places(self, code: int, name: str, source: int, channels: int) -> int:
        """(1, channels) of a map, by an operator that reduces."""
        options = schema.ReducerOptionsT()
        axes = self.constant(f"{name}_axes", np.array([1, 2], dtype=np.int32))
        output = self.tensor(name, (1, channels))
        return self.one(code, 1, [source, axes], output, OPTIONS.ReducerOptions, options)

    def pointwise(self, name: str, source: int, weights: npt.NDArray[Any], bias: npt.NDArray[Any]) -> int:
        """A 1 x 1 convolution: `weights` (classes, channels) at every place."""
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        options.padding = schema.Padding.VALID
        kernel = self.constant(f"{name}_weights", weights[:, np.newaxis, np.newaxis, :])
        output = self.tensor(name, (*self.shape(source)[:3], len(bias)))
        inputs = [source, kernel, self.constant(f"{name}_bias", bias)]
        return self.one(OP.CONV_2D, 1, inputs, output, OPTIONS.Conv2DOptions, options)

    def enlarge(self, name: str, source: int, size: Sequence[int]) -> int:
        """Bilinear, pixel centres at halves: by a whole factor it keeps the mean, so the scores stay exact."""
        options = schema.ResizeBilinearOptionsT()
        options.halfPixelCenters = True
        output = self.tensor(name, (1, *size, self.shape(source)[3]))
        inputs = [source, self.constant(f"{name}_size", np.array(size, dtype=np.int32))]
        return self.one(OP.RESIZE_BILINEAR, 3, inputs, output, OPTIONS.ResizeBilinearOptions, options)

    def add(self, name: str, left: int, right: int) -> int:
        output = self.tensor(name, self.shape(left))
        return self.one(OP.ADD, 1, [left, right], output, OPTIONS.AddOptions, schema.AddOptionsT())

    def join(self, name: str, sources: Sequence[int], width: int) -> int:
        options = schema.ConcatenationOptionsT()
        options.axis = 1
        output = self.tensor(name, (1, width))
        return self.one(OP.CONCATENATION, 1, sources, output, OPTIONS.ConcatenationOptions, options)

    def dense(self, name: str, source: int, head: Head, classes: int) -> int:
        inputs = [
            source,
            self.constant(f"{name}_weights", head.weights),
            self.constant(f"{name}_bias", head.bias),
        ]
        output = self.tensor(name, (1, classes))
        options = schema.FullyConnectedOptionsT()
        return self.one(OP.FULLY_CONNECTED, 1, inputs, output, OPTIONS.FullyConnectedOptions, options)

    def finish(self, outputs: dict[str, int]) -> bytes:
        """The file, its tensors reachable by name: a station must not guess which output is which."""
        self.graph.outputs = np.array(list(outputs.values()), dtype=np.int32)
        signature = schema.SignatureDefT()
        signature.signatureKey = SIGNATURE
        signature.subgraphIndex = 0
        signature.inputs = [_named(INPUT, int(self.graph.inputs[0]))]
        signature.outputs = [_named(name, index) for name, index in outputs.items()]
        self.model.signatureDefs = [signature]
        return self.written()

    def one(self, code: int, version: int, inputs: Sequence[int], output: int, kind: int, options: Any) -> int:
        self.operator(code, version, inputs, [output], kind, options)
        return output


def _named(name: str, tensor: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry
