"""What scores, embedding and heat cost on top of a bare backbone, measured side by side."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.laws.sources import ROOT
from tests.models.conftest import Trained

ROUNDS = 200
MOST = 1.15


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("bare") / "bare.tflite"
    subprocess.run(
        [sys.executable, "-m", "tests.models.bare_network", str(file)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=200,
    )
    return file.read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("threads", [1, 2])
def test_one_graph_for_everything_costs_little_more_than_the_bare_backbone(
    trained: Trained, bare: bytes, threads: int
) -> None:
    contents = {"whole": trained.model.read_bytes(), "bare": bare}
    running = {name: Interpreter(model_content=content, num_threads=threads) for name, content in contents.items()}
    times: dict[str, list[float]] = {name: [] for name in running}
    for interpreter in running.values():
        interpreter.allocate_tensors()
    for _ in range(ROUNDS):
        for name, interpreter in running.items():
            started = time.perf_counter()
            interpreter.invoke()
            times[name].append(time.perf_counter() - started)
    ratio = float(np.median(times["whole"]) / np.median(times["bare"]))
    assert ratio <= MOST, json.dumps({"ratio": ratio, "threads": threads})
