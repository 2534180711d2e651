"""What quantisation-aware training and pruning do to a network: seen from a process of their own, as they are run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.laws.sources import ROOT


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    words = [sys.executable, "-W", "ignore", "-m", "tests.models.small_optimisation"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_on_tf_keras_the_network_says_what_it_says_on_keras(facts: dict[str, Any]) -> None:
    assert facts["difference"] < 1e-4


def test_another_network_is_refused_before_anything_else_happens(facts: dict[str, Any]) -> None:
    assert "is not the network that was trained: its features differ by up to 0.5" in facts["refusal"]


def test_evened_kernels_change_nothing_of_what_is_computed(facts: dict[str, Any]) -> None:
    assert facts["evened"] < 1e-4
    assert facts["largest"] == pytest.approx([1.0] * 4)


def test_learning_under_quantisation_brings_the_features_closer_on_views_never_seen(facts: dict[str, Any]) -> None:
    assert facts["steps"] == list(range(13))
    assert facts["untaught"] > 0.9  # the ranges are right before the first step
    assert facts["taught"] > facts["untaught"]


def test_the_aware_file_is_8_bits_throughout_and_takes_each_grey_level_as_itself(facts: dict[str, Any]) -> None:
    assert facts["input"] == [1 / 128, -1, "int8"]
    assert "QUANTIZE" not in facts["operators"]
    assert facts["kernel_scales"] == facts["kernel_channels"] == 32


def test_pruning_leaves_zeros_in_the_pointwise_kernels_only_and_a_smaller_file(facts: dict[str, Any]) -> None:
    pointwise = {name for name in facts["zeros"] if name.endswith(("_expand", "_project"))}
    assert len(pointwise) == 6
    for name, share in facts["zeros"].items():
        assert share == (pytest.approx(0.7, abs=0.01) if name in pointwise else 0.0)
    assert facts["sparse_bytes"] < 0.75 * facts["dense_bytes"]


def test_the_teacher_learns_nothing(facts: dict[str, Any]) -> None:
    assert facts["teacher_is_as_it_was"]
