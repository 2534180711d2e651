"""A LiteRT file taken apart, changed and written again, without TensorFlow and in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

_IDENTIFIER = b"TFL3"
OP, OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions


class Graph:
    """The one subgraph of a LiteRT file, open for changes. Tensors are numbers."""

    def __init__(self, content: bytes) -> None:
        self.model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
        self.graph: Any = self.model.subgraphs[0]

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(side) for side in self.graph.tensors[tensor].shape)

    def like(self, name: str, source: int, shape: Sequence[int]) -> int:
        """A new tensor of the type and the quantisation of another."""
        model = self.graph.tensors[source]
        return self.tensor(name, shape, model.type, quantisation=model.quantization)

    def tensor(
        self, name: str, shape: Sequence[int], kind: int = schema.TensorType.FLOAT32, *, quantisation: Any = None
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, [int(n) for n in shape], kind, 0
        tensor.quantization = quantisation
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, name: str, values: npt.NDArray[Any]) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), dtype=np.uint8)
        self.model.buffers.append(buffer)
        kind = schema.TensorType.INT32 if values.dtype == np.int32 else schema.TensorType.FLOAT32
        number = self.tensor(name, values.shape, kind)
        self.graph.tensors[number].buffer = len(self.model.buffers) - 1
        return number

    def operator(
        self, code: int, version: int, inputs: Sequence[int], outputs: Sequence[int], kind: int, options: Any
    ) -> None:
        """Behind all others. kind: which of schema.BuiltinOptions `options` is."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(code, version)
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self.graph.operators.append(operator)

    def _code(self, code: int, version: int) -> int:
        for index, known in enumerate(self.model.operatorCodes):
            if (known.builtinCode, known.version) == (code, version):
                return index
        entry = schema.OperatorCodeT()
        entry.builtinCode, entry.version = code, version
        entry.deprecatedBuiltinCode = min(code, 127)
        self.model.operatorCodes.append(entry)
        return len(self.model.operatorCodes) - 1

    def written(self) -> bytes:
        builder = _Sharing(1 << 22)
        builder.Finish(self.model.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())


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
