"""How a trained head joins its feature network in one LiteRT file: a float tail behind the quantised maps.

The tail is linear, so each class's score is exactly the mean of its heat map (class activation mapping, Zhou et al.
2016): the same weights are applied to the averaged maps for the scores, and at every place of them for the heat.
It stays in float because 8 bits for a score would make ties, and costs little since it is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inspector.domain import Floats
from inspector.pipeline.classify import INPUT, OUTPUTS, SIGNATURE
from models.head import Head

_IDENTIFIER = b"TFL3"
_OP, _OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions


def attach(network: bytes, head: Head) -> bytes:
    """The whole model's file: input "view", outputs "logits", "embedding" and "heat" by signature.

    network: a LiteRT file with float32 maps (1, rows, columns, channels), fine to coarse, as outputs; their channels,
    in that order, are the features that the head was fitted on. The heat has the finest map's rows and columns.
    """
    tail = _Tail(network)
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


class _Tail:
    """Adds operators behind a LiteRT model, one method each; every method returns its output's tensor."""

    def __init__(self, network: bytes) -> None:
        self.model: Any = schema.ModelT.InitFromPackedBuf(network, 0)
        self.graph: Any = self.model.subgraphs[0]

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(side) for side in self.graph.tensors[tensor].shape)

    def mean(self, name: str, source: int, channels: int) -> int:
        options = schema.ReducerOptionsT()
        axes = self._constant(f"{name}_axes", np.array([1, 2], dtype=np.int32))
        output = self._tensor(name, (1, channels))
        return self._operator(_OP.MEAN, 1, [source, axes], output, _OPTIONS.ReducerOptions, options)

    def pointwise(self, name: str, source: int, weights: npt.NDArray[Any], bias: npt.NDArray[Any]) -> int:
        """A 1 x 1 convolution: `weights` (classes, channels) at every place."""
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        options.padding = schema.Padding.VALID
        kernel = self._constant(f"{name}_weights", weights[:, np.newaxis, np.newaxis, :])
        output = self._tensor(name, (*self.shape(source)[:3], len(bias)))
        inputs = [source, kernel, self._constant(f"{name}_bias", bias)]
        return self._operator(_OP.CONV_2D, 1, inputs, output, _OPTIONS.Conv2DOptions, options)

    def enlarge(self, name: str, source: int, size: Sequence[int]) -> int:
        """Bilinear, pixel centres at halves: by a whole factor it keeps the mean, so the scores stay exact."""
        options = schema.ResizeBilinearOptionsT()
        options.halfPixelCenters = True
        output = self._tensor(name, (1, *size, self.shape(source)[3]))
        inputs = [source, self._constant(f"{name}_size", np.array(size, dtype=np.int32))]
        return self._operator(_OP.RESIZE_BILINEAR, 3, inputs, output, _OPTIONS.ResizeBilinearOptions, options)

    def add(self, name: str, left: int, right: int) -> int:
        output = self._tensor(name, self.shape(left))
        return self._operator(_OP.ADD, 1, [left, right], output, _OPTIONS.AddOptions, schema.AddOptionsT())

    def join(self, name: str, sources: Sequence[int], width: int) -> int:
        options = schema.ConcatenationOptionsT()
        options.axis = 1
        output = self._tensor(name, (1, width))
        return self._operator(_OP.CONCATENATION, 1, sources, output, _OPTIONS.ConcatenationOptions, options)

    def dense(self, name: str, source: int, head: Head, classes: int) -> int:
        inputs = [
            source,
            self._constant(f"{name}_weights", head.weights),
            self._constant(f"{name}_bias", head.bias),
        ]
        output = self._tensor(name, (1, classes))
        options = schema.FullyConnectedOptionsT()
        return self._operator(_OP.FULLY_CONNECTED, 1, inputs, output, _OPTIONS.FullyConnectedOptions, options)

    def finish(self, outputs: dict[str, int]) -> bytes:
        """The file, its tensors reachable by name: a station must not guess which output is which."""
        self.graph.outputs = np.array(list(outputs.values()), dtype=np.int32)
        signature = schema.SignatureDefT()
        signature.signatureKey = SIGNATURE
        signature.subgraphIndex = 0
        signature.inputs = [_named(INPUT, int(self.graph.inputs[0]))]
        signature.outputs = [_named(name, index) for name, index in outputs.items()]
        self.model.signatureDefs = [signature]
        builder = _Sharing(1 << 22)
        builder.Finish(self.model.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())

    def _tensor(self, name: str, shape: Sequence[int], kind: int = schema.TensorType.FLOAT32, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, [int(n) for n in shape], kind, buffer
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _constant(self, name: str, values: npt.NDArray[Any]) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), dtype=np.uint8)
        self.model.buffers.append(buffer)
        kind = schema.TensorType.INT32 if values.dtype == np.int32 else schema.TensorType.FLOAT32
        return self._tensor(name, values.shape, kind, len(self.model.buffers) - 1)

    def _operator(self, code: int, version: int, inputs: Sequence[int], output: int, kind: int, options: Any) -> int:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(code, version)
        operator.inputs, operator.outputs = list(inputs), [output]
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self.graph.operators.append(operator)
        return output

    def _code(self, code: int, version: int) -> int:
        for index, known in enumerate(self.model.operatorCodes):
            if (known.builtinCode, known.version) == (code, version):
                return index
        entry = schema.OperatorCodeT()
        entry.builtinCode, entry.version = code, version
        entry.deprecatedBuiltinCode = min(code, 127)
        self.model.operatorCodes.append(entry)
        return len(self.model.operatorCodes) - 1


class _Sharing(flatbuffers.Builder):  # type: ignore[misc]
    """Writes equal vectors once: of an 8-bit network's file a tenth are the zero points of its channels, all zero."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, vector: npt.NDArray[Any]) -> int:  # noqa: N802  (flatbuffers' own name)
        key = (vector.dtype.str, vector.tobytes())
        if key not in self._written:
            self._written[key] = super().CreateNumpyVector(vector)
        return self._written[key]


def _named(name: str, tensor: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry
