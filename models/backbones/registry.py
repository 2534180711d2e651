"""Which pretrained networks there are: how each is built, fed, filled with its weights, and which levels it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.errors import TrainingError
from models.backbones.applications import CENTRED, STANDARDISED, UNROOTED, Application
from models.backbones.efficientnet_lite import LITE0, LITE1, LITE2, Lite
from models.backbones.weights import Published


@dataclass(frozen=True, slots=True)
class Backbone:
    """One pretrained network.

    build(keras, height, width) -> keras.Model of normalised float32 (n, height, width, 3), written against the keras
    module it is given and without weights. find_weights(path or None) -> the weights file, by default the one that is
    installed, fetched where there is a network; look() -> the same without asking the network, None where it is not
    here; advice: what to put where, then. fill(model, file, ours) loads it, `ours` saying that it should be the
    published one, byte for byte. mean, scale: a pixel enters as (pixel - mean) / scale. levels: names of three layers,
    fine to coarse. They are activations behind depthwise filters, or behind the other filters that look about:
    averaged over a picture these tell defects apart far better than the narrow, linear ends of the blocks do
    (docs/decisions/features.md).
    """

    name: str
    build: Callable[[Any, int, int], Any]
    find_weights: Callable[[Path | None], Path]
    look: Callable[[], Path | None]
    advice: Callable[[], str]
    fill: Callable[[Any, Path, bool], None]
    mean: float
    scale: float
    height: int
    width: int
    levels: tuple[str, str, str]
    source: str
    licence: str

    def level_maps(self, keras: Any, file: Path, published: bool, height: int, width: int) -> Any:
        """A filled keras.Model with three outputs (n, rows, columns, channels): the levels, fine to coarse."""
        model = self.build(keras, height, width)
        self.fill(model, file, published)
        return self._cut(keras, model)

    def outline(self, keras: Any) -> Any:
        """The same model at its own input size and without its weights: enough to tell its shapes and its cost."""
        return self._cut(keras, self.build(keras, self.height, self.width))

    def _cut(self, keras: Any, model: Any) -> Any:
        return keras.Model(model.input, [model.get_layer(level).output for level in self.levels])


def _backbone(
    name: str, network: Lite | Application, levels: tuple[str, str, str], side: int = 224, licence: str = "Apache-2.0"
) -> Backbone:
    weights = network.weights
    return Backbone(
        name=name,
        build=network.build,
        find_weights=weights.find,
        look=weights.look,
        advice=lambda: weights.advice,
        fill=network.fill,
        mean=network.mean,
        scale=network.scale,
        height=side,
        width=side,
        levels=levels,
        source=f"ImageNet; {weights.source}",
        licence=licence,
    )


_PUBLISHED = "https://storage.googleapis.com/tensorflow/keras-applications"
_NO_TOP = "weights_tf_dim_ordering_tf_kernels_notop.h5"
_V3 = {"minimalistic": True, "include_preprocessing": False}

# Lite1 and Lite2 were trained at 240 and 260 pixels. At 256 each level's sides are whole multiples of the next one's,
# and only then is the heat map's mean exactly the score (docs/decisions/export.md).
BACKBONES = {
    backbone.name: backbone
    for backbone in (
        _backbone(
            name="efficientnet-lite0",
            network=LITE0,
            levels=("b9_depthwise_relu", "b11_depthwise_relu", "b15_depthwise_relu"),
        ),
        _backbone(
            name="efficientnet-lite1",
            network=LITE1,
            side=256,
            levels=("b13_depthwise_relu", "b15_depthwise_relu", "b20_depthwise_relu"),
        ),
        _backbone(
            name="efficientnet-lite2",
            network=LITE2,
            side=256,
            levels=("b13_depthwise_relu", "b15_depthwise_relu", "b20_depthwise_relu"),
        ),
        _backbone(
            name="mobilenet-v2",
            network=Application(
                "MobileNetV2",
                Published(
                    f"{_PUBLISHED}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
                ),
            ),
            levels=("block_11_depthwise_relu", "block_13_depthwise_relu", "block_16_depthwise_relu"),
        ),
        _backbone(
            name="mobilenet-v3-small",
            network=Application(
                "MobileNetV3Small",
                Published(
                    f"{_PUBLISHED}/mobilenet_v3/weights_mobilenet_v3_small_minimalistic_224_1.0_float_no_top_v2.h5",
                    "cde8136e733e811080d9fcd8a252f7e4",
                ),
                options=_V3,
            ),
            levels=(
                "expanded_conv_7_depthwise_relu",
                "expanded_conv_8_depthwise_relu",
                "expanded_conv_10_depthwise_relu",
            ),
        ),
        _backbone(
            name="mobilenet-v3-large",
            network=Application(
                "MobileNetV3Large",
                Published(
                    f"{_PUBLISHED}/mobilenet_v3/weights_mobilenet_v3_large_minimalistic_224_1.0_float_no_top_v2.h5",
                    "ec5221f64a2f6d1ef965a614bdae7973",
                ),
                options=_V3,
            ),
            levels=(
                "expanded_conv_10_depthwise_relu",
                "expanded_conv_12_depthwise_relu",
                "expanded_conv_14_depthwise_relu",
            ),
        ),
        _backbone(
            name="efficientnet-b0",
            network=Application(
                "EfficientNetB0",
                Published(
                    "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
                    "50bc09e76180e00e4465e1a485ddc09d",
                ),
                entry=UNROOTED,
            ),
            levels=("block5b_activation", "block6a_activation", "block7a_activation"),
        ),
        _backbone(
            name="efficientnet-v2-b0",
            network=Application(
                "EfficientNetV2B0",
                Published(
                    f"{_PUBLISHED}/efficientnet_v2/efficientnetv2-b0_notop.h5", "893217f2bb855e2983157299931e43ff"
                ),
                entry=STANDARDISED,
                options={"include_preprocessing": False},
            ),
            levels=("block5d_activation", "block6a_activation", "block6h_activation"),
        ),
        _backbone(
            name="resnet50",
            network=Application(
                "ResNet50",
                Published(f"{_PUBLISHED}/resnet/resnet50_{_NO_TOP}", "4d473c1dd8becc155b73f8504c6f6626"),
                entry=CENTRED,
                trained_on_bgr="conv1_conv",
            ),
            levels=("conv4_block5_2_relu", "conv5_block1_2_relu", "conv5_block3_2_relu"),
            licence="MIT",
        ),
        _backbone(
            name="vgg16",
            network=Application(
                "VGG16",
                Published(f"{_PUBLISHED}/vgg16/vgg16_{_NO_TOP}", "6d6bbae143d832006294945121d1f1fc"),
                entry=CENTRED,
                trained_on_bgr="block1_conv1",
            ),
            levels=("block4_conv3", "block5_conv1", "block5_conv3"),
            licence="CC-BY-4.0",
        ),
    )
}


def find(name: str) -> Backbone:
    """The backbone of this name, however its words are joined (MobileNetV2, mobilenet_v2).

    Raises TrainingError naming those there are.
    """
    for known, backbone in BACKBONES.items():
        if _bare(known) == _bare(name):
            return backbone
    raise TrainingError(f"backbone {name!r} is not known; expected one of {', '.join(BACKBONES)}")


def _bare(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def digest(file: Path) -> str:
    """SHA-256 of a weights file, as caches know it. Raises TrainingError where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainingError(
            f"{file}: the weights cannot be read ({error.strerror}); put the file there, or name another one"
        ) from error
