"""Which tests share a worker: those of a file, all that train, all laws, and all that start programs."""

from __future__ import annotations

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SHARING = {
    # TensorFlow takes every core: two trainings at once are slower than one after the other; one's model serves all.
    "tests/models/": "training",
    "tests/system/test_loop.py": "training",
    # The project's files are read once.
    "tests/laws/": "laws",
    # Few and long: what has the most tests begins first, and what is long must not be alone at the end.
    "tests/system/": "programs",
    "tests/gui/test_start.py": "programs",
}

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a training gives way to other workers: its threads would wait there


class _Scheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((name for start, name in SHARING.items() if file.startswith(start)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return _Scheduling(config, log)
