"""The networks there are: their entries, their weights, and what is said where those are missing or wrong."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import TrainingError
from models.backbones import efficientnet_lite, mobilenet, registry
from models.backbones.checkpoint import read_checkpoint
from models.backbones.registry import BACKBONES
from tests.models.plates import furnish, train


def test_each_backbone_is_found_under_its_name() -> None:
    assert list(BACKBONES) == ["efficientnet-lite0", "mobilenet-v2"]
    assert all(registry.find(name).name == name for name in BACKBONES)


@pytest.mark.parametrize("name", BACKBONES)
def test_no_two_grey_levels_enter_as_one(name: str) -> None:
    """At the input's own step of 1 / scale each level is a whole number of steps, and none falls outside 8 bits."""
    backbone = registry.find(name)
    steps = (np.arange(256) - backbone.mean) / backbone.scale * backbone.scale
    assert np.array_equal(steps, np.rint(steps))
    assert len(np.unique(steps)) == 256
    assert steps.max() - steps.min() == 255


@pytest.mark.parametrize("name", BACKBONES)
def test_each_backbone_says_under_which_licence_it_comes(name: str) -> None:
    assert registry.find(name).licence == "Apache-2.0"
    assert "ImageNet" in registry.find(name).source


def test_the_installed_weights_are_the_published_ones() -> None:
    file = efficientnet_lite.find_weights(None)
    assert registry.digest(file) == efficientnet_lite.LITE0_SHA256
    arrays = read_checkpoint(file, efficientnet_lite.LITE0_SHA256)
    assert arrays["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert arrays["_conv_head.weight"].shape == (1280, 320, 1, 1)
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_a_named_file_comes_before_the_installed_one(tmp_path: Path) -> None:
    for find in (efficientnet_lite.find_weights, mobilenet.find_weights):
        assert find(tmp_path / "mine") == tmp_path / "mine"


def test_an_altered_copy_of_the_published_weights_is_refused(tmp_path: Path) -> None:
    content = bytearray(efficientnet_lite.find_weights(None).read_bytes())
    content[5_000_000] ^= 1
    copy = tmp_path / "altered.pth"
    copy.write_bytes(content)
    with pytest.raises(TrainingError, match="altered or cut short"):
        efficientnet_lite.fill(None, copy, True)


def test_a_digest_of_a_missing_file_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"gone\.pth: the weights cannot be read .*put the file there"):
        registry.digest(tmp_path / "gone.pth")


class _Layer:
    """As much of a Keras layer as the filling of weights touches."""

    def __init__(self, name: str, *shapes: tuple[int, ...]) -> None:
        self.name = name
        self.weights = [np.zeros(shape, dtype=np.float32) for shape in shapes]

    def set_weights(self, arrays: list[np.ndarray]) -> None:
        if [array.shape for array in arrays] != [weight.shape for weight in self.weights]:
            raise ValueError(f"shapes {[array.shape for array in arrays]}")
        self.weights = arrays


class _Network:
    def __init__(self, *layers: _Layer) -> None:
        self.layers = layers


def test_kernels_are_turned_into_the_order_of_keras() -> None:
    file = efficientnet_lite.find_weights(None)
    arrays = read_checkpoint(file)
    stem, depthwise = _Layer("stem", (3, 3, 3, 32)), _Layer("b2_depthwise", (3, 3, 144, 1))
    norm = _Layer("b2_project_bn", *[(24,)] * 4)
    efficientnet_lite.fill(_Network(stem, depthwise, norm, _Layer("b2_add")), file, False)
    assert stem.weights[0][1, 2, 0, 5] == arrays["_conv_stem.weight"][5, 0, 1, 2]
    assert depthwise.weights[0][0, 1, 7, 0] == arrays["_blocks.2._depthwise_conv.weight"][7, 0, 0, 1]
    assert np.array_equal(norm.weights[3], arrays["_blocks.2._bn2.running_var"])


def test_weights_of_another_width_are_refused_by_layer() -> None:
    file = efficientnet_lite.find_weights(None)
    with pytest.raises(TrainingError, match=r"do not fit EfficientNet-Lite0: layer stem: expected .*\(3, 3, 3, 40\)"):
        efficientnet_lite.fill(_Network(_Layer("stem", (3, 3, 3, 40))), file, True)


class _Answer(http.server.BaseHTTPRequestHandler):
    """A server with one file, for a PC that has a network."""

    def do_GET(self) -> None:
        if self.path != "/weights.h5":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"weights")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_weights_are_fetched_once_and_kept(server: str, tmp_path: Path) -> None:
    target = tmp_path / "models" / "weights.h5"
    assert mobilenet.fetch(target, f"{server}/weights.h5") == target
    assert target.read_bytes() == b"weights"
    assert [path.name for path in target.parent.iterdir()] == ["weights.h5"]


def test_weights_that_are_not_there_to_fetch_leave_nothing_behind(server: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be fetched"):
        mobilenet.fetch(tmp_path / "models" / "weights.h5", f"{server}/moved.h5")
    assert list((tmp_path / "models").iterdir()) == []


def test_without_a_network_it_is_said_where_the_file_belongs(tmp_path: Path) -> None:
    target = tmp_path / "models" / mobilenet.WEIGHTS
    with pytest.raises(TrainingError, match="on a PC without a network put") as caught:
        mobilenet.fetch(target, "http://127.0.0.1:1/weights.h5")
    assert mobilenet.WEIGHTS in str(caught.value)
    assert str(target.parent) in str(caught.value)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_weights_of_another_kind_are_refused_by_the_process(tmp_path: Path) -> None:
    wrong = tmp_path / "weights.h5"
    wrong.write_bytes(hashlib.sha256(b"noise").digest() * 100)
    for backbone, words in (("efficientnet-lite0", "PyTorch checkpoint"), ("mobilenet-v2", "not the weights of")):
        folder = tmp_path / backbone
        folder.mkdir()
        room = furnish(folder, {"good": 3, "hole": 3})
        run = train(room.write_job(backbone=backbone, weights=str(wrong)))
        assert run.code == 8
        assert words in run.last["error"]
        assert str(wrong) in run.last["error"]
        assert run.errors == ""


@pytest.mark.parametrize("spelt", ["MobileNetV2", "mobilenet_v2", "mobilenet-v2"])
def test_a_name_is_found_however_its_words_are_joined(spelt: str) -> None:
    assert registry.find(spelt).name == "mobilenet-v2"
