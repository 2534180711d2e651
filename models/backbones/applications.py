"""How a network of keras.applications is built, fed as it was trained, and filled with the weights Keras publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from inspector.errors import TrainingError
from models.backbones.weights import Published

# A mean of 127 lets each of the 256 grey levels enter an int8 tensor as a value of its own: (pixel - 127) / scale is
# exactly (q + 1) / scale for q = pixel - 128. With 127.5 pairs of levels would share one.
MEAN, SCALE = 127.0, 127.5

Channels = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of a pixel in front of the first layer: pixel * gain + offset, channel by channel of RGB."""

    gain: Channels
    offset: Channels

    def layer(self, layers: Any) -> Any:
        """The same as a Keras layer on (pixel - MEAN) / SCALE, which is what the station feeds every network."""
        scale = [gain * SCALE for gain in self.gain]
        offset = [offset + gain * MEAN for gain, offset in zip(self.gain, self.offset, strict=True)]
        return layers.Rescaling(scale, offset, name="as_trained")


# ImageNet's means and standard deviations by channel, as shares of 255; as grey levels where networks came from Caffe.
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_GREY_MEANS = (123.68, 116.779, 103.939)


def _each(rule: Callable[[float, float], float]) -> Channels:
    red, green, blue = (rule(mean, deviation) for mean, deviation in zip(_MEANS, _DEVIATIONS, strict=True))
    return red, green, blue


STANDARDISED = Entry(
    gain=_each(lambda _, deviation: 1.0 / (255.0 * deviation)),
    offset=_each(lambda mean, deviation: -mean / deviation),
)
CENTRED = Entry(gain=(1.0, 1.0, 1.0), offset=(-_GREY_MEANS[0], -_GREY_MEANS[1], -_GREY_MEANS[2]))
# EfficientNetB0 takes raw pixels and standardises them itself, with the root of the deviation where the deviation was
# meant. Keras makes up for that behind, but only where it loads the weights itself; this makes up for it in front.
UNROOTED = Entry(
    gain=_each(lambda _, deviation: deviation**-0.5),
    offset=_each(lambda mean, deviation: 255.0 * mean * (1.0 - deviation**-0.5)),
)


@dataclass(frozen=True, slots=True)
class Application:
    """One network. function: its name in keras.applications. options: of that function.

    entry: how it was trained to see a pixel; None where that is the station's own (pixel - MEAN) / SCALE, half a grey
    level aside. trained_on_bgr: the first convolution where it was; its kernel is turned round instead of the picture.
    """

    function: str
    weights: Published
    entry: Entry | None = None
    options: Mapping[str, bool] = field(default_factory=dict)
    trained_on_bgr: str = ""
    mean: ClassVar = MEAN
    scale: ClassVar = SCALE

    def build(self, keras: Any, height: int, width: int) -> Any:
        """A keras.Model without weights: station values (n, height, width, 3) to its last feature maps."""
        view = keras.layers.Input((height, width, 3), name="view")
        seen = self.entry.layer(keras.layers)(view) if self.entry else view
        make = getattr(keras.applications, self.function)
        shape = (height, width, 3)
        model = make(input_tensor=seen, input_shape=shape, include_top=False, weights=None, **self.options)
        return _with_lasting_names(keras, keras.Model(view, model.output))

    def fill(self, model: Any, file: Path, published: bool) -> None:
        """Load the weights. Raises TrainingError where the file is missing, altered, or is another network's.

        published: the file must be the one that Keras publishes, byte for byte where its digest is known.
        """
        if not file.exists():
            raise TrainingError(f"{file}: there are no weights; put {self.weights.file} there, or name another file")
        if published:
            self.weights.check(file)
        try:
            model.load_weights(file)
        except (ValueError, OSError, KeyError) as error:
            words = str(error).splitlines()[0]
            origin = "the file is damaged: delete it" if published else f"name the file {self.weights.file}"
            raise TrainingError(
                f"{file}: not the weights of {self.function} without its top ({words}); {origin}"
            ) from error
        if self.trained_on_bgr:
            layer = model.get_layer(self.trained_on_bgr)
            kernel, *others = layer.get_weights()
            layer.set_weights([np.ascontiguousarray(kernel[:, :, ::-1]), *others])


def _with_lasting_names(keras: Any, model: Any) -> Any:
    """The same network with each nameless ReLU called after the layer it follows.

    Keras counts such layers through the whole process, so that a level could not be found by name twice.
    """
    names: dict[str, str] = {}
    before = ""
    for layer in model.layers:
        names[layer.name] = layer.name.replace("/BatchNorm", "_bn").replace("/", "_")
        if layer.name.startswith("re_lu"):
            names[layer.name] = before.removesuffix("_bn") + "_relu"
        before = names[layer.name]
    if all(old == new for old, new in names.items()):
        return model

    def renamed(layer: Any) -> Any:
        return type(layer).from_config(layer.get_config() | {"name": names[layer.name]})

    return keras.models.clone_model(model, clone_function=renamed)
