"""Which tests share a worker: those of a file, and all that train."""

from __future__ import annotations

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# TensorFlow takes every core: two trainings at once are slower than one after the other, and one's model serves all.
TRAINING = ("tests/models/", "tests/system/test_loop.py")

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a training gives way to other workers: its threads would wait there


class _Scheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "training" if file.startswith(TRAINING) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return _Scheduling(config, log)
