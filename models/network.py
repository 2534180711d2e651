"""Which feature network a recipe's models stand on: built once from Keras, kept, and shared by every later head."""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Floats, Pixels
from inspector.opencv import cv2
from inspector.pipeline.classify import INPUT, SIGNATURE, entry_table
from inspector.store.disk import plainly
from models import memory
from models.backbones.registry import Backbone
from models.export.graph import attach
from models.export.speed import Speed, measure
from models.head import Head

NETWORK, REFERENCE, ABOUT = "network.tflite", "reference.npz", "about.json"
THREADS = 2
STEPS = 4


@dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """A quantised backbone up to its three levels, and what Keras makes of some of the user's own views.

    content: the LiteRT file, without a head. reference: by picture digest, (features,) float32 from Keras. shift,
    noise: (features,) mean and standard deviation of Keras minus this file over those views; the shift is taken out
    of everything that is learned (bias correction, Nagel et al. 2019). float_speed: the network in float32, here; None
    where nobody asked.
    """

    content: bytes
    quantisation: str
    reference: Mapping[str, Floats]
    shift: Floats
    noise: Floats
    float_speed: Speed | None

    @property
    def id(self) -> str:
        """Names whatever decides the features."""
        return hashlib.sha256(self.content + self.shift.tobytes()).hexdigest()[:16]


class Extractor:
    """Runs a feature network's file on views, in the very graph that the station will run.

    shift: (features,) is added to what the file gives.
    """

    def __init__(self, content: bytes, shift: Floats, backbone: Backbone) -> None:
        self.shift = shift
        blank = Head(np.zeros((2, len(shift)), dtype=np.float32), np.zeros(2, dtype=np.float32))
        self._interpreter = Interpreter(model_content=attach(content, blank), num_threads=THREADS)
        self._run = self._interpreter.get_signature_runner(SIGNATURE)
        self._entry_table = entry_table(self._run.get_input_details()[INPUT], backbone.mean, backbone.scale)

    def features(self, pixels: Pixels) -> Floats:
        """(features,) float32 of one view (height, width, 3), uint8."""
        outputs = self._run(**{INPUT: cv2.LUT(pixels, self._entry_table)[np.newaxis]})
        return np.asarray(outputs["embedding"][0] + self.shift, dtype=np.float32)


def build(
    backbone: Backbone,
    weights: Path | None,
    quantisation: str,
    views: Mapping[str, Pixels],
    calibration: Sequence[str],
    on_step: Callable[[int], None],
    adapted: Sequence[Floats] | None = None,
    *,
    with_float: bool = True,
) -> FeatureNetwork:
    """Build one with Keras and TensorFlow, which takes a while: on_step counts to STEPS.

    views: by digest, those that the exported model is to be held against. calibration: digests among them. adapted: the
    weights to use in place of the pretrained ones. with_float: measure the speed of the network in float32, too.
    Raises TrainingError where the weights are missing or not what they should be.
    """
    file = backbone.find_weights(weights)
    on_step(0)
    from models.export.conversion import FLOAT32, KerasNetwork, pretrained  # TensorFlow takes seconds to load

    height, width = next(iter(views.values())).shape[:2]
    what = backbone, file, weights is None, height, width
    keras_network = pretrained(*what) if adapted is None else KerasNetwork(*what, adapted)
    on_step(1)
    reference = keras_network.features(list(views.values()))
    on_step(2)
    float_speed = measure(keras_network.convert(FLOAT32, ()), THREADS) if with_float else None
    on_step(3)
    content = keras_network.convert(quantisation, [views[digest] for digest in calibration])
    del keras_network
    gc.collect()  # its layers hold each other until somebody looks
    memory.give_back()
    extractor = Extractor(content, np.zeros_like(reference[0]), backbone)
    error = reference - np.stack([extractor.features(pixels) for pixels in views.values()])
    on_step(4)
    by_digest = dict(zip(views, reference, strict=True))
    return FeatureNetwork(content, quantisation, by_digest, error.mean(axis=0), error.std(axis=0), float_speed)


def save(network: FeatureNetwork, folder: Path) -> None:
    """Whole or not at all; features that another network gave go with it. Raises StoreError."""
    with plainly(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            (beside / NETWORK).write_bytes(network.content)
            digests, features = list(network.reference), np.stack(list(network.reference.values()))
            np.savez(
                beside / REFERENCE,
                digests=np.array(digests),
                features=features,
                shift=network.shift,
                noise=network.noise,
            )
            (beside / ABOUT).write_text(json.dumps(_about(network)), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _about(network: FeatureNetwork) -> dict[str, Any]:
    speed = network.float_speed
    return {
        "id": network.id,
        "quantisation": network.quantisation,
        "float_speed": [speed.p50_ms, speed.p99_ms] if speed else None,
    }


def load(folder: Path) -> FeatureNetwork | None:
    """The one that was kept; None where there is none or its files are damaged, and then a new one is built."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        with (folder / REFERENCE).open("rb") as file, np.load(file) as table:
            reference = dict(zip(table["digests"].tolist(), table["features"], strict=True))
            shift, noise = table["shift"], table["noise"]
        speed = Speed(*about["float_speed"]) if about["float_speed"] else None
        content = (folder / NETWORK).read_bytes()
        network = FeatureNetwork(content, about["quantisation"], reference, shift, noise, speed)
        return network if network.id == about["id"] and reference else None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
