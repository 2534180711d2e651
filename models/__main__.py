"""`python -m models VERB --job JOB.json`: one job as a process that speaks in JSON lines and ends by itself.

Standard output carries {"step", "done", "total", "remaining_s"} and, last, {"result": folder} or {"error": words}.
Exit codes: 0 done, 2 wrong arguments, 8 a fault of the world, told in plain words. Any other is a fault of the program.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from inspector.errors import InspectorError, TrainingError
from inspector.learning.trainer import ANOMALY
from models.comparison_job import read_job as read_comparison_job
from models.job import read_job
from models.optimisation.job import read_job as read_optimisation_job
from models.progress import Progress

NICENESS = 10


def _train(job: Path, progress: Progress) -> Path:
    asked = read_job(job)
    # scikit-learn takes a second to load; a wrong job is told at once
    if asked.mode == ANOMALY:
        from models.novelty.training import NoveltyTraining

        return NoveltyTraining(asked, progress).run()
    from models.training import Training

    return Training(asked, progress).run()


def _optimise(job: Path, progress: Progress) -> Path:
    asked = read_optimisation_job(job)
    from models.optimisation.optimising import Optimisation  # turns TensorFlow's Keras into tf_keras

    return Optimisation(asked, progress).run()


def _compare(job: Path, progress: Progress) -> Path:
    asked = read_comparison_job(job)
    from models.comparison import Comparison

    return Comparison(asked, progress).run()


def _compare_methods(job: Path, progress: Progress) -> Path:
    asked = read_comparison_job(job)
    from models.novelty.methods import Methods

    return Methods(asked, progress).run()


_VERBS: dict[str, tuple[Callable[[Path, Progress], Path], str]] = {
    "train": (_train, "train a model, verify it and put it into the job's output folder"),
    "compare": (_compare, "measure pretrained networks on a recipe's parts and put the table there"),
    "methods": (_compare_methods, "measure what each way of finding the unlike is worth and put the table there"),
    "optimise": (_optimise, "make smaller and faster variants of a model, measure them and put the best there"),
}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="models", description="Do one job as a job file says.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, (run, text) in _VERBS.items():
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("--job", type=Path, required=True, help="JSON file: what to learn from, and where to")
        verb.set_defaults(run=run)
    chosen = parser.parse_args(words)
    protocol = _keep_streams_clean()
    progress = Progress(protocol)
    if hasattr(os, "nice"):
        os.nice(NICENESS)  # a station on the same PC comes first
    try:
        progress.say(result=str(chosen.run(chosen.job, progress)))
    except InspectorError as error:
        progress.say(error=str(error))
        return TrainingError.exit_code
    except BrokenPipeError:  # who started it is gone; what was learned so far stays in the cache
        os.dup2(os.open(os.devnull, os.O_WRONLY), protocol.fileno())
        return TrainingError.exit_code
    return 0


def _keep_streams_clean() -> IO[str]:
    """The protocol's own stream; what native libraries print goes nowhere, our own tracebacks still to stderr.

    TensorFlow writes to the file descriptors themselves, before anybody can ask it not to.
    """
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return protocol


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
