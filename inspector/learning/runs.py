"""How one job is given to the models program: a process of its own, watched line by line and ended when asked."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from inspector import programs
from inspector import recipe as recipes
from inspector.domain import Snapshot
from inspector.errors import InspectorError, TrainingError
from inspector.learning import snapshot as snapshots
from inspector.recipe import Recipe
from inspector.settings import Device
from inspector.store.disk import plainly
from inspector.store.workspace import Workspace

_GRACE_S = 0.5  # to end by itself when asked, before it is ended
_TAIL_LINES = 12
_LEFTOVER_S = 24 * 3600.0
_KILLED = 9  # the signal that no process can refuse
_OUTPUT = "output"
_WORDS = "words.txt"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step of a job is. remaining_s: of the whole job, None while it cannot be known."""

    step: str
    done: int
    total: int
    remaining_s: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What the models program can be asked for. name: as people call it, and its folder in the cache."""

    name: str
    verb: str


def start(
    workspace: Workspace,
    task: Task,
    recipe: Recipe,
    snapshot: Snapshot,
    wishes: Mapping[str, Any],
    finish: Callable[[Path], Result],
    command: Sequence[str] | None = None,
) -> Run[Result]:
    """Start the process and return at once.

    wishes: what the job says beside its recipe, snapshot, pictures and folders (JSON values). finish: what to make of
    the output folder once the process has filled it. command: stands in for the program that is installed.
    Raises TrainingError where that is missing, StoreError where the job cannot be written.
    """
    words = tuple(command or _installed(task))
    home = _home(workspace.cache / task.name)
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        job = _write_job(home, workspace, recipe, snapshot, wishes)
        process = _spawn(
            (*words, task.verb, "--job", str(job)), home / _WORDS, task, environment(workspace.settings.device)
        )
        undo.pop_all()
    return Run(process, home, task, lambda: finish(home / _OUTPUT))


def _installed(task: Task) -> tuple[str, ...]:
    missing = programs.missing("models")
    if missing:
        raise TrainingError(
            f"{task.name} is not installed on this PC (missing: {', '.join(missing)}); {programs.remedy('models')}"
        )
    return programs.command("models")


def _home(root: Path) -> Path:
    with plainly(root):
        root.mkdir(exist_ok=True)
        for old in root.iterdir():
            if old.stat().st_mtime < time.time() - _LEFTOVER_S:  # its program was killed before it could tidy up
                shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix="run-", dir=root))


def _write_job(home: Path, workspace: Workspace, recipe: Recipe, snapshot: Snapshot, wishes: Mapping[str, Any]) -> Path:
    template = recipe.locate.template
    job = {
        "recipe": str(home / "recipe.toml"),
        "snapshot": str(snapshots.save(snapshot, workspace.snapshots)),
        "images": str(workspace.images.folder),
        "template": str(workspace.images.path(template)) if template else None,
        "cache": str(workspace.cache),
        **wishes,
        "output": str(home / _OUTPUT),
    }
    file = home / "job.json"
    with plainly(home):
        recipes.save(recipe, home / "recipe.toml")
        (home / _OUTPUT).mkdir()
        file.write_text(json.dumps(job, indent=1), encoding="utf-8")
    return file


def environment(device: Device) -> dict[str, str]:
    """What the process is started with: TensorFlow takes a GPU by itself, unless the settings keep to the processor."""
    return {**os.environ, **({"CUDA_VISIBLE_DEVICES": "-1"} if device is Device.CPU else {})}


def _spawn(words: Sequence[str], errors: Path, task: Task, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    """Standard error goes to a file: a pipe that nobody reads would stop the process when it is full."""
    try:
        with errors.open("wb") as stream:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=variables,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # so that a cancel also ends what it started
            )
    except OSError as error:
        raise TrainingError(
            f"{words[0]}: the {task.name} process cannot be started: {error.strerror or error}"
        ) from error


class Run(Generic[Result]):
    """One job under way. Read it in one thread; `cancel` may be called from any other."""

    def __init__(self, process: subprocess.Popen[str], home: Path, task: Task, finish: Callable[[], Result]) -> None:
        self._process = process
        self._home = home
        self._task = task
        self._finish = finish
        self._lines = self._read()
        self._stray: deque[str] = deque(maxlen=_TAIL_LINES)
        self._last: Mapping[str, Any] = {}
        self._result: Result | None = None
        self._failure: InspectorError | None = None
        self.cancelled = False

    def progress(self) -> Iterator[Progress]:
        """Progress until the job has ended and its result is taken over; leaving it early cancels.

        It ends without an error also where the job failed: `result` says what became of it.
        """
        return self._lines

    def watched(self, advance: Callable[[str, int, int], None]) -> Result:
        """The result; (step, done, total) is told on the way. What `advance` raises, or Ctrl+C, ends the job at once.

        Raises TrainingError, ModelError or StoreError.
        """
        with contextlib.closing(self._lines):
            for step in self._lines:
                advance(step.step, step.done, step.total)
        return self.result

    @property
    def result(self) -> Result:
        """What the job was for; waits for the end. Raises TrainingError, ModelError or StoreError."""
        for _ in self._lines:
            pass
        if self._result is None:
            raise self._failure or TrainingError(f"the {self._task.name} was cancelled; nothing was changed")
        return self._result

    def cancel(self) -> None:
        """End the process and all it started, within two seconds; the workspace stays as it was."""
        if self._process.poll() is not None:
            return
        self.cancelled = True
        if sys.platform == "win32":
            self._process.kill()
        else:
            self._signal_group(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_S)
            self._signal_group(signal.SIGKILL)  # also for a child that outlived it and holds the output open
        self._process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):  # all of them have ended by now
                os.killpg(self._process.pid, number)

    def _read(self) -> Generator[Progress, None, None]:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                step = self._understand(line)
                if step:
                    yield step
            self._process.wait()
            self._settle()
        finally:
            self.cancel()
            self._process.stdout.close()
            shutil.rmtree(self._home, ignore_errors=True)

    def _understand(self, line: str) -> Progress | None:
        """A line is progress, the last word, or stray print of some library, which is kept for a crash."""
        try:
            message = json.loads(line)
            if isinstance(message, dict) and "step" in message:
                remaining = message.get("remaining_s")
                return Progress(
                    str(message["step"]),
                    int(message["done"]),
                    int(message["total"]),
                    None if remaining is None else float(remaining),
                )
        except (ValueError, KeyError, TypeError):
            message = None
        if isinstance(message, dict) and message.keys() & {"result", "error"}:
            self._last = message
        elif line.strip():
            self._stray.append(line.rstrip())
        return None

    def _settle(self) -> None:
        if self.cancelled:
            return
        if "error" in self._last:
            self._failure = TrainingError(str(self._last["error"]))
        elif self._process.returncode or "result" not in self._last:
            self._failure = TrainingError(self._crash())
        else:
            try:
                self._result = self._finish()
            except InspectorError as error:
                self._failure = error

    def _crash(self) -> str:
        code = self._process.returncode
        how = "ended without a result" if code == 0 else f"ended with exit code {code}"
        if code < 0:
            how = f"was ended by signal {-code} ({signal.strsignal(-code)})"
            if -code == _KILLED:
                how += ", as happens when the PC runs out of memory"
        words = (self._home / _WORDS).read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n".join((*self._stray, *words[-_TAIL_LINES:])) or "nothing"
        return f"the {self._task.name} process {how}; nothing was changed. Its last words:\n{tail}"
