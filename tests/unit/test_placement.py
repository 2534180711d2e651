"""Where a model runs: as the settings say, and on the GPU by itself only where that was measured to be better.

No test here needs a GPU; what one would compute is computed by the same code on LiteRT's accelerator for processors.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.interpreter import Interpreter

from inspector import placement
from inspector.cli import main
from inspector.commission import classifier_for
from inspector.doctor import examine
from inspector.errors import ModelError, RecipeError
from inspector.learning.runs import environment
from inspector.pipeline import accelerator
from inspector.pipeline.accelerator import Accelerated
from inspector.pipeline.classify import INPUT, OUTPUTS, SIGNATURE
from inspector.placement import Placement
from inspector.recipe import Recipe
from inspector.settings import Device, Settings, load
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import ready_workspace, settle

GPU_HERE = accelerator.in_sight()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return ready_workspace(tmp_path)


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace.open(place) as opened:
        yield opened


def wishing(workspace: Workspace, device: Device) -> Workspace:
    return replace(workspace, settings=replace(workspace.settings, device=device))


def current(workspace: Workspace) -> tuple[Recipe, ModelVersion]:
    recipe = workspace.recipes.load(RECIPE)
    return recipe, workspace.versions.load(RECIPE, recipe.model_id)


# Settings


@pytest.mark.parametrize("device", list(Device))
def test_the_settings_name_the_device(place: Path, device: Device) -> None:
    settle(place, device=str(device))
    assert load(place / "settings.toml").device is device


def test_without_a_word_it_is_chosen_by_itself() -> None:
    assert Settings().device is Device.AUTO


def test_another_device_is_refused_with_those_there_are(place: Path) -> None:
    settle(place, device="tpu")
    with pytest.raises(RecipeError, match="device: expected one of auto, cpu, gpu"):
        load(place / "settings.toml")


# What is in sight


def test_an_empty_pc_shows_no_gpu(tmp_path: Path) -> None:
    assert not accelerator.in_sight(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="device files are Linux's")
@pytest.mark.parametrize("file", ["dri/renderD128", "nvidiactl"])
def test_a_graphics_driver_shows_itself_by_its_device_file(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    assert accelerator.in_sight(tmp_path)


# Where it runs


def test_a_wish_for_the_processor_is_kept(workspace: Workspace) -> None:
    found = placement.place(wishing(workspace, Device.CPU), *current(workspace))
    assert str(found) == 'on the processor: device = "cpu" in the settings'


@pytest.mark.skipif(GPU_HERE, reason="this PC shows a GPU")
def test_without_a_gpu_nothing_changes_and_nothing_is_measured(workspace: Workspace) -> None:
    found = placement.place(workspace, *current(workspace))
    assert found == Placement("cpu", "no GPU is in sight")
    assert not classifier_for(workspace, workspace.recipes.load(RECIPE)).on_gpu
    assert not (workspace.cache / "placement").exists()


@pytest.mark.skipif(GPU_HERE, reason="this PC shows a GPU")
def test_a_wish_for_a_gpu_that_is_not_there_says_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match=r'finds no GPU on this PC.*install the graphics driver.*device = "auto"'):
        classifier_for(wishing(workspace, Device.GPU), workspace.recipes.load(RECIPE))


@pytest.mark.skipif(GPU_HERE, reason="this PC shows a GPU")
def test_measuring_without_a_gpu_chooses_the_processor_and_says_why(workspace: Workspace) -> None:
    found = placement.measure(workspace, *current(workspace))
    assert (found.device, found.gpu_ms) == ("cpu", None)
    assert found.cpu_ms is not None and found.cpu_ms > 0
    assert "finds no GPU on this PC" in found.why


def test_what_was_measured_once_is_not_measured_again(tmp_path: Path) -> None:
    kept = Placement("gpu", "it is faster", 3.0, 1.0)
    (tmp_path / "kept.json").write_text(json.dumps(kept.to_json()))
    assert placement._kept(tmp_path / "kept.json") == kept


@pytest.mark.parametrize("content", ["", "{}", '{"device": "gpu", "colour": "red"}', "[1"])
def test_a_damaged_note_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "kept.json").write_text(content)
    assert placement._kept(tmp_path / "kept.json") is None


def test_a_pc_with_a_gpu_measures_in_a_process_of_its_own_and_remembers(workspace: Workspace) -> None:
    file = workspace.cache / "placement" / "model.json"
    found = placement._ask(workspace, *current(workspace), file)
    assert found.cpu_ms is not None
    assert placement._kept(file) == found


def test_a_measuring_process_that_fails_leaves_the_processor(workspace: Workspace) -> None:
    recipe, version = current(workspace)
    file = workspace.cache / "placement" / "model.json"
    found = placement._ask(workspace, replace(recipe, name="gone"), version, file)
    assert found == Placement("cpu", "measuring the GPU failed (CalledProcessError)")
    assert placement._kept(file) == found


# Training


def test_training_keeps_to_the_processor_where_the_settings_do() -> None:
    assert environment(Device.CPU)["CUDA_VISIBLE_DEVICES"] == "-1"


@pytest.mark.parametrize("device", [Device.AUTO, Device.GPU])
def test_otherwise_tensorflow_chooses_for_itself(device: Device) -> None:
    assert environment(device) == dict(os.environ)


# The accelerator's own code, on the processor


def test_an_accelerated_model_gives_what_the_interpreter_gives(workspace: Workspace) -> None:
    _, version = current(workspace)
    card = version.card
    accelerated = Accelerated(version.model, SIGNATURE, INPUT, OUTPUTS, on=HardwareAccelerator.CPU)
    runner = Interpreter(model_path=str(version.model)).get_signature_runner(SIGNATURE)
    random = np.random.default_rng(0)
    for _ in range(3):
        entry = random.normal(0, 1, (1, card.input_height, card.input_width, 3)).astype(np.float32)
        expected = runner(**{INPUT: entry})
        for name, received in zip(OUTPUTS, accelerated.run(entry), strict=True):
            assert received.shape == expected[name].shape
            assert np.allclose(received, expected[name], atol=1e-5)


def test_a_file_that_is_no_model_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"no model")
    with pytest.raises(ModelError, match="finds no GPU on this PC that can run it"):
        Accelerated(tmp_path / "model.tflite", SIGNATURE, INPUT, OUTPUTS, on=HardwareAccelerator.CPU)


# What people are told


def test_the_doctor_says_what_runs_where(workspace: Workspace) -> None:
    details = {finding.what: finding.detail for finding in examine(wishing(workspace, Device.CPU))}
    assert 'it runs on the processor: device = "cpu" in the settings' in details[f"recipe {RECIPE}"]
    assert details["training runs"].startswith("on the ")


def test_the_command_measures_and_says_what_the_settings_wish(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["device", "--recipe", RECIPE, "--workspace", str(place), "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["wish"] == "auto"
    assert answer["placement"].keys() == {"device", "why", "cpu_ms", "gpu_ms"}


def test_the_command_needs_a_model(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace.open(place) as workspace:
        workspace.recipes.save(replace(workspace.recipes.load(RECIPE), model_id=""))
    assert main(["device", "--recipe", RECIPE, "--workspace", str(place)]) == ModelError.exit_code
    assert "it has no model in use" in capsys.readouterr().err
