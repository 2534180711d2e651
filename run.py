#!/usr/bin/env python3
"""Set Inspector up on this machine once, then start it; every later start goes straight to the program.

    python3 run.py demo           watch an inspection line at work (add --offscreen for no window)
    python3 run.py test           prove that everything works here (words after it go to pytest)
    python3 run.py COMMAND ...    any command of `inspector`; `python3 run.py --help` lists them

Only the standard library is used here, and nothing outside this folder is changed, but for missing system libraries:
they are installed where that is allowed without asking, otherwise the line to type is shown.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import IO, Callable, Iterable, NoReturn, Sequence  # noqa: UP035  (an old Python has to get as far as main)

# One file's tests share what they prepare, so a file stays together. Named tests run alone: some of them measure.
WHOLE_SUITE = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile")
ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)
FREE_GB = 5

# Shared library -> Debian package: what PySide6 and OpenCV load and what no wheel brings.
OFFSCREEN = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW = {
    **OFFSCREEN,
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
FONT_PACKAGE = "fonts-dejavu-core"

NETWORK_WORDS = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Temporary failure resolving",
    "Could not resolve",
    "Name or service not known",
    "Network is unreachable",
    "Connection refused",
    "ConnectTimeoutError",
    "Read timed out",
    "ProxyError",
)


class SetupFault(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# -- the Python that runs this file ------------------------------------------------------------------------------------


def refuse_python(version: tuple[int, int] = (sys.version_info[0], sys.version_info[1])) -> None:
    """Raise SetupFault unless the locked wheels exist for this Python."""
    if OLDEST <= version <= NEWEST:
        return
    names = [f"python{major}.{minor}" for major, minor in ((3, 11), (3, 12), (3, 13))]
    other = next((name for name in names if shutil.which(name)), None)
    advice = f"Run it with {other}." if other else "Install one of them, with its venv package, and run it with that."
    raise SetupFault(
        f"Inspector needs Python {'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}; "
        f"this is {'.'.join(map(str, version))}. {advice}"
    )


# -- system libraries --------------------------------------------------------------------------------------------------


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_font(folders: Iterable[str] = FONT_FOLDERS) -> bool:
    """True where some font file is installed; without one Qt draws a window with no letters."""
    places = (Path(folder).expanduser() for folder in folders)
    return any(next(place.rglob(f"*.{kind}"), None) for place in places for kind in ("ttf", "otf", "ttc", "pfb"))


def has_venv() -> bool:
    """Debian takes ensurepip out of Python and puts it into a package of its own."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        return False
    return True


def missing_packages(window: bool) -> list[str]:
    """Debian packages that the program needs here and that are not installed."""
    needed = WINDOW if window else OFFSCREEN
    missing = [package for library, package in needed.items() if not has_library(library)]
    return missing + [FONT_PACKAGE] * (not has_font())


def privilege() -> list[str] | None:
    """What to put before apt-get here: nothing for root, sudo where it asks no password, None where not allowed."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    asked = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True)
    return None if asked.returncode else ["sudo", "-n"]


def install_packages(packages: list[str], before: list[str] | None) -> None:
    """Install Debian packages, or raise SetupFault with the line to type; `before` is from privilege()."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    typed = f"sudo apt-get update && sudo {' '.join(install)}"
    if not shutil.which("apt-get"):
        raise SetupFault(
            f"This system lacks what these Debian packages hold: {' '.join(packages)}.\n"
            "Install the same with your system's package tool, then run this command again."
        )
    if before is None:
        raise SetupFault(f"System libraries are missing. Type this line, then run this command again:\n\n  {typed}\n")
    say(f"System libraries are missing; installing them:\n  {' '.join([*before, *install])}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run([*before, *command], check=False, env=quiet, capture_output=True, text=True)
        if done.returncode:
            said = done.stderr or done.stdout
            cause = "this machine does not reach its Debian mirror" if is_offline(said) else "its last words are"
            raise SetupFault(
                f"apt-get could not install them; {cause}:\n{last_lines(said, 3)}\n"
                f"When that is put right, type this line and run this command again:\n\n  {typed}\n"
            )


# -- the environment ---------------------------------------------------------------------------------------------------


class Environment:
    """The virtual environment in one copy of the project, and the stamp that says what it was made from.

    The stamp is removed before anything is changed and written last: a set-up that was killed leaves none, and is
    done again from the start.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.stamp = self.folder / "inspector-setup"

    def command(self, name: str) -> Path:
        return self.folder / "bin" / name

    def _digest(self, file: Path) -> str:
        """Of the file, of this Python and of this place: an environment that was moved does not run."""
        content = file.read_bytes() + sys.version.encode() + os.fsencode(self.root)
        return hashlib.sha256(content).hexdigest()

    def _stamped(self) -> list[str]:
        """What the environment holds, by its stamp; nothing where it cannot run, as after a system upgrade."""
        if not (self.stamp.exists() and self.command("python").exists()):
            return []
        return self.stamp.read_text(encoding="utf-8").split("\n")

    def _write_stamp(self, *holds: str) -> None:
        part = self.stamp.with_suffix(".part")
        part.write_text("\n".join(holds), encoding="utf-8")
        part.replace(self.stamp)

    def _wheels(self, lock: str) -> str | None:
        """The stamp's line for a set of packages that holds those of `lock`; test.txt holds all of run.txt."""
        stamped = self._stamped()
        return next((line for line in map(self._line, (lock, "test.txt")) if line in stamped), None)

    def _line(self, lock: str) -> str:
        return f"{lock} {self._digest(self.root / 'requirements' / lock)}"

    def _project(self) -> str:
        return f"project {self._digest(self.root / 'pyproject.toml')}"

    def ready(self, lock: str) -> bool:
        return self._wheels(lock) is not None and self._project() in self._stamped()

    def make(self, lock: str) -> None:
        """Bring the environment to what `lock` and pyproject.toml say, waiting for a set-up that is under way."""
        with self._alone() as held:
            if self.ready(lock):
                return
            wheels = self._wheels(lock) or self._install_wheels(lock, held)
            say("Installing Inspector itself.")
            self._pip(["--no-deps", "--no-build-isolation", "--editable", str(self.root)], held)
            self._write_stamp(wheels, self._project())
            say("Set up. From now on it starts at once.\n")

    def _install_wheels(self, lock: str, held: IO[str]) -> str:
        """Make the environment anew from one hash-locked file; return the line that stands for it in the stamp."""
        refuse_full_disk(self.root)
        self.stamp.unlink(missing_ok=True)
        count = sum("==" in line for line in (self.root / "requirements" / lock).read_text().splitlines())
        say(f"Setting Inspector up in {self.folder}: this once, some minutes and about 3 GB.")
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(self.folder)
        say(f"Fetching about {count} packages, each checked against its hash in requirements/{lock}.")
        words = ["--require-hashes", "--only-binary", ":all:", "--requirement", f"requirements/{lock}"]
        self._pip(words, held, Progress(count))
        self._write_stamp(self._line(lock))
        return self._line(lock)

    def _pip(self, words: Sequence[str], held: IO[str], on_line: Callable[[str], None] | None = None) -> None:
        """Run pip install; raise SetupFault in plain words where it fails."""
        command = [str(self.command("python")), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        lines = []
        # pip holds the lock too: killing this process leaves pip at work, and nobody may start over beside it.
        with subprocess.Popen(
            [*command, "--progress-bar", "off", *words],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[held.fileno()],
        ) as pip:
            assert pip.stdout is not None
            for line in pip.stdout:
                lines.append(line)
                if on_line:
                    on_line(line)
        if pip.returncode:
            raise SetupFault(explain("".join(lines)))

    def _alone(self) -> IO[str]:
        """The open lock file, once no other set-up of this folder holds it."""
        import fcntl

        held = (self.root / ".venv.lock").open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this folder is under way; waiting for it to end.")
            fcntl.flock(held, fcntl.LOCK_EX)
        return held


class Progress:
    """Turns pip's own lines into one line of progress on a terminal, or a few in a log."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.start = time.monotonic()

    def __call__(self, line: str) -> None:
        if line.startswith("Collecting "):
            self.done += 1
            name = line.partition("==")[0].removeprefix("Collecting ")
            self._show(f"  {min(self.done, self.total)} of {self.total}: {name}", every=10)
        elif line.startswith("Installing collected packages"):
            self._show("  all here; unpacking them, a minute or two", every=1)
            say("")

    def _show(self, text: str, every: int) -> None:
        text = f"{text} ({time.monotonic() - self.start:.0f} s)"
        if sys.stderr.isatty():
            print(f"\r{text:<78}", end="", file=sys.stderr, flush=True)
        elif self.done % every == 0:
            say(text)


def refuse_full_disk(root: Path, needed_gb: float = FREE_GB) -> None:
    free_gb = shutil.disk_usage(root).free / 1e9
    if free_gb < needed_gb:
        raise SetupFault(f"{root}: the set-up needs {needed_gb:.0f} GB of free disk, there are {free_gb:.1f} GB.")


def last_lines(text: str, count: int = 6) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-count:])


def is_offline(output: str) -> bool:
    return any(words in output for words in NETWORK_WORDS)


def explain(output: str) -> str:
    """Say in plain words why pip failed, from what it printed."""
    if is_offline(output):
        return (
            "The packages cannot be fetched: this machine does not reach the Python package index.\n"
            "Connect it, or name a mirror (PIP_INDEX_URL=...) or a folder that holds the wheels\n"
            "(PIP_NO_INDEX=1 PIP_FIND_LINKS=/folder), and run the same command again."
        )
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return (
            "The package index answers with a certificate that this machine does not trust.\n"
            "If your company's proxy signs it, name its file in PIP_CERT=/file.pem and run the same command again."
        )
    if "No space left on device" in output:
        return "The disk is full. Free some space and run the same command again."
    if "DO NOT MATCH THE HASHES" in output:
        return "A package is not the one that was locked, so nothing was installed:\n" + last_lines(output, 12)
    return "pip could not install the packages. Its last words:\n" + last_lines(output)


# -- the commands ------------------------------------------------------------------------------------------------------


def has_display() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def without_display(words: list[str]) -> list[str]:
    """The same command, running without a window where there is no display to open one on."""
    if words[0] != "demo" or "--offscreen" in words or "--help" in words or has_display():
        return words
    say(
        "There is no display here, so the demo runs without a window. To see it, run the same command on a desktop,\n"
        "over `ssh -X`, or under `xvfb-run`."
    )
    return [*words, "--offscreen"]


def prepare(environment: Environment, lock: str, window: bool) -> None:
    """Install what is missing for a command; does nothing, in a few milliseconds, where nothing is."""
    if sys.platform == "linux":
        missing = missing_packages(window)
        if not environment.ready(lock) and not has_venv():
            missing.append("python3-venv")
        if missing:
            install_packages(missing, privilege())
    if not environment.ready(lock):
        environment.make(lock)


def main(words: list[str]) -> NoReturn:
    """Set up what the command needs, then become it."""
    if not words:
        sys.exit(__doc__)
    try:
        if os.name == "nt":
            raise SetupFault("This set-up works on Linux; on Windows use WSL 2 and type the same command there.")
        refuse_python()
        environment = Environment(ROOT)
        if words[0] == "test":
            prepare(environment, "test.txt", window=False)
            command = [str(environment.command("python")), "-m", "pytest", *(words[1:] or WHOLE_SUITE)]
        else:
            words = without_display(words)
            prepare(environment, "run.txt", window=words[0] in {"demo", "gui"} and "--offscreen" not in words)
            command = [str(environment.command("inspector")), *words]
    except SetupFault as fault:
        sys.exit(f"\n{fault}")
    except OSError as error:
        sys.exit(f"\nThe set-up cannot write here: {error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command starts the set-up again.")
    if words[0] == "test":
        os.chdir(ROOT)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
