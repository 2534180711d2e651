"""A feature network that looks at each part four times, as it is and in three mirrors, in one invoke.

What is a defect is one in a mirror too, and what differs between the four is noise: of the picture, of how the network
happens to see it, of its eight bits. Their average steadies the verdict (test-time augmentation; Krizhevsky et al.
2012), for about four times the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from models.export.editing import OP, OPTIONS, Graph
from models.features import VARIANTS

_DOWN, _ACROSS = 1, 2  # axes of (n, rows, columns, channels)
_REVERSE_VERSION, _JOIN_VERSION = {schema.TensorType.INT8: 3}, {schema.TensorType.INT8: 2}


def mirrored(network: bytes) -> bytes:
    """A LiteRT file with the input and the outputs of `network`: its maps, turned back and averaged over the four.

    network: a file with one input (1, height, width, 3) and float32 maps (1, rows, columns, channels) as outputs.
    """
    graph = _Mirrors(network)
    (entry,) = (int(index) for index in graph.graph.inputs)
    inner, graph.graph.operators = graph.graph.operators, []
    single = graph.like("single", entry, graph.shape(entry))
    looks = graph.join("looks", graph.four("look", single))
    graph.repeat(inner, entry, looks)
    graph.graph.inputs = np.array([single], dtype=np.int32)
    maps = [int(index) for index in graph.graph.outputs]
    averages = [graph.average(f"level{number}", index) for number, index in enumerate(maps)]
    graph.graph.outputs = np.array(averages, dtype=np.int32)
    graph.model.signatureDefs = []
    return graph.written()


class _Mirrors(Graph):
    """Operators on tensors whose first side is the number of looks."""

    def repeat(self, operators: list[Any], entry: int, looks: int) -> None:
        """The operators again, on all looks at once: whatever came from one picture comes from four."""
        fed = {entry}
        self.graph.tensors[entry].shape = [VARIANTS, *self.shape(entry)[1:]]
        for operator in operators:
            if fed & {int(index) for index in operator.inputs}:
                for index in map(int, operator.outputs):
                    self.graph.tensors[index].shape = [VARIANTS, *self.shape(index)[1:]]
                    fed.add(index)
            operator.inputs = [looks if int(index) == entry else int(index) for index in operator.inputs]
            self.graph.operators.append(operator)

    def four(self, name: str, source: int) -> list[int]:
        """In the order of models.features.mirrors: as it is, across, down, both."""
        across, down = self.reverse(f"{name}_across", source, _ACROSS), self.reverse(f"{name}_down", source, _DOWN)
        return [source, across, down, self.reverse(f"{name}_both", down, _ACROSS)]

    def average(self, name: str, source: int) -> int:
        """(1, rows, columns, channels) of maps of the four, each turned back: a mirror's own undoing is itself."""
        shape = (1, *self.shape(source)[1:])
        parts = [self.tensor(f"{name}_look{number}", shape) for number in range(VARIANTS)]
        options = schema.SplitOptionsT()
        options.numSplits = VARIANTS
        axis = self.constant(f"{name}_axis", np.array(0, dtype=np.int32))
        self.operator(OP.SPLIT, 1, [axis, source], parts, OPTIONS.SplitOptions, options)
        single, across, down, both = parts
        back = [
            single,
            self.reverse(f"{name}_back_across", across, _ACROSS),
            self.reverse(f"{name}_back_down", down, _DOWN),
            self.reverse(f"{name}_back_both", self.reverse(f"{name}_back_half", both, _ACROSS), _DOWN),
        ]
        keeping = schema.ReducerOptionsT()
        keeping.keepDims = True
        output = self.tensor(f"{name}_average", shape)
        inputs = [self.join(f"{name}_back", back), self.constant(f"{name}_axes", np.array([0], dtype=np.int32))]
        self.operator(OP.MEAN, 1, inputs, [output], OPTIONS.ReducerOptions, keeping)
        return output

    def reverse(self, name: str, source: int, axis: int) -> int:
        output = self.like(name, source, self.shape(source))
        version = _REVERSE_VERSION.get(self.graph.tensors[source].type, 1)
        inputs = [source, self.constant(f"{name}_axis", np.array([axis], dtype=np.int32))]
        self.operator(OP.REVERSE_V2, version, inputs, [output], OPTIONS.ReverseV2Options, schema.ReverseV2OptionsT())
        return output

    def join(self, name: str, sources: list[int]) -> int:
        options = schema.ConcatenationOptionsT()
        options.axis = 0
        output = self.like(name, sources[0], (len(sources), *self.shape(sources[0])[1:]))
        version = _JOIN_VERSION.get(self.graph.tensors[sources[0]].type, 1)
        self.operator(OP.CONCATENATION, version, sources, [output], OPTIONS.ConcatenationOptions, options)
        return output
