"""`python -m tests.models.small_optimisation`: what quantising and pruning do to a network of four blocks, as JSON.

A process of its own, as the real optimisation is: it turns TensorFlow's Keras into tf_keras.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.optimisation.twin import Twin, prove_equal  # isort: skip  (decides which Keras TensorFlow has)

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Pixels
from inspector.errors import TrainingError
from models.backbones import registry
from models.backbones.efficientnet_lite import Stage, build
from models.export.conversion import KerasNetwork
from models.export.lite import AWARE, FLOAT32, SPARSE, convert
from models.head import Head
from models.network import Extractor
from models.optimisation.distilling import distil
from models.optimisation.pruning import prunable, stripped
from models.optimisation.quantising import aware, even_out, fix_input_range
from tests.models.plates import plate

SIDE = 64
STEPS = 12
STAGES = (Stage(1, 3, 1, 1, 16), Stage(2, 3, 2, 6, 24), Stage(1, 5, 2, 6, 40))
LEVELS = ("b1_depthwise_relu", "b2_depthwise_relu", "b3_depthwise_relu")


def fill(network: Any, _file: Path, _published: bool) -> None:
    """Weights by chance, the same in either Keras; the channels of a depthwise kernel differ as real ones do."""
    random = np.random.default_rng(0)
    for layer in network.layers:
        if layer.name.endswith("_bn"):
            count = layer.weights[0].shape[0]
            gamma, beta, mean = (
                random.uniform(0.5, 1.5, count),
                random.normal(0, 0.3, count),
                random.normal(0, 0.1, count),
            )
            layer.set_weights([gamma, beta, mean, random.uniform(0.5, 2.0, count)])
        elif layer.weights:
            shape = tuple(layer.weights[0].shape)
            kernel = random.normal(0, 1 / np.sqrt(np.prod(shape[:-1]) or 1), shape)
            if layer.name.endswith("_depthwise"):
                kernel = random.normal(0, 0.4, shape) * np.exp(random.normal(0, 1.0, shape[2]))[:, np.newaxis]
            layer.set_weights([kernel])


def small() -> registry.Backbone:
    lite0 = registry.find("efficientnet-lite0")
    return dataclasses.replace(
        lite0,
        build=lambda keras, height, width: build(keras, height, width, STAGES),
        fill=fill,
        levels=LEVELS,
        height=SIDE,
        width=SIDE,
    )


def views(count: int, first: int = 0) -> list[Pixels]:
    kinds = ("good", "hole", "scratch")
    plates = (plate(kinds[seed % 3], first + seed)[:SIDE, :SIDE] for seed in range(count))
    return [np.repeat(pixels[:, :, np.newaxis], 3, axis=2) for pixels in plates]


class Facts:
    """Everything is asked of views that nothing has learned from."""

    def __init__(self) -> None:
        self.backbone = small()
        self.twin = Twin(self.backbone, Path("none"), True, seed=0)
        self.learned, self.unseen = views(24), views(12, 1000)
        self.expected = self.twin.features(self.unseen)
        random = np.random.default_rng(1)
        weights = random.normal(0, 1, (3, self.expected.shape[1])).astype(np.float32)
        self.head = Head(weights, np.zeros(3, dtype=np.float32))

    def equality(self) -> dict[str, Any]:
        of_keras = KerasNetwork(self.backbone, Path("none"), True, SIDE, SIDE).features(self.unseen)
        names = list(map(str, range(len(self.unseen))))
        seen = dict(zip(names, self.unseen, strict=True))
        difference = prove_equal(self.twin, seen, dict(zip(names, of_keras, strict=True)))
        refusal = ""
        try:
            prove_equal(self.twin, seen, dict(zip(names, of_keras + 0.5, strict=True)))
        except TrainingError as error:
            refusal = str(error)
        return {"difference": difference, "refusal": refusal}

    def evening_out(self) -> dict[str, Any]:
        evened = self.twin.copy()
        even_out(evened)
        rebuilt = Twin(self.backbone, Path("none"), True, seed=0)
        rebuilt.maps = evened
        kernels = [evened.get_layer(f"b{block}_depthwise").get_weights()[0] for block in range(4)]
        return {
            "evened": float(np.abs(rebuilt.features(self.unseen) - self.expected).max()),
            "largest": [float(np.abs(kernel).max(axis=(0, 1, 3)).min()) for kernel in kernels],
        }

    def awareness(self) -> dict[str, Any]:
        quantised = aware(self.twin, self.learned)
        untaught = self.agrees(convert(quantised, self.twin.shape, AWARE))
        steps: list[int] = []
        self.distil(quantised, steps.append)
        fix_input_range(quantised, self.backbone)
        taught = convert(quantised, self.twin.shape, AWARE)
        return {"steps": steps, "untaught": untaught, "taught": self.agrees(taught), **tensors(taught)}

    def pruning(self) -> dict[str, Any]:
        masked = prunable(self.twin, STEPS)
        self.distil(masked, lambda _: None)
        bare = stripped(masked)
        kernels = {layer.name: layer.get_weights()[0] for layer in bare.layers if layer.weights}
        zeros = {name: float((kernel == 0).mean()) for name, kernel in kernels.items() if not name.endswith("_bn")}
        sparse, dense = convert(bare, self.twin.shape, SPARSE), convert(self.twin.maps, self.twin.shape, FLOAT32)
        self.agrees(sparse)  # it runs
        return {"zeros": zeros, "sparse_bytes": len(sparse), "dense_bytes": len(dense)}

    def distil(self, student: Any, on_step: Callable[[int], None]) -> None:
        distil(student, self.twin, self.head, self.learned, steps=STEPS, rate=1e-4, seed=0, on_step=on_step)

    def agrees(self, content: bytes) -> float:
        """How the features of a file vary with those of the float network: what a head can tell parts apart by."""
        nothing = np.zeros(self.expected.shape[1], dtype=np.float32)
        extractor = Extractor(content, nothing, self.backbone)
        received = np.stack([extractor.features(view) for view in self.unseen])
        both = [(one - one.mean(axis=0)).ravel() for one in (received, self.expected)]
        return float(np.corrcoef(*both)[0, 1])

    def all(self) -> dict[str, Any]:
        before = [weight.copy() for weight in self.twin.maps.get_weights()]
        found = self.equality() | self.evening_out() | self.awareness() | self.pruning()
        after = self.twin.maps.get_weights()
        same = all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
        return found | {"teacher_is_as_it_was": same}


def tensors(content: bytes) -> dict[str, Any]:
    """How the file's input and its first depthwise kernel are quantised, and what it computes with."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (view,) = interpreter.get_input_details()
    about = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    operators = interpreter._get_ops_details()
    kernel = next(about[op["inputs"][1]] for op in operators if op["op_name"] == "DEPTHWISE_CONV_2D")
    return {
        "input": [float(view["quantization"][0]), int(view["quantization"][1]), np.dtype(view["dtype"]).name],
        "kernel_scales": len(kernel["quantization_parameters"]["scales"]),
        "kernel_channels": int(kernel["shape"][3]),
        "operators": sorted({op["op_name"] for op in operators}),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Facts().all()))
