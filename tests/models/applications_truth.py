"""`python -m tests.models.applications_truth FOLDER KERAS [NAME ...]`: what Keras says of our building blocks, as JSON.

KERAS: keras or tf_keras. For each backbone, or for those that are named: its levels' shapes and its MACs. For each of
keras.applications among them, filled with random weights that are written as Keras publishes its own: how far our
network is from Keras's, each on the same picture and fed in its way.

`python -m tests.models.applications_truth FOLDER random NAME`: the path of such a file of random weights, in FOLDER.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np

from inspector.domain import Floats
from models.backbones import macs, registry
from models.backbones.registry import BACKBONES, Backbone

SIDE = 64
DEVIATIONS = np.array([0.229, 0.224, 0.225])
KERAS: Mapping[str, tuple[str, str, dict[str, bool]]] = {
    "mobilenet-v2": ("MobileNetV2", "mobilenet_v2", {}),
    "mobilenet-v3-small": ("MobileNetV3Small", "mobilenet_v3", {"minimalistic": True}),
    "mobilenet-v3-large": ("MobileNetV3Large", "mobilenet_v3", {"minimalistic": True}),
    "efficientnet-b0": ("EfficientNetB0", "efficientnet", {}),
    "efficientnet-v2-b0": ("EfficientNetV2B0", "efficientnet_v2", {}),
    "resnet50": ("ResNet50", "resnet50", {}),
    "vgg16": ("VGG16", "vgg16", {}),
}
HALF_A_LEVEL_ASIDE = ("mobilenet-v2", "mobilenet-v3-small", "mobilenet-v3-large")


def deviation(keras: Any, backbone: Backbone, folder: Path) -> float:
    """The largest difference of the last feature maps, as a share of the largest value."""
    theirs, file = random_network(keras, backbone.name, folder)
    ours = backbone.build(keras, SIDE, SIDE)
    backbone.fill(ours, file, False)
    file.unlink()
    picture = np.random.default_rng(1).integers(0, 256, (1, SIDE, SIDE, 3)).astype(np.float32)
    fed = getattr(keras.applications, KERAS[backbone.name][1]).preprocess_input(picture.copy())
    mean = 127.5 if backbone.name in HALF_A_LEVEL_ASIDE else backbone.mean
    expected = run(theirs, fed)
    received = run(ours, (picture - mean) / backbone.scale)
    return float(np.abs(expected - received).max() / np.abs(expected).max())


def random_network(keras: Any, name: str, folder: Path) -> tuple[Any, Path]:
    """Keras's own network with random weights, and the file that holds them."""
    keras.utils.set_random_seed(0)
    function, _, options = KERAS[name]
    shape = (SIDE, SIDE, 3)
    model = getattr(keras.applications, function)(input_shape=shape, include_top=False, weights=None, **options)
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.h5"
    publish(model, file)
    return model, file


def publish(model: Any, file: Path) -> None:
    """Write random weights in the order of the layers, as the published files are. Leaves `model` as trained.

    EfficientNetB0's file has deviations for variances, which Keras makes up for only where it loads that file itself.
    """
    from keras.src.legacy.saving import legacy_h5_format

    random = np.random.default_rng(0)
    standardising = next((layer for layer in model.layers if type(layer).__name__ == "Normalization"), None)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([w * random.uniform(0.8, 1.2, w.shape) for w in layer.get_weights()])
    if standardising and standardising.weights:
        set_standard(standardising, DEVIATIONS)
    legacy_h5_format.save_model_to_hdf5(model, file, include_optimizer=False)
    if standardising and standardising.weights:
        set_standard(standardising, DEVIATIONS**2)


def set_standard(layer: Any, variance: Floats) -> None:
    layer.set_weights([np.array([0.485, 0.456, 0.406]), variance, np.array(0)])
    layer.finalize_state()


def run(model: Any, values: Floats) -> Floats:
    return np.asarray(model(values, training=False))


def about(keras: Any, backbone: Backbone) -> dict[str, Any]:
    outline = backbone.outline(keras)
    return {
        "levels": [[int(side) for side in output.shape[1:]] for output in outline.outputs],
        "layers": [level for level in backbone.levels if level in {layer.name for layer in outline.layers}],
        "macs": macs.count(outline),
        "macs_of_all": macs.count(backbone.build(keras, 224, 224)),
    }


def truth(keras: Any, folder: Path, *names: str) -> dict[str, Any]:
    answer = {name: about(keras, registry.find(name)) for name in names or BACKBONES}
    if keras.__name__ == "keras":
        for name in answer.keys() & KERAS.keys():
            answer[name]["deviation"] = deviation(keras, registry.find(name), folder)
    return answer


if __name__ == "__main__":
    _, folder, module, *names = sys.argv
    keras = importlib.import_module("keras" if module == "random" else module)
    if module == "random":
        sys.stdout.write(str(random_network(keras, names[0], Path(folder))[1]))
        sys.exit()
    sys.stdout.write(json.dumps(truth(keras, Path(folder), *names)))
