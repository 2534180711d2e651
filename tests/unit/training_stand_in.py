"""A training process that speaks the protocol and makes no model: `python -m ... MODE train --job FILE`.

Its modes are the ways in which a real one ends, good and bad.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

Job = dict[str, Any]


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def step(done: int) -> None:
    say(step="features", done=done, total=3, remaining_s=3.0 - done if done else None)


def finish(job: Job, **changed: Any) -> None:
    """Fill the output folder as a real training does."""
    from inspector.store.cards import write_card  # only here: most modes end before, and are to start at once
    from tests.unit.learning_cards import card

    output = Path(job["output"])
    model = json.dumps(job["seed"]).encode()
    snapshot = json.loads(Path(job["snapshot"]).read_text())
    promises = {"snapshot_id": snapshot["id"], "parent": job["parent"]} | changed
    (output / "model.tflite").write_bytes(model)
    write_card(card(job["number"], model, **promises), output / "card.json")
    say(result=str(output))


def chatter(job: Job) -> None:
    """What libraries print, and lines that look like the protocol and are not."""
    sys.stdout.write("WARNING: all log messages before absl::InitializeLog() go to STDERR\n")
    sys.stdout.write('{"step": "half a line"\n')
    sys.stdout.write('{"step": "no numbers", "done": "many", "total": null}\n')
    sys.stdout.write("[1, 2, 3]\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\xff\xfe not utf-8\n")
    sys.stderr.write("oneDNN custom operations are on.\n" * 40_000)
    finish(job)


def fail(job: Job) -> None:
    say(error="class scratch has one picture; label at least one more")
    sys.exit(8)


def crash(job: Job) -> None:
    raise MemoryError("no room for the features")


def die(job: Job) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def say_nothing(job: Job) -> None:
    """End as if all were well, without a word of the result."""


def finish_and_crash(job: Job) -> None:
    finish(job)
    sys.exit(3)


def mix_up_models(job: Job) -> None:
    finish(job)
    (Path(job["output"]) / "model.tflite").write_bytes(b"another model")


def hang(job: Job) -> None:
    say(step="waiting", done=0, total=1, remaining_s=None)
    while True:
        signal.pause()


def hang_stubbornly(job: Job) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang(job)


STUBBORN_CHILD = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"step": "waiting", "done": 0, "total": 1, "remaining_s": null}', flush=True)
while True:
    signal.pause()
"""


def hang_with_child(job: Job) -> None:
    """The child holds the same standard output open, and does not listen."""
    subprocess.Popen([sys.executable, "-c", STUBBORN_CHILD]).wait()


MODES = {
    "works": finish,
    "chatters": chatter,
    "fails": fail,
    "crashes": crash,
    "killed": die,
    "says-nothing": say_nothing,
    "result-then-crash": finish_and_crash,
    "other-snapshot": lambda job: finish(job, snapshot_id="f" * 64),
    "wrong-digest": mix_up_models,
    "hangs": hang,
    "stubborn": hang_stubbornly,
    "hangs-with-child": hang_with_child,
}

if __name__ == "__main__":
    mode, verb, option, file = sys.argv[1:]
    assert (verb, option) == ("train", "--job")
    for done in range(3):
        step(done)
    MODES[mode](json.loads(Path(file).read_text()))
